"""Attributes: what `base.name` may be, and where `base.name = value` writes."""

from typing import TYPE_CHECKING

from batchlint.program import calls, templates
from batchlint.program.classes import Found
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
            solver.edge(solver.field(obj, name), result)
            _load_member(linker, class_scope, name, obj, result, scope, None)
        case Class(scope=class_scope):
            solver.edge(solver.field(obj, name), result)
            _load_class_member(linker, class_scope, name, obj, result)
            if linker.scopes.all[class_scope].facts.decorators and linker.matcher.is_step((name,)):
                # `Worker.options(…).remote()` of a decorated class.
                solver.add(result, linker.objects.number(MethodOf(obj, name)))
        case Super(scope=class_scope, receiver=receiver):
            owner = linker.record(receiver)
            if isinstance(owner, Instance | Class):
                _load_member(linker, owner.scope, name, receiver, result, scope, class_scope)
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


def _load_member(
    linker: "Linker",
    class_scope: int,
    name: str,
    receiver: int,
    result: int,
    scope: Scope,
    after: int | None,
) -> None:
    """A member read through an instance (or `super()`), bound to its receiver."""
    solver = linker.solver

    def found(node: int | None, external: int | None) -> None:
        if node is not None:
            solver.watch(node, _bind, linker, receiver, result, scope)
        elif external is not None:
            solver.add(result, linker.step(linker.step(external, "()"), name))
            templates.inherit(linker, external, name, receiver, result)

    if not name.startswith("__"):
        linker.classes.lookup(class_scope, "__getattr__", _forwarded(linker, name, result, scope))
    for base in linker.classes.internals(class_scope):
        solver.edge(solver.field(linker.objects.number(Class(base)), name), result)
    linker.classes.lookup(class_scope, name, found, after)


def _forwarded(linker: "Linker", name: str, result: int, scope: Scope) -> Found:
    """`__getattr__` that hands the name on: `return getattr(self._module, name)`."""

    def found(node: int | None, external: int | None) -> None:
        if node is not None:
            linker.solver.watch(node, _forward, linker, name, result, scope)

    return found


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


def _bind(obj: int, linker: "Linker", receiver: int, result: int, scope: Scope) -> None:
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
            linker.solver.add(result, linker.objects.number(Bound(record.scope, receiver)))
        case "property":
            context = calls.context(linker, scope, result, EdgeKind.IMPLICIT)
            calls.enter(linker, context, record.scope, receiver)
        case _:
            linker.solver.add(result, linker.objects.number(Bound(record.scope, receiver)))


def _load_class_member(linker: "Linker", class_scope: int, name: str, obj: int, result: int) -> None:
    """A member read through the class itself."""

    def found(node: int | None, external: int | None) -> None:
        if node is not None:
            linker.solver.watch(node, _bind_to_class, linker, obj, result)
        elif external is not None:
            linker.solver.add(result, linker.step(external, name))

    linker.classes.lookup(class_scope, name, found)


def _bind_to_class(obj: int, linker: "Linker", owner: int, result: int) -> None:
    record = linker.record(obj)
    if isinstance(record, Function) and linker.classes.method_kinds.get(record.scope) == "class":
        obj = linker.objects.number(Bound(record.scope, owner))
    linker.solver.add(result, obj)


def store(obj: int, linker: "Linker", name: str, value: int) -> None:
    """Let the attribute `name` of an object hold what `value` holds."""
    record = linker.record(obj)
    match record:
        case Module(file=file) if file >= 0:
            found = linker.scopes.member(file, name)
            if found is not None:
                linker.solver.edge(value, found)
        case Instance() | Class() | Function() | Bound() | External() | Partial():
            linker.solver.edge(value, linker.solver.field(obj, name))
        case _:
            pass
