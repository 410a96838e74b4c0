"""Calls that leave the program: what they are by the file's imports, and what the tables say they do."""

import ast
import builtins
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from batchlint.fix.files import FunctionNode, ProgramFile
from batchlint.fix.places import FILES, STDOUT, WORLD, Place

ASIDE = ("finite", "held", "new", "progress", "holding_nothing", ".finite", ".held", ".new", ".blocking")
"""Lists that say something else than what a call does."""


@cache
def table() -> Mapping[str, frozenset[str]]:
    """The lists of `effects.toml`; those of method names begin with a dot."""
    data = tomllib.loads(files("batchlint.fix").joinpath("effects.toml").read_text(encoding="utf-8"))
    methods = data.pop("methods")
    return {
        **{name: frozenset(values) for name, values in data.items()},
        **{f".{name}": frozenset(values) for name, values in methods.items()},
    }


def what_it_does(file: ProgramFile, call: ast.Call) -> str:
    """The list of `effects.toml` that a call outside of the program is in, empty where in none."""
    lists = table()
    path = dotted(file, call.func)
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if path is not None:
        found = next((k for k in lists if k not in ASIDE and k[0] != "." and path in lists[k]), "")
        # Of an instance that foreign code has made, only the method's name is known.
        if found or not method or "." in path:
            return found
    return next((k for k in lists if k not in ASIDE and k[0] == "." and method in lists[k]), "")


def holds_nothing(file: ProgramFile, context: ast.expr) -> bool:
    """Whether a context manager holds nothing that others may wait for."""
    function = context.func if isinstance(context, ast.Call) else context
    return dotted(file, function) in table()["holding_nothing"]


def is_stateless(file: ProgramFile, function: ast.expr) -> bool:
    """Whether a function belongs to a module, and not to one whose functions share a state."""
    path = dotted(file, function)
    return path is not None and not any(path.startswith(f"{name}.") for name in table()["stateful"])


def opens_for_writing(node: ast.Call) -> bool:
    """Whether a call of `open` may write."""
    modes = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "mode")]
    return any(not (isinstance(m, ast.Constant) and str(m.value)[:1] == "r") for m in modes)


def printed_to(file: ProgramFile, node: ast.Call) -> set[Place]:
    """What a `print` writes to: standard output, nothing but what people watch, or some file."""
    target = next((k.value for k in node.keywords if k.arg == "file"), None)
    path = "sys.stdout" if target is None else dotted(file, target)
    return {"sys.stdout": {STDOUT}, "sys.stderr": set()}.get(path or "", {FILES, WORLD})


def is_class(file: ProgramFile, function: ast.expr) -> bool:
    """Whether a call makes an instance of a class of this file that has no constructor of its own."""
    if not isinstance(function, ast.Name):
        return False
    for node in file.tree.body:
        if isinstance(node, ast.ClassDef) and node.name == function.id:
            own = {n.name for n in node.body if isinstance(n, FunctionNode)}
            return not own & {"__init__", "__new__", "__post_init__", "model_post_init"}
    return False


def bind(node: ast.Call, function: FunctionNode | ast.Lambda) -> dict[str, ast.expr] | None:
    """Which argument of a call each parameter gets; None where that cannot be told."""
    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        return None
    ordered = [p.arg for p in (*function.args.posonlyargs, *function.args.args)]
    found: dict[str, ast.expr] = {k.arg: k.value for k in node.keywords if k.arg is not None}
    if ordered[:1] in (["self"], ["cls"]) and isinstance(node.func, ast.Attribute):
        found[ordered[0]] = node.func.value
        ordered = ordered[1:]
    found.update(zip(ordered, node.args, strict=False))
    return found


def dotted(file: ProgramFile, function: ast.expr) -> str | None:
    """The dotted path of a foreign function by the file's imports; a built-in's own name; else None."""
    steps: list[str] = []
    while isinstance(function, ast.Attribute):
        steps.append(function.attr)
        function = function.value
    if not isinstance(function, ast.Name):
        return None
    imported = imports_of(file).get(function.id)
    if imported is not None:
        return ".".join([imported, *reversed(steps)])
    if not steps and hasattr(builtins, function.id) and function.id not in _bound_anywhere(file):
        return function.id
    return None


def means_builtin(file: ProgramFile, name: str) -> bool:
    """Whether a name is nothing but the built-in everywhere in a file."""
    star = any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(file.tree))
    return name not in _bound_anywhere(file) and name not in imports_of(file) and not star


@cache
def imports_of(file: ProgramFile) -> Mapping[str, str]:
    """The names that a file binds by imports only, with the dotted path of what they mean."""
    found: dict[str, str] = {}
    stores = {n.id for n in ast.walk(file.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    stores |= {n.arg for n in ast.walk(file.tree) if isinstance(n, ast.arg)}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return {name: path for name, path in found.items() if name not in stores}


@cache
def _bound_anywhere(file: ProgramFile) -> frozenset[str]:
    found = {n.id for n in ast.walk(file.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    found |= {n.arg for n in ast.walk(file.tree) if isinstance(n, ast.arg)}
    found |= {n.name for n in ast.walk(file.tree) if isinstance(n, FunctionNode | ast.ClassDef)}
    return frozenset(found)


def is_harmless(file: ProgramFile, node: ast.expr) -> bool:
    """Whether evaluating an expression changes nothing: values, and calls that are known to be pure."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and dotted(file, inner.func) not in table()["pure"]:
            return False
        if isinstance(inner, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
            return False
    return True
