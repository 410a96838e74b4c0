"""Callables that a foreign object keeps and calls when it is run: the nodes of a graph, a wrapped function.

`graph.add_node(f)` keeps `f`; `graph.compile().invoke(…)` calls it. Which methods keep and which run is the
catalog's word. What nothing is seen to run is called where it is kept.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from batchlint.catalog.model import HigherOrder
from batchlint.program import calls
from batchlint.program.model import EdgeKind
from batchlint.program.objects import External

if TYPE_CHECKING:
    from batchlint.program.linker import CallContext, Linker

_KEPT: Final = ("kept",)


def keep(
    linker: "Linker", context: "CallContext", row: HigherOrder, obj: int | None, callables: list[int]
) -> None:
    """A call of the foreign object `obj` (None: unknown) keeps callables for a later run."""
    inner = replace(context, result=linker.solver.node(), positional=[], keywords={}, mappings=[])
    inner = replace(inner, kind=EdgeKind.CALLBACK, higher_order=row)
    keeper = _keeper(linker, context, obj)
    for node in callables:
        if keeper is None:
            linker.solver.watch(node, calls.invoke, linker, inner)
        else:
            linker.solver.edge(node, linker.solver.field(keeper, _KEPT))
            linker.kept.append((keeper, node, inner))


def _keeper(linker: "Linker", context: "CallContext", obj: int | None) -> int | None:
    """The receiver of a method, or what a constructor makes."""
    record = linker.record(obj) if obj is not None else None
    if obj is None or not isinstance(record, External):
        return None
    if "()" in linker.objects.path(obj):
        return record.parent
    return linker.step(obj, "()", context.result) if context.result >= 0 else None


def run(linker: "Linker", context: "CallContext", obj: int) -> None:
    """A call of a foreign method: one that runs what its receiver, or what that came from, keeps."""
    if not linker.matcher.runs(linker.objects.path(obj)[-1]):
        return
    inner = replace(context, kind=EdgeKind.CALLBACK)
    record = linker.record(obj)
    while isinstance(record, External) and record.parent >= 0:
        keeper = record.parent
        linker.solver.watch(linker.solver.field(keeper, _KEPT), _run, linker, inner, keeper)
        record = linker.record(keeper)


def _run(obj: int, linker: "Linker", context: "CallContext", keeper: int) -> None:
    linker.ran.add(keeper)
    calls.invoke(obj, linker, context)


def call_unrun(linker: "Linker") -> bool:
    """Call what is kept by objects that nothing runs, where it is kept; returns whether there is any."""
    pending = [each for each in linker.kept if each[0] not in linker.ran]
    linker.kept = []
    for _, node, inner in pending:
        linker.solver.watch(node, calls.invoke, linker, inner)
    return bool(pending)
