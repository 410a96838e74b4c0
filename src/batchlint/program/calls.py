"""Calls: what invoking an object does, how arguments reach parameters, what comes back."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from batchlint.facts import ScopeKind
from batchlint.facts.model import ParameterKind
from batchlint.program import containers, dispatching, foreign, records, templates
from batchlint.program.model import EdgeKind
from batchlint.program.objects import (
    Bound,
    Class,
    Container,
    External,
    Function,
    Instance,
    MethodOf,
    Partial,
    Query,
)
from batchlint.program.scopes import Scope

if TYPE_CHECKING:
    from batchlint.program.linker import CallContext, Linker

# Partials of partials deeper than this are not followed.
_PARTIALS_MAX: Final = 6


def context(linker: "Linker", scope: Scope, result: int, kind: EdgeKind, *arguments: int) -> "CallContext":
    """A call that no call expression shows, made in `scope`."""
    from batchlint.program.linker import CallContext

    made = CallContext(scope.number, -1, result, kind=kind)
    made.positional.extend((node, False) for node in arguments)
    return made


def invoke(obj: int, linker: "Linker", context: "CallContext") -> None:
    """Call one object that a callee may be."""
    record = linker.record(obj)
    match record:
        case Function(scope=target, around=around):
            enter(linker, _around(context, around), target, None)
        case Bound(scope=target, receiver=receiver, around=around):
            enter(linker, _around(context, around), target, receiver)
        case Class(scope=class_scope):
            instantiate(linker, context, class_scope)
        case Instance():
            call_member(linker, obj, "__call__", context, linker.scopes.all[context.scope])
            _call_external_base(linker, obj, record, context)
        case Partial(node=node):
            _call_partial(linker, context, node)
        case MethodOf(receiver=receiver):
            scope = linker.scopes.all[context.scope]
            owner = linker.record(receiver)
            if isinstance(owner, Function | Bound | Partial | Class):
                dispatching.call_method(linker, context, record)
            elif isinstance(owner, Instance):
                templates.call(linker, context, record)
            elif isinstance(owner, Query):
                records.call(linker, context, record)
            else:
                containers.call_method(linker, context, record, scope)
                linker.add_external(context, obj)
        case Query():
            linker.solver.add(context.result, obj)
        case External():
            foreign.call(linker, context, obj)
        case _:
            pass


def _around(context: "CallContext", around: int) -> "CallContext":
    """The call of a function that a decorator put around another one."""
    if context.around == around:
        return context
    return replace(context, around=around)


def _call_external_base(linker: "Linker", obj: int, record: Instance, context: "CallContext") -> None:
    """Calling an instance whose class only inherits `__call__` from a foreign base."""
    for base in linker.classes.externals(record.scope):
        linker.add_external(context, linker.step(base, "()", context.result))
    templates.call(linker, context, MethodOf(obj, "__call__"))


def enter(linker: "Linker", context: "CallContext", target: int, receiver: int | None) -> None:
    """A call enters a function of the program: an edge, its parameters and its result."""
    function = linker.scopes.all[target]
    linker.add_edge(context, target)
    linker.called.add(target)
    bind(linker, context, function, receiver)
    if context.result < 0:
        return
    if function.facts.is_generator:
        generator = linker.objects.number(Container("gen", function.yields))
        linker.solver.edge(function.yields, containers.element(linker, generator, containers.ANY))
        linker.solver.add(context.result, generator)
    else:
        linker.solver.edge(function.returns, context.result)


def bind(linker: "Linker", context: "CallContext", function: Scope, receiver: int | None) -> None:
    """Let a function's parameters hold the arguments of a call."""
    parameters = function.facts.parameters
    solver = linker.solver
    given: set[int] = set()
    place = 0
    slots = [i for i, p in enumerate(parameters) if p.kind is ParameterKind.POSITIONAL]
    rest = next((i for i, p in enumerate(parameters) if p.kind is ParameterKind.VAR_POSITIONAL), None)
    extra = next((i for i, p in enumerate(parameters) if p.kind is ParameterKind.VAR_KEYWORD), None)
    if receiver is not None and slots:
        solver.add(linker.parameter_node(function, slots[0]), receiver)
        given.add(slots[0])
        place = 1
    unpacked = False
    for node, is_unpacked in context.positional:
        if is_unpacked:
            unpacked = True
            remaining = [linker.parameter_node(function, i) for i in slots[place:]]
            solver.watch(node, _spread, linker, remaining)
        elif place < len(slots) and not unpacked:
            solver.edge(node, linker.parameter_node(function, slots[place]))
            given.add(slots[place])
            place += 1
        if rest is not None and (is_unpacked or place >= len(slots)):
            _into_rest(linker, function, rest, node, is_unpacked)
    names = {p.name: i for i, p in enumerate(parameters)}
    for keyword, node in context.keywords.items():
        index = names.get(keyword)
        if index is not None:
            solver.edge(node, linker.parameter_node(function, index))
            given.add(index)
        elif extra is not None:
            mapping = linker.objects.number(Container("dict", linker.parameter_node(function, extra)))
            number = linker.objects.const(keyword)
            solver.add(solver.field(mapping, containers.KEYS), number)
            solver.edge(node, containers.element(linker, mapping, number))
    for node in context.mappings:
        free = {
            p.name: linker.parameter_node(function, i)
            for i, p in enumerate(parameters)
            if i not in given and p.kind in (ParameterKind.POSITIONAL, ParameterKind.KEYWORD)
        }
        solver.watch(node, _spread_mapping, linker, free)
        if extra is not None:
            mapping = linker.objects.number(Container("dict", linker.parameter_node(function, extra)))
            solver.watch(node, containers.merge, linker, mapping)
    outer = linker.scopes.all[function.parent]
    for index, parameter in enumerate(parameters):
        if index not in given and parameter.default >= 0:
            solver.edge(outer.base + parameter.default, linker.parameter_node(function, index))
    linker.bound_parameters.add(function.number)


