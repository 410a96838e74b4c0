"""batchlint holds its own source to its rules."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def test_its_own_source_has_no_findings() -> None:
    command = [sys.executable, "-m", "batchlint", "src", "--output-format", "concise"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "All checks passed!\n"
