"""Statements that move to another place, with their comments, at another depth."""

import ast
import io
import tokenize
from functools import cache

from batchlint.fix.edits import Edit, apply
from batchlint.fix.files import ProgramFile


@cache
def string_lines(file: ProgramFile) -> frozenset[int]:
    """The lines that begin inside of a string."""
    found: set[int] = set()
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(file.text.decode(), newline="").readline):
        name = tokenize.tok_name[token.type]
        if name == "STRING":
            found.update(range(token.start[0] + 1, token.end[0] + 1))
        elif name == "FSTRING_START":
            opened.append(token.start[0])
        elif name == "FSTRING_END":
            found.update(range(opened.pop() + 1, token.end[0] + 1))
    return frozenset(found)


def first_byte(file: ProgramFile, statement: ast.stmt) -> int:
    """Where the lines of a statement begin, those of the comment above it included."""
    indent = file.indent(statement)
    line = statement.lineno
    if isinstance(statement, ast.FunctionDef | ast.ClassDef) and statement.decorator_list:
        line = min(decorator.lineno for decorator in statement.decorator_list)
    while line > 1:
        start = file.lines.offset(line - 1, 0)
        above = file.text[start : file.lines.offset(line, 0)].decode()
        if not above.startswith(f"{indent}#"):
            break
        line -= 1
    return file.lines.offset(line, 0)


def last_byte(file: ProgramFile, statement: ast.stmt) -> int:
    """Where the lines of a statement end."""
    found = file.text.find(b"\n", file.end(statement))
    return len(file.text) if found < 0 else found + 1


def apart(file: ProgramFile, at: int, indent: str) -> str:
    """The blank lines that are missing before a definition at a place."""
    before = file.text[:at].replace(b"\r\n", b"\n")
    if not before.strip() or before.endswith(b":\n"):
        return ""
    blank = "\n" if indent else "\n\n"
    return blank[len(before) - len(before.rstrip(b"\n")) - 1 :]


def moved(file: ProgramFile, statements: list[ast.stmt], edits: list[Edit], indent: str) -> str:
    """The text of statements that follow each other, with edits made, indented anew."""
    start, end = first_byte(file, statements[0]), last_byte(file, statements[-1])
    old = file.indent(statements[0])
    changes = [Edit(e.start - start, e.end - start, e.text) for e in edits]
    for line in string_lines(file):
        at = file.lines.offset(line, 0)
        if start < at < end:
            changes.append(Edit(at - start, at - start, _FIXED))
    text = apply(file.text[start:end], changes).decode().replace("\r\n", "\n")
    lines = [
        line.removeprefix(_FIXED)
        if line.startswith(_FIXED) or not line.startswith(old)
        # the lines of a statement are at least as deep as itself
        else indent + line.removeprefix(old)
        for line in text.removesuffix("\n").split("\n")
    ]
    return "\n".join(lines) + "\n"


_FIXED = "\0"
"""Marks a line that begins inside of a string."""
