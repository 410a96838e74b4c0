"""What a file is, by its name: Python, or a file that can start programs (a "starter")."""

import os
from enum import Enum

PYTHON_SUFFIXES = (".py", ".ipynb", ".pyw")

PROJECT_NAMES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
"""The files that make a folder a project of its own, an import root."""

STARTER_BYTES_MAX = 1_000_000
"""Larger starters are data."""

_NAMES = frozenset(
    {
        "GNUmakefile",
        "Jenkinsfile",
        "Justfile",
        "Makefile",
        "Pipfile",
        "cdk.json",
        "fly.toml",
        "function.json",
        "justfile",
        "makefile",
        "netlify.toml",
        "package.json",
        "railway.json",
        "railway.toml",
        "serverless.json",
        "template.json",
        "tox.ini",
        "vercel.json",
        "zappa_settings.json",
        "zappa_settings.toml",
    }
    | PROJECT_NAMES
)
_SUFFIXES = frozenset(
    {
        "bash",
        "cron",
        "crontab",
        "dockerfile",
        "just",
        "mk",
        "service",
        "sh",
        "tf",
        "timer",
        "yaml",
        "yml",
        "zsh",
    }
)
_PREFIXES = ("Containerfile", "Dockerfile", "Procfile", "crontab", "supervisord.")
_CRON_FOLDERS = ("cron.d", "cron.daily", "cron.hourly", "cron.weekly", "cron.monthly")


class FileKind(Enum):
    """What a file is to us."""

    PYTHON = "python"
    STARTER = "starter"
    BOTH = "both"  # setup.py
    SCRIPT = "script"  # no suffix: its first line says what it is
    OTHER = "other"


def kind_of(name: str, folder: str) -> FileKind:
    """The kind of the file `name` in the root-relative `folder`, as far as the name tells."""
    if name.endswith(PYTHON_SUFFIXES):
        return FileKind.BOTH if name in _NAMES else FileKind.PYTHON
    stem, dot, suffix = name.rpartition(".")
    if (dot and suffix in _SUFFIXES) or name in _NAMES or name.startswith(_PREFIXES):
        return FileKind.STARTER
    if folder.endswith(_CRON_FOLDERS):
        return FileKind.STARTER
    return FileKind.OTHER if stem or name.startswith(".") else FileKind.SCRIPT


def kind_of_script(path: str) -> FileKind:
    """The kind of an executable without a suffix, by the interpreter its first line names."""
    try:
        if os.name == "posix" and not os.stat(path).st_mode & 0o111:
            return FileKind.OTHER
        with open(path, "rb", buffering=0) as file:
            start = file.read(128).partition(b"\n")[0]
    except OSError:
        return FileKind.OTHER  # most likely a program of another kind
    if not start.startswith(b"#!"):
        return FileKind.OTHER
    if b"python" in start:
        return FileKind.PYTHON
    return FileKind.STARTER if start.rstrip().endswith(b"sh") else FileKind.OTHER


def is_test(path: str) -> bool:
    """Whether a path is one where test runners look for unit tests."""
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py") or name in ("conftest.py", "tests.py")
