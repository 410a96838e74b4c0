"""Template methods: a base class of a library whose method calls what a subclass of the program defines.

`Thread.start` calls `run`, `dspy.Module.__call__` calls `forward`; which calls which is the catalog's word.
"""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from batchlint.catalog.match import matches
from batchlint.catalog.model import FanOut, Template
from batchlint.program import calls
from batchlint.program.model import EdgeKind
from batchlint.program.objects import External, Instance, MethodOf
from batchlint.program.scopes import Scope

if TYPE_CHECKING:
    from batchlint.program.linker import CallContext, Linker


def inherit(linker: "Linker", base: int, name: str, receiver: int, result: int) -> None:
    """Let `result` hold the method `name` that an instance has from a foreign base class, where a call of
    it leads back into the program."""
    if isinstance(linker.record(receiver), Instance) and _rows(linker, base, name):
        linker.solver.add(result, linker.objects.number(MethodOf(receiver, name)))


def call(linker: "Linker", context: "CallContext", method: MethodOf) -> None:
    """Call an inherited template method of an instance."""
    record = linker.record(method.receiver)
    assert isinstance(record, Instance)
    for base in linker.classes.externals(record.scope):
        for row in _rows(linker, base, method.name):
            _call_row(linker, context, row, method.receiver, record.scope)


def _rows(linker: "Linker", base: int, name: str) -> list[Template]:
    rows = linker.matcher.templates(linker.objects.path(base))
    return [row for row in rows if any(fnmatchcase(name, pattern) for pattern in row.calls)]


def _call_row(
    linker: "Linker", context: "CallContext", row: Template, receiver: int, class_scope: int
) -> None:
    scope = linker.scopes.all[context.scope]
    inner = replace(context, kind=EdgeKind.CALLBACK, higher_order=row.as_call())
    if row.fan_out is FanOut.THREAD:  # what starts a thread passes nothing on and gets nothing back
        inner = replace(inner, result=linker.solver.node(), positional=[], keywords={}, mappings=[])
    for member in _methods(linker, class_scope):
        name = member.facts.name
        if row.decorators:
            outer = linker.scopes.all[member.parent]
            for decorator in member.facts.decorators:
                node = outer.base + decorator
                linker.solver.watch(node, _call_decorated, linker, row, name, inner, receiver, scope)
        elif any(fnmatchcase(name, pattern) for pattern in row.methods):
            calls.call_member(linker, receiver, name, inner, scope)


def _methods(linker: "Linker", class_scope: int) -> list[Scope]:
    """The methods that a class and its bases define."""
    owners = linker.classes.internals(class_scope)
    return [linker.scopes.all[number] for owner in owners for number in linker.classes.methods.get(owner, ())]


def _call_decorated(
    obj: int,
    linker: "Linker",
    row: Template,
    name: str,
    context: "CallContext",
    receiver: int,
    scope: Scope,
) -> None:
    if not isinstance(linker.record(obj), External):
        return
    path = linker.objects.path(obj)
    plain = path[:-1] if path[-1] == "()" else path
    if any(matches(pattern, plain) for pattern in row.decorators):
        calls.call_member(linker, receiver, name, context, scope)
