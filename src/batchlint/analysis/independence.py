"""Independence along a whole way: is there a dimension in which requests do not wait for each other?"""

from batchlint.analysis import dependence
from batchlint.analysis.loops import LoopRole, Loops
from batchlint.analysis.reach import Way
from batchlint.facts import ScopeFacts
from batchlint.program.linker import Linker


class Independence:
    """Asks of ways whether every loop on them carries responses into requests."""

    def __init__(self, linker: Linker, loops: Loops) -> None:
        self.linker = linker
        self.loops = loops
        self._carried: dict[tuple[int, int, int], bool] = {}

    def is_sequential(self, way: Way, *, stateful: bool = False) -> bool:
        """Whether each request on the way depends on an earlier response, in every record loop there
        is; without a record loop, whether an inner loop feeds responses back. The receiver of a
        `stateful` operation keeps the conversation: it is one unless each record gets a new receiver."""
        if stateful and way.hit is not None and self._keeps_receiver(way):
            return True
        if way.hit is not None and way.hit.carries:
            return True
        if way.hit is not None and way.hit.loop < 0:
            return False  # a map over records: the callable gets one record at a time
        records = self._loops(way, LoopRole.RECORD)
        if records:
            return all(self._is_carried(way, place, loop) for place, loop in records)
        turns = self._loops(way, LoopRole.AGENT) + self._loops(way, LoopRole.SMALL)
        return any(self._is_carried(way, place, loop) for place, loop in turns)

    def _keeps_receiver(self, way: Way) -> bool:
        """Whether the receiver of the site's call is older than one iteration of the record loop."""
        scope, call = way.calls[-1]
        facts = self.linker.scopes.all[scope].facts
        callee = facts.values[facts.calls[call].callee]
        if callee.op != "attr":
            return False
        made = [
            facts.calls[value.payload]  # type: ignore[call-overload]
            for origin in dependence.origins(facts, callee.operands[0])
            if (value := facts.values[origin]).op == "call"
        ]
        if not made:
            return True
        if way.hit is None or way.hit.scope != scope or way.hit.loop < 0:
            return False
        return not any(dependence.is_inside(facts, way.hit.loop, each.loop) for each in made)

    def _loops(self, way: Way, role: LoopRole) -> list[tuple[int, int]]:
        """The loops of a role around the calls of a way: (place of the call on the way, loop)."""
        return [
            (place, loop)
            for place, (scope, call) in enumerate(way.calls)
            for loop in self.loops.around(scope, call)
            if self.loops.role(scope, loop) is role
        ]

    def _is_carried(self, way: Way, place: int, loop: int) -> bool:
        scope, call = way.calls[place]
        facts = self.linker.scopes.all[scope].facts
        key = (scope, loop, call)
        known = self._carried.get(key)
        if known is None:
            known = self._carried[key] = dependence.is_carried(facts, loop, call)
        return known or self._through_state(way, place, loop)

    def _through_state(self, way: Way, place: int, loop: int) -> bool:
        """Whether functions on the way keep responses in an object that later requests read."""
        scope, call = way.calls[place]
        facts = self.linker.scopes.all[scope].facts
        if _is_fresh(facts, loop, call):
            return False
        read: set[str] = set()
        changed: set[str] = set()
        for number, index in way.calls[place + 1 :]:
            inner = self.linker.scopes.all[number].facts
            fact = inner.calls[index]
            needed = dependence.slice_of(inner, [argument.value for argument in fact.arguments])
            read |= dependence.arguments_outlive(self.linker, number, needed)
            tainted = dependence.taint_of(inner, [fact.value])
            changed |= dependence.changed_places(inner, tainted)
            changed -= _reset(inner)
        return bool(read & changed)


def _is_fresh(facts: ScopeFacts, loop: int, call: int) -> bool:
    """Whether the receiver of a call is made anew in each iteration of a loop."""
    callee = facts.values[facts.calls[call].callee]
    if callee.op != "attr":
        return False
    for origin in dependence.origins(facts, callee.operands[0]):
        value = facts.values[origin]
        if value.op == "call":
            made = facts.calls[value.payload]  # type: ignore[call-overload]
            if dependence.is_inside(facts, loop, made.loop):
                return True
    return False


def _reset(facts: ScopeFacts) -> set[str]:
    """The places that a scope sets to something new on every call: no response outlives it there."""
    found: set[str] = set()
    for store in facts.stores:
        if store.attribute is not None and store.loop < 0:
            value = facts.values[store.value]
            if value.op in ("list", "dict", "tuple", "const"):
                base = facts.values[store.base]
                if base.op == "param" and base.payload == 0:
                    found.add(f"self.{store.attribute}")
    return found
