"""Source text and places in it.

Facts and the linked program speak in `Span`s, which are exactly what `ast` hands out, so nothing has
to be converted for the thousands of places nobody will ever be shown. `LineIndex` turns a span into
a `Location` (what people and machine formats read) or into byte offsets (what edits need).
"""

from dataclasses import dataclass
from typing import NamedTuple


class Span(NamedTuple):
    """A half-open stretch of one file: 1-based lines, 0-based columns in UTF-8 bytes, as `ast` counts."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A stretch of one file as outputs show it: root-relative path with `/`, lines and columns 1-based,
    columns in Unicode code points, the end exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Source:
    """One Python source: its root-relative path, dotted module name and decoded text.

    `text` is UTF-8 without a byte order mark, whatever the file's own encoding was; line endings are
    kept. For a notebook it is the code cells in order, joined by newlines, and `cell_lines` holds the
    first line of each cell.
    """

    path: str
    module: str
    text: bytes
    is_package: bool = False
    cell_lines: tuple[int, ...] = ()


class LineIndex:
    """Finds lines in UTF-8 text and converts `Span`s; lines end as Python's tokenizer ends them."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        starts = [0]
        at = 0
        # \r\n, \n and a lone \r end a line; \f and the Unicode separators do not.
        for line in text.replace(b"\r\n", b"\n\n").replace(b"\r", b"\n").split(b"\n"):
            at += len(line) + 1
            starts.append(at)
        if b"\r\n" in text:
            starts = [s for s in starts if not (0 < s < len(text) and text[s - 1 : s + 1] == b"\r\n")]
        self._starts = starts

    def line_bytes(self, line: int) -> bytes:
        """The bytes of a 1-based line, its ending included; empty past the end of the text."""
        if not 0 < line < len(self._starts):
            return b""
        return self.text[self._starts[line - 1] : self._starts[line]]

    def offset(self, line: int, column: int) -> int:
        """The byte offset of a 1-based line and 0-based UTF-8 column, clamped to the text."""
        line = min(max(line, 1), len(self._starts) - 1)
        return min(self._starts[line - 1] + column, len(self.text))

    def column(self, line: int, column: int) -> int:
        """The 1-based code-point column of a 0-based UTF-8 byte column."""
        return len(self.line_bytes(line)[:column].decode("utf-8", "replace")) + 1

    def location(self, path: str, span: Span) -> Location:
        """The place of a span of the file at `path`, as outputs show it."""
        return Location(
            path,
            span.line,
            self.column(span.line, span.column),
            span.end_line,
            self.column(span.end_line, span.end_column),
        )
