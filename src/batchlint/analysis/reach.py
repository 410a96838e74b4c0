"""Who reaches a call site: a search backwards over the call graph that keeps the way it came.

The search ends at roots. It does not cross an edge that does not carry the caller's wait: there the
function started becomes a root of its own, known by its dispatchers.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from batchlint.analysis import dependence
from batchlint.analysis.loops import LoopRole, Loops
from batchlint.analysis.model import Root
from batchlint.analysis.values import Values
from batchlint.catalog.match import Matcher
from batchlint.catalog.model import Argument, FanOut, RootKind, Wait
from batchlint.facts import ScopeFacts
from batchlint.facts.model import Guard
from batchlint.finding import Shape
from batchlint.program.linker import Linker
from batchlint.program.model import Edge, EdgeKind
from batchlint.program.objects import Bound, Const, External, Function

_LOOPING: Final = frozenset({FanOut.MAP, FanOut.APPLY, FanOut.DATASET})


@dataclass(frozen=True, slots=True)
class Hit:
    """Where records are fanned out: a record loop around call `call` of `scope`, or (`loop` -1) a
    higher-order call that is one itself; `carries` says that it hands each result to the next call."""

    scope: int
    call: int
    loop: int
    shape: Shape
    carries: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a root to a call site: edges from the root on, and the record loop on it, if any.

    `calls` are the (scope, call) pairs along the way, root first, the site last. `doubtful` says that
    an edge of it is a guess.
    """

    root: Root
    calls: tuple[tuple[int, int], ...]
    hit: Hit | None
    doubtful: bool


@dataclass(frozen=True, slots=True)
class _Demand:
    """What a parameter must be for a way to be taken: true or false, a certain function, or (`truth`) equal
    to one of `equals` or to none of them."""

    parameter: int
    truth: bool | None
    function: int | None
    equals: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class _State:
    scope: int
    hit: Hit | None
    calls: tuple[tuple[int, int], ...]
    doubtful: bool
    demands: tuple[_Demand, ...] = ()
    around: int = -1  # the decorated function that the way came from: only its own callers go on


