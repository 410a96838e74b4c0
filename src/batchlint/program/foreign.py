"""Calls that leave the program: what the catalog and Python's builtins say they do with their arguments."""

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from batchlint.catalog.model import AccessPath, Argument, Dispatch, FanOut, HigherOrder, PassThrough, Yields
from batchlint.facts import ScopeKind
from batchlint.program import attributes, calls, containers
from batchlint.program.model import EdgeKind
from batchlint.program.objects import (
    Bound,
    Class,
    Const,
    Container,
    Expression,
    External,
    Function,
    Future,
    Instance,
    MethodOf,
    Module,
    Partial,
    Super,
)

if TYPE_CHECKING:
    from batchlint.program.linker import CallContext, Linker


def call(linker: "Linker", context: "CallContext", obj: int) -> None:
    """Call an external object."""
    linker.add_external(context, obj)
    path = linker.objects.path(obj)
    if path[0] == "builtins" and len(path) == 2 and _builtin(linker, context, path[1]):
        return
    if path[0] == "importlib":
        _import_dynamically(linker, context, path[-1])
    handled: set[int] = set()
    _keep(linker, context, obj, path)
    for passthrough in linker.matcher.passthroughs(path):
        _pass_through(linker, context, passthrough, obj)
    if context.result >= 0 and linker.matcher.wraps_client(path):
        for node, _ in context.positional[:1]:
            linker.solver.edge(node, context.result)
    for row in linker.matcher.higher_orders(path):
        handled |= call_through(linker, context, row)
    for dispatch in linker.matcher.dispatches(path):
        handled |= _dispatch(linker, context, dispatch)
    escape(linker, context, handled)
    if context.result >= 0:
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
        linker.add_edge(replace(context, kind=EdgeKind.ESCAPE), record.scope)
    elif isinstance(record, Partial):
        made = linker.contexts.get(record.node)
        if made is not None and made.positional:
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
    linker: "Linker", context: "CallContext", row: HigherOrder, receiver: int | None = None
) -> set[int]:
    """A higher-order call: invoke its callable as the row says. Returns the argument nodes it used."""
    callables = [node for node, _ in select(context, row.callable_)]
    used = set(callables)
    if receiver is None and not callables and row.fan_out is not FanOut.GATHER:
        return used
    if row.fan_out is FanOut.WRAP:
        _wrap(linker, context, row, callables)
        return used
    if row.fan_out is FanOut.GATHER:
        _gather(linker, context, row)
        return used
    inner = _inner_call(linker, context, row)
    _result(linker, context, row, inner.result)
    for node in callables:
        linker.solver.watch(node, calls.invoke, linker, inner)
    if receiver is not None:
        calls.invoke(receiver, linker, inner)
    return used


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
        if unpacked or row.yields is Yields.ELEMENT:
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


def _dispatch(linker: "Linker", context: "CallContext", row: Dispatch) -> set[int]:
    chosen = [node for node, _ in select(context, row.argument)]
    first = row.argument[0].position if row.argument else None
    inner = replace(
        context,
        result=linker.solver.node(),
        positional=context.positional[first + 1 :] if first is not None else [],
        kind=EdgeKind.DISPATCH,
        dispatch=row,
    )
    for node in chosen:
        linker.solver.watch(node, calls.invoke, linker, inner)
        # `create_task(work())`: the coroutine's call has been entered already; the catalog row is
        # attached to that edge when contexts are inferred.
    if context.result >= 0:
        future = linker.objects.number(Future(context.result))
        linker.solver.add(context.result, future)
        linker.solver.edge(inner.result, linker.solver.field(future, containers.VALUE))
        for node in chosen:
            linker.solver.watch(node, _future_of, linker, future)
    return set(chosen)


def _future_of(obj: int, linker: "Linker", future: int) -> None:
    """The value of a task made from a coroutine is what the coroutine returns."""
    if not isinstance(linker.record(obj), Function | Bound | Partial | MethodOf):
        linker.solver.add(linker.solver.field(future, containers.VALUE), obj)


def call_function_method(linker: "Linker", context: "CallContext", method: MethodOf) -> None:
    """A call of a method of a function object: `task.delay(…)`, `flow.map(…)`, `tool.invoke(…)`."""
    receiver, name = method
    steps = tuple(name.split("."))
    for dispatch in linker.matcher.dispatch_methods(steps):
        inner = _unpack_apply_async(context, steps[-1])
        inner = replace(inner, result=linker.solver.node(), kind=EdgeKind.DISPATCH, dispatch=dispatch)
        calls.invoke(receiver, linker, inner)
        if context.result >= 0:
            future = linker.objects.number(Future(context.result))
            linker.solver.add(context.result, future)
            linker.solver.edge(inner.result, linker.solver.field(future, containers.VALUE))
        return
    for row in linker.matcher.higher_order_methods(steps):
        call_through(linker, context, row, receiver)
        return
    calls.invoke(receiver, linker, replace(context, kind=EdgeKind.ESCAPE))


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


# builtins


