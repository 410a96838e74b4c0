"""What the records of a loop have in common: the container that they come out of, and names that lead from
one record to another."""

import ast
from collections.abc import Iterable, Iterator

from batchlint.fix import names
from batchlint.fix.files import ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.fix.iterables import without_progress
from batchlint.fix.origins import root
from batchlint.fix.places import Place

_WALKED = frozenset({"enumerate", "zip", "reversed", "iter"})
_COPIED = frozenset({"list", "tuple", "sorted", "set", "reversed"})
_VIEWS = frozenset({"items", "keys", "values"})
_KEEPING = frozenset({"append", "add", "insert", "setdefault", "appendleft"})


def walked(file: ProgramFile, iterable: ast.expr) -> Iterator[Place]:
    """The places of the containers that a loop walks through while its body runs."""
    node = without_progress(file, iterable)
    match node:
        case ast.Name(id=name):
            yield Place("content", name)
        case ast.Attribute(attr=attr):
            yield Place("attribute", attr)
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            yield Place("key", key)
        case ast.Call(func=ast.Attribute(value=base, attr=attr)) if attr in _VIEWS and not node.args:
            yield from walked(file, base)
        case ast.Call(args=arguments) if dotted(file, node.func) in _WALKED:
            for argument in arguments:
                yield from walked(file, argument)


def neighbours(file: ProgramFile, loop: ast.For, early: Iterable[ast.AST], own: frozenset[str]) -> set[str]:
    """The names through which code that runs early in a loop's body may see other records: the container
    that the loop runs over, and others of the same function that hold its elements."""
    sources = _names(without_progress(file, loop.iter))
    scope = file.scope(loop)
    body: list[ast.AST] = list(scope.body) if isinstance(scope.body, list) else [scope.body]
    holders = (sources | set(_holders(file, body, sources))) - own
    found: set[str] = set()
    for top in early:
        for node in ast.walk(top):
            match node:
                case ast.Name(id=name, ctx=ast.Load()) if name in holders - own and not _is_measured(
                    file, node
                ):
                    found.add(name)
                case ast.Attribute(attr=attr) if attr in sources and root(node) is not None:
                    found.add(attr)
    return found


def opened(file: ProgramFile, nodes: Iterable[ast.AST]) -> set[str]:
    """The texts of the paths that some nodes open."""
    calls = (node for top in nodes for node in ast.walk(top) if isinstance(node, ast.Call))
    return {ast.unparse(call.args[0]) for call in calls if call.args and dotted(file, call.func) == "open"}


def _names(node: ast.expr) -> set[str]:
    """The names and attributes that an iterable is made of; functions that are called are left out."""
    found: set[str] = set()
    called = {inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call)}
    for inner in ast.walk(node):
        if inner in called:
            continue
        match inner:
            case ast.Name(id=name):
                found.add(name)
            case ast.Attribute(attr=attr):
                found.add(attr)
    return found - {"self", "cls"}


def _is_measured(file: ProgramFile, node: ast.AST) -> bool:
    """Whether only the length of a container is asked for."""
    parent = file.parents[node]
    return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "len"


def _holders(file: ProgramFile, body: list[ast.AST], sources: set[str]) -> Iterator[str]:
    """Other names that hold elements of some containers, as far as a function's own text shows it."""
    for node in names.walk_scope(body):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _keeps_elements(value, sources):
                yield name
            case ast.For(target=target, iter=iterable) if _names(without_progress(file, iterable)) & sources:
                yield from _kept(node.body, names.targets(target) or set())


def _keeps_elements(value: ast.expr, sources: set[str]) -> bool:
    """Whether a value is one of the containers, or another one with the same elements."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in sources
        case ast.Subscript(value=inner, slice=ast.Slice()):
            return _keeps_elements(inner, sources)
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in _COPIED:
            return _keeps_elements(first, sources)
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.DictComp(value=element):
            drawn = {
                name
                for generator in value.generators
                if _names(generator.iter) & sources
                for name in names.targets(generator.target) or ()
            }
            return isinstance(element, ast.Name) and element.id in drawn
    return False


def _kept(body: list[ast.stmt], elements: set[str]) -> Iterator[str]:
    """The names of containers that a loop puts its elements into."""
    for node in names.walk_scope(body):
        match node:
            case ast.Assign(targets=[ast.Subscript() as target], value=ast.Name(id=name)) if name in elements:
                yield root(target) or ""
            case ast.Call(func=ast.Attribute(value=ast.AST() as container, attr=attr), args=arguments):
                given = {a.id for a in arguments if isinstance(a, ast.Name)}
                if attr in _KEEPING and given & elements:
                    yield root(container) or ""
