"""Python code inside a command (`python -c`, here-documents): which code of the project it calls."""

import ast
from collections.abc import Iterator

from batchlint.starts.model import Target
from batchlint.starts.pyast import parse_module
from batchlint.starts.targets import Spot, attribute_target, module_target

CODE_MAX = 50_000


def inline_targets(code: str, spot: Spot) -> tuple[Target, ...]:
    """The functions of the project that the code calls, else the modules of the project it imports."""
    if len(code) > CODE_MAX:
        return ()
    tree = parse_module(code)
    if tree is None:
        return ()
    names = dict(_imports(tree))
    called = [
        attribute_target(module, attribute, spot)
        for path in _called(tree)
        if (resolved := _resolve(path, names)) and all(resolved)
        for module, attribute in (resolved,)
    ]
    found = [target for target in called if target.paths]
    if not found:
        modules = dict.fromkeys(module for module, _ in names.values())
        found = [target for module in modules if (target := module_target(module, spot)) and target.paths]
    return tuple(dict.fromkeys(found))


def _imports(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """Local names with the module and the attribute they stand for (none for a module)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, (alias.name, "")
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, (node.module, alias.name)


def _called(tree: ast.Module) -> Iterator[str]:
    """The dotted names that are called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield ast.unparse(node.func)


def _resolve(path: str, imports: dict[str, tuple[str, str]]) -> tuple[str, str] | None:
    """Module and attribute of a called dotted name, by the longest imported prefix."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        if imported := imports.get(".".join(parts[:end])):
            module, attribute = imported
            names = [part for part in (attribute, *parts[end:]) if part]
            # `f`, `Class.method`: what lies deeper is called on values.
            return (module, ".".join(names)) if len(names) <= 2 else None
    return None
