"""The bundled example project: batchlint says of each file what the project's README promises."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "testdata" / "demo"
ROW = re.compile(r"^\| `(?P<path>[^`]+)` \|[^|]*\| (?P<expected>[^|]+) \|$", re.MULTILINE)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "batchlint", *arguments, "--no-cache"]
    return subprocess.run(command, cwd=DEMO, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def promised() -> dict[str, str]:
    """What the README's table expects of each file: a rule's code, or "" for nothing."""
    rows = ROW.finditer((DEMO / "README.md").read_text("utf-8"))
    return {row["path"]: (re.search(r"BL\d+", row["expected"]) or [""])[0] for row in rows}


def test_each_file_gets_what_its_readme_promises(promised: dict[str, str]) -> None:
    done = run("--output-format", "concise")
    assert done.returncode == 1, done.stderr
    found: dict[str, set[str]] = {}
    for line in done.stdout.splitlines():
        match = re.match(r"(?P<path>[^:]+):\d+:\d+: (?P<code>BL\d+) ", line)
        if match:
            found.setdefault(match["path"], set()).add(match["code"])
    assert found == {path: {code} for path, code in promised.items() if code}


def test_every_file_that_calls_a_model_is_in_the_table(promised: dict[str, str]) -> None:
    done = run("sites", "--output-format", "json")
    assert {site["path"] for site in json.loads(done.stdout)["sites"]} == set(promised)


def test_it_is_written_for_the_python_it_names() -> None:
    for path in DEMO.rglob("*.py"):
        compile(path.read_text("utf-8"), str(path), "exec")
