"""Sends real-time LLM requests from a job that a clock starts: cron, Celery beat, Airflow, APScheduler,
a scheduled workflow, a Kubernetes CronJob.

## Why it costs

A job that starts at two in the morning has a deadline, not an audience. Its answers may arrive an hour
later, which is what the batch API asks for in exchange for about half of the price; and since the job
runs again and again, so does the saving. The schedule may stand in Python or in a file beside it
(crontab, workflow, manifest); the finding names it.

## Example

```py tasks.py
from celery import Celery
from celery.schedules import crontab
from openai import OpenAI

app = Celery("reports", broker="redis://localhost")
app.conf.beat_schedule = {
    "nightly": {"task": "tasks.nightly", "schedule": crontab(hour=2, minute=0)},
}
client = OpenAI()


@app.task(name="tasks.nightly")
def nightly():
    for path in open("contracts.txt"):
        text = open(path.strip()).read()
        response = client.chat.completions.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": f"Summarize: {text}"}]
        )
        with open(path.strip() + ".summary", "w") as target:
            target.write(response.choices[0].message.content)
```

## Use instead

```py tasks.py
from celery import Celery
from celery.schedules import crontab
from llm_batch import chat_request, run_batch
from openai import OpenAI

app = Celery("reports", broker="redis://localhost")
app.conf.beat_schedule = {
    "nightly": {"task": "tasks.nightly", "schedule": crontab(hour=2, minute=0)},
}
client = OpenAI()


@app.task(name="tasks.nightly")
def nightly():
    paths = [path.strip() for path in open("contracts.txt")]
    requests = [
        chat_request(
            client,
            model="gpt-5-mini",
            messages=[{"role": "user", "content": f"Summarize: {open(path).read()}"}],
        )
        for path in paths
    ]
    for path, response in zip(paths, run_batch(requests)):
        with open(path + ".summary", "w") as target:
            target.write(response.choices[0].message.content)
```

## When it stays silent

The call belongs to a conversation or an agent whose steps need one another:

```py watch.py
from apscheduler.schedulers.blocking import BlockingScheduler
from openai import OpenAI

client = OpenAI()
scheduler = BlockingScheduler()


@scheduler.scheduled_job("interval", hours=1)
def watch():
    messages = [{"role": "user", "content": "Check the queue."}]
    while True:
        response = client.chat.completions.create(model="gpt-4o", messages=messages)
        messages.append(response.choices[0].message)
        if response.choices[0].finish_reason == "stop":
            break


scheduler.start()
```

The provider has no batch form of the operation (speech, streaming to a user, a model on your own
machine), or the job already uses the batch API.

## Fix safety

Safe and unsafe as for realtime-call-in-record-loop. A job that may not live as long as a batch takes
(a worker with a time limit, a cloud function) is unsafe: use the submit and collect halves of the
copied helper in two scheduled steps.
"""

from batchlint.finding import Severity, Site
from batchlint.rules.base import Rule
from batchlint.rules.wording import batch_remedy, is_eligible, origin, provider

# Values of `RootKind`, which would be the dearest import of `batchlint rule`.
SCHEDULED = frozenset({"scheduled", "workflow", "ci"})


def applies(site: Site) -> bool:
    """Whether a clock or a workflow starts what sends the requests."""
    return is_eligible(site) and not SCHEDULED.isdisjoint(site.roots)


def message(site: Site) -> str:
    """What the finding says of a site."""
    return f"real-time {provider(site)} call runs in a scheduled job and nobody waits for it: {origin(site)}"


RULE = Rule("BL102", __name__, Severity.WARNING, applies, message, batch_remedy)
