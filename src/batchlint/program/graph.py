"""The call graph as an adjacency object, in the simple format known from PyCG (contract 2.3)."""

from batchlint.facts import ScopeKind
from batchlint.program.linker import Linker
from batchlint.program.model import EdgeKind
from batchlint.program.objects import Const, Container, Expression, External, MethodOf
from batchlint.program.scopes import Scope

_SHOWN = frozenset(
    {EdgeKind.CALL, EdgeKind.CALLBACK, EdgeKind.DISPATCH, EdgeKind.IMPLICIT, EdgeKind.DECORATOR}
)


def adjacency(linker: Linker) -> dict[str, list[str]]:
    """Every function and module body of the program with the names of what it calls, sorted.

    Keys are `module` and `module.Class.method`; builtins are `<builtin>.name`, methods of literals
    `<**PyStr**>.join`, foreign callees their dotted path.
    """
    graph: dict[str, set[str]] = {}
    for scope in linker.scopes.all:
        if scope.facts.kind is not ScopeKind.CLASS:
            graph.setdefault(name_of(linker, scope), set())
    for edge in linker.edges.values():
        if edge.kind in _SHOWN:
            caller = name_of(linker, _owner(linker, linker.scopes.all[edge.caller]))
            graph[caller].add(name_of(linker, linker.scopes.all[edge.target]))
    for (number, _), objects in linker.externals.items():
        caller = name_of(linker, _owner(linker, linker.scopes.all[number]))
        graph[caller].update(name for obj in objects if (name := _foreign_name(linker, obj)) is not None)
    for callee in sorted({name for names in graph.values() for name in names}):
        graph.setdefault(callee, set())
    return {name: sorted(callees) for name, callees in sorted(graph.items())}


def _owner(linker: Linker, scope: Scope) -> Scope:
    """The function or module whose body a scope's calls run in: a class body runs in the one around it."""
    while scope.facts.kind is ScopeKind.CLASS:
        scope = linker.scopes.all[scope.parent]
    return scope


def name_of(linker: Linker, scope: Scope) -> str:
    """The dotted name of a scope: its module's name, then its qualified name."""
    module = linker.scopes.files[scope.file].module
    return f"{module}.{scope.facts.qualname}" if scope.facts.qualname else module


def _foreign_name(linker: Linker, obj: int) -> str | None:
    match linker.record(obj):
        case External():
            path = [step for step in linker.objects.path(obj) if step not in ("()", "[]")]
            return f"<builtin>.{'.'.join(path[1:])}" if path[0] == "builtins" else ".".join(path)
        case MethodOf(receiver=receiver, name=name):
            match linker.record(receiver):
                case Const(type="str") | Expression():
                    return f"<**PyStr**>.{name}"
                case Const(type=type_name):
                    return f"<**Py{type_name.capitalize()}**>.{name}"
                case Container(kind="dict"):
                    return f"<**PyDict**>.{name}"
                case Container(kind="seq"):
                    return f"<**PyList**>.{name}"
    return None
