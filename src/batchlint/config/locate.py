"""The line of a key in TOML text, which TOML parsers do not tell."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r'"""|\'\'\''  # delimiters of multi-line strings
    r'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''  # strings on one line
    r"|[\[\]{}]|#|\\."
)
_KEY = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|([A-Za-z0-9_-]+))\s*(\.?)')


def line_of(text: str, path: tuple[str, ...]) -> int:
    """The 1-based line of the key at `path`, or of the nearest table around it; `[n]` is a list index.

    The text must be valid TOML. Keys inside inline tables and lists get the line of the outer key.
    """
    best, matched = 1, 0
    prefix: tuple[str, ...] = ()
    arrays: dict[tuple[str, ...], int] = {}
    for line, statement in _statements(text):
        if statement.startswith("["):
            prefix = _keys(statement.lstrip("["))
            if statement.startswith("[["):
                arrays[prefix] = arrays.get(prefix, -1) + 1
                prefix = (*prefix, f"[{arrays[prefix]}]")
            here = prefix
        else:
            here = (*prefix, *_keys(statement))
        length = min(len(here), len(path))
        if length > matched and here[:length] == path[:length]:
            best, matched = line, length
    return best


def _keys(text: str) -> tuple[str, ...]:
    """The parts of the dotted key that a statement starts with."""
    parts: list[str] = []
    at = 0
    while match := _KEY.match(text, at):
        basic, literal, bare, dot = match.groups()
        parts.append(next(part for part in (basic, literal, bare) if part is not None))
        at = match.end()
        if not dot:
            break
    return tuple(parts)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The lines on which a table header or a key starts, values over several lines skipped."""
    depth, quote = 0, ""
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if not depth and not quote and stripped and not stripped.startswith("#"):
            yield number, stripped
        depth, quote = _after(line, depth, quote)


def _after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Bracket depth and open multi-line delimiter at the end of a line."""
    for match in _TOKEN.finditer(line):
        token = match.group()
        if quote:
            quote = "" if token == quote else quote
        elif token in ('"""', "'''"):
            quote = token
        elif token == "#":
            break
        elif token in "[{":
            depth += 1
        elif token in "]}":
            depth -= 1
    return depth, quote
