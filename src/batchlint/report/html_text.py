"""Words of the HTML page: escaped text, places, counts."""

import re
from html import escape

from batchlint.report.escape import printable
from batchlint.text import Location


def text(value: str) -> str:
    """Text of any origin, safe in an element and in a quoted attribute."""
    return escape(printable(value), quote=True)


def prose(value: str) -> str:
    """Text with what stands between backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", text(value))


def place(location: Location) -> str:
    """A path and line, escaped."""
    return text(f"{location.path}:{location.line}")


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
