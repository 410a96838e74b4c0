"""Records: classes whose instances a library loads from a store (the models of Django, SQLAlchemy, …).

`Document.objects.filter(…).first()` is a `Document`, `document.owner` an instance of the class that its
foreign key names. Which base classes, managers, methods and fields those are is the catalog's word.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from batchlint.catalog.model import Record, Reference, Refers, Yields
from batchlint.facts import ScopeKind
from batchlint.program import containers
from batchlint.program.objects import Class, Const, Container, External, Function, Instance, MethodOf, Query
from batchlint.program.scopes import Scope

if TYPE_CHECKING:
    from batchlint.program.linker import CallContext, Linker

_MANAGER: Final = ("manager",)
_QUERY: Final = ("query",)
# A name that more classes than this have names none of them.
_NAMESAKES_MAX: Final = 3


def query(linker: "Linker", scope: int) -> int:
    """The object for queries of a record class."""
    return linker.objects.number(Query(scope))


def _row(linker: "Linker", class_scope: int) -> Record | None:
    for base in linker.classes.externals(class_scope):
        row = linker.matcher.record(linker.objects.path(base))
        if row is not None:
            return row
    return None


def _once_record(linker: "Linker", class_scope: int, react: Callable[[Record], None]) -> None:
    """Call `react` when a class turns out to be one of records."""

    def found(_: int | None, external: int | None) -> None:
        row = _row(linker, class_scope) if external is not None else None
        if row is not None:
            react(row)

    linker.classes.lookup(class_scope, "<record>", found)  # no class defines it: the base answers


# attributes


def load_from_class(linker: "Linker", class_scope: int, name: str, result: int) -> None:
    """What `X.objects`, `X.query` or `X.select` is, for a class of records."""
    if not linker.matcher.starts_query(name):
        return

    def react(row: Record) -> None:
        if name in row.managers:
            linker.solver.add(result, query(linker, class_scope))
        elif name in row.starts or (not row.managers and name in (*row.one, *row.pair)):
            linker.solver.add(result, linker.objects.number(MethodOf(query(linker, class_scope), name)))

    _once_record(linker, class_scope, react)


def managed(obj: int, linker: "Linker", class_scope: int, result: int) -> None:
    """A class attribute that is a manager of the program's own stands for a query, too."""
    record = linker.record(obj)
    if not isinstance(record, Instance):
        return
    if any(linker.matcher.is_query(linker.objects.path(b)) for b in linker.classes.externals(record.scope)):
        made = query(linker, class_scope)
        linker.solver.add(result, made)
        linker.solver.add(linker.solver.field(made, _MANAGER), obj)
        linker.solver.add(linker.solver.field(obj, _QUERY), made)


def load_from_query(linker: "Linker", obj: int, name: str, result: int) -> None:
    """An attribute of a query: a method of the library's, or of the program's own manager."""
    linker.solver.add(result, linker.objects.number(MethodOf(obj, name)))
    linker.solver.watch(linker.solver.field(obj, _MANAGER), _load_own, linker, name, result)


def _load_own(obj: int, linker: "Linker", name: str, result: int) -> None:
    from batchlint.program.attributes import bind

    record = linker.record(obj)
    if not isinstance(record, Instance):
        return

    def found(node: int | None, external: int | None) -> None:
        if node is not None:
            linker.solver.watch(node, bind, linker, obj, result)

    linker.classes.lookup(record.scope, name, found)


def inherit(linker: "Linker", base: int, name: str, receiver: int, result: int) -> None:
    """An attribute that a manager of the program's own has from the library: that of its query."""
    if linker.matcher.is_query(linker.objects.path(base)):
        field = linker.solver.field(receiver, _QUERY)
        linker.solver.watch(field, _load_inherited, linker, name, result)


def _load_inherited(obj: int, linker: "Linker", name: str, result: int) -> None:
    record = linker.record(obj)
    if isinstance(record, Query):
        is_class = name == "model"
        found = Class(record.scope) if is_class else MethodOf(obj, name)
        linker.solver.add(result, linker.objects.number(found))


# calls


def call(linker: "Linker", context: "CallContext", method: MethodOf) -> None:
    """Call a method of a query: one record, one with a flag, or another query."""
    record = linker.record(method.receiver)
    row = _row(linker, record.scope) if isinstance(record, Query) else None
    if context.result < 0 or not isinstance(record, Query):
        return
    instance = linker.instance(record.scope)
    if row is not None and method.name in row.one:
        linker.solver.add(context.result, instance)
    elif row is not None and method.name in row.pair:
        pair = linker.objects.number(Container("seq", context.result))
        linker.solver.add(context.result, pair)
        linker.solver.add(containers.element(linker, pair, linker.objects.const(0)), instance)
    else:
        linker.solver.add(context.result, method.receiver)


