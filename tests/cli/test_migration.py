"""The page on a migration: its commands print what it shows, with the SDK and a provider on the loopback."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from fake_provider import FakeProvider

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "migrate.md").read_text("utf-8")
TICKETS = 200


def block(language: str, number: int = 0) -> str:
    """A fenced block of the page."""
    found = re.findall(rf"^```{language}[^\n]*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found[number])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "testdata" / "migration" / "triage.py", tmp_path)
    rows = (json.dumps({"id": n, "text": f"Parcel {n} is late"}) for n in range(TICKETS))
    (tmp_path / "tickets.jsonl").write_text("".join(f"{row}\n" for row in rows), "utf-8")
    return tmp_path


def batchlint(project: Path, *arguments: str) -> str:
    """What a command prints on both outputs."""
    command = [sys.executable, "-m", "batchlint", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout + done.stderr


def test_the_page(project: Path) -> None:
    assert block("py").rstrip() == (project / "triage.py").read_text("utf-8").rstrip()
    assert batchlint(project, "--output-format", "concise") in block("console", 0)
    assert batchlint(project, "--diff").startswith(block("diff"))
    assert batchlint(project, "--fix") in block("console", 1)
    with FakeProvider() as fake:
        settings = {"OPENAI_API_KEY": "sk-none", "OPENAI_BASE_URL": f"{fake.url}/v1"}
        program = [sys.executable, "triage.py"]

        def run(**more: str) -> subprocess.CompletedProcess[str]:
            (project / "labelled.jsonl").unlink(missing_ok=True)
            done = subprocess.run(
                program, cwd=project, capture_output=True, text=True, check=True, timeout=120,
                env={**os.environ, **settings, **more},
            )  # fmt: skip
            assert len((project / "labelled.jsonl").read_text("utf-8").splitlines()) == TICKETS
            return done

        assert run(LLM_BATCH_MIN_REQUESTS="1000000").stderr == ""
        assert (fake.paid_live.total(), fake.paid_batch.total()) == (TICKETS, 0)
        fake.polls = 10**6
        settings["LLM_BATCH_POLL_SECONDS"] = "1"
        waiting = subprocess.Popen(
            program, cwd=project, stderr=subprocess.PIPE, text=True, env={**os.environ, **settings}
        )
        assert waiting.stderr is not None
        first = waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        said = waiting.communicate(timeout=60)[1].splitlines()
        shown = block("console", 3).splitlines()
        assert first.rstrip() == shown[1]
        assert [line for line in said if line.startswith("llm_batch: ")] == shown[3:5]
        status = [sys.executable, "-m", "llm_batch", "status"]
        done = subprocess.run(status, cwd=project, capture_output=True, text=True, check=True, timeout=60)
        assert masked(done.stdout) == masked(shown[6] + "\n")
        fake.polls = 1
        run()
        assert (fake.paid_live.total(), fake.paid_batch.total()) == (TICKETS, TICKETS)


def masked(text: str) -> str:
    """A line of the status without its time and numbers."""
    return re.sub(r"^\d{8}-\d{6}-openai-[0-9a-f]{12}|batch_\d{6}", "…", text)
