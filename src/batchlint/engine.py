"""The stages in order: what every command asks for.

discover → scan → extract → link → find call sites → find roots → judge → estimate
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from batchlint.analysis.callsites import CallSite, CallSites
from batchlint.analysis.judge import Judge, Judgement, background_roots
from batchlint.analysis.loops import Loops
from batchlint.analysis.places import Places
from batchlint.analysis.reach import Reach
from batchlint.analysis.roots import Roots
from batchlint.analysis.values import Values
from batchlint.catalog.load import load_catalog
from batchlint.catalog.model import Catalog, Kind
from batchlint.config import Config
from batchlint.discover import DEFAULT_EXCLUDE, DiscoverOptions
from batchlint.finding import Failure, FixKind, Site
from batchlint.index import Indexed, index
from batchlint.suppress import Suppression, parse_directives


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found: every call site with its verdict, and what could not be read.

    `suppressions` are the comments of every file that has some, `statistics` what the run counted.
    """

    root: str
    sites: tuple[Site, ...]
    failures: tuple[Failure, ...]
    files: int
    suppressions: Mapping[str, tuple[Suppression, ...]] = field(default_factory=dict)
    statistics: Mapping[str, int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Analysis:
    """A run with all that `explain` tells of."""

    indexed: Indexed
    catalog: Catalog
    places: Places
    sites: tuple[tuple[CallSite, Judgement], ...]


def analyse(
    paths: Sequence[Path],
    config: Config,
    root: Path | None,
    *,
    jobs: int = 0,
    overlay: Mapping[str, bytes] | None = None,
) -> Report:
    """Analyse the project at `root`; `paths` choose files that are part of it in any case, `overlay` is
    text that stands in for files."""
    assert root is not None
    found = _analyse(paths, config, root, jobs)
    del overlay
    sites = tuple(
        _site(found, site, judgement) for site, judgement in found.sites if site.kind is not Kind.BATCH
    )
    indexed = found.indexed
    suppressions = {
        path: directives.suppressions
        for path, source in indexed.sources.items()
        if (directives := parse_directives(source.text)).suppressions
    }
    statistics: dict[str, int | float] = {
        "files": len(indexed.tree.files),
        "relevant_files": len(indexed.sources),
        "scopes": len(indexed.linker.scopes.all),
        "edges": len(indexed.linker.edges),
        "sites": len(sites),
    }
    return Report(str(root), sites, indexed.failures, len(indexed.tree.files), suppressions, statistics)


def _analyse(paths: Sequence[Path], config: Config, root: Path, jobs: int) -> Analysis:
    from batchlint.starts import read_starts

    catalog = load_catalog()
    indexed = index(root, _options(paths, config), catalog, jobs=jobs)
    linker = indexed.linker
    matcher = linker.matcher
    values = Values(linker)
    places = Places(linker, indexed.sources)
    sites = CallSites(linker, values, catalog).find()
    if not sites:
        return Analysis(indexed, catalog, places, ())
    starts = read_starts(root, indexed.tree.starters)
    roots_finder = Roots(linker, values, places, matcher)
    roots = roots_finder.find(starts)
    prompts = frozenset(roots_finder.prompts)
    loops = Loops(linker, prompts)
    reach = Reach(linker, matcher, loops, roots)
    roots += background_roots(linker, reach, places)
    reach = Reach(linker, matcher, loops, roots)
    judge = Judge(linker, loops, reach, places, roots, prompts)
    return Analysis(indexed, catalog, places, tuple((site, judge.judge(site)) for site in sites))


def _options(paths: Sequence[Path], config: Config) -> DiscoverOptions:
    return DiscoverOptions(
        exclude=DEFAULT_EXCLUDE if config.exclude is None else tuple(config.exclude),
        extend_exclude=tuple(config.extend_exclude),
        respect_gitignore=config.respect_gitignore,
        explicit=() if config.force_exclude else tuple(p for p in paths if p.is_file()),
    )


def _site(found: Analysis, site: CallSite, judgement: Judgement) -> Site:
    providers = {provider.name: provider for provider in found.catalog.providers}
    billed = providers.get(site.vendor or "") or providers.get(site.provider)
    model = site.models[0] if len(site.models) == 1 else None
    flexible = billed.batch_api.flex_models if billed is not None and billed.batch_api else ()
    return Site(
        location=found.places.call(site.scope, site.call),
        function=found.places.name(site.scope),
        provider=site.provider,
        vendor=site.vendor,
        operation=site.name,
        is_async=site.is_async,
        is_streaming=site.is_streaming,
        model=model,
        verdict=judgement.verdict,
        confidence=judgement.confidence,
        category=judgement.category,
        shape=judgement.shape,
        witness=judgement.witness,
        obstacles=judgement.obstacles,
        savings=None,
        fix=FixKind.NONE,
        roots=tuple(sorted({way.root.kind.value for way in judgement.offline})),
        title=billed.title if billed is not None else site.provider,
        flex=model is not None and any(fnmatchcase(model, pattern) for pattern in flexible),
        fan_out=site.is_fan_out,
    )


def call_graph(path: Path, config: Config) -> Mapping[str, Sequence[str]]:
    """The call graph of a file or folder as adjacency lists (contract 2.3)."""
    from batchlint.program.graph import adjacency

    root = path if path.is_dir() else path.parent
    indexed = index(root, _options((path,), config), load_catalog(), everything=True)
    return adjacency(indexed.linker)