def pass_through(obj: int, linker: "Linker", result: int, yields: Yields) -> None:
    """What `session.get(X, …)` or `select(X)` gives for one object that `X` may be."""
    record = linker.record(obj)
    match record:
        case Class(scope=scope):
            _once_record(linker, scope, lambda _: _give(linker, scope, result, yields))
        case Query(scope=scope):
            _give(linker, scope, result, yields)
        case Instance():
            linker.solver.watch(linker.solver.field(obj, _QUERY), pass_through, linker, result, yields)
        case _:
            pass


def _give(linker: "Linker", scope: int, result: int, yields: Yields) -> None:
    made = linker.instance(scope) if yields is Yields.INSTANCE else query(linker, scope)
    linker.solver.add(result, made)


# fields that refer to other records


def declared(linker: "Linker", scope: Scope) -> None:
    """Watch the fields that a class body declares by calls for those that refer to other records."""
    if not scope.facts.bases:
        return
    for name, versions in scope.facts.bindings.items():
        for version in versions:
            value = scope.facts.values[version]
            if value.op == "call":
                callee = scope.facts.calls[value.payload].callee  # type: ignore[call-overload]
                node = scope.base + version
                linker.solver.watch(scope.base + callee, _declared, linker, scope, name, node)


def _declared(obj: int, linker: "Linker", scope: Scope, name: str, node: int) -> None:
    from batchlint.program.foreign import select
    from batchlint.program.typed import seed

    context = linker.contexts.get(node)
    if context is None or not isinstance(linker.record(obj), External):
        return
    for row in linker.matcher.references(linker.objects.path(obj)):
        chosen = select(context, row.argument)
        for target, _ in chosen:
            linker.solver.watch(target, _refer, linker, row, scope, name, context)
        if not chosen and name in scope.facts.annotations:
            field = _field(linker, scope.number, name)
            seed(linker, scope, scope.facts.annotations[name], field)


def _refer(
    obj: int, linker: "Linker", row: Reference, scope: Scope, name: str, context: "CallContext"
) -> None:
    record = linker.record(obj)
    targets: Iterable[int] = ()
    match record:
        case Class(scope=target):
            targets = (target,)
        case Const(value=str(text)):
            targets = _by_name(linker, scope, text)
        case Function(scope=target):  # `relationship(lambda: Owner)`
            returns = linker.scopes.all[target].returns
            linker.solver.watch(returns, _refer, linker, row, scope, name, context)
    for target in targets:
        for made in _referred(linker, target, row.yields):
            linker.solver.add(_field(linker, scope.number, name), made)
        _reverse(linker, row, scope, target, context)


def _field(linker: "Linker", class_scope: int, name: str) -> int:
    """The node of an attribute that instances of a class have."""
    from batchlint.program.attributes import store_in_class

    field = linker.solver.field(linker.objects.number(Class(class_scope)), name)
    store_in_class(linker, class_scope, name, field)
    return field


def _referred(linker: "Linker", target: int, yields: Refers) -> list[int]:
    one, many = linker.instance(target), query(linker, target)
    return {Refers.ONE: [one], Refers.MANY: [many], Refers.EITHER: [one, many]}[yields]


def _reverse(linker: "Linker", row: Reference, scope: Scope, target: int, context: "CallContext") -> None:
    """The attribute through which the record that is referred to knows those that refer to it."""
    from batchlint.program.foreign import select

    nodes = [node for node, _ in select(context, row.reverse)]
    names = {
        record.value
        for node in nodes
        for obj in linker.solver.pts[node]
        if isinstance(record := linker.record(obj), Const) and isinstance(record.value, str)
    }
    if not nodes and row.default_reverse:
        names = {row.default_reverse.format(scope.facts.name.lower())}
    back = {Refers.ONE: Refers.MANY, Refers.MANY: Refers.MANY, Refers.EITHER: Refers.EITHER}[row.yields]
    if row.is_unique:
        back = Refers.ONE
    for name in names:
        for made in _referred(linker, scope.number, back):
            linker.solver.add(_field(linker, target, name), made)


def _by_name(linker: "Linker", scope: Scope, text: str) -> list[int]:
    """The classes that a text names: `self`, `Owner`, `shop.Owner` (an application and a class)."""
    if text == "self":
        return [scope.number]
    app, _, name = text.rpartition(".")
    found = [
        number
        for number in linker.scopes.called(name)
        if linker.scopes.all[number].facts.kind is ScopeKind.CLASS
    ]
    near = [number for number in found if linker.scopes.all[number].file == scope.file]
    parts = app.partition(".")[0]
    if app:
        modules = {number: linker.scopes.files[linker.scopes.all[number].file].module for number in found}
        near = [number for number in found if parts in modules[number].split(".")] or near
    chosen = near or found
    return chosen if len(chosen) <= _NAMESAKES_MAX else []
