"""The whole story of one call site in plain words: what `batchlint explain PATH:LINE` prints."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from batchlint.analysis.judge import Judgement
from batchlint.analysis.loops import LoopRole
from batchlint.analysis.model import CallSite
from batchlint.analysis.reach import Way
from batchlint.analysis.witness import Narrator
from batchlint.catalog.model import Kind
from batchlint.facts import LoopKind
from batchlint.finding import Confidence, ObstacleCode, Range, Route, Savings, Site, Verdict
from batchlint.money import percent, usd_range
from batchlint.text import Location

_WIDTH: Final = 100
# Further ways say little that the first ones do not.
_WAYS_MAX: Final = 8
# Of more texts that may name the model most do not.
_MODELS_MAX: Final = 4

_VERDICTS: Final = {
    Verdict.ELIGIBLE: "nobody waits for the response, the requests do not depend on one another, and the "
    "batch API takes them",
    Verdict.MIXED: "somebody waits on one way to it, nobody on another; what comes the second way could be "
    "batched",
    Verdict.SEQUENTIAL: "nobody waits, but each request needs the response to an earlier one",
    Verdict.REALTIME: "somebody waits for the response",
    Verdict.UNSUPPORTED: "no batch API takes this request",
    Verdict.UNCLEAR: "nothing in the program says who waits for the response",
}
_ROLES: Final = {
    LoopRole.RECORD: "works through records",
    LoopRole.RETRY: "tries again after a failure; it adds no requests that a batch could carry",
    LoopRole.FALLBACK: "tries one choice after another until one works",
    LoopRole.POLLING: "waits for something to happen",
    LoopRole.AGENT: "takes turns: each pass goes on from what the one before brought",
    LoopRole.REPL: "talks with a person",
    LoopRole.SMALL: "goes over a short fixed list",
    LoopRole.DAEMON: "runs for ever and works when there is something to do",
}


class Story:
    """Tells of one call site."""

    def __init__(self, narrator: Narrator, site: Site, call: CallSite, judgement: Judgement) -> None:
        self.narrator = narrator
        self.site = site
        self.call = call
        self.judgement = judgement

    def text(self) -> str:
        """The story, paragraphs under headings."""
        sections = (
            ("", self._head()),
            ("Who waits", self._ways()),
            ("Loops on the way", self._loops()),
            ("Independence", self._independence()),
            ("What speaks against a batch", self._obstacles()),
            ("Savings", self._savings()),
            ("What would change this", self._changes()),
        )
        lines: list[str] = []
        for title, body in sections:
            shown = list(body)
            if shown:
                lines += ["", title, *shown] if title else shown
        return "\n".join(line.rstrip() for line in lines) + "\n"

    # what it is

    def _head(self) -> Iterator[str]:
        site = self.site
        yield f"{_place(site.location)}: {site.title or site.provider} {site.operation} in {site.function}"
        traits = [self._models()]
        traits += ["asynchronous"] if site.is_async else []
        traits += ["streamed"] if site.is_streaming else []
        traits += ["a library's own concurrent calls, at full price"] if site.fan_out else []
        yield f"  {'; '.join(traits)}"
        yield ""
        yield from _wrapped(f"Verdict: {site.verdict}. {_sentence(self._verdict())}")
        yield from _wrapped(f"Confidence: {site.confidence}. {self._confidence()}")
        if site.category is not None:
            yield f"  Kind of work: {site.category}"

    def _models(self) -> str:
        models = self.call.models
        if self.site.savings is not None and self.site.savings.model is not None and len(models) > 1:
            return f"model: {self.site.savings.model} on the way that nobody waits on"
        if not models or len(models) > _MODELS_MAX:
            return "model: not known from the code"
        return f"model: {models[0]}" if len(models) == 1 else f"model: one of {', '.join(models)}"

    def _verdict(self) -> str:
        verdict, judgement = self.site.verdict, self.judgement
        if verdict is Verdict.REALTIME and judgement.one_shot and not judgement.live:
            return "the program works on one thing and shows the answer to whoever started it"
        if verdict is Verdict.SEQUENTIAL and self.call.kind is Kind.AGENT:
            return "nobody waits, but an agent takes turns: each request needs the response to an earlier one"
        return _VERDICTS[verdict]

    def _confidence(self) -> str:
        reasons: list[str] = []
        if self.call.guessed:
            reasons.append("the client's type is not proved, only the shape of the call")
        way = self.judgement.way
        if way is None:
            reasons.append("no root reaches the call")
        elif way.doubtful:
            reasons.append("a call on the way is a guess")
        if self.site.verdict is Verdict.ELIGIBLE and way is not None and way.hit is None:
            reasons.append("no loop over records was seen, so there may be few requests")
        if not reasons:
            is_high = self.site.confidence is Confidence.HIGH
            return "Client, caller and loop are all known." if is_high else ""
        return _sentence("; ".join(reasons))

    # who waits

    def _ways(self) -> Iterator[str]:
        judgement = self.judgement
        ways = [
            *((way, "somebody waits") for way in judgement.live),
            *((way, "nobody waits") for way in judgement.offline),
            *((way, "one answer for whoever started it") for way in judgement.one_shot),
        ]
        unique = {(way.root.message, way.root.location, who): way for way, who in ways}
        if not unique:
            yield "  No root reaches the call: nothing in the program calls this function, or only through"
            yield "  values that could not be followed."
        for number, ((_, _, who), way) in enumerate(unique.items(), 1):
            if number > _WAYS_MAX:
                yield f"  and {len(unique) - _WAYS_MAX} more"
                break
            doubt = ", if a guess on the way is right" if way.doubtful else ""
            yield f"  {number}. {way.root.message}: {who}{doubt}"
            steps = self.narrator.witness(self.call, way)
            width = max(len(_place(step.location)) for step in steps)
            yield from (f"     {_place(step.location):<{width}}  {step.message}" for step in steps[1:])

    def _loops(self) -> Iterator[str]:
        seen: set[tuple[int, int]] = set()
        for way in self._shown_ways():
            for number, call in way.calls:
                for loop in reversed(self.narrator.loops.around(number, call)):
                    if (number, loop) not in seen:
                        seen.add((number, loop))
                        yield self._loop(number, loop)
            if way.hit is not None and way.hit.loop < 0 and (way.hit.scope, ~way.hit.call) not in seen:
                seen.add((way.hit.scope, ~way.hit.call))
                where = self.narrator.places.call(way.hit.scope, way.hit.call)
                yield f"  {_place(where)}  one call per record, made by the library function called here"

    def _shown_ways(self) -> Sequence[Way]:
        judgement = self.judgement
        return (*judgement.offline, *judgement.live, *judgement.one_shot)[:_WAYS_MAX]

    def _loop(self, scope: int, loop: int) -> str:
        fact = self.narrator.linker.scopes.all[scope].facts.loops[loop]
        where = _place(self.narrator.places.head(scope, fact.span))
        kind = "while" if fact.kind is LoopKind.WHILE else "for"
        names = f" {', '.join(fact.names)}" if fact.names else ""
        return f"  {where}  `{kind}{names}` {_ROLES[self.narrator.loops.role(scope, loop)]}"

    def _independence(self) -> Iterator[str]:
        """Why the requests of different records do or do not depend on one another."""
        if self.site.verdict is Verdict.SEQUENTIAL or any(
            obstacle.code is ObstacleCode.LOOP_CARRIED for obstacle in self.site.obstacles
        ):
            carried = [
                o
                for o in self.site.obstacles
                if o.code in (ObstacleCode.LOOP_CARRIED, ObstacleCode.AGENT_LOOP)
            ]
            for obstacle in carried:
                yield from _wrapped(f"{_sentence(obstacle.message)} See {_place(obstacle.location)}.")
            return
        hit = next((way.hit for way in self.judgement.offline if way.hit is not None), None)
        if hit is not None:
            yield from _wrapped(
                "Nothing that a request is built from comes out of an earlier iteration's response: neither "
                "through a variable nor through an object that outlives the iteration."
            )
        elif self.site.verdict in (Verdict.ELIGIBLE, Verdict.MIXED):
            yield from _wrapped(
                "Each run sends its request by itself; the requests of different runs do not meet."
            )

    def _obstacles(self) -> Iterator[str]:
        for obstacle in self.site.obstacles:
            yield from _item(f"{obstacle.message} ({obstacle.code}, {_place(obstacle.location)})")

    # money

    def _savings(self) -> Iterator[str]:
        savings = self.site.savings
        if savings is None:
            return
        yield f"  {_sentence(_amount(savings))}"
        for line in savings.basis:
            yield from _item(line)

    # what would change it

    def _changes(self) -> Iterator[str]:
        for line in self._advice():
            yield from _item(line)

    def _advice(self) -> Iterator[str]:
        verdict, judgement = self.site.verdict, self.judgement
        root = judgement.way.root if judgement.way is not None else None
        here = root.message if root is not None else self.site.function
        if verdict in (Verdict.ELIGIBLE, Verdict.SEQUENTIAL):
            yield f"a person who waits for {here} after all: `# batchlint: realtime` on its definition"
        if verdict is Verdict.SEQUENTIAL:
            yield "a request that is built without the earlier response, or several such chains at once"
            if self.site.flex:
                yield f"{self.site.title} serves {self.site.model} at the flex rate without any such change"
        if verdict is Verdict.MIXED:
            yield "a path of its own for the callers that nobody waits for, which sends a batch"
            yield "`# batchlint: offline` on the definition of the root that nobody waits for"
        if verdict is Verdict.REALTIME and judgement.one_shot and not judgement.live:
            yield "a loop over many records around the call"
        if verdict is Verdict.REALTIME:
            yield f"nobody waits for {here}: `# batchlint: offline` on its definition"
        if verdict is Verdict.UNCLEAR:
            yield f"`# batchlint: offline` (or `realtime`) on the definition of {self.site.function}"
            yield f'"{self.site.function}" = "offline" in [tool.batchlint.contexts]'
        if verdict is Verdict.UNSUPPORTED:
            yield "an operation, a model or a provider that has a batch API"
        if self.call.guessed:
            yield "a type annotation on the client would prove what is guessed here"
        if self.site.savings is not None and self.site.savings.per_month is None:
            yield (
                f'"{self.site.function}" = {{ requests-per-month = … }} in [tool.batchlint.volumes] gives a '
                "monthly figure"
            )


def nearest(sites: Iterable[Site], path: str, line: int) -> str:
    """One line that says that there is no call site at a line, and where the nearest one of the file is."""
    same = sorted((s for s in sites if s.location.path == path), key=lambda s: _distance(s.location, line))
    if not same:
        return f"{path}:{line}: no LLM call here, nor anywhere in this file; `batchlint sites` lists all"
    site = same[0]
    return (
        f"{path}:{line}: no LLM call here; the nearest is {site.operation} at {_place(site.location)} "
        f"in {site.function}"
    )


def _distance(location: Location, line: int) -> int:
    return max(location.line - line, line - location.end_line, 0)


def _amount(savings: Savings) -> str:
    way = {Route.BATCH: "in a batch", Route.FLEX: "at the flex rate"}.get(savings.route, "")
    if savings.per_month is not None and savings.route is not Route.NONE:
        year = usd_range(savings.per_month * Range(12, 12))
        return f"saves {usd_range(savings.per_month)} a month {way}, {year} a year"
    if savings.per_1k is not None and savings.route is not Route.NONE:
        return f"saves {usd_range(savings.per_1k)} per 1,000 requests {way}"
    if savings.discount and savings.route is not Route.NONE:
        return f"saves {percent(savings.discount)} of the price {way}"
    return "no figure is known"


def _place(location: Location) -> str:
    return f"{location.path}:{location.line}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False)


def _item(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent="  - ", subsequent_indent="    ", break_long_words=False
    )
