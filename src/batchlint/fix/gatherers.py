"""Functions of the program that gather the coroutines they are given, as `gather_with_limit(5, *coroutines)`.

A run takes their place where they do nothing else; their limit would only hold requests back from the batch.
"""

import ast

from batchlint.fix import names
from batchlint.fix.awaiting import kind_of
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.limits import Limits


def gathers(program: Program, file: ProgramFile, call: ast.Call, given: ast.expr) -> bool:
    """Whether a call does nothing but gather the coroutines of its argument `given`, in their order."""
    key = program.key(file, call)
    edges = program.edges(key) if key is not None else []
    if len(edges) != 1 or not program.is_plain(edges[0]):
        return False
    own, node = program.file_of(edges[0].target), program.function(edges[0].target)
    if not isinstance(node, ast.AsyncFunctionDef) or node.decorator_list:
        return False
    name = _parameter(call, node, given)
    others = [a for a in (*call.args, *(k.value for k in call.keywords)) if a is not given]
    if name is None or not all(isinstance(a, ast.Constant | ast.Name | ast.Attribute) for a in others):
        return False
    return _only_gathers(program, own, node, name)


def _parameter(call: ast.Call, node: ast.AsyncFunctionDef, given: ast.expr) -> str | None:
    """The parameter that gets an argument; None where that is not seen."""
    if isinstance(given, ast.Starred):
        is_last = bool(call.args) and call.args[-1] is given
        before = len(node.args.posonlyargs) + len(node.args.args)
        fits = is_last and len(call.args) - 1 == before and node.args.vararg is not None
        return node.args.vararg.arg if fits and node.args.vararg is not None else None
    if any(isinstance(a, ast.Starred) for a in call.args):
        return None
    for keyword in call.keywords:
        if keyword.value is given:
            return keyword.arg
    ordered = [p.arg for p in (*node.args.posonlyargs, *node.args.args)]
    return dict(zip(map(id, call.args), ordered, strict=False)).get(id(given))


def _only_gathers(program: Program, file: ProgramFile, node: ast.AsyncFunctionDef, name: str) -> bool:
    """Whether a function limits and gathers what its parameter holds, and nothing more."""
    wrappers: set[str] = set()
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    for statement in body[:-1]:
        match statement:
            case ast.Assign(targets=[ast.Name()], value=ast.Call(func=function)):
                if kind_of(file, function) != "limiter":
                    return False
            case ast.AsyncFunctionDef(name=wrapper):
                if not _awaits_only(program, file, statement):
                    return False
                wrappers.add(wrapper)
            case _:
                return False
    match body[-1]:
        case ast.Return(
            value=ast.Await(value=ast.Call(func=function, args=[ast.Starred(value=held)], keywords=[]))
        ):
            return kind_of(file, function) == "gather" and _holds_all(held, name, wrappers)
    return False


def _awaits_only(program: Program, file: ProgramFile, node: ast.AsyncFunctionDef) -> bool:
    """Whether a coroutine only awaits the one it is given, under a limit."""
    parameters = names.parameters(node.args)
    match node.body:
        case [ast.AsyncWith(items=[item], body=[ast.Return(value=ast.Await(value=ast.Name(id=given)))])]:
            is_limit = Limits(program).kind(file, item.context_expr) == "limiter"
            return is_limit and [p.arg for p in parameters] == [given] and not node.decorator_list
    return False


def _holds_all(held: ast.expr, name: str, wrappers: set[str]) -> bool:
    match held:
        case ast.Name(id=given):
            return given == name
        case ast.ListComp(elt=elt, generators=[one]) | ast.GeneratorExp(elt=elt, generators=[one]):
            match one:
                case ast.comprehension(target=ast.Name(id=each), iter=ast.Name(id=given), ifs=[], is_async=0):
                    match elt:
                        case ast.Call(func=ast.Name(id=wrapper), args=[ast.Name(id=passed)], keywords=[]):
                            return wrapper in wrappers and passed == each and given == name
                        case ast.Name(id=passed):
                            return passed == each and given == name
    return False
