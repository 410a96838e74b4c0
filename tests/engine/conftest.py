"""Small projects, and the command line in a process of its own on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

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


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    (tmp_path / ".git").mkdir()
    return Project(tmp_path)
