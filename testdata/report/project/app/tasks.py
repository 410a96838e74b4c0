from celery import Celery
from celery.schedules import crontab

from app.llm import summarize

app = Celery("reports")
app.conf.beat_schedule = {"nightly": {"task": "nightly", "schedule": crontab(hour=2)}}


@app.task(name="nightly")
def nightly(documents):
    for document in documents:
        summarize(document)
