"""Comments that speak to batchlint: suppressions and assertions.

    call()  # batchlint: ignore[BL101] reason      on the line, or on its own line above
    # batchlint: file-ignore[BL103, BL105] reason  anywhere in the file
    def preview():  # batchlint: realtime          or `offline`; on its own line above too,
                                                   and before a module's first statement for all of it

Only comments count, never strings that look like one; only files that hold the marker are tokenized.
"""

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from batchlint.catalog.vocabulary import Wait
from batchlint.text import Location, Span

MARKER = b"batchlint:"

_COMMENT = re.compile(r"#\s*batchlint:\s*(?P<verb>[\w-]*)\s*(?:\[(?P<codes>[^\]]*)\])?(?P<rest>.*)")
_WAITS = {"realtime": Wait.LIVE, "offline": Wait.OFFLINE}
_VERBS = ("ignore", "file-ignore", *_WAITS)
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment that silences rules.

    `line` is the line it speaks of: its own, or that of the next code when it stands alone. `codes` are
    as written; `span` is the comment, `columns` its 1-based columns in code points. `problem` says what is
    wrong with a comment that cannot be read.
    """

    line: int
    codes: tuple[str, ...]
    reason: str
    is_file: bool
    span: Span
    problem: str | None = None
    columns: tuple[int, int] = (1, 1)

    def covers(self, location: Location) -> bool:
        """Whether it speaks of a location of its file."""
        if self.is_file:
            return True
        return any(location.line <= line <= location.end_line for line in (self.line, self.span.line))


@dataclass(frozen=True, slots=True)
class Assertion:
    """The user's word on who waits, on the `def`, `class` or decorator at `line`, or on the module."""

    line: int
    wait: Wait
    is_module: bool = False


@dataclass(frozen=True, slots=True)
class Directives:
    """All comments of one file that speak to batchlint, in order."""

    suppressions: tuple[Suppression, ...] = ()
    assertions: tuple[Assertion, ...] = ()


def parse_directives(text: bytes) -> Directives:
    """The directives of a source (UTF-8); of one that does not tokenize, those before the error."""
    if MARKER not in text:
        return Directives()
    suppressions: list[Suppression] = []
    assertions: list[Assertion] = []
    for comment in _comments(text.decode("utf-8", "replace")):
        match = _COMMENT.search(comment.text)
        if match is None:
            continue
        wait = _WAITS.get(match["verb"])
        if wait is not None and match["codes"] is None:
            assertions.append(Assertion(comment.target, wait, comment.heads_module))
        else:
            suppressions.append(_suppression(match, comment))
    return Directives(tuple(suppressions), tuple(assertions))


def parse_suppressions(text: bytes) -> tuple[Suppression, ...]:
    """The suppressions of a source (UTF-8), in order."""
    return parse_directives(text).suppressions


def parse_assertions(text: bytes) -> tuple[Assertion, ...]:
    """The assertions of a source (UTF-8), in order."""
    return parse_directives(text).assertions


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment, the line of code it speaks of, and whether it stands before the module's first code."""

    text: str
    span: Span
    columns: tuple[int, int]
    target: int
    heads_module: bool


def _comments(text: str) -> Iterator[_Comment]:
    """All comments of a text that hold the marker."""
    pending: list[tuple[str, Span, tuple[int, int]]] = []
    code_line, has_code = 0, False
    for token in _tokens(text):
        if token.type == tokenize.COMMENT and MARKER.decode() in token.string:
            line, column = token.start
            start = len(token.line[:column].encode())
            span = Span(line, start, line, start + len(token.string.encode()))
            columns = (column + 1, column + 1 + len(token.string))
            if code_line == line:
                yield _Comment(token.string, span, columns, line, heads_module=False)
            else:
                pending.append((token.string, span, columns))
        elif token.type not in _LAYOUT:
            opens_definition = token.string in ("@", "def", "class", "async")
            heads_module = not has_code and not opens_definition
            for string, span, columns in pending:
                yield _Comment(string, span, columns, token.start[0], heads_module)
            pending.clear()
            # The module's docstring is no code: assertions below it still head the module.
            has_code = has_code or token.type != tokenize.STRING
            code_line = token.end[0]
    for string, span, columns in pending:
        yield _Comment(string, span, columns, span.line, heads_module=False)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of a text, as far as it tokenizes."""
    try:
        # Universal newlines: a lone carriage return ends a line for Python, not for `readline`.
        yield from tokenize.generate_tokens(io.StringIO(text, newline=None).readline)
    except (tokenize.TokenError, SyntaxError):
        return


def _suppression(match: re.Match[str], comment: _Comment) -> Suppression:
    """The suppression that a comment states, with its problem where it states none."""
    verb = match["verb"]
    codes = tuple(code.strip() for code in (match["codes"] or "").split(",") if code.strip())
    problem = None
    if verb not in ("ignore", "file-ignore"):
        known = ", ".join(_VERBS)
        problem = f"'{verb}' is none of {known}" if verb else f"says none of {known}"
    elif not codes:
        problem = f"names no rule: write {verb}[CODE]"
    reason = match["rest"].strip()
    is_file = verb == "file-ignore"
    return Suppression(comment.target, codes, reason, is_file, comment.span, problem, comment.columns)
