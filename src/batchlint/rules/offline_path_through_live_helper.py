"""Sends the real-time LLM requests of an offline path through a helper that also serves waiting callers.

## Why it costs

The helper was written for the request that somebody waits for; later a back-fill or a nightly job called
it too, and pays the real-time price for every record. The live path has to stay as it is. The offline
path can have its own way to the same prompt, through the batch API at about half of the price.

## Example

```py moderation.py
import anthropic

client = anthropic.Anthropic()


def classify(text):
    message = client.messages.create(
        model="claude-haiku-4-5",
        max_tokens=10,
        messages=[{"role": "user", "content": f"Is this spam? {text}"}],
    )
    return message.content[0].text
```
```py api.py
from fastapi import FastAPI
from moderation import classify

app = FastAPI()


@app.post("/comments")
def post_comment(text: str):
    return {"spam": classify(text)}
```
```py backfill.py
from moderation import classify


def main():
    with open("labels.txt", "w") as target:
        for line in open("comments.txt"):
            target.write(classify(line))


if __name__ == "__main__":
    main()
```

## Use instead

```py moderation.py
import anthropic
from llm_batch import message_request, run_now

client = anthropic.Anthropic()


def classify_steps(text):
    message = yield message_request(
        client,
        model="claude-haiku-4-5",
        max_tokens=10,
        messages=[{"role": "user", "content": f"Is this spam? {text}"}],
    )
    return message.content[0].text


def classify(text):
    return run_now(classify_steps(text))
```
```py backfill.py
from moderation import classify, classify_steps
from llm_batch import run_outcomes


def main():
    with open("labels.txt", "w") as target:
        records = list(open("comments.txt"))
        outcomes = run_outcomes([classify_steps(line) for line in records])
        for line, outcome in zip(records, outcomes):
            target.write(outcome.result())


if __name__ == "__main__":
    main()
```

## When it stays silent

Every way to the call starts with somebody waiting:

```py api.py
import anthropic
from fastapi import FastAPI

app = FastAPI()
client = anthropic.Anthropic()


def classify(text):
    return client.messages.create(
        model="claude-haiku-4-5", max_tokens=10, messages=[{"role": "user", "content": text}]
    )


@app.post("/comments")
def post_comment(text: str):
    return classify(text).content[0].text
```

No way does: then one of the other rules reports the site.

## Fix safety

Safe and unsafe as for realtime-call-in-record-loop. Only the offline path is rewritten; the helper keeps
its name and its behaviour for everyone else.
"""

from batchlint.finding import Severity, Site, Verdict
from batchlint.rules.base import Rule
from batchlint.rules.wording import batch_api, origin, provider


def applies(site: Site) -> bool:
    """Whether waiting callers and an offline path share the site."""
    return site.verdict is Verdict.MIXED


def message(site: Site) -> str:
    """What the finding says of a site."""
    return (
        f"real-time {provider(site)} call also serves an offline path, where nobody waits for it: "
        f"{origin(site)}"
    )


def remedy(site: Site) -> str:
    """What to do about it."""
    return f"leave the live path alone and give the offline path its own way to {batch_api(site)}"


RULE = Rule("BL106", __name__, Severity.WARNING, applies, message, remedy)