class Reach:
    """Answers, for a call site, which roots reach it and on which ways.

    `registrations` are the calls (scope, call) that hand functions to a framework.
    """

    def __init__(
        self,
        linker: Linker,
        values: Values,
        matcher: Matcher,
        loops: Loops,
        roots: Sequence[Root],
        registrations: Collection[tuple[int, int]] = (),
    ) -> None:
        self.linker = linker
        self.values = values
        self.matcher = matcher
        self.loops = loops
        self._passed: dict[int, dict[int, list[int]]] = {}
        self._callers: dict[int, list[Edge]] = {}
        for edge in linker.edges.values():
            # Who registers a function with a framework does not call it.
            is_registered = edge.kind is EdgeKind.ESCAPE and (edge.caller, edge.call) in registrations
            if edge.kind is not EdgeKind.DECORATOR and not is_registered:
                self._callers.setdefault(edge.target, []).append(edge)
        self._roots: dict[int, list[Root]] = {}
        for root in roots:
            self._roots.setdefault(root.scope, []).append(root)
        self._gathering: set[int] | None = None
        self.dispatchers: dict[int, list[Edge]] = {}
        for target, edges in self._callers.items():
            for edge in edges:
                if self.is_detached(edge):
                    started = edge.around if edge.around >= 0 else target
                    self.dispatchers.setdefault(started, []).append(edge)

    def roots_of(self, scope: int) -> Sequence[Root]:
        """The roots that a scope is."""
        return self._roots.get(scope, ())

    def is_always_awaited(self, root: Root) -> bool:
        """Whether a queue task has callers in the program and all of them wait for its result."""
        if root.kind is not RootKind.TASK_QUEUE or root.scope in self.dispatchers:
            return False
        return any(edge.dispatch is not None for edge in self._callers.get(root.scope, ()))

    def ways(self, scope: int, call: int) -> list[Way]:
        """The shortest way to the site from every root, with a record loop on it and without."""
        return self._search(scope, self._hit(scope, call, None), ((scope, call),))

    def ways_to(self, scope: int) -> list[Way]:
        """The shortest ways to a scope from every root."""
        return self._search(scope, None, ())

    def _search(self, scope: int, hit: Hit | None, calls: tuple[tuple[int, int], ...]) -> list[Way]:
        ways: list[Way] = []
        demands = self._demands(*calls[0], None) if calls else ()
        queue = deque([_State(scope, hit, calls, False, demands)])
        seen: set[tuple[int, bool, bool, tuple[_Demand, ...], int]] = set()
        while queue:
            state = queue.popleft()
            key = (state.scope, state.hit is not None, state.doubtful, state.demands, state.around)
            if key in seen or (*key[:2], False, *key[3:]) in seen:
                continue
            seen.add(key)
            for root in self._roots.get(state.scope, ()):
                ways.append(Way(root, state.calls, state.hit, state.doubtful))
            asserted = self._asserted(state.scope)
            for edge in self._callers.get(state.scope, ()):
                if asserted is not None and self._asserted(edge.caller) is not asserted:
                    continue
                if self.is_detached(edge) or not self._meets(edge, state.demands):
                    continue
                if state.around not in (-1, edge.around):
                    continue
                found = state.hit or self._hit(edge.caller, edge.call, edge)
                doubtful = state.doubtful or edge.kind in (EdgeKind.GUESS, EdgeKind.ESCAPE)
                step = ((edge.caller, edge.call),) if edge.call >= 0 else ()
                demands = self._demands(edge.caller, edge.call, edge)
                around = state.scope if state.scope in self.linker.wrapped.get(edge.caller, ()) else -1
                queue.append(_State(edge.caller, found, (*step, *state.calls), doubtful, demands, around))
        return ways

    def _asserted(self, scope: int) -> Wait | None:
        """Whether somebody waits for a scope by the user's word: then it does not matter who calls it,
        unless the same is said of the caller."""
        return next((root.wait for root in self._roots.get(scope, ()) if root.asserted), None)

    # arguments that decide

    def _demands(self, scope: int, call: int, edge: Edge | None) -> tuple[_Demand, ...]:
        """What the parameters of a scope must be for one of its calls to be made, and to lead into the
        edge's target."""
        facts = self.linker.scopes.all[scope].facts
        if call < 0 or not facts.parameters:
            return ()
        found: list[_Demand] = []
        guard = facts.calls[call].guard
        while guard >= 0:
            demand = _tested(facts, facts.guards[guard])
            if demand is not None:
                found.append(demand)
            guard = facts.guards[guard].parent
        callee = facts.values[facts.calls[call].callee]
        if edge is not None and callee.op == "param" and isinstance(callee.payload, int):
            found.append(_Demand(callee.payload, None, edge.target))
        return tuple(dict.fromkeys(found))

    def _meets(self, edge: Edge, demands: tuple[_Demand, ...]) -> bool:
        """Whether a call may pass what its callee's way demands; what is unknown may be anything."""
        if not demands or edge.call < 0 or edge.kind not in (EdgeKind.CALL, EdgeKind.GUESS):
            return True
        caller = self.linker.scopes.all[edge.caller]
        context = self.linker.contexts.get(caller.base + caller.facts.calls[edge.call].value)
        if context is None or any(unpacked for _, unpacked in context.positional):
            return True
        target = self.linker.scopes.all[edge.target]
        shift = int(self.linker.classes.method_kinds.get(edge.target, "static") != "static")
        for demand in demands:
            parameter = target.facts.parameters[demand.parameter]
            selector = Argument(parameter.name, demand.parameter - shift)
            node = self.values.argument(context, (selector,))
            if node is None:
                if context.mappings or parameter.default < 0:
                    continue
                node = self.linker.scopes.all[target.parent].base + parameter.default
            if not self._may_be(node, demand):
                return False
        return True

    def _may_be(self, node: int, demand: _Demand) -> bool:
        objects = [self.linker.record(obj) for obj in self.linker.solver.pts[node]]
        if not objects:
            return True
        if demand.function is not None:
            functions = [r.scope for r in objects if isinstance(r, Function | Bound)]
            return not functions or demand.function in functions or len(functions) < len(objects)
        if not all(isinstance(record, Const) for record in objects):
            return True
        if demand.equals:
            return any((r.value in demand.equals) is demand.truth for r in objects if isinstance(r, Const))
        return any(bool(r.value) is demand.truth for r in objects if isinstance(r, Const))

    # loops on the way

    def _hit(self, scope: int, call: int, edge: Edge | None) -> Hit | None:
        """The record loop around a call, or the call itself where it fans out."""
        row = edge.higher_order if edge is not None else None
        if row is not None and row.fan_out in _LOOPING and call >= 0:
            shapes = {FanOut.APPLY: Shape.DATAFRAME_APPLY, FanOut.DATASET: Shape.DATASET_MAP}
            return Hit(scope, call, -1, shapes.get(row.fan_out, Shape.EXECUTOR_MAP), row.carries)
        if edge is not None and edge.dispatch is not None and edge.dispatch.items and call >= 0:
            return Hit(scope, call, -1, Shape.EXECUTOR_MAP)
        if call < 0:
            return None
        for loop in self.loops.around(scope, call):
            if self.loops.role(scope, loop) is LoopRole.RECORD:
                return Hit(scope, call, loop, self._shape(scope, call, edge))
        return None

    def _shape(self, scope: int, call: int, edge: Edge | None) -> Shape:
        if edge is None:
            return Shape.INLINE_LOOP
        if edge.higher_order is not None:
            return Shape.EXECUTOR_MAP
        if self._gathers(scope):
            return Shape.ASYNCIO_GATHER
        if edge.target in self.linker.classes.method_kinds:
            return Shape.LOOP_VIA_METHOD
        return Shape.LOOP_VIA_FUNCTION

    def _gathers(self, scope: int) -> bool:
        if self._gathering is None:
            self._gathering = {
                number
                for (number, _), objects in self.linker.externals.items()
                if any(self._is_gather(obj) for obj in objects)
            }
        return scope in self._gathering

    def _is_gather(self, obj: int) -> bool:
        if not isinstance(self.linker.record(obj), External):
            return False
        rows = self.matcher.higher_orders(self.linker.objects.path(obj))
        return any(row.fan_out is FanOut.GATHER for row in rows)

    # waiting

    def is_detached(self, edge: Edge) -> bool:
        """Whether the caller of an edge does not wait for what it starts."""
        return self.dispatch_of(edge) is not None

    def dispatch_of(self, edge: Edge) -> RootKind | None:
        """The kind of work that an edge starts without waiting; None where the caller waits."""
        if edge.call < 0:
            return None
        if edge.dispatch is not None:
            return None if self._waits(edge, edge.dispatch.waits) else edge.dispatch.kind
        row = edge.higher_order
        if row is not None and row.fan_out is FanOut.THREAD:
            return None if self._waits(edge, row.waits) else RootKind.TASK_QUEUE
        if row is not None and row.fan_out is FanOut.SUBMIT:
            facts = self.linker.scopes.all[edge.caller].facts
            is_left = row.waits and facts.calls[edge.call].discarded and not self._waits(edge, row.waits)
            return RootKind.TASK_QUEUE if is_left else None
        return self._spawned(edge)

    def _spawned(self, edge: Edge) -> RootKind | None:
        """`create_task(work())`: the coroutine's call is an argument of the call that starts it."""
        facts = self.linker.scopes.all[edge.caller].facts
        made = facts.calls[edge.call]
        for index in self._passed_to(edge.caller).get(made.value, ()):
            for obj in self.linker.externals.get((edge.caller, index), ()):
                if not isinstance(self.linker.record(obj), External):
                    continue
                for row in self.matcher.dispatches(self.linker.objects.path(obj)):
                    if not self._is_awaited(edge.caller, index):
                        return row.kind
        return None

    def _passed_to(self, scope: int) -> dict[int, list[int]]:
        """The calls of a scope by the values that are passed to them."""
        if scope not in self._passed:
            passed: dict[int, list[int]] = {}
            for index, call in enumerate(self.linker.scopes.all[scope].facts.calls):
                for value in {argument.value for argument in call.arguments}:
                    passed.setdefault(value, []).append(index)
            self._passed[scope] = passed
        return self._passed[scope]

    def _is_awaited(self, scope: int, call: int) -> bool:
        """Whether the result of a call is awaited, gathered, kept in a list or returned."""
        facts = self.linker.scopes.all[scope].facts
        if facts.calls[call].discarded:
            return facts.calls[call].awaited
        same = dependence.aliases(facts, facts.calls[call].value)
        for value in facts.values:
            if value.op in ("await", "comp", "list", "tuple", "iter") and same & set(value.operands):
                return True
        for other in facts.calls:
            callee = facts.values[other.callee]
            name = callee.payload if callee.op in ("attr", "free") else None
            if name not in ("add", "add_done_callback", "discard", "set_name") and any(
                argument.value in same for argument in other.arguments
            ):
                return True
            if callee.op == "attr" and callee.operands[0] in same and name == "result":
                return True
        return bool(same & set(facts.returns))

    def _waits(self, edge: Edge, waits: Sequence[str]) -> bool:
        """Whether the caller does one of `waits` with what it started (`Dispatch.waits`)."""
        facts = self.linker.scopes.all[edge.caller].facts
        methods = {wait.rpartition(".")[2] for wait in waits}
        same = dependence.taint_of(facts, [facts.calls[edge.call].value])
        if "with" in methods and self._in_with(edge):
            return True
        for index, call in enumerate(facts.calls):
            callee = facts.values[call.callee]
            if callee.op == "attr" and callee.payload in methods and callee.operands[0] in same:
                return True
            if "()" in methods and call.callee in same:
                return True
            if any(argument.value in same for argument in call.arguments) and self._is_wait(
                edge, index, waits
            ):
                return True
        if edge.higher_order is not None and any(
            facts.values[call.callee].op == "attr" and facts.values[call.callee].payload in methods
            for call in facts.calls
        ):
            return True  # a thread or pool is waited for through its own variable or a list of them
        return "await" in methods and any(
            value.op == "await" and same & set(value.operands) for value in facts.values
        )

    def _is_wait(self, edge: Edge, call: int, waits: Sequence[str]) -> bool:
        """Whether a call is one of the library calls that wait for what they are given (`ray.get`)."""
        paths = {tuple(wait.split(".")) for wait in waits if "." in wait}
        objects = self.linker.externals.get((edge.caller, call), ()) if paths else ()
        return any(self.linker.objects.path(obj) in paths for obj in objects)

    def _in_with(self, edge: Edge) -> bool:
        """Whether the receiver of a call was entered by `with`, whose end waits."""
        facts = self.linker.scopes.all[edge.caller].facts
        callee = facts.values[facts.calls[edge.call].callee]
        if callee.op != "attr":
            return False
        base = facts.values[callee.operands[0]]
        return base.op in ("enter", "phi")


def _tested(facts: ScopeFacts, guard: Guard) -> _Demand | None:
    """What a guard demands of a parameter: its truth, or that it equals a constant."""
    test = facts.values[guard.test]
    if test.op == "param" and isinstance(test.payload, int):
        return _Demand(test.payload, guard.positive, None)
    if test.op != "opaque" or test.payload not in ("Eq", "NotEq"):
        return None
    sides = [facts.values[operand] for operand in test.operands]
    parameters = [side.payload for side in sides if side.op == "param"]
    constants = tuple(side.payload for side in sides if side.op == "const")
    if len(parameters) != 1 or not isinstance(parameters[0], int) or len(constants) != 1:
        return None
    return _Demand(parameters[0], guard.positive is (test.payload == "Eq"), None, constants)
