"""Runs the command line in a process of its own, on small projects."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cli_support import environment

Batchlint = Callable[..., "subprocess.CompletedProcess[str]"]
Project = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Makes a project of its own git repository: `project({"a.py": "..."})`."""

    def make(files: Mapping[str, str | bytes], name: str = "project") -> Path:
        root = tmp_path / name
        (root / ".git").mkdir(parents=True)
        for path, text in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text if isinstance(text, bytes) else text.encode())
        return root

    return make


@pytest.fixture
def batchlint(tmp_path: Path) -> Batchlint:
    """Runs `batchlint ARGUMENTS` in a folder, with a cache of its own."""

    def run(
        *arguments: str, cwd: Path | None = None, stdin: bytes | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "batchlint", *arguments],
            cwd=cwd or tmp_path,
            input=stdin if stdin is not None else b"",
            capture_output=True,
            env=environment(BATCHLINT_CACHE_DIR=str(tmp_path / "cache"), **env),
            timeout=60,
            check=False,
        )
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    return run
