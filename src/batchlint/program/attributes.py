"""Attributes: what `base.name` may be, and where `base.name = value` writes."""

from functools import partial
from typing import TYPE_CHECKING

from batchlint.program import calls, records, templates
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
    Query,
    Super,
)
from batchlint.program.scopes import Scope

if TYPE_CHECKING:
    from batchlint.program.linker import Linker


def load(obj: int, linker: "Linker", result: int, name: str, scope: Scope) -> None:
    """Let `result` hold the attribute `name` of an object, read in `scope`."""
    solver = linker.solver
    record = linker.record(obj)
    match record:
        case Instance(scope=class_scope) | Class(scope=class_scope) if name == "__class__":
            solver.add(result, linker.objects.number(Class(class_scope)))
        case Instance(scope=class_scope):
            solver.edge(_read(linker, class_scope, name, obj, scope), result)
            if name in linker.classes.properties:
                found = _member(linker, class_scope, name, None)
                solver.watch(found, _get_property, linker, obj, result, scope)
        case Class(scope=class_scope):
            solver.edge(solver.field(obj, name), result)
            _load_class_member(linker, class_scope, name, obj, result)
            if linker.scopes.all[class_scope].facts.decorators and linker.matcher.is_step((name,)):
                # `Worker.options(…).remote()` of a decorated class.
                solver.add(result, linker.objects.number(MethodOf(obj, name)))
        case Query():
            records.load_from_query(linker, obj, name, result)
        case Super(scope=class_scope, receiver=receiver):
            owner = linker.record(receiver)
            if isinstance(owner, Instance | Class):
                found = _member(linker, owner.scope, name, class_scope)
                inherit = partial(_inherit, linker, name, receiver, result)
                linker.classes.lookup(owner.scope, name, inherit, class_scope)
                solver.watch(found, bind, linker, receiver, result)
                solver.watch(found, _get_property, linker, receiver, result, scope)
        case Module():
            _load_from_module(linker, record, name, result)
        case External():
            solver.edge(solver.field(obj, name), result)
            solver.add(result, linker.step(obj, name))
        case Function() | Bound() | Partial():
            if name == "__wrapped__":
                solver.add(result, obj)
            solver.edge(solver.field(obj, name), result)
            solver.add(result, linker.objects.number(MethodOf(obj, name)))
        case Const(type=kind) if kind != "str":
            pass
        case Container() | Future() | Const() | Expression():
            solver.add(result, linker.objects.number(MethodOf(obj, name)))
        case MethodOf(receiver=receiver, name=outer) if not isinstance(
            linker.record(receiver), Container | Const | Expression
        ):
            # `task.options(…).send`: steps from a function, joined for the catalog.
            solver.add(result, linker.objects.number(MethodOf(receiver, f"{outer}.{name}")))
        case _:
            pass


def _load_from_module(linker: "Linker", module: Module, name: str, result: int) -> None:
    found = linker.scopes.member(module.file, name) if module.file >= 0 else None
    if found is not None:
        linker.solver.edge(found, result)
        return
    submodule = linker.scopes.submodule(module, name)
    if submodule is not None:
        linker.solver.add(result, submodule)


def _read(linker: "Linker", class_scope: int, name: str, obj: int, scope: Scope) -> int:
    """The node of an attribute of an instance, made once however many places read it: what is stored
    in it, in its class, and what its class defines, bound to it."""
    solver = linker.solver
    node = solver.field(obj, name)
    if (obj, name) not in linker.reads:
        linker.reads.add((obj, name))
        linker.classes.each_order(class_scope, partial(_join_stores, linker, class_scope, name, node))
        solver.watch(_member(linker, class_scope, name, None), bind, linker, obj, node)
        linker.classes.lookup(class_scope, name, partial(_inherit, linker, name, obj, node))
        if linker.classes.forwards and not name.startswith("__"):
            forwards = _member(linker, class_scope, "__getattr__", None)
            solver.watch(forwards, _forward, linker, name, node, scope)
    return node


def _join_stores(linker: "Linker", class_scope: int, name: str, node: int) -> None:
    """What is stored in attributes of a class and of its bases is read through instances too."""
    linker.class_reads.setdefault(name, {})[node] = class_scope
    stored = linker.class_stores.get(name, ())
    for base in linker.classes.internals(class_scope) if stored else ():
        if base in stored:
            linker.solver.edge(linker.solver.field(linker.objects.number(Class(base)), name), node)


