"""Calls that leave the program: what the catalog and Python's builtins say they do with their arguments."""

from dataclasses import replace
from typing import TYPE_CHECKING

from batchlint.catalog.model import AccessPath, Argument, FanOut, HigherOrder, PassThrough, Yields
from batchlint.program import builtin, calls, containers, dispatching, records, registers
from batchlint.program.model import EdgeKind
from batchlint.program.objects import (
    Bound,
    Const,
    Container,
    External,
    Function,
    Future,
    Partial,
)

if TYPE_CHECKING:
    from batchlint.program.linker import CallContext, Linker


def call(linker: "Linker", context: "CallContext", obj: int) -> None:
    """Call an external object."""
    linker.add_external(context, obj)
    path = linker.objects.path(obj)
    if path[0] == "builtins" and len(path) == 2 and builtin.call(linker, context, path[1]):
        return
    if path[0] == "importlib" and builtin.import_dynamically(linker, context, path[-1]):
        return
    handled: set[int] = set()
    _keep(linker, context, obj, path)
    for passthrough in linker.matcher.passthroughs(path):
        _pass_through(linker, context, passthrough, obj)
    pass_records(linker, context)
    if context.result >= 0 and linker.matcher.wraps_client(path):
        for node, _ in context.positional[:1]:
            linker.solver.edge(node, context.result)
    for row in linker.matcher.higher_orders(path):
        handled |= call_through(linker, context, row, obj=obj)
    registers.run(linker, context, obj)
    for dispatch in linker.matcher.dispatches(path):
        handled |= dispatching.start(linker, context, dispatch)
    escape(linker, context, handled)
    is_injected = any(row.fan_out is FanOut.INJECT for row in linker.matcher.higher_orders(path))
    if context.result >= 0 and not is_injected:
        linker.solver.add(context.result, linker.step(obj, "()", context.result))


def _keep(linker: "Linker", context: "CallContext", obj: int, path: AccessPath) -> None:
    """`session.set("chain", chain)` and `session.get("chain")`: a foreign store by constant key."""
    record = linker.record(obj)
    key = context.argument(0, "key")
    if path[-1] not in ("set", "get") or key is None or not isinstance(record, External):
        return
    for number in tuple(linker.solver.pts[key]):
        constant = linker.record(number)
        if isinstance(constant, Const):
            field = linker.solver.field(record.parent, ("item", constant.value))
            value = context.argument(1, "value")
            if path[-1] == "set" and value is not None:
                linker.solver.edge(value, field)
            elif path[-1] == "get" and context.result >= 0:
                linker.solver.edge(field, context.result)


def escape(linker: "Linker", context: "CallContext", handled: set[int]) -> None:
    """Functions handed to foreign code may be called by it."""
    nodes = [node for node, _ in context.positional] + list(context.keywords.values())
    for node in nodes:
        if node not in handled:
            linker.solver.watch(node, _escaped, linker, context)


def _escaped(obj: int, linker: "Linker", context: "CallContext") -> None:
    record = linker.record(obj)
    if isinstance(record, Function | Bound):
        linker.add_edge(replace(context, kind=EdgeKind.ESCAPE, around=record.around), record.scope)
    elif isinstance(record, Partial):
        made = linker.contexts.get(record.node)
        if made is not None and made.positional:
            key = (record.node, context.scope, context.call)
            if key not in linker.escaped:  # `f = partial(f, x)` leads back here
                linker.escaped.add(key)
                linker.solver.watch(made.positional[0][0], _escaped, linker, context)


def select(context: "CallContext", arguments: tuple[Argument, ...]) -> list[tuple[int, bool]]:
    """The nodes that selectors pick from a call, each with whether it stands unpacked."""
    found: list[tuple[int, bool]] = []
    for argument in arguments:
        if argument.keyword is not None and argument.keyword in context.keywords:
            found.append((context.keywords[argument.keyword], False))
        elif argument.position is not None:
            if argument.rest:
                found.extend(context.positional[argument.position :])
            else:
                for index, (node, unpacked) in enumerate(context.positional):
                    if index == argument.position:
                        found.append((node, unpacked))
                    elif unpacked and index < argument.position:
                        break
    return found