def _builtin(linker: "Linker", context: "CallContext", name: str) -> bool:
    """The builtins that need more than a catalog row; returns whether this was one of them."""
    scope = linker.scopes.all[context.scope]
    solver = linker.solver
    match name:
        case "getattr":
            base, attribute = context.argument(0, None), context.argument(1, None)
            default = context.argument(2, None)
            if base is not None and attribute is not None:
                solver.watch(attribute, _getattr, linker, base, context.result, scope)
                linker.dynamic_members.append((base, attribute, context.result))
            if default is not None:
                solver.edge(default, context.result)
        case "setattr":
            base, attribute, value = (context.argument(i, None) for i in range(3))
            if base is not None and attribute is not None and value is not None:
                solver.watch(attribute, _setattr, linker, base, value)
        case "super":
            _super(linker, context)
        case "type" if len(context.positional) == 1:
            solver.watch(context.positional[0][0], _type, linker, context.result)
        case "__import__":
            _import_module(linker, context)
        case _:
            return False
    return True


def _getattr(obj: int, linker: "Linker", base: int, result: int, scope: "object") -> None:
    record = linker.record(obj)
    if isinstance(record, Const) and isinstance(record.value, str):
        linker.solver.watch(base, attributes.load, linker, result, record.value, scope)


def _setattr(obj: int, linker: "Linker", base: int, value: int) -> None:
    record = linker.record(obj)
    if isinstance(record, Const) and isinstance(record.value, str):
        linker.solver.watch(base, attributes.store, linker, record.value, value)


def _type(obj: int, linker: "Linker", result: int) -> None:
    record = linker.record(obj)
    if isinstance(record, Instance):
        linker.solver.add(result, linker.objects.number(Class(record.scope)))


def _super(linker: "Linker", context: "CallContext") -> None:
    scope = linker.scopes.all[context.scope]
    inner = scope
    for outer in linker.scopes.enclosing(scope):
        if outer.facts.kind is ScopeKind.CLASS:
            if inner.facts.parameters:
                receiver = linker.parameter_node(inner, 0)
                linker.solver.watch(receiver, _super_of, linker, outer.number, context.result)
            return
        inner = outer


def _super_of(obj: int, linker: "Linker", class_scope: int, result: int) -> None:
    if isinstance(linker.record(obj), Instance | Class):
        linker.solver.add(result, linker.objects.number(Super(class_scope, obj)))


def _import_dynamically(linker: "Linker", context: "CallContext", name: str) -> None:
    if name == "import_module":
        _import_module(linker, context)
    elif name == "spec_from_file_location":
        # The spec stands for the module; `module_from_spec` hands it on.
        node = context.argument(1, "location")
        if node is not None:
            linker.solver.watch(node, _imported_file, linker, context)
    elif name == "module_from_spec" and context.positional:
        linker.solver.edge(context.positional[0][0], context.result)


def _imported_file(obj: int, linker: "Linker", context: "CallContext") -> None:
    record = linker.record(obj)
    if isinstance(record, Const) and isinstance(record.value, str):
        folder, exact = record.value, True
    elif isinstance(record, Expression):
        folder, exact = _leading_text(linker, record.node) or "", False
    else:
        return
    if not exact and not folder.endswith("/"):
        return
    for number, facts in enumerate(linker.scopes.files):
        path = facts.path if exact else facts.path.rpartition("/")[0] + "/"
        if facts.scopes and (path == folder or path.endswith(f"/{folder}")):
            linker.solver.add(context.result, linker.objects.number(Module(number, facts.module, -1)))


def _leading_text(linker: "Linker", node: int) -> str | None:
    """The constant text that a computed text begins with."""
    scope = linker.scopes.all[bisect_right(linker.scopes.bases, node) - 1]
    values = scope.facts.values
    first = values[node - scope.base].operands[:1] if node - scope.base < len(values) else ()
    text = values[first[0]].payload if first and values[first[0]].op == "const" else None
    return text if isinstance(text, str) else None


def _import_module(linker: "Linker", context: "CallContext") -> None:
    node = context.argument(0, "name")
    if node is not None:
        linker.solver.watch(node, _imported, linker, context)


def _imported(obj: int, linker: "Linker", context: "CallContext") -> None:
    record = linker.record(obj)
    if isinstance(record, Const) and isinstance(record.value, str):
        file = linker.scopes.all[context.scope].file
        module = linker.scopes.import_(file, record.value, 0)
        found = module if module is not None else linker.objects.external(*record.value.split("."))
        linker.solver.add(context.result, found)
    elif isinstance(record, Expression):
        _import_by_prefix(linker, record.node, context)


def _import_by_prefix(linker: "Linker", node: int, context: "CallContext") -> None:
    """`import_module(f"plugins.{name}")` may import any module of that package."""
    prefix = _leading_text(linker, node)
    if prefix is None or not prefix.endswith("."):
        return
    for number, facts in enumerate(linker.scopes.files):
        package = facts.module.rpartition(".")[0] + "."
        if facts.scopes and (package == prefix or package.endswith(f".{prefix}")):
            linker.solver.add(context.result, linker.objects.number(Module(number, facts.module, -1)))
