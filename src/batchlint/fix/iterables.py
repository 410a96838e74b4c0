"""What a loop runs over: records that are there, or something that produces them while it runs."""

import ast
from enum import Enum, auto

from batchlint.fix import names
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import dotted, table

_COLLECTIONS = ("list", "List", "Sequence", "tuple", "Tuple", "dict", "Dict", "set", "Set", "frozenset")


class Supply(Enum):
    """How an iterable may be read."""

    AGAIN = auto()  # written down twice it gives the same records twice
    ONCE = auto()  # it may be read to its end before the loop begins
    UNKNOWN = auto()
    LAZY = auto()  # a generator of the program, which runs in turns with the loop


def is_progress(file: ProgramFile, node: ast.expr) -> bool:
    """Whether an expression wraps its first argument in a progress bar."""
    return isinstance(node, ast.Call) and dotted(file, node.func) in table()["progress"] and bool(node.args)


def without_progress(file: ProgramFile, node: ast.expr) -> ast.expr:
    """What a progress bar runs over."""
    if isinstance(node, ast.Call) and is_progress(file, node):
        return node.args[0]
    return node


def supply_of(program: Program, file: ProgramFile, call: ast.Call, node: ast.expr) -> Supply:
    """How the iterable `node` of the loop around `call` may be read."""
    match node:
        case ast.Name():
            return _of_name(program, file, call, node)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            fixed = all(isinstance(part, ast.Constant | ast.Name) for part in parts)
            return Supply.AGAIN if fixed else Supply.ONCE
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.Dict() | ast.Set():
            return Supply.ONCE
        case ast.Subscript() | ast.Attribute():
            return Supply.ONCE
        case ast.Call():
            return _of_call(program, file, call, node)
        case ast.BoolOp(values=parts):
            return _worst(Supply.ONCE, *(supply_of(program, file, call, part) for part in parts))
        case ast.IfExp(body=one, orelse=other):
            return _worst(Supply.ONCE, *(supply_of(program, file, call, part) for part in (one, other)))
    return Supply.UNKNOWN


def _worst(*found: Supply) -> Supply:
    return max(found, key=lambda supply: supply.value)


def _of_name(program: Program, file: ProgramFile, call: ast.Call, node: ast.Name) -> Supply:
    kinds = program.kinds(program.scope_of(file, call), node.id)
    if kinds and kinds <= {"seq", "dict"}:
        return Supply.AGAIN
    if "gen" in kinds:
        return Supply.LAZY
    scope = file.scope(call)
    bodies = [scope.body] if not isinstance(scope, ast.Lambda) else []
    if isinstance(scope, FunctionNode):
        for parameter in names.parameters(scope.args):
            if parameter.arg == node.id and parameter.annotation is not None:
                text = ast.unparse(parameter.annotation).rpartition("typing.")[2].split("[")[0]
                if text in _COLLECTIONS and node.id not in names.bound(scope.body):
                    return Supply.AGAIN
        if node.id not in names.bound(scope.body):
            bodies.append(file.tree.body)
    values = [v for body in bodies for v in _bindings(node.id, body)]
    given = isinstance(scope, FunctionNode) and node.id in {p.arg for p in names.parameters(scope.args)}
    if not values or given:
        return Supply.UNKNOWN
    if all(_is_held(file, value) for value in values):
        return Supply.AGAIN
    return _worst(
        Supply.ONCE,
        *(Supply.UNKNOWN if isinstance(v, ast.Name) else supply_of(program, file, call, v) for v in values),
    )


def _is_held(file: ProgramFile, node: ast.expr) -> bool:
    """Whether a value is a list, mapping or table of its own."""
    match node:
        case ast.List() | ast.Tuple() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp():
            return True
        case ast.Subscript(value=value, slice=ast.Slice()):
            return _is_held(file, value)
        case ast.Call(func=ast.Attribute(attr=attr)) if dotted(file, node.func) is None:
            return attr in table()[".held"]
        case ast.Call():
            return dotted(file, node.func) in table()["held"]
    return False


def _bindings(name: str, body: list[ast.stmt]) -> list[ast.expr]:
    """The values that a body binds to a name by assignment or `with`; a part of a value is held already."""
    found: list[ast.expr] = []
    for node in names.walk_scope(body):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name) and target.id == name:
                        found.append(value)
                    elif name in (names.targets(target) or ()):
                        found.append(ast.Name(""))
            case ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value) if bound == name:
                found.append(value)
            case ast.withitem(optional_vars=ast.Name(id=bound), context_expr=value) if bound == name:
                found.append(value)
            case ast.For(target=target) if name in (names.targets(target) or ()):
                found.append(ast.Attribute(ast.Name(""), "", ast.Load()))
    return found


def _of_call(program: Program, file: ProgramFile, call: ast.Call, node: ast.Call) -> Supply:
    key = program.key(file, node)
    if key is not None and program.edges(key):
        kinds = program.kinds_of_call(key)
        if "gen" in kinds:
            return Supply.LAZY
        return Supply.ONCE if kinds and kinds <= {"seq", "dict"} else Supply.UNKNOWN
    path = dotted(file, node.func)
    given = [argument for argument in node.args if not isinstance(argument, ast.Constant)]
    inner = [supply_of(program, file, call, argument) for argument in given]
    if path == "range":
        fixed = all(isinstance(a, ast.Constant | ast.Name) for a in node.args)
        return Supply.AGAIN if fixed else Supply.ONCE
    if path in ("enumerate", "zip") and not node.keywords:
        return _worst(Supply.AGAIN, *inner)
    if path in ("list", "sorted", "tuple", "reversed", "filter", "map", "set", "itertools.chain"):
        return _worst(Supply.ONCE, *(s for s in inner[-1:]))
    if path in table()["finite"]:
        return Supply.ONCE
    if path is None and isinstance(node.func, ast.Attribute) and node.func.attr in table()[".finite"]:
        base = node.func.value
        if node.func.attr in ("items", "keys", "values") and not node.args and isinstance(base, ast.Name):
            found = _of_name(program, file, call, base)
            return Supply.AGAIN if found is Supply.AGAIN else Supply.ONCE
        return Supply.ONCE
    return Supply.UNKNOWN
