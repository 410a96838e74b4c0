"""Names in syntax trees: what is bound, what is read, what is bound for sure."""

import ast
from collections.abc import Iterable, Iterator

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def walk_scope(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes that run in the same function: nested definitions are given, but not their insides."""
    todo = list(nodes)
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            todo += [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        elif isinstance(node, ast.Lambda):
            todo += [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        elif isinstance(node, ast.ClassDef):
            todo += [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]
        else:
            todo.extend(ast.iter_child_nodes(node))


def targets(target: ast.expr) -> set[str] | None:
    """The names that an assignment target binds; None where it writes into an object."""
    match target:
        case ast.Name(id=name):
            return {name}
        case ast.Starred(value=value):
            return targets(value)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            found: set[str] = set()
            for element in elements:
                names = targets(element)
                if names is None:
                    return None
                found |= names
            return found
    return None


def bound(nodes: Iterable[ast.AST]) -> set[str]:
    """Every name that nodes bind in their own function, comprehension variables left out."""
    found: set[str] = set()
    inner: set[ast.AST] = set()
    for node in walk_scope(nodes):
        if isinstance(node, COMPREHENSIONS):
            for generator in node.generators:
                inner |= set(ast.walk(generator.target))
    for node in walk_scope(nodes):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) if node not in inner:
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add(asname or name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                found.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found.add(name)
    return found


def surely_bound(statements: Iterable[ast.stmt]) -> set[str]:
    """The names that statements bind whenever they run to their end."""
    found: set[str] = set()
    for statement in statements:
        match statement:
            case ast.Assign(targets=written):
                for target in written:
                    found |= targets(target) or set()
            case ast.AnnAssign(target=target, value=ast.expr()):
                found |= targets(target) or set()
            case ast.If(body=body, orelse=orelse):
                sides = [side for side in (body, orelse) if not (side and _leaves(side[-1]))]
                both = [surely_bound(side) for side in sides]
                found |= set.intersection(*both) if both else set()
            case ast.With(items=items, body=body):
                for item in items:
                    found |= (targets(item.optional_vars) or set()) if item.optional_vars else set()
                found |= surely_bound(body)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Import() | ast.ImportFrom():
                found |= bound([statement])
    return found


def _leaves(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Continue | ast.Break | ast.Raise | ast.Return)


def read(nodes: Iterable[ast.AST]) -> set[str]:
    """Every name that nodes read anywhere, nested functions included."""
    return {
        node.id
        for top in nodes
        for node in ast.walk(top)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def read_freely(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that nodes read, variables of their own comprehensions and functions left out."""
    found: set[str] = set()
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                found.add(name)
            case ast.Lambda():
                found |= free(node) | read_freely(
                    [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
                )
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                own = {name for g in node.generators for name in names_in(g.target)}
                found |= read_freely([node.generators[0].iter])
                found |= read_freely(ast.iter_child_nodes(node)) - own
            case _:
                found |= read_freely(ast.iter_child_nodes(node))
    return found


def names_in(target: ast.AST) -> set[str]:
    """The names that a target binds, those inside of what it writes into left out."""
    return {n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def bound_inside(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> set[str]:
    """The names that belong to a function or class itself."""
    found = bound(node.body)
    if not isinstance(node, ast.ClassDef):
        found |= {p.arg for p in parameters(node.args)}
    return found


def exposed(statements: Iterable[ast.stmt], known: set[str]) -> set[str]:
    """The names that statements may read before they have bound them for sure."""
    sure = set(known)
    found: set[str] = set()
    for statement in statements:
        found |= read([statement]) - sure
        if isinstance(statement, ast.AugAssign):
            found |= (targets(statement.target) or set()) - sure
        sure |= surely_bound([statement])
    return found


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters in order, starred ones last."""
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return found + [star for star in (arguments.vararg, arguments.kwarg) if star is not None]


def free(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """The names that a function takes from outside."""
    body = function.body if isinstance(function.body, list) else [function.body]
    own = {p.arg for p in parameters(function.args)} | bound(body)
    declared = {
        name
        for node in walk_scope(body)
        if isinstance(node, ast.Global | ast.Nonlocal)
        for name in node.names
    }
    return (read(body) - own) | declared
