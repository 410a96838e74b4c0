"""Sends real-time LLM requests from an evaluation: a benchmark, an evaluation suite, LLM-as-judge scoring,
the comparison of two prompts or models.

## Why it costs

An evaluation asks every question of a fixed set and reads the scores at the end. Its requests are
independent, all known at the start, and repeated at each run: the textbook case for a batch at about
half of the price. Judging doubles the requests, and the judge is often the dearest model in the house.

## Example

```py evals/judge.py
import json

import anthropic

client = anthropic.Anthropic()


def grade(case):
    verdict = client.messages.create(
        model="claude-sonnet-4-5",
        max_tokens=16,
        messages=[{"role": "user", "content": f"Is this answer right? {case['answer']}"}],
    )
    return verdict.content[0].text == "yes"


def run_eval():
    cases = [json.loads(line) for line in open("evals/cases.jsonl")]
    scores = [grade(case) for case in cases]
    print("accuracy", sum(scores) / len(scores))


if __name__ == "__main__":
    run_eval()
```

## Use instead

```py evals/judge.py
import json

import anthropic
from llm_batch import message_request, run_batch

client = anthropic.Anthropic()


def grade_steps(case):
    verdict = yield message_request(
        client,
        model="claude-sonnet-4-5",
        max_tokens=16,
        messages=[{"role": "user", "content": f"Is this answer right? {case['answer']}"}],
    )
    return verdict.content[0].text == "yes"


def run_eval():
    cases = [json.loads(line) for line in open("evals/cases.jsonl")]
    scores = run_batch([grade_steps(case) for case in cases])
    print("accuracy", sum(scores) / len(scores))


if __name__ == "__main__":
    run_eval()
```

## When it stays silent

The evaluated program is interactive, and each turn needs the answer to the turn before:

```py evals/dialogue.py
import anthropic

client = anthropic.Anthropic()


def main():
    messages = []
    for line in open("evals/dialogue.txt"):
        messages.append({"role": "user", "content": line})
        reply = client.messages.create(model="claude-sonnet-4-5", max_tokens=500, messages=messages)
        messages.append({"role": "assistant", "content": reply.content})
    print(messages)


if __name__ == "__main__":
    main()
```

The model under evaluation runs on your own machine, or the framework already sends a batch
(`inspect eval --batch`).

## Fix safety

Safe and unsafe as for realtime-call-in-record-loop.
"""

from batchlint.finding import Severity, Site
from batchlint.rules.base import Rule
from batchlint.rules.wording import EVALUATIONS, batch_remedy, is_eligible, origin, provider


def applies(site: Site) -> bool:
    """Whether the requests belong to an evaluation."""
    return is_eligible(site) and (site.category in EVALUATIONS or "eval" in site.roots)


def message(site: Site) -> str:
    """What the finding says of a site."""
    return f"real-time {provider(site)} call runs in an evaluation and nobody waits for it: {origin(site)}"


RULE = Rule("BL103", __name__, Severity.WARNING, applies, message, batch_remedy)
