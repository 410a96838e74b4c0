"""The event loop's own functions, as far as a rewrite has to know them."""

import ast
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from batchlint.fix.draft import PACKAGE
from batchlint.fix.files import ProgramFile
from batchlint.fix.foreign import dotted

_TASK_METHODS = frozenset({"create_task", "ensure_future"})


@cache
def table() -> Mapping[str, frozenset[str]]:
    """The lists of `awaiting.toml`."""
    data = tomllib.loads(files("batchlint.fix").joinpath("awaiting.toml").read_text(encoding="utf-8"))
    return {name: frozenset(values) for name, values in data.items()}


def kind_of(file: ProgramFile, function: ast.expr) -> str | None:
    """The list that a foreign function is in; `unless_batched` for what limits only real-time calls."""
    path = dotted(file, function)
    if path is None:
        return "unless_batched" if _is_own(file, function) else None
    return next((kind for kind, paths in table().items() if path in paths), None)


def begins_task(file: ProgramFile, call: ast.Call) -> bool:
    """Whether a call begins the coroutine that is its first argument, on whatever loop or group."""
    if kind_of(file, call.func) == "task":
        return True
    is_method = isinstance(call.func, ast.Attribute) and call.func.attr in _TASK_METHODS
    return is_method and dotted(file, call.func) is None


def _is_own(file: ProgramFile, function: ast.expr) -> bool:
    """Whether a function is one of the batch helpers' that knows of no limit in a batch."""
    if not isinstance(function, ast.Name):
        return False
    return any(
        (alias.asname or alias.name) == function.id and alias.name.endswith("unless_batched")
        for node in file.tree.body
        if isinstance(node, ast.ImportFrom) and PACKAGE in (node.module or "").split(".")
        for alias in node.names
    )
