"""Programs that the command-line tests lint, and the environment they are linted in."""

import os
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


def environment(**changes: str) -> dict[str, str]:
    """The environment of a user: no colour wishes, no settings of ours, the package importable."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BATCHLINT_") and name not in ("NO_COLOR", "FORCE_COLOR", "PYTHONHASHSEED")
    }
    path = os.pathsep.join(filter(None, (str(SOURCE), os.environ.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **changes}


FINDING = """\
import csv

from openai import OpenAI

client = OpenAI()


def label(text):
    return client.chat.completions.create(
        model="gpt-5-mini", messages=[{"role": "user", "content": f"Label this ticket: {text}"}]
    )


def main():
    with open("labels.txt", "w") as target:
        for row in csv.DictReader(open("tickets.csv")):
            target.write(label(row["text"]).choices[0].message.content)


if __name__ == "__main__":
    main()
"""

CLEAN = """\
def total(prices):
    return sum(prices)
"""

BROKEN = "from openai import OpenAI\n\nclient = OpenAI(\n"

WRAPPER = """\
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": text}])
"""

CALLER = """\
from wrapper import ask


def main():
    with open("answers.txt", "w") as target:
        for line in open("questions.txt"):
            target.write(ask(line).choices[0].message.content)


if __name__ == "__main__":
    main()
"""
