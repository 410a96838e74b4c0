"""A small project on disk, what batchlint says of it, and the programs that the tests are about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parents[2] / "src"


class Project:
    """A folder with a repository's mark, and what batchlint says of it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str]) -> Project:
        """Write files, by root-relative path."""
        for path, text in files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return self

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run batchlint in the folder."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BATCHLINT_")}
        return subprocess.run(
            [sys.executable, "-m", "batchlint", *arguments],
            cwd=self.root,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env={**kept, "PYTHONPATH": str(SOURCE), "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
            timeout=60,
            check=False,
        )

    def inventory(self, *arguments: str) -> dict[str, Any]:
        """The inventory as JSON."""
        done = self.run("sites", "--output-format", "json", *arguments)
        assert done.returncode == 0, done.stderr
        inventory: dict[str, Any] = json.loads(done.stdout)
        return inventory

    def site(self, *arguments: str) -> dict[str, Any]:
        """The only site of the project."""
        (site,) = self.inventory(*arguments)["sites"]
        found: dict[str, Any] = site
        return found

    def savings(self, *arguments: str) -> dict[str, Any]:
        """The savings of the only site."""
        found: dict[str, Any] = self.site(*arguments)["savings"]
        assert found is not None
        return found


LABEL = """\
import csv

import anthropic

client = anthropic.Anthropic()


def label(text):
    return client.messages.create(
        model="{model}", max_tokens=500, messages=[{{"role": "user", "content": f"Label this: {{text}}"}}]
    )


def main():
    with open("labels.txt", "w") as target:
        for row in csv.DictReader(open("tickets.csv")):
            target.write(label(row["text"]).content[0].text)


if __name__ == "__main__":
    main()
"""


def program(imports: str, client: str, call: str, loop: str = "open('rows.txt')") -> str:
    """A script that sends one request per record."""
    return f"""\
{imports}

client = {client}


def main():
    with open("answers.txt", "w") as target:
        for row in {loop}:
            target.write(str({call}))


if __name__ == "__main__":
    main()
"""


def openai(model: str = "gpt-4o-mini", client: str = "OpenAI()", loop: str = "open('rows.txt')") -> str:
    call = f'client.chat.completions.create(model="{model}", messages=[{{"role": "user", "content": row}}])'
    return program("from openai import OpenAI", client, call, loop)


APP = """\
{module}
from fastapi import FastAPI
from openai import OpenAI

app = FastAPI()
client = OpenAI()


{decorator}
@app.post("/ask")
def ask(question: str):{function}
    return send(question)


{cls}
class Sender:
    def send(self, text):{method}
        return client.chat.completions.create(
            model="gpt-4o", messages=[{{"role": "user", "content": text}}]
        )


def send(text):
    return Sender().send(text)
"""

NOWHERE = {"module": "", "decorator": "", "function": "", "cls": "", "method": ""}

JOB = """\
from openai import OpenAI

client = OpenAI()


def label(text):{mark}
    return client.chat.completions.create(model="gpt-4o", messages=[{{"role": "user", "content": text}}])


def main():
    with open("out.txt", "w") as target:
        for line in open("lines.txt"):
            target.write(str(label(line)))


if __name__ == "__main__":
    main()
"""
