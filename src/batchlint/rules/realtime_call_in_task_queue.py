"""Sends one real-time LLM request per queued task, and nobody waits for the task's result.

## Why it costs

Whoever put the task on the queue has moved on, so its answer may take longer than a second. There is no
loop around the call to see: the loop is the queue. Each task pays the real-time price, and a burst of
tasks runs into the rate limit besides. Tasks that are gathered for a while, or a schedule that collects
what is due, go to the batch API at about half of the price.

## Example

```py tasks.py
import anthropic
from celery import shared_task

client = anthropic.Anthropic()


@shared_task
def tag_photo_caption(path):
    caption = open(path).read()
    message = client.messages.create(
        model="claude-haiku-4-5",
        max_tokens=50,
        messages=[{"role": "user", "content": f"Five tags for: {caption}"}],
    )
    with open(path + ".tags", "w") as target:
        target.write(message.content[0].text)
```
```py import_captions.py
import glob

from tasks import tag_photo_caption


def main():
    for path in glob.glob("captions/*.txt"):
        tag_photo_caption.delay(path)


if __name__ == "__main__":
    main()
```

## Use instead

```py tasks.py
import anthropic
from celery import shared_task
from llm_batch import message_request, run_batch

client = anthropic.Anthropic()


@shared_task
def tag_photo_captions(paths):
    requests = [
        message_request(
            client,
            model="claude-haiku-4-5",
            max_tokens=50,
            messages=[{"role": "user", "content": f"Five tags for: {open(path).read()}"}],
        )
        for path in paths
    ]
    for path, message in zip(paths, run_batch(requests)):
        with open(path + ".tags", "w") as target:
            target.write(message.content[0].text)
```
```py import_captions.py
import glob

from tasks import tag_photo_captions


def main():
    tag_photo_captions.delay(glob.glob("captions/*.txt"))


if __name__ == "__main__":
    main()
```

## When it stays silent

The caller waits for the task after all:

```py tasks.py
import anthropic
from celery import shared_task

client = anthropic.Anthropic()


@shared_task
def answer(question):
    message = client.messages.create(
        model="claude-haiku-4-5", max_tokens=500, messages=[{"role": "user", "content": question}]
    )
    return message.content[0].text
```
```py api.py
from fastapi import FastAPI
from tasks import answer

app = FastAPI()


@app.get("/answer")
def get_answer(question: str):
    return answer.delay(question).get(timeout=60)
```

A page polls for the result: somebody watches it.

## Fix safety

Never safe: a task gets one record, so a batch needs a change of who collects the records, and a worker
may not live as long as a batch takes. Shown, or applied with `--unsafe-fixes` where the dispatching loop
is in the program.
"""

from batchlint.finding import Severity, Shape, Site
from batchlint.rules.base import Rule
from batchlint.rules.wording import batch_api, is_eligible, origin, provider


def applies(site: Site) -> bool:
    """Whether a queue starts one task per record."""
    return is_eligible(site) and site.shape is Shape.PER_TASK


def message(site: Site) -> str:
    """What the finding says of a site."""
    return (
        f"real-time {provider(site)} call runs once per queued task and nobody waits for it: {origin(site)}"
    )


def remedy(site: Site) -> str:
    """What to do about it."""
    return (
        f"hand many records to one task and send them through {batch_api(site)}; "
        "where tasks must stay single, take the flex tier"
        if site.flex
        else f"hand many records to one task and send them through {batch_api(site)}"
    )


RULE = Rule("BL104", __name__, Severity.WARNING, applies, message, remedy)
