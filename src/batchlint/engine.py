"""The stages in order: what every command asks for.

discover → scan → extract → link → find call sites → find roots → judge → estimate
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from batchlint.analysis.assertions import Assertions
from batchlint.analysis.callsites import CallSites
from batchlint.analysis.flex import has_flex
from batchlint.analysis.judge import Judge, Judgement, background_roots
from batchlint.analysis.loops import Loops
from batchlint.analysis.model import CallSite
from batchlint.analysis.places import Places
from batchlint.analysis.reach import Reach
from batchlint.analysis.roots import Roots
from batchlint.analysis.unresolved import unresolved
from batchlint.analysis.values import Values
from batchlint.analysis.witness import Narrator
from batchlint.catalog.load import load_catalog
from batchlint.catalog.model import Catalog, Kind
from batchlint.clock import Clock
from batchlint.config import Config, Wrapper
from batchlint.discover import DEFAULT_EXCLUDE, DiscoverOptions
from batchlint.finding import Failure, FixKind, Savings, Site, Verdict
from batchlint.index import Indexed, index
from batchlint.program.linker import Linker
from batchlint.suppress import Suppression

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


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found: every call site with its verdict, and what could not be read.

    `suppressions` are the comments of every file that has some, `statistics` what the run counted, the
    seconds of its stages among them. `analysis` is what `explain` reads, None where there are no sites.
    """

    root: str
    sites: tuple[Site, ...]
    failures: tuple[Failure, ...]
    files: int
    suppressions: Mapping[str, tuple[Suppression, ...]] = field(default_factory=dict)
    statistics: Mapping[str, int | float] = field(default_factory=dict)
    analysis: Analysis | None = field(default=None, compare=False, repr=False)


def analyse(
    paths: Sequence[Path],
    config: Config,
    root: Path,
    *,
    jobs: int = 0,
    overlay: Mapping[str, bytes] | None = None,
) -> Report:
    """Analyse the project at `root`.

    `paths` choose files that are part of it in any case, and those of them that are files are parsed in
    any case. `overlay` maps root-relative paths to text that stands in for files. Raises `CatalogError`
    and `EstimateError` for tables of the configuration that cannot be used.
    """
    _check_prices(config)
    catalog = load_catalog(config.catalog, [_wrapper_row(wrapper) for wrapper in config.wrappers])
    indexed = index(root, _options(paths, config), catalog, jobs=jobs, overlay=overlay)
    clock = Clock()
    analysis = _analyse(indexed, catalog, config, root, clock)
    sites = analysis.sites if analysis is not None else ()
    suppressions = {p: d.suppressions for p, d in indexed.directives.items() if d.suppressions}
    return Report(
        root=str(root),
        sites=tuple(site for site, _, _ in sites),
        failures=indexed.failures,
        files=len(indexed.tree.files),
        suppressions=suppressions,
        statistics=_statistics(indexed, clock),
        analysis=analysis,
    )


def _analyse(indexed: Indexed, catalog: Catalog, config: Config, root: Path, clock: Clock) -> Analysis | None:
    """Everything after linking; None where the program has no call site."""
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
    roots = assertions.applied(finder.find(read_starts(root, indexed.tree.starters)))
    loops = Loops(linker, frozenset(finder.prompts))
    reach = Reach(linker, values, linker.matcher, loops, roots)
    roots += background_roots(linker, reach, places)
    reach = Reach(linker, values, linker.matcher, loops, roots)
    clock.lap("roots")
    judge = Judge(linker, loops, reach, places, roots, frozenset(finder.prompts), frozenset(finder.imported))
    judged = [(site, judge.judge(site)) for site in sites]
    clock.lap("judge")
    savings = _savings(judged, lambda: _pricing(values, loops, places, catalog, root, config))
    clock.lap("estimate")
    rows = tuple(
        (_site(catalog, places, site, judgement, saved), site, judgement)
        for (site, judgement), saved in zip(judged, savings, strict=True)
    )
    return Analysis(linker, catalog, places, judge.narrator, rows)


def _savings(
    judged: Sequence[tuple[CallSite, Judgement]], pricing: "Callable[[], Pricing]"
) -> list[Savings | None]:
    """The savings of each site; prices are loaded only where one has a saving."""
    if not any(judgement.verdict in PRICED for _, judgement in judged):
        return [None] * len(judged)
    made = pricing()
    return [made.savings(site, judgement) for site, judgement in judged]


def _pricing(
    values: Values, loops: Loops, places: Places, catalog: Catalog, root: Path, config: Config
) -> "Pricing":
    from batchlint.costing.pricing import Pricing

    return Pricing(values, loops, places, catalog, root, config)


class NoSiteError(Exception):
    """There is no call site at the line that was asked about; one line names the nearest."""


def explain(report: Report, path: str, line: int) -> str:
    """The whole story of the call site at a line of a root-relative path, in plain words; raises
    `NoSiteError` where there is none."""
    from batchlint.analysis.explain import Story, nearest

    analysis = report.analysis
    for site, call, judgement in analysis.sites if analysis is not None else ():
        if site.location.path == path and site.location.line <= line <= site.location.end_line:
            assert analysis is not None
            return Story(analysis.narrator, site, call, judgement).text()
    raise NoSiteError(nearest(report.sites, path, line))


def _options(paths: Sequence[Path], config: Config) -> DiscoverOptions:
    return DiscoverOptions(
        exclude=DEFAULT_EXCLUDE if config.exclude is None else tuple(config.exclude),
        extend_exclude=tuple(config.extend_exclude),
        respect_gitignore=config.respect_gitignore,
        explicit=() if config.force_exclude else tuple(p for p in paths if p.is_file()),
    )


def _check_prices(config: Config) -> None:
    """Complain about a price file that cannot be used even where nothing needs pricing."""
    if isinstance(config.prices, Path):
        from batchlint.estimate.overrides import read_overrides

        read_overrides(config.prices)


def _wrapper_row(wrapper: Wrapper) -> dict[str, object]:
    """A `[[tool.batchlint.wrappers]]` entry as a row of the catalog."""
    row: dict[str, object] = {"path": wrapper.call, "kind": wrapper.kind}
    if wrapper.provider != Wrapper("").provider:
        row["provider"] = wrapper.provider
    for name in ("model", "prompt", "output_limit"):
        if (selector := getattr(wrapper, name)) is not None:
            row[name] = selector
    if wrapper.is_async:
        row["is_async"] = True
    if not wrapper.batch:
        row |= {"batch": False, "reason": "the configuration says that its requests cannot be batched"}
    return row


def _statistics(indexed: Indexed, clock: Clock) -> dict[str, int | float]:
    linker = indexed.linker
    seconds = {
        f"seconds_{name}": round(value, 4) for name, value in {**indexed.seconds, **clock.seconds}.items()
    }
    return {
        "files": len(indexed.tree.files),
        "relevant_files": len(indexed.sources),
        "scopes": len(linker.scopes.all),
        "edges": len(linker.edges),
        **unresolved(linker),
        **seconds,
    }


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


def call_graph(path: Path, config: Config) -> Mapping[str, Sequence[str]]:
    """The call graph of a file or folder as adjacency lists (contract 2.3)."""
    from batchlint.program.graph import adjacency

    root = path if path.is_dir() else path.parent
    indexed = index(root, _options((path,), config), load_catalog(), everything=True)
    return adjacency(indexed.linker)
