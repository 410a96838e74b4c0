"""Which names are bound for sure when code ends, and which it may read before it has bound them.

A definite assignment analysis along the paths of structured code: branches meet, loops may run not at all,
`break` and `continue` carry their own state, and a handler begins with what was bound before its `try`.
"""

import ast
from collections.abc import Iterable, Sequence

from batchlint.fix import names

State = frozenset[str] | None
"""Names bound for sure; None where control does not get to."""


def meet(*states: State) -> State:
    """What is bound for sure where several paths meet."""
    reached = [state for state in states if state is not None]
    return frozenset.intersection(*reached) if reached else None


class Flow:
    """The walk through some statements; `exposed` grows as reads before a sure binding are met.

    `left` are the states in which `continue` or `break` leave the statements themselves; `skipped`
    statements count as not there.
    """

    def __init__(self, skipped: frozenset[ast.stmt] = frozenset()) -> None:
        self.skipped = skipped
        self.exposed: set[str] = set()
        self.left: list[State] = []
        self._breaks: list[list[State]] = []
        self._continues: list[list[State]] = []

    def run(self, statements: Iterable[ast.stmt], state: State) -> State:
        """The state after statements that begin in a state."""
        for statement in statements:
            if state is None:
                return None
            if statement in self.skipped:
                continue
            state = self._statement(statement, state)
        return state

    def _read(self, nodes: Iterable[ast.AST | None], state: frozenset[str]) -> frozenset[str]:
        """Evaluate expressions; gives what is bound after them."""
        for node in nodes:
            if node is not None:
                self.exposed |= names.read_freely([node]) - state
                state |= {
                    n.target.id
                    for n in ast.walk(node)
                    if isinstance(n, ast.NamedExpr) and isinstance(n.target, ast.Name)
                }
        return state

    def _statement(self, node: ast.stmt, state: frozenset[str]) -> State:
        match node:
            case ast.Assign(targets=targets, value=value):
                state = self._read([value], state)
                return self._bind(targets, state)
            case ast.AnnAssign(target=target, value=value):
                state = self._read([value], state)
                return self._bind([target], state) if value is not None else state
            case ast.AugAssign(target=target, value=value):
                self.exposed |= (names.targets(target) or set()) - state
                return self._bind([target], self._read([value], state))
            case ast.If(test=test, body=body, orelse=orelse):
                state = self._read([test], state)
                return meet(self.run(body, state), self.run(orelse, state))
            case ast.For(target=target, iter=iterable):
                state = self._read([iterable], state)
                return self._loop(node, state, self._bind([target], state), runs=_runs(iterable))
            case ast.While(test=test):
                state = self._read([test], state)
                return self._loop(node, state, state, runs=_is_true(test), is_endless=_is_true(test))
            case ast.Try():
                return self._try(node, state)
            case ast.With(items=items, body=body):
                return self._with(items, body, state)
            case ast.Match(subject=subject, cases=cases):
                return self._match(cases, self._read([subject], state))
            case ast.Return(value=value):
                self._read([value], state)
                return None
            case ast.Raise(exc=error, cause=cause):
                self._read([error, cause], state)
                return None
            case ast.Break() | ast.Continue():
                kind = self._breaks if isinstance(node, ast.Break) else self._continues
                (kind[-1] if kind else self.left).append(state)
                return None
            case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                self.exposed |= names.read([node]) - state - names.bound_inside(node)
                return state | {node.name}
            case ast.Import() | ast.ImportFrom():
                return state | names.bound([node])
            case ast.Delete(targets=targets):
                return state - names.bound(targets)
        return self._read([node], state)

    def _bind(self, targets: Sequence[ast.expr], state: frozenset[str]) -> frozenset[str]:
        for target in targets:
            self._read([target], state)
            state |= names.names_in(target)
        return state

    def _loop(
        self,
        node: ast.For | ast.While,
        before: frozenset[str],
        inside: frozenset[str],
        *,
        runs: bool,
        is_endless: bool = False,
    ) -> State:
        self._breaks.append([])
        self._continues.append([])
        ended = meet(self.run(node.body, inside), *self._continues[-1])
        self._continues.pop()
        breaks = self._breaks.pop()
        exhausted = None if is_endless else (ended if runs else before)
        if exhausted is not None:
            exhausted = self.run(node.orelse, exhausted)
        return meet(exhausted, *breaks)

    def _try(self, node: ast.Try, state: frozenset[str]) -> State:
        body = self.run(node.body, state)
        done = self.run(node.orelse, body) if body is not None else None
        for handler in node.handlers:
            self._read([handler.type], state)
            bound = state | {handler.name} if handler.name else state
            after = self.run(handler.body, bound)
            if after is not None and handler.name:
                after -= {handler.name}
            done = meet(done, after)
        if not node.finalbody:
            return done
        late = self.run(node.finalbody, state)
        return None if done is None or late is None else done | (late - state)

    def _with(self, items: list[ast.withitem], body: list[ast.stmt], state: frozenset[str]) -> State:
        for item in items:
            state = self._read([item.context_expr], state)
            if item.optional_vars is not None:
                state = self._bind([item.optional_vars], state)
        after = self.run(body, state)
        return meet(after, state) if any(_may_swallow(item.context_expr) for item in items) else after

    def _match(self, cases: list[ast.match_case], state: frozenset[str]) -> State:
        ends: list[State] = []
        for case in cases:
            bound = self._read([case.pattern, case.guard], state) | names.bound([case.pattern])
            ends.append(self.run(case.body, bound))
        is_complete = any(
            case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            for case in cases
        )
        return meet(*ends) if is_complete else meet(*ends, state)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and bool(node.value)


def _runs(iterable: ast.expr) -> bool:
    """Whether a `for` loop surely has a first round."""
    match iterable:
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(count))]):
            return count > 0
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return bool(elements) and not any(isinstance(e, ast.Starred) for e in elements)
    return False


def _may_swallow(node: ast.expr) -> bool:
    """Whether a context manager may end its block early without an exception after it."""
    function = node.func if isinstance(node, ast.Call) else node
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name != "open"


def exposed(statements: Sequence[ast.stmt], known: Iterable[str]) -> set[str]:
    """The names that statements may read before they have bound them for sure."""
    flow = Flow()
    flow.run(statements, frozenset(known))
    return flow.exposed


def sure_at_end(statements: Sequence[ast.stmt], known: Iterable[str]) -> State:
    """The names that are bound for sure when statements have run to their end."""
    return Flow().run(statements, frozenset(known))
