"""What a function that sends requests does before its last request, and what after its first.

In a batch run, the code up to the first requests runs for all records before the code that follows any of
them. So a value that records leave behind for each other is seen by them only where it is read after a
request. Statements are told apart by whether a request may still follow (they are *before*) and whether
one may have been made already (*after*); inside of a retry loop most are both.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from batchlint.fix import names
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import FunctionNode, Program
from batchlint.fix.foreign import bind, dotted
from batchlint.fix.origins import outside, root, values_of
from batchlint.fix.places import Effects, Place, conflicts


@dataclass(frozen=True, slots=True)
class Phases:
    """The effects before and after requests as callers see them, and what one record leaves for the next.

    `carried` are places that are changed after a request and read before one, in one function's view.
    """

    before: Effects
    after: Effects
    carried: list[Place]


@dataclass(frozen=True, slots=True)
class _Around:
    """Whether a request may follow a jump: to the end of the loop, to its head, into a handler. `risky`
    says that what follows inside of the `try` may raise."""

    after_loop: bool = False
    in_loop: bool = False
    on_error: bool = False
    risky: bool = False


@dataclass(frozen=True, slots=True)
class _Parts:
    """The nodes of a function by phase; `asks` are its calls that send requests, with their own flags."""

    before: list[ast.AST] = field(default_factory=list)
    after: list[ast.AST] = field(default_factory=list)
    asks: dict[ast.Call, tuple[bool, bool]] = field(default_factory=dict)


def phases(
    program: Program,
    finder: EffectFinder,
    calls: Mapping[tuple[int, int], int],
    scope: int,
    own: frozenset[str] = frozenset(),
    flags: tuple[bool, bool] = (False, False),
    way: tuple[int, ...] = (),
) -> Phases:
    """The phases of a function and of those that `calls` says it delegates to, by (scope, call).

    `own` are parameters that hold objects of one record only; `flags` say whether requests of the same
    record may follow the function or precede it.
    """
    node = program.function(scope)
    file = program.file_of(scope)
    asks = {program.call(*key): target for key, target in calls.items() if key[0] == scope}
    sites = {program.call(*key) for key in program.sites if key[0] == scope}
    parts = _Divider(frozenset({*asks, *sites})).divide(node, *flags)
    skip = frozenset(parts.asks)
    owner = _Own(program, finder, scope, own)
    own = owner.names(whole=True)
    before = finder.of(file, [*parts.before, *_evaluated(parts.asks)], skip=skip, own=own, flowing=True)
    after = finder.of(file, parts.after, skip=skip, own=own, flowing=True)
    deeper = [
        (call, _of_call(program, finder, calls, call, asks[call], own, given, (*way, scope)))
        for call, given in parts.asks.items()
        if call in asks and asks[call] not in (*way, scope)
    ]
    for call, inner in deeper:
        _hand_up(before, inner.before, call, program.function(asks[call]))
        _hand_up(after, inner.after, call, program.function(asks[call]))
    body: list[ast.AST] = list(node.body)
    new = finder.fresh.calls(file)
    early, late = outside(before, node, body, new), outside(after, node, body, new)
    shared = {p for p in late.writes if p.kind not in ("channel", "parameter")}
    given = {p.name for p in late.writes if p.kind == "parameter"} - own
    whole = {name for name in given if Place("content", name) in after.writes}
    changed = {Place("content" if name in whole else "keyed", name) for name in given}
    local = names.bound(body) - owner.names(whole=False)
    changed |= {Place("content", p.name) for p in after.writes if p.kind == "keyed" and p.name in local}
    carried = [*conflicts(shared, early.reads), *conflicts(changed, before.reads)]
    carried += [place for _, inner in deeper for place in inner.carried]
    return Phases(early, late, carried)


def _of_call(
    program: Program,
    finder: EffectFinder,
    calls: Mapping[tuple[int, int], int],
    call: ast.Call,
    target: int,
    own: frozenset[str],
    flags: tuple[bool, bool],
    way: tuple[int, ...],
) -> Phases:
    """The phases of a function that a call delegates to."""
    passed = bind(call, program.function(target)) or {}
    given = frozenset(name for name, value in passed.items() if root(value) in own)
    return phases(program, finder, calls, target, given, flags, way)


class _Own:
    """Tells which local names of a function hold what it makes for itself, or foreign code made for it.

    With `whole`, what is inside of the objects is new too.
    """

    def __init__(self, program: Program, finder: EffectFinder, scope: int, own: frozenset[str]) -> None:
        self.program = program
        self.file = program.file_of(scope)
        self.fresh = finder.fresh.calls(self.file)
        self.node = program.function(scope)
        self.given = own

    def names(self, *, whole: bool) -> frozenset[str]:
        """The names, those of objects of one record included."""
        node = self.node
        body: list[ast.AST] = list(node.body)
        local = names.bound(body) - names.free(node) - {p.arg for p in names.parameters(node.args)}
        found = set(self.given)
        for _ in local:
            for name in local - found:
                values = values_of(name, body)
                if values and all(self._is_own(value, found, whole=whole) for value in values):
                    found.add(name)
        return frozenset(found)

    def _is_own(self, value: ast.expr, own: set[str], *, whole: bool) -> bool:
        """Whether a value is new, or part of an own one; a call may give back a part of what it is given."""
        match value:
            case ast.Constant() | ast.JoinedStr() | ast.Compare():
                return True
            case ast.List() | ast.Dict() | ast.Tuple() | ast.BinOp():
                return not whole or _held(value) <= own
            case ast.Name() | ast.Subscript() | ast.Attribute():
                return root(value) in own
            case ast.Call() if value in self.fresh:
                return True
            case ast.Call(func=function, args=args, keywords=keywords):
                key = self.program.key(self.file, value)
                given = _held(*args, *(k.value for k in keywords))
                is_foreign = dotted(self.file, function) is not None and (
                    key is None or not self.program.edges(key)
                )
                return given <= own and (is_foreign or root(function) in own)
        return False


def _held(*values: ast.AST) -> set[str]:
    """The names whose objects a value may hold on to; a text made of them holds none."""
    found: set[str] = set()
    todo = list(values)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        if not isinstance(node, ast.JoinedStr | ast.Compare):
            todo += ast.iter_child_nodes(node)
    return found


def _evaluated(asks: Iterable[ast.Call]) -> list[ast.AST]:
    """What runs right before the requests are made: receivers and arguments."""
    found: list[ast.AST] = []
    for call in asks:
        found += [call.func.value] if isinstance(call.func, ast.Attribute) else []
        found += [*call.args, *(k.value for k in call.keywords)]
    return found


def _hand_up(found: Effects, inner: Effects, call: ast.Call, function: FunctionNode) -> None:
    """Add the effects of a called function, those on its parameters as effects on the arguments."""
    seen = replace(inner, writes={p for p in inner.writes if p.kind != "parameter"})
    found.add(seen)
    passed = bind(call, function) or {}
    for place in inner.writes:
        if place.kind == "parameter":
            name = root(passed[place.name]) if place.name in passed else None
            if name is None:
                found.unknown.append(f"{ast.unparse(call.func)}, which changes its {place.name!r}")
            else:
                found.writes |= {Place("content", name), Place("keyed", name)}


class _Divider:
    """Sorts the statements of a function into phases."""

    def __init__(self, asks: frozenset[ast.Call]) -> None:
        self._asks = asks
        self._parts = _Parts()

    def divide(self, node: FunctionNode, later: bool, earlier: bool) -> _Parts:
        """The parts of a function that requests may follow (`later`) or precede (`earlier`)."""
        self._block(node.body, later, earlier, _Around())
        return self._parts

    def _may_ask(self, *nodes: ast.AST) -> bool:
        return any(inner in self._asks for node in nodes for inner in ast.walk(node))

    def _block(self, block: list[ast.stmt], later: bool, earlier: bool, around: _Around) -> None:
        follows: list[bool] = []
        risky = around.risky
        for statement in reversed(block):
            follows.append(later or (risky and around.on_error))
            later = self._later(statement, later, around)
            risky = risky or _may_raise(statement)
        for statement, after in zip(block, reversed(follows), strict=True):
            self._statement(statement, after, earlier, around)
            earlier = earlier or self._may_ask(statement)

    def _later(self, statement: ast.stmt, later: bool, around: _Around) -> bool:
        """Whether a request may be made from a statement on."""
        match statement:
            case ast.Return():
                return self._may_ask(statement)
            case ast.Raise():
                return around.on_error
            case ast.Break():
                return around.after_loop
            case ast.Continue():
                return around.in_loop
        return later or self._may_ask(statement)

    def _statement(self, node: ast.stmt, later: bool, earlier: bool, around: _Around) -> None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self._leaf(test, later or self._may_ask(*body, *orelse), earlier)
                self._block(body, later, earlier, around)
                self._block(orelse, later, earlier, around)
            case ast.For() | ast.While():
                self._loop(node, later, earlier, around)
            case ast.Try():
                self._try(node, later, earlier, around)
            case ast.With(items=items, body=body):
                for item in items:
                    self._leaf(item, later or self._may_ask(*body), earlier)
                self._block(body, later, earlier, around)
            case _:
                self._leaf(node, later, earlier)

    def _loop(self, node: ast.For | ast.While, later: bool, earlier: bool, around: _Around) -> None:
        asks = self._may_ask(node)
        header = [node.test] if isinstance(node, ast.While) else [node.target, node.iter]
        for part in header:
            self._leaf(part, later or asks, earlier or asks)
        inside = replace(around, after_loop=later, in_loop=later or asks)
        self._block(node.body, later or asks, earlier or asks, inside)
        self._block(node.orelse, later, earlier or asks, around)

    def _try(self, node: ast.Try, later: bool, earlier: bool, around: _Around) -> None:
        last = later or self._may_ask(*node.finalbody)
        on_error = around.on_error or any(
            self._may_ask(h) or self._later(h.body[-1], last, around) for h in node.handlers
        )
        after_body = last or self._may_ask(*node.orelse)
        inside = replace(around, on_error=on_error, risky=False)
        self._block(node.body, after_body, earlier, inside)
        asked = earlier or self._may_ask(*node.body)
        for handler in node.handlers:
            self._block(handler.body, last, asked, around)
        self._block(node.orelse, last, asked, around)
        self._block(node.finalbody, later, asked or self._may_ask(*node.handlers), around)

    def _leaf(self, node: ast.AST, later: bool, earlier: bool) -> None:
        asks = [inner for inner in ast.walk(node) if inner in self._asks]
        is_mixed = len(asks) > 1 or (bool(asks) and hasattr(node, "body"))
        for call in asks:
            assert isinstance(call, ast.Call)
            self._parts.asks[call] = (later or is_mixed, earlier or is_mixed)
        if later or is_mixed or not (earlier or asks):
            self._parts.before.append(node)
        elif asks:
            self._parts.before.extend(_operands(node, asks[0]))
        if earlier or asks:
            self._parts.after.append(node)


def _operands(node: ast.AST, call: ast.AST) -> list[ast.AST]:
    """What a statement may evaluate before a call in it, besides the call's own arguments."""
    found: list[ast.AST] = []
    while node is not call:
        child = next(c for c in ast.iter_child_nodes(node) if any(inner is call for inner in ast.walk(c)))
        others = [c for c in ast.iter_child_nodes(node) if c is not child and isinstance(c, ast.expr)]
        if isinstance(node, ast.Assign | ast.AnnAssign):
            others = []  # bound when the response is there
        elif isinstance(node, ast.AugAssign):
            others = [ast.parse(ast.unparse(node.target), mode="eval").body]  # read first
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and child is not node.func:
            others = [c for c in others if c is not node.func or root(c) is None]
        found += others
        node = child
    return found


def _may_raise(statement: ast.stmt) -> bool:
    """Whether a statement does more than to leave with a value that is there."""
    match statement:
        case ast.Return(value=None) | ast.Break() | ast.Continue() | ast.Pass():
            return False
        case ast.Return(value=ast.expr() as value):
            return not _is_plain(value)
    return True


def _is_plain(node: ast.expr) -> bool:
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Tuple(elts=parts):
            return all(map(_is_plain, parts))
    return False
