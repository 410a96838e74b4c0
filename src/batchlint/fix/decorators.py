"""Decorators of functions that become generators: which keep their meaning, and how."""

import ast

from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.files import FunctionNode, ProgramFile
from batchlint.fix.foreign import dotted

_KEPT = frozenset({"staticmethod", "classmethod"})
_RETRIES = frozenset({"tenacity.retry"})
_RETRY_OPTIONS = frozenset({"stop", "wait", "retry", "reraise", "before_sleep", "before", "after"})
_LOGS = frozenset({"tenacity.before_sleep_log", "tenacity.before_log", "tenacity.after_log"})


def is_kept(decorator: ast.expr) -> bool:
    """Whether a decorator belongs to the generator and to the function under its old name alike."""
    return isinstance(decorator, ast.Name) and decorator.id in _KEPT


def retries(file: ProgramFile, node: FunctionNode) -> list[ast.expr]:
    """The decorators of a function that call it again where it fails."""
    return [d for d in node.decorator_list if dotted(file, _callee(d)) in _RETRIES]


def check_decorators(file: ProgramFile, draft: Draft, node: FunctionNode) -> None:
    """Raise DeclinedError where a decorator would see the generator for the function."""
    found = retries(file, node)
    for decorator in node.decorator_list:
        if decorator in found:
            _check_retry(file, draft, node, decorator)
        elif not is_kept(decorator):
            raise file.decline(Reason.DECORATED, f"{node.name} is decorated", decorator)
    if found and len(node.decorator_list) > 1:
        raise file.decline(Reason.DECORATED, f"{node.name} has several decorators", node)


def _check_retry(file: ProgramFile, draft: Draft, node: FunctionNode, decorator: ast.expr) -> None:
    name = node.name.encode()
    if any(name + attribute in file.text for attribute in (b".retry", b".statistics")):
        raise file.decline(Reason.DECORATED, f"the retries of {node.name} are looked at", decorator)
    if not isinstance(decorator, ast.Call):
        return
    if decorator.args or any(keyword.arg not in _RETRY_OPTIONS for keyword in decorator.keywords):
        raise file.decline(Reason.DECORATED, f"{node.name} is retried in a way of its own", decorator)
    for keyword in decorator.keywords:
        value = keyword.value
        if keyword.arg in ("before_sleep", "before", "after") and dotted(file, _callee(value)) not in _LOGS:
            raise file.decline(Reason.DECORATED, f"something runs between the tries of {node.name}", value)
        for inner in ast.walk(value):
            if isinstance(inner, ast.expr) and (dotted(file, inner) or "").endswith("_delay"):
                message = f"{node.name} is tried for some time only, in which a batch may not end"
                draft.object(file, Reason.TIME_LIMIT, message, inner)


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node
