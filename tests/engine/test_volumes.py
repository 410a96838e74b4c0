"""How often a call site sends a request: loop sizes, data files, schedules."""

import json

import pytest
from engine_project import openai, program

CSV = "text\n" + "hello\n" * 12


def per_run(project, loop: str, imports: str = "import csv, json") -> dict[str, float] | None:
    """The requests of one run of a script that loops over something."""
    call = 'client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": str(row)}])'
    code = program(f"{imports}\nfrom openai import OpenAI", "OpenAI()", call, loop)
    found: dict[str, float] | None = project.write({"job.py": code}).savings()["requests_per_run"]
    return found


@pytest.mark.parametrize(
    ("loop", "imports", "size"),
    [
        ("range(500)", "", 500),
        ("range(100, 500, 4)", "", 100),
        ("range(N)", "N = 70", 70),
        ("range(len('ab'))", "", None),
        ("range(int(input()))", "", None),
        ("enumerate(range(30))", "", 30),
        ("open('rows.csv')", "", 12),
        ("csv.DictReader(open('rows.csv'))", "import csv", 12),
        ("list(csv.DictReader(open('rows.csv')))[:5]", "import csv", 5),
        ("load()", "import csv\ndef load():\n    return list(csv.DictReader(open('rows.csv')))", 12),
        ("load('rows.csv')", "import csv\ndef load(path):\n    return list(csv.DictReader(open(path)))", 12),
        ("ROWS", "import json\nROWS = [json.loads(line) for line in open('rows.jsonl')]", 7),
        ("load()", "def load():\n    for line in open('rows.jsonl'):\n        yield line", 7),
        ("json.load(open('rows.json'))", "import json", 9),
        ("pd.read_csv('rows.csv').itertuples()", "import pandas as pd", 12),
        ("pd.read_csv('rows.csv').head(3).itertuples()", "import pandas as pd", 3),
        ("open('missing.csv')", "", None),
        ("csv.DictReader(open(input()))", "import csv", None),
    ],
)
def test_the_size_of_a_loop(project, loop, imports, size):
    project.write(
        {
            "rows.csv": CSV,
            "rows.jsonl": '{"a": 1}\n' * 7,
            "rows.json": json.dumps([{"a": 1}] * 9),
        }
    )
    expected = None if size is None else {"low": size, "high": size}
    assert per_run(project, loop, imports) == expected


def test_loops_multiply(project):
    code = """\
from openai import OpenAI

client = OpenAI()
LANGUAGES = ["de", "fr", "it"]


def translate(number, language):
    return client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": f"{number} in {language}"}]
    )


def main():
    with open("out.txt", "w") as target:
        for number in range(40):
            for language in LANGUAGES:
                target.write(str(translate(number, language)))


main()
"""
    assert project.write({"job.py": code}).savings()["requests_per_run"] == {"low": 120, "high": 120}


def test_a_retry_loop_adds_no_requests(project):
    code = """\
import time

from openai import OpenAI

client = OpenAI()


def ask(number):
    for attempt in range(5):
        try:
            return client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": str(number)}]
            )
        except Exception:
            time.sleep(1)


def main():
    with open("out.txt", "w") as target:
        for number in range(40):
            target.write(str(ask(number)))


main()
"""
    assert project.write({"job.py": code}).savings()["requests_per_run"] == {"low": 40, "high": 40}


def test_a_map_over_records(project):
    code = """\
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()


def ask(number):
    return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": str(number)}])


def main():
    with ThreadPoolExecutor() as pool, open("out.txt", "w") as target:
        for answer in pool.map(ask, range(250)):
            target.write(str(answer))


main()
"""
    assert project.write({"job.py": code}).savings()["requests_per_run"] == {"low": 250, "high": 250}


