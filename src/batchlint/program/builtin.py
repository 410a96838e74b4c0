"""The builtins and import functions that need more than a row of the catalog."""

from bisect import bisect_right
from typing import TYPE_CHECKING

from batchlint.facts import ScopeKind
from batchlint.program import attributes
from batchlint.program.objects import (
    Class,
    Const,
    Expression,
    Instance,
    Module,
    Super,
)

if TYPE_CHECKING:
    from batchlint.program.linker import CallContext, Linker


def call(linker: "Linker", context: "CallContext", name: str) -> bool:
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


def import_dynamically(linker: "Linker", context: "CallContext", name: str) -> bool:
    """The functions of `importlib` that import what a text names, or a file at a path; returns whether
    the imported module is all that the call gives."""
    if name == "import_module":
        _import_module(linker, context)
    elif name == "spec_from_file_location":
        # The spec stands for the module; `module_from_spec` hands it on.
        node = context.argument(1, "location")
        if node is not None:
            linker.solver.watch(node, _imported_file, linker, context)
    elif name == "module_from_spec" and context.positional:
        linker.solver.edge(context.positional[0][0], context.result)
    return name == "import_module"


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
