"""Weaker evidence: annotations, receivers nobody passes, and callees that only their name tells.

It is used only where the program itself showed nothing, after the first fixpoint.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from batchlint.catalog.model import Yields
from batchlint.facts import ScopeKind
from batchlint.program import calls, containers, foreign, records, registers
from batchlint.program.model import EdgeKind
from batchlint.program.objects import Class, Const, Container, External, Module
from batchlint.program.scopes import Scope

if TYPE_CHECKING:
    from batchlint.program.linker import CallContext, Linker

_TRANSPARENT: Final = frozenset(
    {"Optional", "Union", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Mapped"}
)
_MAPPINGS: Final = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})
_COLLECTIONS: Final = _MAPPINGS | frozenset(
    "list List set Set frozenset FrozenSet tuple Tuple Sequence MutableSequence Iterable Iterator Collection "
    "AsyncIterable AsyncIterator Generator AsyncGenerator deque Deque".split()
)
# A method name that more families of classes than this define says too little about an unknown receiver.
_GUESS_FAMILIES_MAX: Final = 2
_GUESS_CLASSES_MAX: Final = 12
# Methods of files, containers, models, sessions and tasks: an unknown receiver is more likely foreign.
_COMMON_METHODS: Final = frozenset(
    "add all append apply call clear close commit connect copy count create data decode delete do emit "
    "encode error execute exists extend fetch filter find first flush format forward get group handle "
    "head info init insert invoke is_valid items join json keys last len list load log map match name "
    "next open order_by parse pop post predict print process put query read remove render replace reset "
    "result run save search select send set show size sort split start status step stop strip submit "
    "text to_dict train transform type update upload url validate value values view write".split()
)


def seed(linker: "Linker", scope: Scope, value: int, target: int) -> None:
    """Let `target` hold an instance of what an annotation names (`scope` is where it was written)."""
    op, operands, payload = scope.facts.values[value]
    match op:
        case "binop" if payload == "BitOr":
            for operand in operands:
                seed(linker, scope, operand, target)
        case "item":
            base = scope.facts.values[operands[0]]
            if base.payload in _TRANSPARENT:
                _seed_each(linker, scope, operands[1], target)
            elif base.payload in _COLLECTIONS:
                _seed_elements(linker, scope, operands[1], target, str(base.payload))
            else:
                linker.solver.watch(scope.base + operands[0], _instance, linker, target)
                linker.solver.watch(
                    scope.base + operands[0], _query, linker, scope.base + operands[1], target
                )
        case "const" if isinstance(payload, str) and payload.isidentifier():
            named = linker.scopes.member(scope.file, payload)
            if named is not None:
                linker.solver.watch(named, _instance, linker, target)
        case "free" | "attr" | "import" | "class" | "phi":
            linker.solver.watch(scope.base + value, _instance, linker, target)
        case _:
            pass


def _seed_elements(linker: "Linker", scope: Scope, value: int, target: int, name: str) -> None:
    """`list[X]` and `dict[K, X]`: a collection that nothing is known of but its elements."""
    fact = scope.facts.values[value]
    parts = fact.operands if fact.op == "tuple" else (value,)
    is_mapping = name in _MAPPINGS
    obj = linker.objects.number(Container("dict" if is_mapping else "seq", target))
    for part in parts[-1:] if is_mapping else parts:
        node = linker.solver.node()
        seed(linker, scope, part, node)
        linker.solver.watch(node, _element, linker, obj, target)


def _element(obj: int, linker: "Linker", collection: int, target: int) -> None:
    linker.solver.add(target, collection)
    linker.solver.add(containers.element(linker, collection, containers.ANY), obj)


def _query(obj: int, linker: "Linker", key: int, target: int) -> None:
    """`QuerySet[Document]`: a query for records of that class."""
    if isinstance(linker.record(obj), External) and linker.matcher.is_query(linker.objects.path(obj)):
        linker.solver.watch(key, records.pass_through, linker, target, Yields.QUERY)


def _seed_each(linker: "Linker", scope: Scope, value: int, target: int) -> None:
    fact = scope.facts.values[value]
    for operand in fact.operands if fact.op == "tuple" else (value,):
        seed(linker, scope, operand, target)


def _instance(obj: int, linker: "Linker", target: int) -> None:
    record = linker.record(obj)
    if isinstance(record, Class):
        linker.solver.add(target, linker.instance(record.scope))
        linker.annotated.append((record.scope, target))
    elif isinstance(record, External):
        path = linker.objects.path(obj)
        if path[0] not in ("builtins", "typing", "collections"):
            linker.solver.add(target, linker.step(obj, "()"))


def weaken(linker: "Linker") -> bool:
    """Add the next kind of evidence where there is none; returns whether anything was added."""
    kinds = (
        registers.call_unrun,
        _subclasses,
        _receivers,
        _parameters,
        _returns,
        _keys,
        _decorations,
        _callees,
    )
    return any(kind(linker) for kind in kinds)


def _subclasses(linker: "Linker") -> bool:
    """What is annotated with a class is an instance of it or of one derived from it."""
    pending, linker.annotated = linker.annotated, []
    added = False
    for scope, target in pending:
        derived = linker.classes.derived(scope)
        for each in sorted(derived) if len(derived) <= _GUESS_CLASSES_MAX else ():
            made = linker.instance(each)
            added = added or made not in linker.solver.pts[target]
            linker.solver.add(target, made)
    return added


def _receivers(linker: "Linker") -> bool:
    """Methods that nobody in the program calls run on instances of their class or of one derived."""
    added = False
    for number, kind in linker.classes.method_kinds.items():
        scope = linker.scopes.all[number]
        if kind == "static" or not scope.facts.parameters:
            continue
        node = linker.parameter_node(scope, 0)
        if not linker.solver.pts[node]:
            for owner in (scope.parent, *linker.classes.derived(scope.parent)):
                made = linker.objects.number(Class(owner)) if kind == "class" else linker.instance(owner)
                linker.solver.add(node, made)
            added = True
    return added


def _parameters(linker: "Linker") -> bool:
    """Parameters that nobody fills hold their default and an instance of their annotation."""
    added = False
    says_nothing = {linker.objects.opaque, linker.objects.const(None)}
    for scope in linker.scopes.all:
        if scope.facts.kind not in (ScopeKind.FUNCTION, ScopeKind.LAMBDA):
            continue
        outer = linker.scopes.all[scope.parent]
        for index, parameter in enumerate(scope.facts.parameters):
            node = linker.parameter_node(scope, index)
            if linker.solver.pts[node] - says_nothing:
                continue
            before = len(linker.solver.pts[node])
            if parameter.default >= 0 and scope.number not in linker.bound_parameters:
                linker.solver.edge(outer.base + parameter.default, node)
            if parameter.annotation >= 0:
                seed(linker, outer, parameter.annotation, node)
            added = added or len(linker.solver.pts[node]) > before
    return added


def _returns(linker: "Linker") -> bool:
    """A function of which no known value returns gives an instance of what it is annotated with."""
    added = False
    for scope in linker.scopes.all:
        if scope.facts.returns_annotation < 0 or linker.solver.pts[scope.returns] - {linker.objects.opaque}:
            continue
        before = len(linker.solver.pts[scope.returns])
        seed(linker, linker.scopes.all[scope.parent], scope.facts.returns_annotation, scope.returns)
        added = added or len(linker.solver.pts[scope.returns]) > before
    return added


def _keys(linker: "Linker") -> bool:
    """An index that nothing is known of reaches every element."""
    pending, linker.dynamic_items = linker.dynamic_items, []
    added = _any_members(linker)
    for key, obj, node, is_write in pending:
        if linker.solver.pts[key]:
            continue
        if is_write:
            linker.solver.edge(node, containers.element(linker, obj, containers.ANY))
        else:
            linker.solver.edge(containers.element(linker, obj, containers.ALL), node)
        added = True
    return added


def _any_members(linker: "Linker") -> bool:
    """`getattr(module, name)` with an unknown name may be anything that the module defines."""
    pending, linker.dynamic_members = linker.dynamic_members, []
    for base, name, result in pending:
        if not any(isinstance(linker.record(obj), Const) for obj in linker.solver.pts[name]):
            linker.solver.watch(base, _every_member, linker, result)
    return bool(pending)


def _every_member(obj: int, linker: "Linker", result: int) -> None:
    record = linker.record(obj)
    if isinstance(record, Module) and record.file >= 0:
        module = linker.scopes.all[linker.scopes.module_scope[record.file]]
        for name, versions in module.facts.bindings.items():
            # What the module only imports is not its own.
            if any(module.facts.values[version].op != "import" for version in versions):
                node = linker.scopes.member(record.file, name)
                if node is not None:
                    linker.solver.watch(node, _no_constant, linker, result)


def _no_constant(obj: int, linker: "Linker", result: int) -> None:
    if not isinstance(linker.record(obj), Const):
        linker.solver.add(result, obj)


def _decorations(linker: "Linker") -> bool:
    """A decorator that is unknown, or whose result is, leaves the function as it is."""
    added = False
    for decorator, current, target in linker.weak_decorations:
        if not linker.solver.pts[target] or not linker.solver.pts[decorator]:
            linker.solver.edge(current, target)
            added = True
    linker.weak_decorations = []
    return added


def _callees(linker: "Linker") -> bool:
    """Calls whose callee is unknown: by the method's name where few classes define it, and functions
    passed to them escape."""
    if linker.guessed:
        return False
    linker.guessed = True
    owners = _owners_by_name(linker)
    for context in tuple(linker.contexts.values()):
        scope = linker.scopes.all[context.scope]
        fact = scope.facts.calls[context.call]
        if linker.solver.pts[scope.base + fact.callee] - {linker.objects.opaque}:
            continue
        callee = scope.facts.values[fact.callee]
        handled: set[int] = set()
        foreign.pass_records(linker, context)
        if callee.op == "attr":
            name = str(callee.payload)
            base = scope.base + callee.operands[0]
            for row in linker.matcher.higher_orders_named(name):
                handled |= foreign.call_through(linker, context, row)
            known = linker.solver.pts[base]
            if not known or (known == {linker.objects.opaque} and "_" in name.strip("_")):
                _guess_method(linker, owners.get(name, []), context)
        foreign.escape(linker, context, handled)
    return True


def _family(linker: "Linker", method: int) -> int:
    """The class farthest up that defines a method of the same name: overrides are one method."""
    scope = linker.scopes.all[method]
    bases = linker.classes.internals(scope.parent)
    return [c for c in bases if scope.facts.name in linker.scopes.all[c].facts.bindings][-1]


def _owners_by_name(linker: "Linker") -> dict[str, list[int]]:
    owners: dict[str, list[int]] = {}
    for number, kind in linker.classes.method_kinds.items():
        scope = linker.scopes.all[number]
        if kind == "plain" and not scope.facts.name.startswith("__"):
            owners.setdefault(scope.facts.name, []).append(number)
    return owners


def _guess_method(linker: "Linker", owners: list[int], context: "CallContext") -> None:
    families = {_family(linker, number) for number in owners}
    if not 0 < len(families) <= _GUESS_FAMILIES_MAX or len(owners) > _GUESS_CLASSES_MAX:
        return
    for number in owners:
        scope = linker.scopes.all[number]
        names = {parameter.name for parameter in scope.facts.parameters}
        fits = len(names) - 1 >= len(context.positional) and names >= set(context.keywords)
        if scope.facts.name in _COMMON_METHODS or not fits:
            continue
        guess = replace(context, kind=EdgeKind.GUESS)
        calls.enter(linker, guess, number, linker.instance(scope.parent))
