"""Keys and prompts of the linted code are never repeated in an output."""

from pathlib import Path

import pytest
from running import FORMATS, run, write

KEY = "sk-KEYKEYKEY0123456789abcdef0123456789"
PROMPT = "PROMPTPROMPT: you label tickets for Acme Corp"

JOB = f'''\
from openai import OpenAI

client = OpenAI(api_key="{KEY}")
INSTRUCTIONS = """{PROMPT}
in several lines"""


def main():
    for row in open("rows.txt"):
        messages = [{{"role": "system", "content": "{PROMPT}"}}, {{"role": "user", "content": row}}]
        print(client.chat.completions.create(model="gpt-4o", messages=messages))
        print(OpenAI(api_key="{KEY}").chat.completions.create(
            model="gpt-4o", messages=[{{"role": "user", "content": "{PROMPT}" + row}}],
            extra_headers={{"x-key": "{KEY}"}},
        ))
        print(client.responses.create(model="gpt-4o", input=row, instructions=INSTRUCTIONS))


if __name__ == "__main__":
    main()
'''
BROKEN = f'import openai\nopenai.api_key = "{KEY}\nprompt = "{PROMPT}\n'
WORKFLOW = f"""\
on:
  schedule:
    - cron: "0 3 * * *"
jobs:
  label:
    steps:
      - run: OPENAI_API_KEY={KEY} python job.py --prompt "{PROMPT}"
        env:
          OPENAI_API_KEY: {KEY}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"job.py": JOB, "broken.py": BROKEN, ".github/workflows/nightly.yml": WORKFLOW}
    return write(tmp_path / "project", files)


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_repeats_them(root: Path, form: str) -> None:
    done = run(root, "check", "--output-format", form, "--min-confidence", "low", "-v")
    assert done.returncode == 1, done.stderr
    assert "BL10" in done.stdout
    for secret in ("KEYKEY", "PROMPTPROMPT"):
        assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_the_inventory_does_not(root: Path, form: str) -> None:
    done = run(root, "sites", "--output-format", form)
    assert "job.py" in done.stdout
    assert "KEYKEY" not in done.stdout
    assert "PROMPTPROMPT" not in done.stdout


@pytest.mark.parametrize("line", [11, 12, 16])
def test_an_explanation_does_not(root: Path, line: int) -> None:
    done = run(root, "explain", f"job.py:{line}")
    assert done.returncode == 0, done.stderr
    story, _, _patch = done.stdout.partition("--- ")  # a patch shows the lines that it changes
    assert "job.py" in story
    assert "KEYKEY" not in story
    assert "PROMPTPROMPT" not in story


def test_the_call_graph_and_the_statistics_do_not(root: Path) -> None:
    shown = run(root, "graph", ".").stdout + run(root, "check", "--statistics").stdout
    assert "job.main" in shown
    assert "KEYKEY" not in shown
    assert "PROMPTPROMPT" not in shown


def test_a_setting_in_error_is_not_repeated_whole(root: Path) -> None:
    write(root, {"prices.toml": f'["{KEY}"]\ninput = "{PROMPT}"\n'})
    done = run(root, "check", "--prices", "prices.toml")
    assert done.returncode == 2
    assert "PROMPTPROMPT" not in done.stderr