def store_in_class(linker: "Linker", class_scope: int, name: str, field: int) -> None:
    """Let those who read an attribute through instances read what is stored in the class."""
    stored = linker.class_stores.setdefault(name, set())
    if class_scope not in stored:
        stored.add(class_scope)
        for node, reader in tuple(linker.class_reads.get(name, {}).items()):
            if class_scope in linker.classes.internals(reader):
                linker.solver.edge(field, node)


def _member(linker: "Linker", class_scope: int, name: str, after: int | None) -> int:
    """The node of what the classes of an instance (or those behind `after`) define under a name, as it
    is before it is bound."""
    key = (class_scope, name, after)
    node = linker.members.get(key)
    if node is None:
        node = linker.members[key] = linker.solver.node()
        linker.classes.lookup(class_scope, name, partial(_found, linker, name, node), after)
    return node


def _found(linker: "Linker", name: str, result: int, node: int | None, external: int | None) -> None:
    if node is not None:
        linker.solver.edge(node, result)
    elif external is not None:
        linker.solver.add(result, linker.step(linker.step(external, "()"), name))


def _inherit(
    linker: "Linker", name: str, receiver: int, result: int, node: int | None, external: int | None
) -> None:
    if external is not None:
        templates.inherit(linker, external, name, receiver, result)
        records.inherit(linker, external, name, receiver, result)


def _forward(obj: int, linker: "Linker", name: str, result: int, scope: Scope) -> None:
    record = linker.record(obj)
    key = (obj, name, result)
    if not isinstance(record, Function) or key in linker.forwarded:
        return
    linker.forwarded.add(key)  # what it forwards to may be an instance of the same class
    getter = linker.scopes.all[record.scope]
    for call in getter.facts.calls:
        callee = getter.facts.values[call.callee]
        if callee.op == "free" and callee.payload == "getattr" and len(call.arguments) >= 2:
            asked = getter.facts.values[call.arguments[1].value]
            if asked.op == "param" and asked.payload == 1:
                linker.solver.watch(getter.base + call.arguments[0].value, load, linker, result, name, scope)


def bind(obj: int, linker: "Linker", receiver: int, result: int) -> None:
    """Bind what a class defines to the receiver that it is read through."""
    record = linker.record(obj)
    if not isinstance(record, Function):
        linker.solver.add(result, obj)
        return
    match linker.classes.method_kinds.get(record.scope, "plain"):
        case "static":
            linker.solver.add(result, obj)
        case "class":
            owner = linker.record(receiver)
            if isinstance(owner, Instance):
                receiver = linker.objects.number(Class(owner.scope))
            linker.solver.add(result, linker.objects.number(Bound(record.scope, receiver, record.around)))
        case "property":
            pass  # its caller is who reads it
        case _:
            linker.solver.add(result, linker.objects.number(Bound(record.scope, receiver, record.around)))


def _get_property(obj: int, linker: "Linker", receiver: int, result: int, scope: Scope) -> None:
    record = linker.record(obj)
    if isinstance(record, Function) and linker.classes.method_kinds.get(record.scope) == "property":
        context = calls.context(linker, scope, result, EdgeKind.IMPLICIT)
        calls.enter(linker, context, record.scope, receiver)


def _load_class_member(linker: "Linker", class_scope: int, name: str, obj: int, result: int) -> None:
    """A member read through the class itself."""

    def found(node: int | None, external: int | None) -> None:
        if node is not None:
            linker.solver.watch(node, _bind_to_class, linker, obj, result)
            linker.solver.watch(node, records.managed, linker, class_scope, result)
        elif external is not None:
            linker.solver.add(result, linker.step(external, name))

    linker.classes.lookup(class_scope, name, found)
    records.load_from_class(linker, class_scope, name, result)


def _bind_to_class(obj: int, linker: "Linker", owner: int, result: int) -> None:
    record = linker.record(obj)
    if isinstance(record, Function) and linker.classes.method_kinds.get(record.scope) == "class":
        obj = linker.objects.number(Bound(record.scope, owner, record.around))
    linker.solver.add(result, obj)


def store(obj: int, linker: "Linker", name: str, value: int) -> None:
    """Let the attribute `name` of an object hold what `value` holds."""
    record = linker.record(obj)
    match record:
        case Module(file=file) if file >= 0:
            found = linker.scopes.member(file, name)
            if found is not None:
                linker.solver.edge(value, found)
        case Class(scope=class_scope):
            field = linker.solver.field(obj, name)
            linker.solver.edge(value, field)
            store_in_class(linker, class_scope, name, field)
        case Instance() | Function() | Bound() | External() | Partial():
            linker.solver.edge(value, linker.solver.field(obj, name))
        case _:
            pass
