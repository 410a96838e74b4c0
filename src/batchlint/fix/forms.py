"""Calls that run a function once for each record, by `fanouts.toml`: executors, pools, `map`."""

import ast
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from batchlint.catalog.model import FanOut
from batchlint.fix import names
from batchlint.fix.decline import Reason
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.program.objects import External

_FAN_OUTS = frozenset({FanOut.MAP, FanOut.APPLY, FanOut.DATASET, FanOut.SUBMIT})
_AT_ONCE = frozenset({FanOut.MAP, FanOut.SUBMIT, FanOut.THREAD})
_IN_TURN = frozenset({"builtins", "functools", "itertools", "pandas", "asyncio"})
_DELAYED = frozenset({"joblib.delayed", "joblib.parallel.delayed"})


class Workers(Enum):
    """Where the function runs."""

    NONE = auto()  # in the caller, one record after the other
    THREADS = auto()
    PROCESSES = auto()


@dataclass(frozen=True, slots=True)
class Binder:
    """The statement that makes a pool: a `with` block or an assignment, the call, the pool's name."""

    statement: ast.With | ast.Assign
    constructor: ast.Call
    name: str


@dataclass(frozen=True, slots=True)
class Form:
    """A call that runs a function for each record.

    `takes` and `is_iterator` are what `fanouts.toml` says; `function` the argument that is called; `rest`
    the arguments behind it. `binder` is None for a pool from elsewhere, or none. `may_be_one`: how many
    workers there are is not written down, so there may be one.
    """

    call: ast.Call
    takes: str
    is_iterator: bool
    workers: Workers
    function: ast.expr
    rest: tuple[ast.expr, ...]
    keywords: tuple[ast.keyword, ...]
    binder: Binder | None
    may_be_one: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """A place in the file at `path` where a pool was used, and which a rewrite replaces."""

    path: str
    binder: Binder
    node: ast.AST


@cache
def table() -> Mapping[str, Any]:
    """The lists of `fanouts.toml`."""
    return tomllib.loads(files("batchlint.fix").joinpath("fanouts.toml").read_text(encoding="utf-8"))


def pool_paths() -> set[str]:
    """The paths of the constructors of pools."""
    return _flat(table()["workers"])


def is_fan_out(program: Program, key: tuple[int, int]) -> bool:
    """Whether a call runs a function for records, by the catalog, or is `delayed(f)(x)`."""
    kinds = {edge.higher_order.fan_out for edge in program.edges(key) if edge.higher_order is not None}
    return bool(kinds & _FAN_OUTS) or is_delayed(program, key)


def runs_in_pool(program: Program, scope: int) -> bool:
    """Whether a function may run in several threads or processes at once: something that calls it, at any
    depth, is given to a pool again and again."""
    todo, seen = [scope], {scope}
    while todo:
        for edge in program.callers(todo.pop()):
            row = edge.higher_order
            is_pool = row is not None and row.fan_out in _AT_ONCE and row.framework not in _IN_TURN
            if is_pool and row is not None and edge.call >= 0:
                key = (edge.caller, edge.call)
                if row.fan_out is FanOut.MAP or program.loops.around(*key):
                    return True
            if edge.caller not in seen:
                seen.add(edge.caller)
                todo.append(edge.caller)
    return False


def is_delayed(program: Program, key: tuple[int, int]) -> bool:
    """Whether a call is joblib's `delayed(f)(x)`."""
    file, call = program.file_of(key[0]), program.call(*key)
    return isinstance(call.func, ast.Call) and dotted(file, call.func.func) in _DELAYED


