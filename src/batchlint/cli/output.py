"""Writing to standard output and to files, whatever the terminal's encoding and the reader do."""

import os
import sys
from pathlib import Path

from batchlint.cli.errors import UserError


def write(text: str, *, is_text: bool = False) -> None:
    """Write to standard output. A reader that went away is no error: the exit code stays what it is.

    Machine formats are UTF-8 on every system; text for people is in the terminal's encoding, with
    escapes for what it lacks.
    """
    encoding = (sys.stdout.encoding or "utf-8") if is_text else "utf-8"
    write_bytes(text.encode(encoding, "backslashreplace"))


def write_bytes(data: bytes) -> None:
    """Write bytes to standard output as they are; a reader that went away is no error."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Python flushes once more at exit; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: Path, text: str) -> None:
    """Write a report to a file, its folder created where missing. Raises `UserError` where that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from None


def note(text: str) -> None:
    """Write one line for people to standard error."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        # Python flushes once more at exit; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
