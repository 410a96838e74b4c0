"""What the workers do."""

from celery import Celery
from celery.schedules import crontab

from harbor.llm import complete
from harbor.store import execute, rows

app = Celery("harbor", broker="redis://localhost")
app.conf.beat_schedule = {
    "sort-reviews": {
        "task": "harbor.tasks.sort_reviews",
        "schedule": crontab(hour=2, minute=30),
    },
    "restock": {
        "task": "harbor.restock.restock",
        "schedule": crontab(hour=5, minute=0, day_of_week="mon"),
    },
}


@app.task
def sort_reviews() -> None:
    """Put the day's reviews into a drawer each."""
    for review in rows("SELECT id, text FROM reviews WHERE drawer IS NULL"):
        drawer = complete(
            "Is this review about the book, the delivery or the shop? Answer with one word.\n\n"
            + review["text"],
            max_tokens=20,
        )
        execute("UPDATE reviews SET drawer = ? WHERE id = ?", drawer.strip().lower(), review["id"])
