"""Sends an offline LLM request that cannot join a batch, at the standard price, to a model that has a
cheaper flex tier.

## Why it costs

An agent, a conversation or a chain of refinements needs each answer before it can ask again, so a batch
cannot carry it. It can still be slow: some providers serve the same request synchronously for the batch
price when it may take longer and may be turned away at busy times. One argument asks for it.

## Example

```py condense.py
from openai import OpenAI

client = OpenAI()


def main():
    summary = ""
    for chapter in open("chapters.txt"):
        response = client.chat.completions.create(
            model="gpt-5-mini",
            messages=[{"role": "user", "content": f"So far: {summary} Next chapter: {chapter}"}],
        )
        summary = response.choices[0].message.content
    with open("summary.txt", "w") as target:
        target.write(summary)


if __name__ == "__main__":
    main()
```

## Use instead

```py condense.py
from openai import OpenAI

client = OpenAI()


def main():
    summary = ""
    for chapter in open("chapters.txt"):
        response = client.chat.completions.create(
            model="gpt-5-mini",
            messages=[{"role": "user", "content": f"So far: {summary} Next chapter: {chapter}"}],
            service_tier="flex",
            timeout=900.0,
        )
        summary = response.choices[0].message.content
    with open("summary.txt", "w") as target:
        target.write(summary)


if __name__ == "__main__":
    main()
```

## When it stays silent

The model has no flex tier, or is not known:

```py condense.py
from openai import OpenAI

client = OpenAI()


def main():
    summary = ""
    for chapter in open("chapters.txt"):
        response = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": f"{summary} {chapter}"}]
        )
        summary = response.choices[0].message.content
    with open("summary.txt", "w") as target:
        target.write(summary)


if __name__ == "__main__":
    main()
```

Somebody waits for the answer, the answer is streamed, or the requests can be batched: then a rule of
the BL1 group reports the site.

## Fix safety

Unsafe: the answers are the same, but a request may wait for minutes or be refused at busy times, so the
caller needs the longer timeout and a retry.
"""

from batchlint.finding import ObstacleCode, Severity, Site, Verdict
from batchlint.rules.base import Rule
from batchlint.rules.wording import origin, provider

_HOPELESS = frozenset(
    {
        ObstacleCode.LIVE_ROOT,
        ObstacleCode.LOCAL_MODEL,
        ObstacleCode.STREAMING,
        ObstacleCode.RESULT_POLLED,
    }
)


def applies(site: Site) -> bool:
    """Whether an offline site can take the flex tier and nothing better."""
    return (
        site.flex
        and not site.is_streaming
        and bool(site.roots)
        and site.verdict in (Verdict.SEQUENTIAL, Verdict.UNSUPPORTED)
        and _HOPELESS.isdisjoint(obstacle.code for obstacle in site.obstacles)
    )


def message(site: Site) -> str:
    """What the finding says of a site."""
    return (
        f"offline {provider(site)} call cannot join a batch but could take the cheaper flex tier: "
        f"{origin(site)}"
    )


def remedy(site: Site) -> str:
    """What to do about it."""
    return f"ask for {provider(site)}'s flex tier and allow a longer timeout"


RULE = Rule("BL201", __name__, Severity.NOTE, applies, message, remedy)