def form_of(program: Program, file: ProgramFile, key: tuple[int, int]) -> Form:
    """What kind of fan-out a call is; raises DeclinedError where its form has no rewrite."""
    call = program.call(*key)
    for path in _paths(program, key):
        takes = _listed(table()["takes"], path)
        if takes is None:
            continue
        constructor = path.rpartition(".")[0] if isinstance(call.func, ast.Attribute) else path
        constructor = path if path in pool_paths() else constructor
        kind = _listed(table()["workers"], constructor)
        binder = binder_of(file, call)
        made = call if constructor == path else binder.constructor if binder else None
        if kind is None or (binder and not _has_known_options(binder.constructor)):
            raise file.decline(Reason.CALL_FORM, "the pool has options of its own", call)
        count = _count(file, made, constructor) if made is not None else 0
        workers = Workers.NONE if kind == "one" or count == 1 else Workers[kind.upper()]
        function, *rest = _arguments(file, call)
        is_iterator = _listed(table()["gives"], path) == "iterator"
        return Form(
            call, takes, is_iterator, workers, function, tuple(rest), tuple(call.keywords), binder, count == 0
        )
    raise file.decline(Reason.LOOP_FORM, "records are fanned out by a call of unknown form", call)


def _paths(program: Program, key: tuple[int, int]) -> list[str]:
    """The dotted paths of what a call calls, without the calls in them."""
    linker = program.linker
    found = {
        ".".join(step for step in linker.objects.path(obj) if step != "()")
        for obj in linker.externals.get(key, ())
        if isinstance(linker.record(obj), External)
    }
    return sorted(found - {"", "?"})


def _listed(lists: Mapping[str, list[str]], path: str) -> str | None:
    return next((name for name, each in lists.items() if any(fnmatchcase(path, one) for one in each)), None)


def _flat(lists: Mapping[str, list[str]]) -> set[str]:
    return {path for each in lists.values() for path in each}


def _arguments(file: ProgramFile, call: ast.Call) -> list[ast.expr]:
    if not call.args or any(isinstance(argument, ast.Starred) for argument in call.args[:1]):
        raise file.decline(Reason.CALL_FORM, "the function is not passed by position", call)
    return call.args


def _has_known_options(constructor: ast.Call) -> bool:
    known = {*table()["options"]["harmless"], "max_workers"}
    return len(constructor.args) <= 1 and all(k.arg in known for k in constructor.keywords)


def _count(file: ProgramFile, made: ast.Call, constructor: str) -> int:
    """How many workers a pool has, 2 for as many as there are processors, 0 where it is not written down."""
    name = next((n for prefix, n in table()["count"].items() if constructor.startswith(prefix)), None)
    given = [k.value for k in made.keywords if k.arg == name]
    if constructor not in _flat(table()["takes"]):
        given += made.args[:1]
    if not given:
        return 2
    value = given[0]
    if isinstance(value, ast.Name):
        found = [
            s.value
            for s in file.tree.body
            if isinstance(s, ast.Assign) and any(_is_name(t, value.id) for t in s.targets)
        ]
        value = found[0] if len(found) == 1 else value
    if isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, int)):
        return 2 if value.value is None else int(value.value)
    return 0


def _is_name(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def binder_of(file: ProgramFile, call: ast.Call) -> Binder | None:
    """Where the pool that a method is called on was made: the `with` block around, or the one assignment."""
    if not (isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)):
        return None
    return binder_of_name(file, call, call.func.value.id)


def binder_of_name(file: ProgramFile, call: ast.Call, name: str) -> Binder | None:
    """Where the pool `name` that a call uses was made."""
    for outer in file.ancestors(call):
        if isinstance(outer, ast.With):
            for item in outer.items:
                if _is_name(item.optional_vars, name) and isinstance(item.context_expr, ast.Call):
                    return Binder(outer, item.context_expr, name)
    scope = file.scope(call)
    body = scope.body if isinstance(scope.body, list) else []
    made = [
        node
        for node in names.walk_scope(body)
        if isinstance(node, ast.Assign) and any(_is_name(target, name) for target in node.targets)
    ]
    if len(made) == 1 and len(made[0].targets) == 1 and isinstance(made[0].value, ast.Call):
        return Binder(made[0], made[0].value, name)
    return None