def _into_rest(linker: "Linker", function: Scope, rest: int, node: int, is_unpacked: bool) -> None:
    sequence = linker.objects.number(Container("seq", linker.parameter_node(function, rest)))
    target = containers.element(linker, sequence, containers.ANY)
    if is_unpacked:
        linker.solver.watch(node, containers.iterate, linker, target, function)
    else:
        linker.solver.edge(node, target)


def _spread(obj: int, linker: "Linker", targets: list[int]) -> None:
    """`f(*obj)`: the elements to the remaining positional parameters, by place."""
    record = linker.record(obj)
    if isinstance(record, Container):
        for place, target in enumerate(targets):
            if record.kind == "seq":
                number = linker.objects.const(place)
                linker.solver.edge(containers.element(linker, obj, number), target)
            else:
                linker.solver.edge(containers.element(linker, obj, containers.ALL), target)


def _spread_mapping(obj: int, linker: "Linker", targets: dict[str, int]) -> None:
    """`f(**obj)`: the values to the parameters of those names."""
    if isinstance(linker.record(obj), Container):
        for name, target in targets.items():
            number = linker.objects.const(name)
            linker.solver.edge(containers.element(linker, obj, number), target)


def instantiate(linker: "Linker", context: "CallContext", class_scope: int) -> None:
    """Calling a class: a new instance, and its `__init__`, or its fields where it has none."""
    instance = linker.instance(class_scope)
    linker.solver.add(context.result, instance)
    silent = _silent(context)

    def found(node: int | None, external: int | None) -> None:
        if node is not None:
            linker.solver.watch(node, _construct, linker, silent, instance)
        elif external is not None:
            linker.add_external(context, linker.step(external, "__init__"))
            _bind_fields(linker, context, class_scope, instance)

    linker.classes.lookup(class_scope, "__init__", found)
    if not any(
        "__init__" in linker.scopes.all[scope].facts.bindings
        for scope in linker.classes.internals(class_scope)
    ):
        _bind_fields(linker, context, class_scope, instance)


def _silent(context: "CallContext") -> "CallContext":
    """The same call with its result ignored."""
    return replace(context, result=-1)


def _construct(obj: int, linker: "Linker", context: "CallContext", instance: int) -> None:
    record = linker.record(obj)
    if isinstance(record, Function):
        enter(linker, _around(context, record.around), record.scope, instance)


