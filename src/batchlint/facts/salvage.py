"""What can be read of a file that this Python does not parse.

A line of newer syntax, a bad escape or one broken statement should not hide the call sites around it.
Lines are mended or blanked one at a time, without moving any other line, until the rest parses; the
file is still reported as one that could not be parsed.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Final

# A file with more broken lines than this is no Python.
_MENDED_LINES_MAX: Final = 40

_TYPE_PARAMETERS = re.compile(r"^(\s*(?:async\s+)?(?:def|class)\s+\w+)(\[[^\]]*\])")
_BRACES = re.compile(r"\{[^{}]*\}")


def salvage(text: str) -> ast.Module | None:
    """The tree of a mended copy of a text that does not parse; None where it cannot be mended."""
    lines = text.split("\n")
    error = _error(lines)
    for _ in range(_MENDED_LINES_MAX):
        if error is None:
            return _parse(lines)
        at = min(max((error.lineno or 1) - 1, 0), len(lines) - 1) if lines else -1
        if at < 0:
            return None
        better = _mend(lines, at)
        if better is None:
            return None
        lines, error = better
    return None


def _mend(lines: list[str], at: int) -> tuple[list[str], SyntaxError | None] | None:
    """The lines with line `at` mended so that the error goes away or moves on."""
    for candidate in _candidates(lines[at]):
        changed = [*lines[:at], candidate, *lines[at + 1 :]]
        error = _error(changed)
        if error is None or (error.lineno or 0) > at + 1:
            return changed, error
    return None


def _candidates(line: str) -> Iterator[str]:
    body = line.rstrip("\r")
    ending = line[len(body) :]
    indent = body[: len(body) - len(body.lstrip())]
    for outer, inner in (('"', "'"), ("'", '"')):
        if f"f{outer}" in body.lower():
            yield _BRACES.sub(lambda m, o=outer, i=inner: m.group().replace(o, i), body) + ending  # type: ignore[misc]
    if "\\" in body:
        yield body.replace("\\", "/") + ending
    if _TYPE_PARAMETERS.match(body):
        yield _TYPE_PARAMETERS.sub(lambda m: m.group(1) + " " * len(m.group(2)), body) + ending
    if re.match(r"\s*except\s+[\w.]+\s*,", body):
        yield re.sub(r"except\s+(.*):", r"except (\1):", body) + ending
    yield f"{indent}pass{ending}"
    yield ending


def _error(lines: list[str]) -> SyntaxError | None:
    try:
        _parse(lines)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return SyntaxError("unreadable")
    return None


def _parse(lines: list[str]) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse("\n".join(lines))
