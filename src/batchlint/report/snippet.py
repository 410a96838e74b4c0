"""One source line with the place of a call, for terminals.

String literals longer than a word are never shown: they may be prompts or keys. A call never starts
inside a string, so the text from its start on can be read without looking at the rest of the file.
"""

import re
from dataclasses import dataclass

from batchlint.report.escape import printable
from batchlint.text import LineIndex, Location

LITERAL_MAX = 16
WIDTH_MAX = 120
_HIDDEN = "..."
_STRING = re.compile(
    r"""(?P<prefix>\b[rRbBuUfFtT]{1,2})?(?P<quote>\"\"\"|'''|"|')(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P<end>(?P=quote))?"""
)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A line as shown, and the stretch of it to underline: 0-based start and width in screen columns."""

    text: str
    start: int
    width: int


def snippet(index: LineIndex, location: Location, keep: str | None = None) -> Snippet | None:
    """The first line of a location; `keep` is a literal (a model's name) that may be shown at any length.

    None where the text does not have the line.
    """
    line = index.line_bytes(location.line).decode("utf-8", "replace").rstrip("\r\n\f")
    if not line.strip():
        return None
    start = location.column - 1
    end = location.end_column - 1 if location.end_line == location.line else len(line)
    before = without_literals(line[:start], keep)
    if '"""' in before or "'''" in before:
        before = " " * (len(before) - len(before.lstrip())) + _HIDDEN + " "
    marked = _on_screen(without_literals(line[start:end], keep))
    after = _on_screen(without_literals(line[end:], keep))
    shown = _on_screen(before)
    if start > len(line):
        return Snippet(_cut(shown), 0, 0)
    # An empty stretch (a syntax error is a point) still gets one caret.
    text = _cut(shown + marked + after).rstrip()
    at = _width(shown)
    return Snippet(text, at, max(1, min(_width(marked.rstrip()), _width(text) - at)))


def without_literals(code: str, keep: str | None) -> str:
    """Code with the contents of its longer string literals left out; `keep` is one to show."""

    def hide(match: re.Match[str]) -> str:
        prefix, quote, body, end = match.group("prefix", "quote", "body", "end")
        is_word = len(body) <= LITERAL_MAX and not re.search(r"\s", body)
        if end and (is_word or body == keep):
            return match.group()
        return f"{prefix or ''}{quote}{_HIDDEN}{end or ''}"

    return _STRING.sub(hide, code)


def _on_screen(text: str) -> str:
    return printable(text.expandtabs(4))


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH_MAX else text[: WIDTH_MAX - len(_HIDDEN)] + _HIDDEN


def _width(text: str) -> int:
    """The screen columns that a text takes; wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)
