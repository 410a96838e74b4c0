"""Import statements, found in bytes without parsing Python.

What is found is a superset: an import in a docstring counts. What a program imports is missed where the
name is computed, or has blanks around its dots.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

WORD = b"import"
"""Every import has this word in it: `import_lines` looks only around its occurrences."""

# Between two words of a statement: blanks and continued lines. Possessive, so never tried again.
_GAP = rb"(?:[ \t\f]|\\\n)*+"
_NAME = rb"(?:(?!import(?![\w.\x80-\xff]))[\w.\x80-\xff]++)?+"
_STATEMENT = re.compile(
    # Blanks, a byte order mark, the quote that starts a line of a notebook.
    rb'[ \t\f"\xef\xbb\xbf]*+'
    rb"(?:from(?![\w])"
    + _GAP
    + rb"((?:\.[ \t]*+)*+)("
    + _NAME
    + rb")"
    + _GAP
    + rb"import(?![\w])"
    + _GAP
    # The names: in parentheses with comments, or to the end of the statement.
    + rb"(\((?:[^)#]|\#[^\n]*+)*+\)?+|(?:[^\n;\#\\(]|\\\n)*+)"
    rb"|import(?![\w(])" + _GAP + rb"((?:[^\n;\#\\]|\\\n)*+))"
)
_INLINE = re.compile(rb"[;:]" + _GAP + rb"(?:from" + _GAP + rb"(?:\.[ \t]*+)*+" + _NAME + _GAP + rb")?$")
_DYNAMIC = re.compile(rb"import(?:_module|__)\(\s*+[bru]?['\"]([\w.\x80-\xff]++)['\"]")
_NAMED = re.compile(rb"['\"]([A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)++)(?::\w++)?['\"]")
_COMMENT = re.compile(rb"#[^\n]*")

# How far before the word its statement may start. The longest module name in use is far shorter, and a
# file that is one endless line must not be searched backwards again and again.
_REACH = 512


class Import(NamedTuple):
    """One imported module: `import module`, or `from module import …` with `level` leading dots.

    `rest` is None for the first form, else what follows `import`, for `imported_names`.
    """

    level: int
    module: str
    rest: bytes | None


def import_lines(data: bytes, at: Iterable[int]) -> bytes:
    """The import statements of a file, one after the other, for `parse_imports`.

    `at` are the ascending offsets of `WORD` in `data`, in which lines end in `\\n`.
    """
    found: list[bytes] = []
    end = 0
    for word in at:
        if word < end:
            continue
        low = max(end, word - _REACH)
        line = data.rfind(b"\n", low, word) + 1 or low
        while data[line - 2 : line] == b"\\\n" and line - 2 > low:  # from a.b \ import c
            line = data.rfind(b"\n", low, line - 1) + 1 or low
        match = _STATEMENT.match(data, line)
        if match is None or match.end() <= word:
            match = _inline(data, line, word)
        if match is not None:
            found.append(match[0])
            end = match.end()
        elif dynamic := _DYNAMIC.match(data, word):
            name = dynamic[1]
            found.append(b"from %b import *" % name if name.startswith(b".") else b"import " + name)
            end = dynamic.end()
    return b"\n".join(found)


def names_in_strings(data: bytes) -> bytes:
    """The dotted names that are whole strings (`"app.tasks.nightly"`), as import statements."""
    return b"\n".join(b"import " + name for name in sorted(set(_NAMED.findall(data))))


def _inline(data: bytes, line: int, word: int) -> re.Match[bytes] | None:
    """The statement around `word` when it follows another one on its line."""
    start = _INLINE.search(data, line, word)
    if start is None:
        return None
    match = _STATEMENT.match(data, start.start() + 1)
    return match if match is not None and match.end() > word else None


def parse_imports(lines: bytes) -> Iterator[Import]:
    """The imports in the statements that `import_lines` found."""
    at = 0
    while match := _STATEMENT.match(lines, at):
        at = match.end() + 1
        dots, module, names, modules = match.groups()
        if modules is not None:
            for name in imported_names(modules):
                yield Import(0, name, None)
        else:
            yield Import(dots.count(b"."), module.decode("utf-8", "surrogateescape"), names)


def imported_names(text: bytes) -> Iterator[str]:
    """The names in `(a, b as c)`, without what they are called here; `*` for a star import."""
    if b"#" in text:
        text = _COMMENT.sub(b"", text)
    for part in text.translate(_BLANKS).split(b","):
        words = part.split(None, 1)
        if words:
            yield words[0].decode("utf-8", "surrogateescape")


# Parentheses, continued lines and a notebook's quotes separate nothing.
_BLANKS = bytes.maketrans(b'()\\"', b"    ")
