"""The Python in a Jupyter notebook: its code cells in order, without what only IPython understands.

Lines keep their numbers: a magic or a shell escape becomes a line that does nothing. Formats:
https://nbformat.readthedocs.io/en/latest/format_description.html; syntax:
https://ipython.readthedocs.io/en/stable/interactive/magics.html.
"""

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

# Cell magics whose cell is Python that runs here; all others are other languages or other processes.
_PYTHON_CELLS = frozenset({"capture", "debug", "ipytest", "prun", "time", "timeit"})
# Line magics that time the Python that follows them.
_TIMERS = frozenset({"time", "timeit", "prun", "memit"})
# Databricks writes the language of a whole cell as a line magic.
_FOREIGN_CELLS = frozenset({"fs", "md", "md-sandbox", "r", "scala", "sh", "sql"})

_COMPOUND = re.compile(r"(?:async|class|def|for|if|try|while|with)\b|@")
_MAGIC = re.compile(r"([ \t]*)(%{1,2}|!{1,2}|\?{1,2})(.*)", re.DOTALL)
_ASSIGNED = re.compile(r"([ \t]*[\w.,\[\]'\"* \t]+?=[ \t]*)(%[a-zA-Z]|!)")
_HELP = re.compile(r"[ \t]*%*[\w.*]+\?{1,2}[ \t]*")
_SUSPECT = re.compile(r"^[ \t]*[%!?]|=[ \t]*[%!]|\?[ \t]*$", re.MULTILINE)
_TOKEN = re.compile(r"'''|\"\"\"|\\.|['\"#()\[\]{}]", re.DOTALL)


class NotebookError(Exception):
    """Why a file is no notebook that can be read, as one line."""


def code_of(data: bytes) -> tuple[bytes, tuple[int, ...]]:
    """The Python of a notebook as UTF-8, and the first line of each of its code cells.

    Cells that are no Python are left empty, and so is a notebook in another language. Raises `NotebookError`.
    """
    notebook = _load(data)
    if not _is_python(notebook):
        return b"", ()
    cells = _without_broken([_plain(source) for source in _sources(notebook)])
    starts: list[int] = []
    line = 1
    for cell in cells:
        starts.append(line)
        line += cell.count("\n") + 1
    try:
        text = "\n".join(cells).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotebookError("holds half a character in a code cell: retype it") from error
    if b"\0" in text:
        raise NotebookError("holds a NUL character in a code cell, so it is no Python source")
    return text, tuple(starts)


def _load(data: bytes) -> dict[str, Any]:
    if not data.strip():
        return {}  # Jupyter creates notebooks as empty files
    try:
        notebook = json.loads(data)
    except json.JSONDecodeError as error:
        raise NotebookError(f"is no notebook: not valid JSON at line {error.lineno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise NotebookError(f"is no notebook: not valid UTF-8 at byte {error.start}") from error
    except (RecursionError, ValueError) as error:
        raise NotebookError("is no notebook: JSON nested too deeply or with too long a number") from error
    if not isinstance(notebook, dict):
        raise NotebookError("is no notebook: not a JSON object")
    return notebook


def _is_python(notebook: dict[str, Any]) -> bool:
    """Whether the kernel is a Python one; notebooks that do not say are taken for Python."""
    metadata = _dict(notebook.get("metadata"))
    kernel, language = _dict(metadata.get("kernelspec")), _dict(metadata.get("language_info"))
    name = kernel.get("language") or language.get("name") or kernel.get("name") or "python"
    return not isinstance(name, str) or "python" in name.lower()


def _sources(notebook: dict[str, Any]) -> Iterator[str]:
    """The text of each code cell, of format 4 or 3."""
    cells = _list(notebook.get("cells"))
    for sheet in _list(notebook.get("worksheets")):
        cells = cells + _list(_dict(sheet).get("cells"))
    for cell in map(_dict, cells):
        if cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            lines = source if isinstance(source, list) else [source]
            text = "".join(line for line in lines if isinstance(line, str))
            yield text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def _without_broken(cells: list[str]) -> list[str]:
    """The cells without those that are no Python: each cell is run by itself, so the others still run.

    When none is Python they stay, for the parser to complain about.
    """
    if _is_valid("\n".join(cells)):
        return cells
    valid = [_is_valid(cell) for cell in cells]
    if not any(cell.strip() and good for cell, good in zip(cells, valid, strict=True)):
        return cells
    return [cell if good else "\n" * cell.count("\n") for cell, good in zip(cells, valid, strict=True)]


def _is_valid(code: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _plain(cell: str) -> str:
    """A cell as Python, line by line where it was."""
    if not _SUSPECT.search(cell):
        return cell
    lines = cell.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    start = lines[first].strip()
    name = re.split(r"\s", start.lstrip("%"), maxsplit=1)[0]
    if start.startswith("%%") and name in _PYTHON_CELLS:
        lines[first] = ""
    elif start.startswith("%%") or (start.startswith("%") and name in _FOREIGN_CELLS):
        return "\n" * cell.count("\n")
    return "\n".join(_plain_lines(lines))


def _plain_lines(lines: list[str]) -> Iterator[str]:
    inside = ""  # what the line starts in: a string's delimiter, open brackets, a continued line
    escaped = False  # a continued magic
    for line in lines:
        if escaped:
            escaped = line.endswith("\\")
            yield ""
        elif inside:
            inside = _inside(line, inside)
            yield line
        else:
            plain = _plain_line(line)
            escaped = plain != line and line.endswith("\\")
            inside = _inside(plain, "")
            yield plain


def _plain_line(line: str) -> str:
    """A line that starts a statement, as Python."""
    if magic := _MAGIC.match(line):
        indent, mark, rest = magic.groups()
        name, _, code = rest.partition(" ")
        if mark == "%" and name in _TIMERS and _is_simple(code):
            return f"{indent}0;{' ' * len(name)}{code}"
        return f"{indent}pass"
    if (assigned := _ASSIGNED.match(line)) and "#" not in assigned[1]:
        name, _, code = line[assigned.end(1) + 1 :].partition(" ")
        if assigned[2] != "!" and name in _TIMERS and _is_simple(code):
            return f"{assigned[1]}{' ' * (len(name) + 2)}{code}"
        return f"{assigned[1]}None"
    return f"{line[: len(line) - len(line.lstrip())]}pass" if _HELP.fullmatch(line) else line


def _is_simple(code: str) -> bool:
    """Whether code after a timer is one simple statement, without options of the timer."""
    return bool(code.strip()) and not code.lstrip().startswith("-") and not _COMPOUND.match(code.lstrip())


def _inside(line: str, state: str) -> str:
    """What the next line starts in, after a line that starts in `state`."""
    if state == "\\":
        state = ""
    for match in _TOKEN.finditer(line):
        token = match.group()
        quote = state[-1:] if state[-1:] in ("'", '"') else ""
        if quote:
            delimiter = state[-3:] if state[-3:] == quote * 3 else quote
            if token.startswith(quote) and len(token) >= len(delimiter):
                state = state[: -len(delimiter)]
        elif token == "#":
            break
        elif token in "([{" or token[0] in "'\"":
            state += token
        elif token in ")]}":
            state = state[:-1]
    if state[-1:] in ("'", '"') and state[-3:] != state[-1:] * 3 and not line.endswith("\\"):
        state = state[:-1]  # a string that is not closed ends with its line
    return state or ("\\" if line.endswith("\\") else "")


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
