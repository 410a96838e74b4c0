"""Containers: displays, items, iteration, unpacking, and the methods of lists, dicts and texts.

A container has a node per constant key, one for elements at unknown keys (`ANY`), and one that holds
them all (`ALL`); a dict also has one for its keys.
"""

from typing import TYPE_CHECKING, Final

from batchlint.program import calls
from batchlint.program.model import EdgeKind
from batchlint.program.objects import (
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
    Query,
)
from batchlint.program.scopes import Scope

if TYPE_CHECKING:
    from batchlint.program.linker import CallContext, Linker

ANY: Final = ("any",)
ALL: Final = ("all",)
KEYS: Final = ("keys",)
VALUE: Final = ("value",)


def element(linker: "Linker", obj: int, key: object) -> int:
    """The node of a container's element at a key (`ANY`, `ALL` or a constant's number)."""
    solver = linker.solver
    fresh = not solver.has_field(obj, key)
    node = solver.field(obj, key)
    if fresh and key != ALL:
        solver.edge(node, solver.field(obj, ALL))
        if key != ANY:
            solver.edge(element(linker, obj, ANY), node)
    return node


def display(
    linker: "Linker", scope: Scope, node: int, op: str, operands: tuple[int, ...], payload: object
) -> None:
    """A list, tuple, set or dict display, or a comprehension."""
    kind = "dict" if op == "dict" or payload == "dict" else "gen" if payload == "gen" else "seq"
    obj = linker.objects.number(Container(kind, node))
    solver, base = linker.solver, scope.base
    solver.add(node, obj)
    if op == "comp":
        solver.edge(base + operands[-1], element(linker, obj, ANY))
        if kind == "dict":
            solver.edge(base + operands[0], solver.field(obj, KEYS))
        return
    if op == "dict":
        for at, value in zip(operands[::2], operands[1::2], strict=True):
            if at < 0:
                solver.watch(base + value, merge, linker, obj)
            else:
                put(linker, scope, obj, base + at, base + value)
        return
    starred = False
    for index, operand in enumerate(operands):
        fact = scope.facts.values[operand]
        if fact.op == "star":
            starred = True
            solver.watch(base + fact.operands[0], iterate, linker, element(linker, obj, ANY), scope)
        else:
            key: object = ANY if starred or op == "set" else linker.objects.const(index)
            solver.edge(base + operand, element(linker, obj, key))


def put(linker: "Linker", scope: Scope, obj: int, key: int, value: int) -> None:
    """`container[key] = value`: at its constant keys, or anywhere where the key is unknown."""
    index = key - scope.base
    linker.solver.edge(key, linker.solver.field(obj, KEYS))
    if 0 <= index < len(scope.facts.values) and scope.facts.values[index].op == "const":
        number = linker.objects.const(scope.facts.values[index].payload)
        linker.solver.edge(value, element(linker, obj, number))
        return
    linker.solver.watch(key, _put_at, linker, obj, value)
    linker.dynamic_items.append((key, obj, value, True))


def _put_at(key: int, linker: "Linker", obj: int, value: int) -> None:
    linker.solver.edge(value, element(linker, obj, _key(linker, key)))


def _key(linker: "Linker", obj: int) -> object:
    return obj if isinstance(linker.record(obj), Const) else ANY


def merge(source: int, linker: "Linker", target: int) -> None:
    """Let one mapping hold what another one holds, key by key."""
    if not isinstance(linker.record(source), Container):
        return
    solver = linker.solver
    solver.edge(solver.field(source, KEYS), solver.field(target, KEYS))
    solver.watch(solver.field(source, KEYS), _merge_key, linker, source, target)
    solver.edge(element(linker, source, ANY), element(linker, target, ANY))


def _merge_key(key: int, linker: "Linker", source: int, target: int) -> None:
    if isinstance(linker.record(key), Const):
        linker.solver.edge(element(linker, source, key), element(linker, target, key))


def load_item(obj: int, linker: "Linker", result: int, key: int, scope: Scope) -> None:
    """`base[key]` for one base."""
    solver = linker.solver
    record = linker.record(obj)
    match record:
        case Container():
            index = key - scope.base
            if 0 <= index < len(scope.facts.values) and scope.facts.values[index].op == "const":
                number = linker.objects.const(scope.facts.values[index].payload)
                solver.edge(element(linker, obj, number), result)
            else:
                solver.watch(key, _load_at, linker, obj, result)
                linker.dynamic_items.append((key, obj, result, False))
        case Instance():
            context = calls.context(linker, scope, result, EdgeKind.IMPLICIT, key)
            calls.call_member(linker, obj, "__getitem__", context, scope)
        case Query(scope=class_scope):
            solver.add(result, linker.instance(class_scope))
        case Class():
            solver.add(result, obj)
        case External():
            _load_external_item(linker, obj, result, key, scope)
        case _:
            pass