def test_an_inner_loop_over_an_element_is_not_as_long_as_the_file(project):
    imports = "import csv\nfrom openai import OpenAI"
    code = f"""\
{imports}

client = OpenAI()


def main():
    with open("out.txt", "w") as target:
        for row in csv.DictReader(open("rows.csv")):
            for sentence in row["text"].split("."):
                target.write(str(client.chat.completions.create(
                    model="gpt-4o", messages=[{{"role": "user", "content": sentence}}]
                )))


main()
"""
    project.write({"job.py": code, "rows.csv": CSV})
    assert project.savings()["requests_per_run"] is None


DAILY = pytest.approx(30.44, abs=0.01)


def runs(project) -> float | None:
    """The requests a month of a job that sends ten at each run."""
    found = project.savings()["requests_per_month"]
    return None if found is None else found["high"] / 10


def job(decorator: str, imports: str, after: str = "") -> str:
    return f"""\
{imports}
from openai import OpenAI

client = OpenAI()


{decorator}
def nightly(*args):
    for number in range(10):
        answer = client.chat.completions.create(
            model="gpt-4o", messages=[{{"role": "user", "content": str(number)}}]
        )
        open(f"{{number}}.txt", "w").write(str(answer))

{after}
"""


def test_a_crontab_line_says_how_often(project):
    project.write({"job.py": openai(loop="range(10)"), "crontab": "0 3 * * * python job.py\n"})
    assert runs(project) == DAILY


def test_a_github_schedule_says_how_often(project):
    workflow = """\
on:
  schedule:
    - cron: "0 3 * * 1"
jobs:
  label:
    runs-on: ubuntu-latest
    steps:
      - run: python job.py
"""
    project.write({"job.py": openai(loop="range(10)"), ".github/workflows/label.yml": workflow})
    assert runs(project) == pytest.approx(30.44 / 7, abs=0.01)


@pytest.mark.parametrize(
    ("decorator", "imports", "after", "expected"),
    [
        (
            "@scheduler.scheduled_job('interval', hours=12)",
            "from apscheduler.schedulers.blocking import BlockingScheduler\nscheduler = BlockingScheduler()",
            "",
            pytest.approx(60.88, abs=0.02),
        ),
        (
            "@scheduler.scheduled_job('cron', hour=3)",
            "from apscheduler.schedulers.blocking import BlockingScheduler\nscheduler = BlockingScheduler()",
            "",
            DAILY,
        ),
        (
            "",
            "from apscheduler.schedulers.blocking import BlockingScheduler\n"
            "from apscheduler.triggers.cron import CronTrigger",
            "scheduler = BlockingScheduler()\nscheduler.add_job(nightly, CronTrigger(hour=3))",
            DAILY,
        ),
        ("@app.schedule('rate(1 day)')", "from chalice import Chalice\napp = Chalice()", "", DAILY),
        (
            "@app.function(schedule=modal.Cron('0 3 * * *'))",
            "import modal\napp = modal.App()",
            "",
            DAILY,
        ),
        ("@app.function(schedule=modal.Period(days=1))", "import modal\napp = modal.App()", "", DAILY),
    ],
    ids=["interval", "cron", "CronTrigger", "rate", "Modal cron", "Modal period"],
)
def test_a_schedule_in_the_code_says_how_often(project, decorator, imports, after, expected):
    project.write({"job.py": job(decorator, imports, after)})
    assert runs(project) == expected


def test_a_queue_task_runs_nobody_knows_how_often(project):
    imports = "from celery import Celery\napp = Celery()"
    assert runs(project.write({"job.py": job("@app.task", imports)})) is None


def test_a_celery_beat_table_says_how_often(project):
    imports = "from celery import Celery\nfrom celery.schedules import crontab\napp = Celery()"
    after = """\
app.conf.beat_schedule = {
    "nightly": {"task": "job.nightly", "schedule": crontab(minute=0, hour=3)},
}
"""
    assert runs(project.write({"job.py": job("@app.task", imports, after)})) == DAILY
