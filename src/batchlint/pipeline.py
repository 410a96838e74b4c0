"""From a linked program to judged call sites: what follows linking, in order.

call sites → roots → reach → judgement → savings
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from batchlint.analysis.assertions import Assertions
from batchlint.analysis.background import background_roots
from batchlint.analysis.callsites import CallSites
from batchlint.analysis.flex import has_flex
from batchlint.analysis.judge import Judge, Judgement
from batchlint.analysis.loops import Loops
from batchlint.analysis.model import CallSite
from batchlint.analysis.places import Places
from batchlint.analysis.reach import Reach
from batchlint.analysis.roots import Roots
from batchlint.analysis.values import Values
from batchlint.analysis.witness import Narrator
from batchlint.cache import Seen
from batchlint.catalog.model import Catalog, Kind
from batchlint.clock import Clock
from batchlint.config import Config
from batchlint.finding import FixKind, Savings, Site, Verdict
from batchlint.index import Indexed
from batchlint.program.linker import Linker

if TYPE_CHECKING:
    from batchlint.costing.pricing import Pricing

# The verdicts that may leave something to save.
PRICED: Final = frozenset({Verdict.ELIGIBLE, Verdict.MIXED, Verdict.SEQUENTIAL})


@dataclass(frozen=True, slots=True)
class Analysis:
    """A run with all that `explain` tells of; `sites` are the inventory's rows with what they rest on."""

    linker: Linker
    catalog: Catalog
    places: Places
    narrator: Narrator
    sites: tuple[tuple[Site, CallSite, Judgement], ...]


def judged(
    indexed: Indexed, catalog: Catalog, config: Config, root: Path, seen: Seen, clock: Clock
) -> Analysis | None:
    """Everything after linking; None where the program has no call site. `seen` is told of the files
    beside the program's own that are looked at."""
    linker = indexed.linker
    values = Values(linker)
    sites = [site for site in CallSites(linker, values, catalog).find() if site.kind is not Kind.BATCH]
    clock.lap("sites")
    if not sites:
        return None
    from batchlint.starts import read_starts

    places = Places(linker, indexed.sources)
    finder = Roots(linker, values, places, linker.matcher)
    assertions = Assertions(linker, places, indexed.sources, indexed.directives, config.contexts)
    roots = assertions.applied(finder.find(read_starts(root, indexed.tree.starters, note=seen.note)))
    loops = Loops(linker, frozenset(finder.prompts))
    reach = Reach(linker, values, linker.matcher, loops, roots, finder.registrations)
    roots += background_roots(linker, reach, places)
    reach = Reach(linker, values, linker.matcher, loops, roots, finder.registrations)
    clock.lap("roots")
    judge = Judge(linker, loops, reach, places, roots, frozenset(finder.prompts), frozenset(finder.imported))
    verdicts = [(site, judge.judge(site)) for site in sites]
    clock.lap("judge")
    savings = _savings(verdicts, lambda: _pricing(values, loops, places, catalog, root, config, seen))
    clock.lap("estimate")
    rows = tuple(
        (_site(catalog, places, site, judgement, saved), site, judgement)
        for (site, judgement), saved in zip(verdicts, savings, strict=True)
    )
    return Analysis(linker, catalog, places, judge.narrator, rows)


def _savings(
    verdicts: Sequence[tuple[CallSite, Judgement]], pricing: "Callable[[], Pricing]"
) -> list[Savings | None]:
    """The savings of each site; prices are loaded only where one has a saving."""
    if not any(judgement.verdict in PRICED for _, judgement in verdicts):
        return [None] * len(verdicts)
    made = pricing()
    return [made.savings(site, judgement) for site, judgement in verdicts]


def _pricing(
    values: Values,
    loops: Loops,
    places: Places,
    catalog: Catalog,
    root: Path,
    config: Config,
    seen: Seen,
) -> "Pricing":
    from batchlint.costing.pricing import Pricing

    return Pricing(values, loops, places, catalog, root, config, seen.note)


def _site(
    catalog: Catalog, places: Places, site: CallSite, judgement: Judgement, savings: Savings | None
) -> Site:
    providers = {provider.name: provider for provider in catalog.providers}
    billed = providers.get(site.vendor or "") or providers.get(site.provider)
    # A library that only passes requests on bills nothing.
    is_known = billed is not None and (billed.batch_api or billed.no_batch or billed.is_local)
    return Site(
        location=places.call(site.scope, site.call),
        function=places.name(site.scope),
        provider=site.provider,
        vendor=site.vendor if is_known else None,
        operation=site.name,
        is_async=site.is_async,
        is_streaming=site.is_streaming,
        model=site.models[0] if len(site.models) == 1 else None,
        verdict=judgement.verdict,
        confidence=judgement.confidence,
        category=judgement.category,
        shape=judgement.shape,
        witness=judgement.witness,
        obstacles=judgement.obstacles,
        savings=savings,
        fix=FixKind.NONE,
        roots=_root_kinds(judgement),
        title=billed.title if billed is not None else site.provider,
        flex=has_flex(places.linker, site, billed),
        fan_out=site.is_fan_out,
    )


def _root_kinds(judgement: Judgement) -> tuple[str, ...]:
    """What starts the scope that the witness begins with, so that rule and witness speak of the same."""
    way = judgement.way
    kinds = {w.root.kind.value for w in judgement.offline if way is None or w.root.scope == way.root.scope}
    return tuple(sorted(kinds))
