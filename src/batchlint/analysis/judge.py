"""The verdict of every call site: does anybody wait, and are the requests independent?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from batchlint.analysis.categories import category_of
from batchlint.analysis.dependence import aliases
from batchlint.analysis.independence import Independence
from batchlint.analysis.loops import LoopRole, Loops
from batchlint.analysis.model import CONVERSING, OPEN_KINDS, CallSite, Root
from batchlint.analysis.places import Places
from batchlint.analysis.reach import Reach, Way
from batchlint.analysis.witness import Narrator
from batchlint.catalog.model import Kind, RootKind, Wait
from batchlint.discover import is_test
from batchlint.finding import (
    Category,
    Confidence,
    Obstacle,
    ObstacleCode,
    Shape,
    Step,
    Verdict,
)
from batchlint.program.linker import Linker
from batchlint.program.model import Edge

# A function with more calls than this does more than ask a question.
_ASKING_CALLS_MAX: Final = 25
_POLLS = re.compile(r"status|progress|poll|task_result|job_result|get_result|get_job|get_task", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of one site and what it rests on.

    `live`, `offline` and `one_shot` are the ways from roots where somebody waits, where nobody does, and
    from programs that work on one thing and show it; `loops` are the record loops on offline ways.
    """

    verdict: Verdict
    confidence: Confidence
    category: Category | None
    shape: Shape | None
    witness: tuple[Step, ...]
    obstacles: tuple[Obstacle, ...]
    live: tuple[Way, ...]
    offline: tuple[Way, ...]
    one_shot: tuple[Way, ...]
    way: Way | None


