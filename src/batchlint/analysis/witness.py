"""Witnesses: the way from a root to a call site, told step by step."""

from itertools import pairwise
from typing import Final

from batchlint.analysis.loops import Loops
from batchlint.analysis.model import CallSite
from batchlint.analysis.places import Places
from batchlint.analysis.reach import Reach, Way
from batchlint.catalog.model import Wait
from batchlint.facts import LoopKind
from batchlint.finding import Shape, Step
from batchlint.program.linker import Linker

_COUNTERS: Final = frozenset({"_", "i", "idx", "index", "j", "k", "n", "num", "count", "pbar"})


class Narrator:
    """Turns ways into steps: root, calls, record loop, call site."""

    def __init__(self, linker: Linker, loops: Loops, reach: Reach, places: Places) -> None:
        self.linker = linker
        self.loops = loops
        self.reach = reach
        self.places = places
        self._targets: dict[tuple[int, int], list[int]] = {}
        for edge in linker.edges.values():
            self._targets.setdefault((edge.caller, edge.call), []).append(edge.target)

    def witness(self, site: CallSite, way: Way | None) -> tuple[Step, ...]:
        """The steps of a way, root first; without a way the call alone."""
        last = Step(self.places.call(site.scope, site.call), f"{site.name} is called here")
        if way is None:
            return (last,)
        steps = [Step(way.root.location, _with_schedule(way))]
        for (scope, call), (entered, _) in pairwise(way.calls):
            steps.extend(self._loop(way, scope, call))
            location = self.places.call(scope, call)
            name = self._callee(scope, call, entered)
            is_loop = way.hit is not None and way.hit.loop < 0 and way.hit.call == call
            if not (is_loop and way.hit is not None and way.hit.scope == scope):
                steps.append(Step(location, f"{self.places.short(scope)} calls {name}"))
        steps.extend(self._loop(way, site.scope, site.call))
        return (*steps, last)

    def _loop(self, way: Way, scope: int, call: int) -> list[Step]:
        hit = way.hit
        if hit is None or (hit.scope, hit.call) != (scope, call):
            return []
        if hit.loop < 0:
            location = self.places.call(scope, call)
            kind = {
                Shape.DATAFRAME_APPLY: "applied to each row of a table here",
                Shape.DATASET_MAP: "mapped over the records of a data set here",
            }.get(hit.shape, "mapped over many records here")
            return [Step(location, kind)]
        loop = self.linker.scopes.all[scope].facts.loops[hit.loop]
        location = self.places.head(scope, loop.span)
        # `for i, row in enumerate(rows)`: the number says nothing.
        names = [name for name in loop.names if name not in _COUNTERS] or list(loop.names)
        each = ", ".join(names) or "record"
        noun = "once per iteration of this loop" if loop.kind is LoopKind.WHILE else f"once per {each}"
        return [Step(location, f"runs {noun}")]

    def _callee(self, scope: int, call: int, entered: int) -> str:
        """What a call leads into: the scope that the way enters next, where the call itself enters it."""
        targets = self._targets.get((scope, call), [entered])
        return self.places.short(entered if entered in targets else targets[0])


def _with_schedule(way: Way) -> str:
    root = way.root
    if root.schedule and root.schedule not in root.message and root.wait is Wait.OFFLINE:
        return f"{root.message}, schedule {root.schedule}"
    return root.message
