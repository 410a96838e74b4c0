"""Runs the command line in a process of its own, as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
FORMATS = "full concise grouped json json-lines sarif github gitlab junit rdjson azure markdown".split()

CLIENT = """\
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}])
"""

JOB = """\
from client import ask


def main():
    with open("answers.txt", "w") as target:
        for row in open("rows.txt"):
            target.write(ask(row).choices[0].message.content)


if __name__ == "__main__":
    main()
"""


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files by root-relative path below a folder that is a repository."""
    (root / ".git").mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def environment(**changes: str) -> dict[str, str]:
    """The environment without settings of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BATCHLINT_")}
    path = os.pathsep.join(filter(None, (str(SOURCE), os.environ.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": path, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", **changes}


def run(root: Path, *arguments: str, seconds: float = 60, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run batchlint in a folder, without a cache unless the environment names one."""
    return subprocess.run(
        [sys.executable, "-m", "batchlint", *arguments],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        env=environment(**({"BATCHLINT_NO_CACHE": "1"} | changes)),
        timeout=seconds,
        check=False,
    )