def _bind_fields(linker: "Linker", context: "CallContext", class_scope: int, instance: int) -> None:
    """A dataclass, named tuple or model: arguments become the declared fields, in order."""
    fields: list[str] = []
    for scope in reversed(linker.classes.internals(class_scope)):
        fields += [name for name in linker.scopes.all[scope].facts.annotations if name not in fields]
    for place, (node, unpacked) in enumerate(context.positional):
        if unpacked or place >= len(fields):
            break
        linker.solver.edge(node, linker.solver.field(instance, fields[place]))
    for keyword, node in context.keywords.items():
        linker.solver.edge(node, linker.solver.field(instance, keyword))
    for node in context.mappings:
        targets = {name: linker.solver.field(instance, name) for name in fields}
        linker.solver.watch(node, _spread_mapping, linker, targets)


def call_member(linker: "Linker", obj: int, name: str, context: "CallContext", scope: Scope) -> None:
    """Call a method of an instance by name, where its class has one."""
    record = linker.record(obj)
    if not isinstance(record, Instance):
        return

    def found(node: int | None, external: int | None) -> None:
        if node is not None:
            linker.solver.watch(node, _call_bound, linker, context, obj)

    linker.classes.lookup(record.scope, name, found)


def _call_bound(obj: int, linker: "Linker", context: "CallContext", receiver: int) -> None:
    record = linker.record(obj)
    if isinstance(record, Function):
        enter(linker, _around(context, record.around), record.scope, receiver)


def _call_partial(linker: "Linker", context: "CallContext", node: int) -> None:
    """Calling what `partial(f, …)` returned: its arguments, then the new ones."""
    made = linker.contexts.get(node)
    # `f = partial(f, x)` leads back here.
    if made is None or not made.positional or node in context.through:
        return
    if len(context.through) >= _PARTIALS_MAX:
        return
    joined = replace(
        context,
        positional=[*made.positional[1:], *context.positional],
        keywords={**made.keywords, **context.keywords},
        mappings=[*made.mappings, *context.mappings],
        through=(*context.through, node),
    )
    linker.solver.watch(made.positional[0][0], _invoke_partial, linker, joined, made)


def _invoke_partial(obj: int, linker: "Linker", joined: "CallContext", made: "CallContext") -> None:
    """A foreign function is called where `partial` names it: that call holds its arguments."""
    if isinstance(linker.record(obj), External):
        joined = replace(joined, scope=made.scope, call=made.call)
    invoke(obj, linker, joined)


def _decorated(obj: int, linker: "Linker", number: int, result: int) -> None:
    """What a decorator gives back for a definition: mostly a function around it."""
    record = linker.record(obj)
    is_function = linker.scopes.all[number].facts.kind is ScopeKind.FUNCTION
    if isinstance(record, Function) and is_function and record.around < 0 and record.scope != number:
        obj = linker.objects.number(Function(record.scope, number))
    linker.solver.add(result, obj)


def decorate(obj: int, linker: "Linker", context: "CallContext", number: int, current: int) -> None:
    """Apply one decorator: one of the program is called, a foreign one leaves its argument as it is."""
    record = linker.record(obj)
    if isinstance(record, External):
        linker.decorators.setdefault(number, set()).add(obj)
        linker.solver.edge(current, context.result)
    elif isinstance(record, Function | Bound | Instance | Partial):
        given = linker.solver.node()
        linker.solver.watch(given, _decorated, linker, number, context.result)
        invoke(obj, linker, replace(context, result=given))
        if linker.scopes.all[number].facts.kind is ScopeKind.CLASS:
            linker.solver.edge(current, context.result)
    elif isinstance(record, Class):
        invoke(obj, linker, context)
    elif isinstance(record, MethodOf):
        linker.solver.edge(current, context.result)


def raise_(obj: int, linker: "Linker", scope: Scope) -> None:
    """`raise SomeClass` makes an instance."""
    record = linker.record(obj)
    if isinstance(record, Class):
        instantiate(linker, context(linker, scope, linker.solver.node(), EdgeKind.IMPLICIT), record.scope)
