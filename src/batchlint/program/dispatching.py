"""Starting functions elsewhere: queues, pools and schedulers that take a function, or steps from it.

What starts a function without waiting for it is a row of the catalog; the function may be named in a text.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from batchlint.catalog.model import Dispatch
from batchlint.facts import ScopeKind
from batchlint.program import calls, containers
from batchlint.program.model import EdgeKind
from batchlint.program.objects import Bound, Class, Const, Function, Future, MethodOf, Partial

if TYPE_CHECKING:
    from batchlint.program.linker import CallContext, Linker


def start(linker: "Linker", context: "CallContext", row: Dispatch) -> set[int]:
    """A foreign call that starts one of its arguments. Returns the argument nodes it used."""
    from batchlint.program.foreign import select

    chosen = [node for node, _ in select(context, row.argument)]
    first = row.argument[0].position if row.argument else None
    passed = context.positional[first + 1 :] if first is not None else []
    inner = _inner(linker, replace(context, positional=passed), row)
    for node in chosen:
        linker.solver.watch(node, _start, linker, inner)
        # `create_task(work())`: the coroutine's call has been entered already; the catalog row is
        # attached to that edge when contexts are inferred.
    future = _future(linker, context, inner.result)
    for node in chosen if future is not None else ():
        linker.solver.watch(node, _future_of, linker, future)
    return set(chosen)


def _inner(linker: "Linker", context: "CallContext", row: Dispatch) -> "CallContext":
    """The call that a row makes of the function it starts: with the elements of its items, if it has any."""
    from batchlint.program.foreign import select

    inner = replace(context, result=linker.solver.node(), kind=EdgeKind.DISPATCH, dispatch=row)
    if row.items:
        scope = linker.scopes.all[context.scope]
        inner.positional = []
        for node, _ in select(context, row.items):
            each = linker.solver.node()
            linker.solver.watch(node, containers.iterate, linker, each, scope)
            inner.positional.append((each, False))
    return inner


def _start(obj: int, linker: "Linker", inner: "CallContext") -> None:
    record = linker.record(obj)
    if isinstance(record, Const) and isinstance(record.value, str):
        for scope in linker.scopes.named(record.value):
            is_class = linker.scopes.all[scope].facts.kind is ScopeKind.CLASS
            named = Class(scope) if is_class else Function(scope)
            calls.invoke(linker.objects.number(named), linker, inner)
    else:
        calls.invoke(obj, linker, inner)


def _future(linker: "Linker", context: "CallContext", returned: int) -> int | None:
    """The pending result that a call of a dispatching row gives; None where nobody takes it."""
    if context.result < 0:
        return None
    future = linker.objects.number(Future(context.result))
    linker.solver.add(context.result, future)
    linker.solver.edge(returned, linker.solver.field(future, containers.VALUE))
    return future


def _future_of(obj: int, linker: "Linker", future: int) -> None:
    """The value of a task made from a coroutine is what the coroutine returns."""
    if not isinstance(linker.record(obj), Function | Bound | Partial | MethodOf):
        linker.solver.add(linker.solver.field(future, containers.VALUE), obj)


def call_method(linker: "Linker", context: "CallContext", method: MethodOf) -> None:
    """A call of a method of a function or class: `task.delay(…)`, `flow.map(…)`, `tool.invoke(…)`."""
    from batchlint.program.foreign import call_through

    receiver, name = method
    steps = tuple(name.split("."))
    if linker.matcher.is_step((*steps, "()")):
        # `task.options(…)`: what it gives still stands for the function.
        if context.result >= 0:
            linker.solver.add(context.result, linker.objects.number(MethodOf(receiver, f"{name}.()")))
        return
    if isinstance(linker.record(receiver), Class):
        if linker.matcher.is_step(steps):
            calls.invoke(receiver, linker, context)
        return
    for dispatch in linker.matcher.dispatch_methods(steps):
        inner = _inner(linker, _unpack_apply_async(context, steps[-1]), dispatch)
        calls.invoke(receiver, linker, inner)
        _future(linker, context, inner.result)
        return
    for row in linker.matcher.higher_order_methods(steps):
        call_through(linker, context, row, receiver=receiver)
        return
    kind = EdgeKind.CALLBACK if linker.matcher.runs(name) else EdgeKind.ESCAPE
    calls.invoke(receiver, linker, replace(context, kind=kind))


def _unpack_apply_async(context: "CallContext", name: str) -> "CallContext":
    """`apply_async((a, b), {"c": d})` and `apply_async(args=…, kwargs=…)` pass what they hold."""
    args, kwargs = context.argument(0, "args"), context.argument(1, "kwargs")
    if name not in ("apply_async", "apply", "signature", "subtask") and "args" not in context.keywords:
        return context
    return replace(
        context,
        positional=[(args, True)] if args is not None else [],
        keywords={},
        mappings=[kwargs] if kwargs is not None else [],
    )


def mark_started(linker: "Linker") -> None:
    """Turn the calls of functions whose decorator makes a call start them elsewhere (Huey's tasks) into
    dispatches. Decorators are known only after the fixpoint."""
    rows: dict[int, Dispatch] = {}
    for scope, decorators in linker.decorators.items():
        for obj in decorators:
            row = linker.matcher.started_when_called(linker.objects.path(obj))
            if row is not None:
                rows[scope] = row
    for key, edge in list(linker.edges.items()) if rows else ():
        if edge.kind is EdgeKind.CALL and edge.target in rows and edge.call >= 0:
            linker.edges[key] = replace(edge, kind=EdgeKind.DISPATCH, dispatch=rows[edge.target])
