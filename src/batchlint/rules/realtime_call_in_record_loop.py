"""Sends one real-time LLM request per record, and nobody waits for the answers.

## Why it costs

Providers sell the same model at about half the price when the answer may take up to a day: the batch
API. A loop over records in a script, a pipeline or a back-fill needs all answers at the end and none
of them now, so it pays double for a speed that nobody uses. The loop may stand anywhere: around a
function that calls a function that sends the request, in a comprehension, a `DataFrame.apply`, a
`Dataset.map`. The finding shows the way from the start of the program to the call.

## Example

```py label_tickets.py
import csv

from openai import OpenAI

client = OpenAI()


def label(text):
    response = client.chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "user", "content": f"Label this support ticket: {text}"}],
    )
    return response.choices[0].message.content


def main():
    with open("tickets.csv") as source, open("labels.csv", "w") as target:
        writer = csv.writer(target)
        for row in csv.DictReader(source):
            writer.writerow([row["id"], label(row["text"])])


if __name__ == "__main__":
    main()
```

## Use instead

```py label_tickets.py
import csv

from openai import OpenAI
from llm_batch import chat_request, run_outcomes

client = OpenAI()


def label_steps(text):
    response = yield chat_request(
        client,
        model="gpt-5-mini",
        messages=[{"role": "user", "content": f"Label this support ticket: {text}"}],
    )
    return response.choices[0].message.content


def main():
    with open("tickets.csv") as source, open("labels.csv", "w") as target:
        writer = csv.writer(target)
        records = list(csv.DictReader(source))
        outcomes = run_outcomes([label_steps(row["text"]) for row in records])
        for row, outcome in zip(records, outcomes):
            writer.writerow([row["id"], outcome.result()])


if __name__ == "__main__":
    main()
```

## When it stays silent

Somebody waits for each answer:

```py api.py
from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()
client = OpenAI()


@app.post("/label")
def label(texts: list[str]):
    return [
        client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": text}])
        for text in texts
    ]
```

Each request needs the answer to the one before it:

```py refine.py
from openai import OpenAI

client = OpenAI()


def main():
    draft = open("draft.txt").read()
    for comment in open("comments.txt"):
        response = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": f"{draft} {comment}"}]
        )
        draft = response.choices[0].message.content
    print(draft)


if __name__ == "__main__":
    main()
```

The loop goes over attempts and not over records, or nothing in the program says who calls the
function. What the analysis is unsure about is reported only with a lower `--min-confidence`.

## Fix safety

Safe where the program produces the same values for the same consumers in the same order; only the
time at which they arrive differs. Unsafe where requests that an early exit would have spared are now
paid for, where effects that the analysis cannot see through would change places, or where a setting
such as a storage bucket has to come from you. `batchlint explain PATH:LINE` gives the reasons.
"""

from batchlint.finding import Severity, Site
from batchlint.rules.base import Rule
from batchlint.rules.wording import RECORD_SHAPES, batch_remedy, is_eligible, origin, provider


def message(site: Site) -> str:
    """What the finding says of a site."""
    often = "once per record " if site.shape in RECORD_SHAPES else ""
    return f"real-time {provider(site)} call runs {often}and nobody waits for it: {origin(site)}"


RULE = Rule("BL101", __name__, Severity.WARNING, is_eligible, message, batch_remedy)
