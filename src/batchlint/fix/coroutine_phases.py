"""What a coroutine does before its requests are sent and after they are answered.

Where a limit on the number of open calls falls away, the first phase runs for all records before the second
does for any. That changes nothing unless the one sees what the other does.
"""

import ast
from collections.abc import Iterable

from batchlint.fix import names
from batchlint.fix.coroutines import Coroutines
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import bind
from batchlint.fix.origins import outside, root
from batchlint.fix.places import STDOUT, Effects, Place, conflicts


class CoroutinePhases:
    """Parts the effects of coroutines at their requests."""

    def __init__(self, program: Program, finder: EffectFinder, coroutines: Coroutines) -> None:
        self.program = program
        self.finder = finder
        self.taken = coroutines.taken
        self._known: dict[int, tuple[Effects, Effects]] = {}

    def of(self, scope: int) -> tuple[Effects, Effects]:
        """What of a coroutine's effects its callers can see: early and late ones; those between two
        requests are both."""
        known = self._known.get(scope)
        if known is None:
            self._known[scope] = Effects(), Effects()  # a recursive call adds nothing
            node = self.program.function(scope)
            early, late = Effects(), Effects()
            file = self.program.file_of(scope)
            self._block(file, node.body, early, late)
            body, new = list[ast.AST](node.body), self.finder.fresh.calls(file)
            known = self._known[scope] = outside(early, node, body, new), outside(late, node, body, new)
        return known

    def _effects(
        self, file: ProgramFile, nodes: Iterable[ast.AST], *, skip: Iterable[ast.AST] = ()
    ) -> Effects:
        """The effects of code, those on objects left out that a coroutine makes for itself."""
        nodes = list(nodes)
        own: frozenset[str] = frozenset()
        if nodes and isinstance(scope := file.scope(nodes[0]), FunctionNode):
            own = _made(file, scope)
        return self.finder.of(file, nodes, skip=skip, own=own)

    def _block(self, file: ProgramFile, block: list[ast.stmt], early: Effects, late: Effects) -> None:
        sending = [number for number, statement in enumerate(block) if self._waits(file, [statement])]
        if not sending:
            self._both(file, block, early, late)
            return
        first, last = sending[0], sending[-1]
        early.add(self._effects(file, block[:first]))
        late.add(self._effects(file, block[last + 1 :]))
        if first != last:
            self._both(file, block[first : last + 1], early, late)
            return
        match block[first]:
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                held = [i for i in items if not self.finder.limits.is_harmless(file, i.context_expr)]
                early.add(self._effects(file, held))
                self._block(file, body, early, late)
            case ast.Try(body=body) as statement if self._waits(file, body):
                rest = [*statement.orelse, *statement.finalbody, *statement.handlers]
                if self._waits(file, rest):
                    self._both(file, [statement], early, late)
                    return
                self._block(file, body, early, late)
                late.add(self._effects(file, rest))
            case statement:
                self._both(file, [statement], early, late)

    def _both(self, file: ProgramFile, nodes: Iterable[ast.AST], early: Effects, late: Effects) -> None:
        """Code that may run before one request and after another; of a statement with one call, what runs
        first is early and the rest late."""
        nodes = list(nodes)
        calls = [call for node in nodes for call in self._calls(file, node)]
        found = self._effects(file, nodes, skip=[*calls, *self._given(file, nodes)])
        is_simple = (
            len(calls) == 1
            and len(nodes) == 1
            and isinstance(nodes[0], ast.Assign | ast.AnnAssign | ast.Return | ast.Expr)
        )
        if is_simple:
            late.add(found)
        else:
            early.add(found)
            late.add(found)
        for call in calls:
            parts = [*call.args, *(k.value for k in call.keywords), call.func]
            early.add(self._effects(file, parts))
            self._callee(file, call, early, late, is_once=is_simple)

    def is_asked(self, file: ProgramFile, function: FunctionNode, name: str) -> bool:
        """Whether a request, or a coroutine that sends some, may get the object of a parameter."""
        same, known = {name}, set[str]()
        assigned = [node for node in names.walk_scope(function.body) if isinstance(node, ast.Assign)]
        while same != known:
            known = set(same)
            for node in assigned:
                if names.read([node.value]) & same:
                    same |= {n for target in node.targets for n in names.targets(target) or ()}
        calls = [call for statement in function.body for call in self._calls(file, statement)]
        return any(names.read([*call.args, *call.keywords]) & same for call in calls)

    def _given(self, file: ProgramFile, nodes: list[ast.AST]) -> list[ast.AST]:
        """Where a coroutine awaits one that it was given: what that does is told where it was made."""
        return [
            node
            for node in names.walk_scope(nodes)
            if isinstance(node, ast.Await)
            and isinstance(node.value, ast.Name)
            and isinstance(scope := file.scope(node), ast.AsyncFunctionDef)
            and node.value.id in {p.arg for p in names.parameters(scope.args)} - names.bound(scope.body)
        ]

    def _callee(
        self, file: ProgramFile, call: ast.Call, early: Effects, late: Effects, *, is_once: bool
    ) -> None:
        key = self.program.key(file, call)
        for edge in self.program.edges(key) if key is not None else ():
            for phase, into in zip(self.of(edge.target), (early, late), strict=True):
                seen = self.seen(edge.target, call, phase)
                into.add(seen)
                if not is_once:
                    (late if into is early else early).add(seen)

    def seen(self, scope: int, call: ast.Call, phase: Effects) -> Effects:
        """The effects of a call of a function: objects that it was given are the caller's."""
        function = self.program.function(scope)
        passed = bind(call, function)
        found = Effects(set(phase.reads), set(), list(phase.unknown), set(phase.free_names), phase.exits)
        for place in phase.writes:
            if place.kind != "parameter":
                found.writes.add(place)
                continue
            name = root(passed[place.name]) if passed is not None and place.name in passed else None
            if name is None:
                found.unknown.append(f"{function.name}, which changes its {place.name!r}")
            else:
                found.writes.add(Place("content", name))
        return found

    def _calls(self, file: ProgramFile, node: ast.AST) -> list[ast.Call]:
        """The outermost calls in a node that lead to requests."""
        found: list[ast.Call] = []
        todo = [node]
        while todo:
            at = todo.pop()
            if isinstance(at, ast.Call) and self._leads(file, at):
                found.append(at)
            elif not isinstance(at, names.NESTED):
                todo.extend(ast.iter_child_nodes(at))
        return found

    def _leads(self, file: ProgramFile, call: ast.Call) -> bool:
        key = self.program.key(file, call)
        if key is None:
            return False
        return key in self.taken.sites or any(e.target in self.taken.scopes for e in self.program.edges(key))

    def _waits(self, file: ProgramFile, nodes: Iterable[ast.AST]) -> bool:
        """Whether code awaits requests, or a coroutine that was passed to it."""
        return any(
            (isinstance(node, ast.Call) and self._leads(file, node))
            or (isinstance(node, ast.Await) and not isinstance(node.value, ast.Call))
            for node in names.walk_scope(nodes)
        )


