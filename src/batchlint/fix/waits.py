"""Where the body of a loop must wait for its turn when it becomes a generator.

Before a record changes something that it shares with others, or does what nobody can see through, those
before it must have ended. Up to there all records run together; from there on one after the other. A
request after that point would be a batch of its own, so the form is declined then.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from batchlint.fix import names
from batchlint.fix.decline import Reason
from batchlint.fix.loop import Distribution, is_quiet
from batchlint.fix.parts import is_waiting
from batchlint.fix.places import FILES, WORLD, Effects, Place, conflicts


@dataclass(frozen=True, slots=True)
class Hold:
    """Whether a record has its turn at a place: for sure, or maybe."""

    sure: bool
    maybe: bool

    def meet(self, other: "Hold | None") -> "Hold":
        """What is known where two paths meet; None is a path that does not get there."""
        if other is None:
            return self
        return Hold(self.sure and other.sure, self.maybe or other.maybe)


_HELD = Hold(True, True)


class Turns:
    """The walk through a loop's body. `before` are statements that the wait goes in front of, `around`
    expressions that are worked out before it, `early` what runs before it, `idle` what waits with the turn
    held, for a limit of calls that are made together now."""

    def __init__(self, check: Distribution, shared: frozenset[str]) -> None:
        self.check = check
        self.file = check.file
        self.calls = check.parts.calls
        self.shared = shared
        self.before: list[ast.stmt] = []
        self.around: list[ast.expr] = []
        self.early: list[ast.AST] = []
        self.idle: list[ast.stmt] = []
        self._breaks: list[Hold | None] = []

    def walk(self) -> None:
        """Find all places; raises DeclinedError where a request would come after a turn, or where what
        runs early sees what a record changes."""
        body = self.check.parts.loop.body
        self._block(body, Hold(False, False))
        effects = self._effects(body)
        writes = self._outliving(effects, body)
        if effects.unknown:
            writes.add(WORLD)
        reads = self.check.finder.of(self.file, self.early, own=self.check.own).reads
        for place in conflicts(writes, reads | self.check.steps.reads):
            message = f"{place.name!r}, which a record changes, is read for the next"
            raise self.file.decline(Reason.LOOP_CARRIED, message, self.check.parts.loop)

    def _effects(self, nodes: Iterable[ast.AST]) -> Effects:
        """What nodes do, requests left out."""
        arguments = [a for c in self.calls for a in (*c.args, *(k.value for k in c.keywords))]
        inside = {node for top in nodes for node in ast.walk(top)}
        own = [argument for argument in arguments if argument in inside]
        return self.check.finder.of(self.file, [*nodes, *own], skip=self.calls, own=self.check.own)

    def _outliving(self, effects: Effects, code: Sequence[ast.AST]) -> set[Place]:
        parts = self.check.parts
        mine = parts.targets | (names.bound(parts.inner) - self.shared)
        found = self.check.outliving(effects.writes, [n for n in code if isinstance(n, ast.stmt)], mine)
        return found | (effects.writes & {FILES, WORLD})

    def _needs(self, node: ast.AST) -> bool:
        """Whether something may happen in its turn only."""
        effects = self._effects([node])
        if effects.unknown or effects.exits:
            return True
        return bool(self._outliving(effects, [node]))

    # the walk

    def _block(self, statements: Sequence[ast.stmt], hold: Hold | None) -> Hold | None:
        for statement in statements:
            if hold is None:
                return None
            hold = self._statement(statement, hold)
        return hold

    def _header(self, statement: ast.stmt, nodes: Sequence[ast.AST | None], hold: Hold) -> Hold:
        """Evaluate what stands in the head of a compound statement."""
        present = [node for node in nodes if node is not None]
        self._check_requests(present, hold)
        if hold.sure:
            return hold
        if any(self._needs(node) for node in present):
            if any(call in set(ast.walk(node)) for node in present for call in self.calls):
                raise self._mixed(statement)
            self._wait_before(statement)
            return _HELD
        self.early += present
        return hold

    def _statement(self, node: ast.stmt, hold: Hold) -> Hold | None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                hold = self._header(node, [test], hold)
                return _meet(self._block(body, hold), self._block(orelse, hold))
            case ast.For(target=target, iter=iterable):
                hold = self._header(node, [iterable, target], hold)
                return self._loop(node, hold, is_endless=False)
            case ast.While(test=test):
                hold = self._header(node, [test], hold)
                return self._loop(node, hold, is_endless=isinstance(test, ast.Constant) and bool(test.value))
            case ast.With(items=items, body=body):
                return self._block(body, self._header(node, items, hold))
            case ast.Try():
                return self._try(node, hold)
            case ast.Match(subject=subject, cases=cases):
                guards = [part for case in cases for part in (case.pattern, case.guard)]
                hold = self._header(node, [subject, *guards], hold)
                return _meet(hold, *(self._block(case.body, hold) for case in cases))
            case ast.Break():
                self._breaks[-1] = hold.meet(self._breaks[-1])
                return None
            case ast.Continue() | ast.Return():
                return None
            case ast.Raise():
                self._simple(node, hold)
                return None
        return self._simple(node, hold)

    def _loop(self, node: ast.For | ast.While, hold: Hold, *, is_endless: bool) -> Hold | None:
        self._breaks.append(None)
        end = self._block(node.body, hold)
        again = hold.meet(end)
        if again != hold:
            end = self._block(node.body, again)
        left = self._breaks.pop()
        exhausted = None if is_endless else self._block(node.orelse, again.meet(end))
        return _meet(exhausted, left)

    def _try(self, node: ast.Try, hold: Hold) -> Hold | None:
        done = self._block([*node.body, *node.orelse], hold)
        for handler in node.handlers:
            done = _meet(done, self._block(handler.body, hold))
        if not node.finalbody:
            return done
        late = self._block(node.finalbody, Hold(hold.sure, hold.maybe or (done is not None and done.maybe)))
        return (
            None if done is None or late is None else Hold(done.sure or late.sure, done.maybe or late.maybe)
        )

    def _simple(self, node: ast.stmt, hold: Hold) -> Hold:
        self._check_requests([node], hold)
        if hold.maybe and is_waiting(self.file, node) and node not in self.idle:
            self.idle.append(node)
        if hold.sure:
            return hold
        if not self._needs(node):
            self.early.append(node)
            return hold
        value = self._worked_out_first(node)
        if value is not None and not self._needs(value):
            self.early.append(value)
            if value not in self.around:
                self.around.append(value)
        elif any(call in set(ast.walk(node)) for call in self.calls):
            raise self._mixed(node)
        else:
            self._wait_before(node)
        return _HELD

    def _worked_out_first(self, node: ast.stmt) -> ast.expr | None:
        """The part of a statement that may fail, or sends a request, and runs before its one change."""
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver), args=[argument], keywords=[])):
                if isinstance(argument, ast.Starred) or not self._stays(receiver):
                    return None
                value = argument
            case ast.Assign(targets=[ast.Subscript() | ast.Attribute()], value=value):
                pass
            case _:
                return None
        return None if is_quiet(self.file, value) else value

    def _stays(self, receiver: ast.expr) -> bool:
        """Whether a receiver is the same object for all records."""
        body = [inner for statement in self.check.parts.loop.body for inner in ast.walk(statement)]
        match receiver:
            case ast.Name(id=name):
                return name not in names.bound(self.check.parts.loop.body)
            case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                return not any(
                    isinstance(n, ast.Attribute) and n.attr == attr and isinstance(n.ctx, ast.Store)
                    for n in body
                )
        return False

    def _wait_before(self, node: ast.stmt) -> None:
        if node not in self.before:
            self.before.append(node)

    def _check_requests(self, nodes: Sequence[ast.AST], hold: Hold) -> None:
        if not hold.maybe:
            return
        for top in nodes:
            for inner in ast.walk(top):
                if inner in self.calls:
                    message = "a record changes what it shares with others before its last request"
                    raise self.file.decline(Reason.SHARED_STATE, message, inner)

    def _mixed(self, node: ast.stmt) -> Exception:
        message = "the statement sends a request and changes what records share"
        return self.file.decline(Reason.SHARED_STATE, message, node)


def _meet(*holds: Hold | None) -> Hold | None:
    found: Hold | None = None
    for hold in holds:
        if hold is not None:
            found = hold.meet(found)
    return found