def _load_external_item(linker: "Linker", obj: int, result: int, key: int, scope: Scope) -> None:
    if linker.objects.path(obj) == ("builtins", "globals", "()"):
        _load_global(linker, result, key, scope)
        return
    index = key - scope.base
    payload = scope.facts.values[index].payload if 0 <= index < len(scope.facts.values) else None
    if isinstance(payload, str) and scope.facts.values[index].op == "const":
        linker.solver.edge(linker.solver.field(obj, ("item", payload)), result)
    linker.solver.add(result, linker.step(obj, "[]"))


def _load_global(linker: "Linker", result: int, key: int, scope: Scope) -> None:
    """`globals()[name]`: the name where it is known, else any function of the module."""
    module = linker.scopes.all[linker.scopes.module_scope[scope.file]]
    names = [
        record.value
        for obj in linker.solver.pts[key]
        if isinstance(record := linker.record(obj), Const) and isinstance(record.value, str)
    ]
    for name in names or module.facts.bindings:
        member = linker.scopes.member(scope.file, name)
        if member is not None:
            linker.solver.watch(member, _function_only, linker, result)


def _function_only(obj: int, linker: "Linker", result: int) -> None:
    if isinstance(linker.record(obj), Function):
        linker.solver.add(result, obj)


def _load_at(key: int, linker: "Linker", obj: int, result: int) -> None:
    record = linker.record(key)
    if isinstance(record, Const) and isinstance(record.value, int) and record.value < 0:
        linker.solver.edge(element(linker, obj, ALL), result)
    else:
        place = _key(linker, key)
        linker.solver.edge(element(linker, obj, ALL if place == ANY else place), result)


def store_item(obj: int, linker: "Linker", key: int, value: int, scope: Scope) -> None:
    """`base[key] = value` for one base."""
    record = linker.record(obj)
    match record:
        case Container():
            put(linker, scope, obj, key, value)
        case Instance():
            context = calls.context(linker, scope, linker.solver.node(), EdgeKind.IMPLICIT, key, value)
            calls.call_member(linker, obj, "__setitem__", context, scope)
        case External():
            index = key - scope.base
            if 0 <= index < len(scope.facts.values) and scope.facts.values[index].op == "const":
                field = ("item", scope.facts.values[index].payload)
                linker.solver.edge(value, linker.solver.field(obj, field))
        case _:
            pass


def slice_(obj: int, linker: "Linker", result: int, bounds: tuple[int | None, int | None, bool]) -> None:
    """`base[low:high]`: a container of its own, with the places moved where they are known."""
    record = linker.record(obj)
    if not isinstance(record, Container):
        if not isinstance(record, Module | Class):
            linker.solver.add(result, obj)
        return
    low, high, is_step_one = bounds
    part = linker.objects.number(Container("seq", result))
    if part == obj:
        return
    linker.solver.add(result, part)
    if not is_step_one or (low or 0) < 0 or (high is not None and high < 0):
        linker.solver.edge(element(linker, obj, ALL), element(linker, part, ANY))
        return
    linker.solver.edge(element(linker, obj, ANY), element(linker, part, ANY))
    place = low or 0
    while high is None or place < high:
        number = linker.objects.const(place)
        if not linker.solver.has_field(obj, number):
            break
        moved = linker.objects.const(place - (low or 0))
        linker.solver.edge(element(linker, obj, number), element(linker, part, moved))
        place += 1


def iterate(obj: int, linker: "Linker", result: int, scope: Scope) -> None:
    """The elements that `for x in obj` yields."""
    solver = linker.solver
    record = linker.record(obj)
    match record:
        case Container(kind="dict"):
            solver.edge(solver.field(obj, KEYS), result)
        case Container():
            solver.edge(element(linker, obj, ALL), result)
        case Instance(scope=class_scope):
            _iterate_instance(linker, obj, class_scope, result, scope)
        case Query(scope=class_scope):
            solver.add(result, linker.instance(class_scope))
        case External():
            solver.add(result, linker.step(obj, "[]"))
        case Future():
            solver.edge(solver.field(obj, VALUE), result)
        case _:
            pass


def _iterate_instance(linker: "Linker", obj: int, class_scope: int, result: int, scope: Scope) -> None:
    iterator = linker.solver.node()
    for start, step in (("__iter__", "__next__"), ("__aiter__", "__anext__")):
        context = calls.context(linker, scope, iterator, EdgeKind.IMPLICIT)
        calls.call_member(linker, obj, start, context, scope)
        linker.solver.watch(iterator, _next, linker, step, result, scope)