class Judge:
    """Judges the call sites of a linked program."""

    def __init__(
        self,
        linker: Linker,
        loops: Loops,
        reach: Reach,
        places: Places,
        roots: Sequence[Root],
        prompts: frozenset[tuple[int, int]],
        imported: frozenset[int],
    ) -> None:
        self.linker = linker
        self.loops = loops
        self.reach = reach
        self.places = places
        self._prompts_in: dict[int, list[int]] = {}
        for scope, call in self._asking_calls(prompts):
            self._prompts_in.setdefault(scope, []).append(call)
        self.independence = Independence(linker, loops)
        self.narrator = Narrator(linker, loops, reach, places)
        self._polling = {
            _folder(places.path(root.scope))
            for root in roots
            if root.wait is Wait.LIVE and _POLLS.search(linker.scopes.all[root.scope].facts.name)
        }
        self.imported = imported
        self._watched: dict[int, bool] = {}

    def judge(self, site: CallSite) -> Judgement:
        """The verdict of one site."""
        live, offline, one_shot = self._ways(site)
        obstacles = self._site_obstacles(site)
        stateful = site.operation is not None and site.operation.stateful
        carried = [way for way in offline if self.independence.is_sequential(way, stateful=stateful)]
        verdict = self._verdict(site, live, offline, one_shot, carried)
        if live:
            obstacles.append(self._live_obstacle(live[0]))
        if carried:
            obstacles.append(self._carried_obstacle(site, carried[0]))
        chosen = self._choose(verdict, live, [w for w in offline if w not in carried] or offline, one_shot)
        if chosen is not None and chosen.hit is None and not live and not chosen.root.per_record:
            message = "each run sends one request; there is nothing to put together"
            location = self.places.call(site.scope, site.call)
            obstacles.append(Obstacle(ObstacleCode.SINGLE_REQUEST, message, location))
        if chosen is None:
            location = self.places.definition(site.scope)
            message = f"nothing in the program calls {self.places.short(site.scope)}"
            obstacles.append(Obstacle(ObstacleCode.UNKNOWN_CALLER, message, location))
        return Judgement(
            verdict=verdict,
            confidence=self._confidence(site, verdict, chosen, one_shot),
            category=self._category(site, offline, chosen) if verdict in _OFFLINE_VERDICTS else None,
            shape=self._shape(chosen) if chosen is not None else None,
            witness=self.narrator.witness(site, chosen),
            obstacles=tuple(obstacles),
            live=tuple(live),
            offline=tuple(offline),
            one_shot=tuple(one_shot),
            way=chosen,
        )

    # ways

    def _ways(self, site: CallSite) -> tuple[list[Way], list[Way], list[Way]]:
        live: list[Way] = []
        offline: list[Way] = []
        one_shot: list[Way] = []
        tests: list[Way] = []
        for way in self.reach.ways(site.scope, site.call):
            root = way.root
            if self._is_conversation(way):
                live.append(way)
            elif root.kind is RootKind.REPL:
                continue
            elif root.wait is Wait.LIVE:
                live.append(way)
            elif not root.asserted and self.reach.is_always_awaited(root):
                continue  # its callers' ways say who waits
            elif root.kind is RootKind.TEST:
                tests.append(way)
            elif root.kind in OPEN_KINDS and not root.asserted:
                (offline if way.hit is not None or self._is_daemon(way) else one_shot).append(way)
            elif self._is_watched(root):
                live.append(way)
            else:
                offline.append(way)
        if not live and not offline:
            # A module that others import shows itself off in its `__main__` block: no real caller.
            one_shot = [way for way in one_shot if not self._is_demonstration(way)]
        if not live and not offline and not one_shot and is_test(self.places.path(site.scope)):
            offline = [way for way in tests if way.hit is not None]
            one_shot = [way for way in tests if way.hit is None]
        sure = [way for way in offline if not way.doubtful]
        sure_live = [way for way in live if not way.doubtful]
        return sure_live or ([] if sure else live), sure or ([] if sure_live else offline), one_shot

    def _is_conversation(self, way: Way) -> bool:
        """Whether a person who is prompted on the way waits for the call: one who is prompted in a loop
        that the way runs through, or outside of every record loop on it."""
        hit_place = next(
            (
                place
                for place, at in enumerate(way.calls)
                if way.hit is not None and at == (way.hit.scope, way.hit.call)
            ),
            len(way.calls),
        )
        for place, (scope, call) in enumerate(way.calls):
            around = set(self.loops.around(scope, call))
            for prompt in self._prompts_in.get(scope, ()):
                if around & set(self.loops.around(scope, prompt)):
                    return True
                if place > hit_place or way.hit is None:
                    return True
        return False

    def _asking_calls(self, prompts: frozenset[tuple[int, int]]) -> set[tuple[int, int]]:
        """The prompts, and the calls of functions that only ask and return the answer."""
        asking = {scope for scope, _ in prompts}
        found = set(prompts)
        for edge in self.linker.edges.values():
            if edge.target in asking and edge.call >= 0:
                facts = self.linker.scopes.all[edge.target].facts
                if facts.returns and len(facts.calls) <= _ASKING_CALLS_MAX:
                    found.add((edge.caller, edge.call))
        return found

    def _is_demonstration(self, way: Way) -> bool:
        file = self.linker.scopes.all[way.root.scope].file
        return way.root.kind is RootKind.SCRIPT and file in self.imported

    def _is_daemon(self, way: Way) -> bool:
        return any(
            self.loops.role(scope, loop) is LoopRole.DAEMON
            for scope, call in way.calls
            for loop in self.loops.around(scope, call)
        )

    def _is_watched(self, root: Root) -> bool:
        """Whether a job is started only by live roots and somebody looks at what becomes of it."""
        if root.asserted or root.kind not in (RootKind.TASK_QUEUE, RootKind.CLOUD_FUNCTION):
            return False
        known = self._watched.get(root.scope)
        if known is None:
            self._watched[root.scope] = False
            known = self._watched[root.scope] = self._only_watchers(root.scope)
        return known

    def _only_watchers(self, scope: int) -> bool:
        dispatchers = self.reach.dispatchers.get(scope, [])
        if not dispatchers or any(r.kind is RootKind.SCHEDULED for r in self.reach.roots_of(scope)):
            return False
        kinds: set[RootKind] = set()
        for edge in dispatchers:
            for way in self.reach.ways_to(edge.caller):
                if way.root.wait is not Wait.LIVE and not self._is_watched(way.root):
                    if way.root.kind in OPEN_KINDS | {RootKind.TEST} and way.hit is None:
                        continue
                    return False
                kinds.add(way.root.kind)
        asked_for = any(
            _folder(self.places.path(edge.caller)) in self._polling or self._hands_out_handle(edge)
            for edge in dispatchers
        )
        return bool(kinds) and (bool(kinds & CONVERSING) or asked_for)

    def _hands_out_handle(self, edge: Edge) -> bool:
        """Whether the starter of a job reads the job's id: somebody will ask for the result by it."""
        facts = self.linker.scopes.all[edge.caller].facts
        if edge.call < 0:
            return False
        same = aliases(facts, facts.calls[edge.call].value)
        return any(
            value.op == "attr" and value.payload in ("id", "task_id", "job_id") and value.operands[0] in same
            for value in facts.values
        )

    # verdict

    def _verdict(
        self,
        site: CallSite,
        live: list[Way],
        offline: list[Way],
        one_shot: list[Way],
        carried: list[Way],
    ) -> Verdict:
        answers = site.kind in (Kind.CHAT, Kind.COMPLETION)
        if site.is_local and not (live and not offline and answers):
            return Verdict.UNSUPPORTED
        if not site.batchable and not answers and site.kind is not Kind.AGENT:
            return Verdict.UNSUPPORTED
        if not (live or offline or one_shot):
            return Verdict.UNCLEAR
        if not site.batchable and offline and site.kind is not Kind.AGENT:
            return Verdict.UNSUPPORTED
        if site.kind is Kind.AGENT and offline and not live:
            return Verdict.SEQUENTIAL
        if not offline:
            return Verdict.REALTIME
        if len(carried) == len(offline):
            return Verdict.REALTIME if live else Verdict.SEQUENTIAL
        if site.blockers:
            return Verdict.REALTIME if live else Verdict.SEQUENTIAL
        return Verdict.MIXED if live else Verdict.ELIGIBLE

    def _choose(
        self, verdict: Verdict, live: list[Way], offline: list[Way], one_shot: list[Way]
    ) -> Way | None:
        """The way that the witness tells: the one that proves the verdict, scheduled before other ones,
        shortest first."""
        waiting = live or one_shot
        candidates = waiting if verdict is Verdict.REALTIME else offline or waiting
        if not candidates:
            return None
        return min(
            candidates,
            key=lambda w: (
                w.doubtful,
                w.root.kind in OPEN_KINDS,
                w.hit is None,
                w.root.kind is not RootKind.SCHEDULED,
                len(w.calls),
            ),
        )

    def _confidence(
        self, site: CallSite, verdict: Verdict, way: Way | None, one_shot: list[Way]
    ) -> Confidence:
        doubts = int(site.guessed) + int(way is None) + int(way is not None and way.doubtful)
        if verdict is Verdict.REALTIME and way in one_shot:
            doubts += 1
        if way is not None and way.hit is None and verdict is Verdict.ELIGIBLE:
            doubts += 1
        return (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)[min(doubts, 2)]

    def _shape(self, way: Way) -> Shape:
        if way.hit is not None:
            facts = self.linker.scopes.all[way.hit.scope].facts
            if way.hit.loop >= 0 and way.hit.shape is Shape.INLINE_LOOP:
                kind = facts.loops[way.hit.loop].kind.value
                return Shape.COMPREHENSION if kind in ("comprehension", "generator") else Shape.INLINE_LOOP
            return way.hit.shape
        return Shape.PER_TASK if way.root.per_record else Shape.SINGLE

    def _category(self, site: CallSite, offline: list[Way], chosen: Way | None) -> Category:
        """The workload; where several roots start the site, that of the root that the witness tells of."""
        if chosen is not None:
            offline = [way for way in offline if way.root.scope == chosen.root.scope] or offline
        names = [self.places.short(site.scope)]
        for way in offline[:3]:
            names += [self.places.short(scope) for scope, _ in reversed(way.calls)]
            names += [self.places.short(way.root.scope), self.places.path(way.root.scope)]
        names.append(self.places.path(site.scope))
        return category_of([way.root.kind for way in offline], names)

    # obstacles

    def _site_obstacles(self, site: CallSite) -> list[Obstacle]:
        location = self.places.call(site.scope, site.call)
        found: list[Obstacle] = []
        if site.is_local:
            message = site.reason or "a model on your own machine has no batch price"
            found.append(Obstacle(ObstacleCode.LOCAL_MODEL, message, location))
        elif not site.batchable:
            code = ObstacleCode.NO_BATCH_OPERATION if site.has_route else ObstacleCode.NO_BATCH_ROUTE
            found.append(Obstacle(code, site.reason or "no batch API takes this request", location))
        if site.is_streaming:
            message = "the response is streamed; a batch returns it whole"
            found.append(Obstacle(ObstacleCode.STREAMING, message, location))
        if site.guessed:
            message = "the client's type is not known; the call has the shape of this operation"
            found.append(Obstacle(ObstacleCode.RECEIVER_GUESSED, message, location))
        for keyword, why in site.blockers:
            found.append(Obstacle(ObstacleCode.SERVER_STATE, f"{keyword}: {why}", location))
        return found

    def _live_obstacle(self, way: Way) -> Obstacle:
        if way.root.asserted:
            return Obstacle(ObstacleCode.ASSERTED, way.root.message, way.root.location)
        watched = way.root.wait is not Wait.LIVE
        code = ObstacleCode.RESULT_POLLED if watched else ObstacleCode.LIVE_ROOT
        tail = "is started by somebody who looks at its result" if watched else "waits for the response"
        return Obstacle(code, f"{way.root.message} {tail}", way.root.location)

    def _carried_obstacle(self, site: CallSite, way: Way) -> Obstacle:
        code = ObstacleCode.LOOP_CARRIED if way.hit is not None else ObstacleCode.AGENT_LOOP
        if way.hit is not None and way.hit.loop >= 0:
            span = self.linker.scopes.all[way.hit.scope].facts.loops[way.hit.loop].span
            location = self.places.head(way.hit.scope, span)
        else:
            location = self.places.call(site.scope, site.call)
        message = "a request is built from the response to an earlier one"
        if site.operation is not None and site.operation.stateful:
            code, message = ObstacleCode.CONVERSATION, "the receiver keeps the conversation so far"
        return Obstacle(code, message, location)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


_OFFLINE_VERDICTS: Final = frozenset(
    {Verdict.ELIGIBLE, Verdict.MIXED, Verdict.SEQUENTIAL, Verdict.UNSUPPORTED}
)