def call_through(
    linker: "Linker",
    context: "CallContext",
    row: HigherOrder,
    *,
    receiver: int | None = None,
    obj: int | None = None,
) -> set[int]:
    """A higher-order call: invoke its callable as the row says. Returns the argument nodes it used.

    `receiver` is the callable where the row's method is one of the callable itself, `obj` the foreign
    object that is called, None where it is not known.
    """
    callables = [node for node, _ in select(context, row.callable_)]
    used = set(callables)
    if any(not select(context, (argument,)) for argument in row.requires):
        return used
    if receiver is None and not callables and row.fan_out is not FanOut.GATHER:
        return used
    if row.fan_out is FanOut.WRAP:
        _wrap(linker, context, row, callables)
        return used
    if row.fan_out is FanOut.GATHER:
        _gather(linker, context, row)
        return used
    if row.fan_out is FanOut.INJECT:
        _inject(linker, context, callables)
        return used
    if row.fan_out is FanOut.REGISTER:
        registers.keep(linker, context, row, obj, callables)
        return used
    inner = _inner_call(linker, context, row)
    _result(linker, context, row, inner.result)
    for node in callables:
        linker.solver.watch(node, calls.invoke, linker, inner)
    for node, _ in select(context, row.items):
        linker.solver.watch(node, _misplaced, linker, inner)
    if receiver is not None:
        calls.invoke(receiver, linker, inner)
    return used


def _misplaced(obj: int, linker: "Linker", inner: "CallContext") -> None:
    """No function is iterable: one that stands in an iterable's place is the callable, out of order."""
    if isinstance(linker.record(obj), Function | Bound):
        calls.invoke(obj, linker, inner)


def _inner_call(linker: "Linker", context: "CallContext", row: HigherOrder) -> "CallContext":
    scope = linker.scopes.all[context.scope]
    inner = replace(
        context,
        result=linker.solver.node(),
        positional=[],
        keywords={},
        mappings=[],
        kind=EdgeKind.CALLBACK,
        higher_order=row,
    )
    is_star = bool(row.paths) and any(path[-1].endswith("starmap") for path in row.paths)
    for node, unpacked in select(context, row.items):
        each = linker.solver.node()
        linker.solver.watch(node, containers.iterate, linker, each, scope)
        if unpacked:
            outer, each = each, linker.solver.node()
            linker.solver.watch(outer, containers.iterate, linker, each, scope)
        inner.positional.append((each, is_star))
    if row.fan_out is FanOut.THREAD or "args" in context.keywords:
        if "args" in context.keywords:
            inner.positional.append((context.keywords["args"], True))
        if "kwargs" in context.keywords:
            inner.mappings.append(context.keywords["kwargs"])
    if row.passes is not None:
        inner.positional.extend(context.positional[row.passes :])
        skipped = {argument.keyword for argument in (*row.callable_, *row.items)} | {"args", "kwargs"}
        inner.keywords.update({k: v for k, v in context.keywords.items() if k not in skipped})
        inner.mappings.extend(context.mappings)
    return inner


def _result(linker: "Linker", context: "CallContext", row: HigherOrder, returned: int) -> None:
    """What the higher-order call itself returns, from what its callable returns."""
    if context.result < 0:
        return
    solver = linker.solver
    match row.fan_out:
        case FanOut.MAP | FanOut.APPLY:
            results = linker.objects.number(Container("gen", context.result))
            solver.add(context.result, results)
            solver.edge(returned, containers.element(linker, results, containers.ANY))
        case FanOut.SUBMIT:
            future = linker.objects.number(Future(context.result))
            solver.add(context.result, future)
            solver.edge(returned, solver.field(future, containers.VALUE))
        case FanOut.CALL:
            solver.edge(returned, context.result)
        case _:
            pass


