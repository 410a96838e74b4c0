"""Celery beat: entries of a table name tasks in strings, wherever the table stands."""

import pytest
from engine_project import Project

TASK = """
from celery import {imports}
from openai import OpenAI

client = OpenAI()
{app}

{decorator}
def nightly():
    for line in open("in.txt"):
        reply = client.chat.completions.create(
            model="gpt-5-mini", messages=[{{"role": "user", "content": line}}]
        )
        open("out.txt", "a").write(reply.choices[0].message.content)
"""
SHARED = TASK.format(imports="shared_task", app="", decorator="@shared_task")
NAMED = TASK.format(imports="shared_task", app="", decorator='@shared_task(name="reports.nightly")')


def table(task: str, schedule: str = "crontab(hour=2, minute=30)") -> str:
    return f'{{"nightly": {{"task": "{task}", "schedule": {schedule}}}}}'


@pytest.mark.parametrize(
    "text",
    [
        "app = Celery('shop')\napp.conf.beat_schedule = " + table("shop.tasks.nightly"),
        "app = Celery('shop')\napp.conf.update(beat_schedule=" + table("shop.tasks.nightly") + ")",
        "CELERY_BEAT_SCHEDULE = " + table("shop.tasks.nightly"),
        "beat_schedule = " + table("tasks.nightly"),
    ],
    ids=["attribute", "argument", "settings", "other root of the path"],
)
def test_a_table_makes_a_task_a_scheduled_job(project: Project, text: str) -> None:
    head = "from celery import Celery\nfrom celery.schedules import crontab\n"
    site = project.write({"shop/tasks.py": SHARED, "shop/celery.py": f"{head}{text}\n"}).site()
    assert site["roots"] == ["scheduled", "task-queue"]
    first = site["witness"][0]
    assert first["path"] == "shop/celery.py"
    assert first["message"] == "Celery beat entry for nightly, schedule 30 2 * * *"


def test_a_task_is_known_by_its_registered_name_only(project: Project) -> None:
    head = "from celery.schedules import crontab\n"
    wrong = f"{head}CELERY_BEAT_SCHEDULE = {table('shop.tasks.nightly')}\n"
    assert project.write({"shop/tasks.py": NAMED, "settings.py": wrong}).site()["roots"] == ["task-queue"]
    right = f"{head}import shop.tasks\nCELERY_BEAT_SCHEDULE = {table('reports.nightly')}\n"
    assert "scheduled" in project.write({"settings.py": right}).site()["roots"]


@pytest.mark.parametrize(
    ("schedule", "words"), [("3600.0", "every 3600 seconds"), ("timedelta(hours=2)", "every 2 hours")]
)
def test_schedules_of_all_kinds(project: Project, schedule: str, words: str) -> None:
    text = f"from datetime import timedelta\nbeat_schedule = {table('shop.tasks.nightly', schedule)}\n"
    site = project.write({"shop/tasks.py": SHARED, "shop/celeryconfig.py": text}).site()
    assert site["witness"][0]["message"].endswith(f"schedule {words}")


def test_a_mapping_that_looks_alike_schedules_nothing(project: Project) -> None:
    text = 'ROW = {"task": "write the report", "schedule": "friday"}\n'
    site = project.write({"shop/tasks.py": SHARED, "shop/plan.py": f"import shop.tasks\n{text}"}).site()
    assert site["roots"] == ["task-queue"]
