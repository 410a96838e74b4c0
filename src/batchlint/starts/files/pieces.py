"""What readers of all families share: shell text out of nodes, command lists, container folders."""

import shlex
from collections.abc import Iterable

from batchlint.starts.model import UNKNOWN, Schedule, Script
from batchlint.starts.nodes import Node
from batchlint.starts.places import folder_of
from batchlint.starts.when import runs_per_month


def script_of(path: str, nodes: Iterable[Node], directory: str | None = None) -> Script:
    """The texts of scalars as one shell script, its lines mapped to the file's.

    It runs in the file's folder unless `directory` says otherwise.
    """
    texts: list[str] = []
    lines: list[int] = []
    for node in nodes:
        text = node.text or ""
        texts.append(text)
        first = node.line + 1 if node.is_block else node.line
        count = text.count("\n") + (not text.endswith("\n"))
        lines += range(first, first + count) if node.is_block else [first] * count
    text = "\n".join(text.removesuffix("\n") for text in texts)
    folder = folder_of(path)
    return Script(text, path, tuple(lines) or (1,), folder if directory is None else directory, folder)


def command_script(path: str, *lists: Node, directory: str | None = None) -> Script | None:
    """The script of command and argument lists (or texts) that follow each other; None without words.

    The words of a list are what the program gets: nothing in them is expanded by a shell.
    """
    nodes = [node for node in lists if node]
    if not nodes:
        return None
    text = " ".join(command_text(node) for node in nodes)
    folder = folder_of(path)
    return Script(text, path, (nodes[0].place,), folder if directory is None else directory, folder)


def command_text(node: Node) -> str:
    """Shell text of a list of words, or the text that stands in its place."""
    if node.text is not None:
        return node.text
    return " ".join(shlex.quote(item.text or "") for item in node.items)


def environment(node: Node) -> tuple[tuple[str, str], ...]:
    """Environment variables of a mapping, of `NAME=value` texts, or of `name`/`value` items."""
    found: dict[str, str] = {name: value.text for name, value in node.pairs() if value.text is not None}
    for item in node.items:
        if item.text is not None and "=" in item.text:
            name, _, value = item.text.partition("=")
            found[name] = value
        elif name := item.string("name") or item.string("key"):
            found[name] = item.string("value") or UNKNOWN
    return tuple(found.items())


def schedule_of(texts: Iterable[str], timezone: str | None = None) -> Schedule | None:
    """One schedule of all the texts, their runs added; None without texts."""
    given = [text for text in texts if text]
    if not given:
        return None
    runs = [run for text in given if (run := runs_per_month(text)) is not None]
    return Schedule("; ".join(given), timezone or None, sum(runs) if runs else None)
