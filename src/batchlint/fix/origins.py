"""Where the objects that local names hold come from, and which of them a body changes."""

import ast
from collections.abc import Container, Iterable

from batchlint.fix import names
from batchlint.fix.files import FunctionNode
from batchlint.fix.foreign import table
from batchlint.fix.places import WORLD, Effects, Place


def origins(
    name: str, body: list[ast.AST], given: Iterable[str] = (), new: Container[ast.AST] = ()
) -> set[Place]:
    """What changes when the object of a local name is changed: the places it may have been taken from.

    The channel of the outside world stands for an object that some call returned; nothing is given for an
    object that the body makes itself, or that one of the calls `new` returned.
    """
    found: set[Place] = set()
    todo, seen = [name], set()
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        if at in given:
            found.add(Place("content", at))
        for value in values_of(at, body):
            source = value
            while isinstance(source, ast.Subscript | ast.Starred | ast.Await):
                source = source.value
            match source:
                case ast.Name(id=other):
                    found.add(Place("content", other))
                    todo.append(other)
                case ast.Attribute(attr=attr):
                    base = root(source)
                    if base is None or not _is_made_by(base, body, new):
                        found.add(Place("attribute", attr))
                case ast.IfExp() | ast.BoolOp() | ast.NamedExpr():
                    found |= {Place("content", n) for n in names.read([source])}
                case ast.Call() if source not in new:
                    found.add(WORLD)
                    if isinstance(source.func, ast.Attribute) and (base := root(source.func)) is not None:
                        found.add(Place("content", base))
    return found


def values_of(name: str, body: list[ast.AST]) -> list[ast.expr]:
    """The expressions that a name is bound to, or taken out of."""
    found: list[ast.expr] = []
    for node in names.walk_scope(body):
        match node:
            case ast.Assign(targets=written, value=value):
                if any(name in (names.targets(target) or ()) for target in written):
                    found.append(value)
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.NamedExpr(target=target, value=value)
            ):
                if name in (names.targets(target) or ()):
                    found.append(value)
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                if name in (names.targets(target) or ()):
                    found.append(value)
            case ast.withitem(optional_vars=ast.expr() as target, context_expr=value):
                if name in (names.targets(target) or ()):
                    found.append(value)
    return found


def _is_made_by(name: str, body: list[ast.AST], new: Container[ast.AST]) -> bool:
    """Whether a name holds nothing but what some calls have made."""
    values = values_of(name, body)
    return bool(values) and all(value in new for value in values)


def changed_names(body: list[ast.AST]) -> set[str]:
    """The names whose objects a body changes, not only binds."""
    found: set[str] = set()
    for node in names.walk_scope(body):
        match node:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                found.add(root(node) or "")
            case ast.Call(func=ast.Attribute(value=value, attr=attr)):
                if attr in table()[".mutating"] | table()[".consuming"] | table()[".writing"]:
                    found.add(root(value) or "")
            case ast.AugAssign(target=ast.Name(id=name)):
                found.add(name)
    return found


def root(node: ast.AST) -> str | None:
    """The name at the root of a chain of attributes, subscripts and calls."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def outside(
    found: Effects, node: FunctionNode | ast.Lambda, body: list[ast.AST], new: Container[ast.AST]
) -> Effects:
    """What of a function's effects its callers can see; the calls `new` return objects of their own."""
    order = [p.arg for p in names.parameters(node.args)]
    free = names.free(node)
    local = (set(order) | names.bound(body)) - free
    changed = changed_names(body)
    result = Effects(unknown=list(found.unknown), exits=found.exits, dynamic=found.dynamic)
    result.free_names = set(found.free_names)
    result.reads = {p for p in found.reads if p.kind not in ("name", "part") or p.name not in local}
    for place in found.writes:
        if place.kind not in ("content", "keyed") or place.name not in local:
            result.writes.add(place)
        elif place.kind == "keyed" or place.name in changed:
            for source in origins(place.name, body, set(order), new):
                if source.kind == "channel":
                    result.unknown.append(f"what {place.name!r} is")
                elif source.name in order and source.kind == "content":
                    result.writes.add(Place("parameter", source.name))
                elif source.name not in local or source.kind == "attribute":
                    result.writes.add(source)
    return result