def _wrap(linker: "Linker", context: "CallContext", row: HigherOrder, callables: list[int]) -> None:
    if any(path[-1] in ("partial", "partialmethod") for path in row.paths):
        linker.solver.add(context.result, linker.objects.number(Partial(context.result)))
        return
    for node in callables:
        linker.solver.edge(node, context.result)


def _gather(linker: "Linker", context: "CallContext", row: HigherOrder) -> None:
    scope = linker.scopes.all[context.scope]
    results = linker.objects.number(Container("seq", context.result))
    target = containers.element(linker, results, containers.ANY)
    linker.solver.add(context.result, results)
    chosen = select(context, row.items) or context.positional
    for node, unpacked in chosen:
        each = linker.solver.node()
        if unpacked or row.items:
            linker.solver.watch(node, containers.iterate, linker, each, scope)
        if not unpacked:
            linker.solver.edge(node, each)
        linker.solver.watch(each, containers.awaited, linker, target)


def _inject(linker: "Linker", context: "CallContext", callables: list[int]) -> None:
    """`client=Depends(get_client)`: the framework calls it and hands on what it returns or yields first."""
    made = replace(context, result=linker.solver.node(), positional=[], keywords={}, mappings=[])
    for node in callables:
        linker.solver.watch(node, calls.invoke, linker, replace(made, kind=EdgeKind.ESCAPE))
    if context.result >= 0:
        linker.solver.watch(made.result, _injected, linker, context)


def _injected(obj: int, linker: "Linker", context: "CallContext") -> None:
    record = linker.record(obj)
    if isinstance(record, Container) and record.kind == "gen":
        linker.solver.edge(containers.element(linker, obj, containers.ALL), context.result)
    else:
        linker.solver.add(context.result, obj)


def pass_records(linker: "Linker", context: "CallContext") -> None:
    """A method that gives records of the class it is given, whatever its receiver: `session.get(X, …)`."""
    if context.call < 0 or context.result < 0:
        return
    facts = linker.scopes.all[context.scope].facts
    callee = facts.values[facts.calls[context.call].callee]
    for row in linker.matcher.passthroughs_named(str(callee.payload)) if callee.op == "attr" else ():
        for node, _ in select(context, row.arguments):
            linker.solver.watch(node, records.pass_through, linker, context.result, row.yields)


def _pass_through(linker: "Linker", context: "CallContext", row: PassThrough, obj: int) -> None:
    if context.result < 0:
        return
    scope = linker.scopes.all[context.scope]
    chosen = select(context, row.arguments)
    if not row.arguments:
        record = linker.record(obj)
        if isinstance(record, External) and record.parent >= 0:
            linker.solver.add(context.result, record.parent)
        return
    if row.yields is Yields.GROUPED:
        _group(linker, context, row, chosen)
        return
    for node, unpacked in chosen:
        if row.yields in (Yields.INSTANCE, Yields.QUERY):
            linker.solver.watch(node, records.pass_through, linker, context.result, row.yields)
        elif unpacked or row.yields is Yields.ELEMENT:
            linker.solver.watch(node, containers.iterate, linker, context.result, scope)
        else:
            linker.solver.edge(node, context.result)


def _group(
    linker: "Linker", context: "CallContext", row: PassThrough, chosen: list[tuple[int, bool]]
) -> None:
    scope = linker.scopes.all[context.scope]
    groups = linker.objects.number(Container("gen", context.result))
    group_node = containers.element(linker, groups, containers.ANY)
    group = linker.objects.number(Container("seq", group_node))
    linker.solver.add(context.result, groups)
    linker.solver.add(group_node, group)
    for place, (node, unpacked) in enumerate(chosen):
        key: object = linker.objects.const(place if row.place is None else row.place)
        target = containers.element(linker, group, containers.ANY if unpacked else key)
        linker.solver.watch(node, containers.iterate, linker, target, scope)