def _next(obj: int, linker: "Linker", step: str, result: int, scope: Scope) -> None:
    if isinstance(linker.record(obj), Instance):
        context = calls.context(linker, scope, result, EdgeKind.IMPLICIT)
        calls.call_member(linker, obj, step, context, scope)
    else:
        iterate(obj, linker, result, scope)


def unpack(obj: int, linker: "Linker", result: int, place: int | None, scope: Scope) -> None:
    """The value of one target of `a, b = obj`."""
    record = linker.record(obj)
    if isinstance(record, Container) and record.kind == "seq":
        if place is None:
            rest = linker.objects.number(Container("seq", result))
            linker.solver.add(result, rest)
            linker.solver.edge(element(linker, obj, ALL), element(linker, rest, ANY))
        elif place >= 0:
            linker.solver.edge(element(linker, obj, linker.objects.const(place)), result)
        else:
            linker.solver.edge(element(linker, obj, ALL), result)
    else:
        iterate(obj, linker, result, scope)


def enter(obj: int, linker: "Linker", result: int, scope: Scope) -> None:
    """What `with obj as x` binds."""
    record = linker.record(obj)
    match record:
        case Instance():
            for name in ("__enter__", "__aenter__"):
                context = calls.context(linker, scope, result, EdgeKind.IMPLICIT)
                calls.call_member(linker, obj, name, context, scope)
            for name in ("__exit__", "__aexit__"):
                context = calls.context(linker, scope, linker.solver.node(), EdgeKind.IMPLICIT)
                calls.call_member(linker, obj, name, context, scope)
        case Container(kind="gen"):
            linker.solver.edge(element(linker, obj, ALL), result)
        case _:
            linker.solver.add(result, obj)


def awaited(obj: int, linker: "Linker", result: int) -> None:
    """What `await obj` gives: the value of a future, anything else as it is."""
    if isinstance(linker.record(obj), Future):
        linker.solver.edge(linker.solver.field(obj, VALUE), result)
    else:
        linker.solver.add(result, obj)


def call_method(linker: "Linker", context: "CallContext", method: MethodOf, scope: Scope) -> None:
    """A call of a method of a container, text or future."""
    obj, name = method
    solver = linker.solver
    record = linker.record(obj)
    first = context.argument(0, None)
    match record, name:
        case Container(kind="dict"), "get" | "pop" | "setdefault" | "__getitem__":
            if first is not None:
                load_item(obj, linker, context.result, first, scope)
            default = context.argument(1, "default")
            if default is not None:
                solver.edge(default, context.result)
                if name == "setdefault" and first is not None:
                    put(linker, scope, obj, first, default)
        case Container(kind="dict"), "update":
            for node, _ in context.positional:
                solver.watch(node, merge, linker, obj)
            for keyword, node in context.keywords.items():
                number = linker.objects.const(keyword)
                solver.add(solver.field(obj, KEYS), number)
                solver.edge(node, element(linker, obj, number))
        case Container(kind="dict"), "items":
            _items(linker, obj, context.result)
        case Container(kind="dict"), "values":
            view = linker.objects.number(Container("gen", context.result))
            solver.add(context.result, view)
            solver.edge(element(linker, obj, ALL), element(linker, view, ANY))
        case Container(kind="dict"), "keys":
            view = linker.objects.number(Container("gen", context.result))
            solver.add(context.result, view)
            solver.edge(solver.field(obj, KEYS), element(linker, view, ANY))
        case Container(), "append" | "add" | "appendleft" | "put" | "put_nowait":
            if first is not None:
                solver.edge(first, element(linker, obj, ANY))
        case Container(), "insert":
            second = context.argument(1, None)
            if second is not None:
                solver.edge(second, element(linker, obj, ANY))
        case Container(), "extend" | "union":
            if first is not None:
                solver.watch(first, iterate, linker, element(linker, obj, ANY), scope)
        case Container(), "pop" | "popleft" | "get" | "__next__" | "send" | "popitem" | "get_nowait":
            solver.edge(element(linker, obj, ALL), context.result)
        case Container(), "copy":
            solver.add(context.result, obj)
        case (
            (Const(type="str") | Expression()),
            "format" | "join" | "replace" | "strip" | "rstrip" | "lower",
        ):
            solver.add(context.result, linker.objects.number(Expression(context.result)))
        case Future(), "result" | "get" | "join":
            solver.edge(solver.field(obj, VALUE), context.result)
        case _:
            pass


def _items(linker: "Linker", obj: int, result: int) -> None:
    solver = linker.solver
    view = linker.objects.number(Container("gen", result))
    pair_node = element(linker, view, ANY)
    pair = linker.objects.number(Container("seq", pair_node))
    solver.add(result, view)
    solver.add(pair_node, pair)
    solver.edge(solver.field(obj, KEYS), element(linker, pair, linker.objects.const(0)))
    solver.edge(element(linker, obj, ALL), element(linker, pair, linker.objects.const(1)))