def _made(file: ProgramFile, function: FunctionNode) -> frozenset[str]:
    """The variables of a function that only ever hold a list or mapping of its own, which it hands to nobody
    as a whole."""
    given = {p.arg for p in names.parameters(function.args)} | names.free(function)
    candidates = names.bound(function.body) - given
    kept: dict[str, bool] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in candidates:
            kept[node.id] = kept.get(node.id, True) and _is_kept(file, node, function)
    return frozenset(name for name, is_own in kept.items() if is_own)


def _is_kept(file: ProgramFile, node: ast.Name, function: FunctionNode) -> bool:
    """Whether one use of a variable leaves its object with the function."""
    if file.scope(node) is not function:
        return False
    match file.parents[node]:
        case ast.Assign(targets=[target], value=value) if target is node:
            return isinstance(value, ast.Dict | ast.List | ast.Set | ast.ListComp | ast.DictComp)
        case ast.Subscript(value=value) as part if value is node:
            return not isinstance(file.parents[part], ast.Subscript | ast.Attribute)
        case ast.Attribute(value=value) as method if value is node:
            return isinstance(file.parents[method], ast.Call)
        case ast.keyword(arg=None):
            return True
    return False


def meetings(early: Effects, late: Effects) -> list[Place]:
    """Where the late phase of one record meets the early phase of another: what becomes of it depends on
    their order."""
    state = [p for p in late.writes if p.kind != "channel"]
    own = [p for p in early.writes if p.kind != "channel"]
    changed = {Place("part", p.name) if p.kind == "content" else p for p in state}
    found = conflicts(state, early.reads) + conflicts(own, late.reads | changed)
    return [place for place in found if place != STDOUT]
