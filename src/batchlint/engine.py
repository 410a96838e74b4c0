"""The stages in order: what every command asks for.

survey → index → call sites, roots, judgement, savings (`pipeline`), or the report of an earlier run that
rests on the very same text. The stages are imported when something is left for them to do.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Final

from batchlint.cache import Seen, Store, digest_of, is_unchanged
from batchlint.catalog.world import World
from batchlint.clock import Clock
from batchlint.config import Config, Wrapper
from batchlint.discover import DEFAULT_EXCLUDE, DiscoverOptions
from batchlint.finding import Confidence, Failure, Site
from batchlint.survey import Survey, survey

if TYPE_CHECKING:
    from batchlint.pipeline import Analysis
    from batchlint.suppress import Suppression

_KIND: Final = "report"
_SECONDS: Final = "seconds_"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found: every call site with its verdict, and what could not be read.

    `suppressions` are the comments of every file that has some, `statistics` what the run counted, the
    seconds of its stages among them. `analysis` is what `explain` reads, None where there are no sites and
    where the report is that of an earlier run. `key` tells the text of the program and the settings that
    the report rests on from others; it is empty where they cannot be told.
    """

    root: str
    sites: tuple[Site, ...]
    failures: tuple[Failure, ...]
    files: int
    suppressions: "Mapping[str, tuple[Suppression, ...]]" = field(default_factory=dict)
    statistics: Mapping[str, int | float] = field(default_factory=dict)
    analysis: "Analysis | None" = field(default=None, compare=False, repr=False)
    key: str = field(default="", compare=False)


def analyse(
    paths: Sequence[Path],
    config: Config,
    root: Path,
    *,
    jobs: int = 0,
    overlay: Mapping[str, bytes] | None = None,
    store: Store | None = None,
    afresh: bool = False,
) -> Report:
    """Analyse the project at `root`.

    `paths` choose files that are part of it in any case, and those of them that are files are parsed in
    any case. `overlay` maps root-relative paths to text that stands in for files. With a `store`, what is
    known from earlier runs is taken from there, a whole report too unless the analysis is wanted `afresh`.
    Raises `CatalogError` and `EstimateError` for tables of the configuration that cannot be used.
    """
    run = _Run(root, config, World(config.catalog, _wrapper_rows(config), store), overlay or {}, jobs, store)
    options = _options(paths, config)
    found = survey(root, options, run.world, jobs=jobs, overlay=overlay, store=store)
    key = run.key(found)
    report = (None if afresh else run.kept(key)) or run.made(found, key)
    named = _named(root, options, run.overlay)
    if not named <= found.chosen:
        from batchlint.index import parse_failures

        more = parse_failures(root, found, named, run.overlay)
        report = replace(report, failures=(*report.failures, *more))
    statistics = {**report.statistics, **_seconds(found.seconds)}
    return replace(report, statistics=statistics, key=_digest(key, found.text_key) if key else "")


class _Run:
    """One run of the engine: what it is to analyse, and what it looks at besides the program."""

    def __init__(
        self,
        root: Path,
        config: Config,
        world: World,
        overlay: Mapping[str, bytes],
        jobs: int,
        store: Store | None,
    ) -> None:
        self.root = root
        self.config = config
        self.world = world
        self.overlay = overlay
        self.jobs = jobs
        self.store = store
        self.seen = Seen(str(root), time_ns())

    def key(self, found: Survey) -> str:
        """A digest of everything that a report rests on but what is `seen`; empty where it cannot be kept.

        Prices have dates of validity, so the day is part of it.
        """
        identity = self.world.identity
        if self.store is None or self.overlay or identity is None:
            return ""
        day = datetime.now(UTC).date().isoformat()
        return _digest(str(self.root), identity, day, repr(_of_analysis(self.config)), found.key)

    def kept(self, key: str) -> Report | None:
        """The report of an earlier run, where everything that it rests on is as it was."""
        value = self.store.get(_KIND, key) if self.store is not None and key else None
        if not isinstance(value, tuple) or len(value) != 2:
            return None
        sights, kept = value
        return Report(str(self.root), *kept) if is_unchanged(str(self.root), sights) else None

    def made(self, found: Survey, key: str) -> Report:
        """The report of this run, which is kept under the key."""
        self._check_prices()
        if not found.chosen and not found.marked:
            statistics = {"files": len(found.tree.files), "relevant_files": 0, "scopes": 0, "edges": 0}
            report = Report(str(self.root), (), found.failures, len(found.tree.files), {}, statistics)
            is_stable = True
        else:
            report, is_stable = self._judged(found)
        if key and is_stable and self.store is not None:
            counts = {n: v for n, v in report.statistics.items() if not n.startswith(_SECONDS)}
            kept = (report.sites, report.failures, report.files, dict(report.suppressions), counts)
            self.store.put(_KIND, key, value=(self.seen.sights, kept))
        return report

    def _judged(self, found: Survey) -> tuple[Report, bool]:
        """The report on linked and judged code, and whether no file changed meanwhile."""
        from batchlint.analysis.unresolved import unresolved
        from batchlint.index import link
        from batchlint.pipeline import judged

        indexed = link(self.root, found, self.world, jobs=self.jobs, overlay=self.overlay, store=self.store)
        clock = Clock()
        analysis = judged(indexed, self.world.catalog, self.config, self.root, self.seen, clock)
        linker = indexed.linker
        report = Report(
            root=str(self.root),
            sites=tuple(site for site, _, _ in analysis.sites) if analysis is not None else (),
            failures=indexed.failures,
            files=len(indexed.tree.files),
            suppressions={p: d.suppressions for p, d in indexed.directives.items() if d.suppressions},
            statistics={
                "files": len(indexed.tree.files),
                "relevant_files": len(indexed.sources),
                "files_left_out": found.left_out,
                "scopes": len(linker.scopes.all),
                "edges": len(linker.edges),
                **unresolved(linker),
                **_seconds(indexed.seconds),
                **_seconds(clock.seconds),
            },
            analysis=analysis,
        )
        return report, indexed.is_stable

    def _check_prices(self) -> None:
        """Complain about a price file that cannot be used even where nothing needs pricing."""
        if isinstance(self.config.prices, Path):
            from batchlint.estimate.overrides import read_overrides

            self.seen.note(str(self.config.prices))
            read_overrides(self.config.prices)


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


def call_graph(path: Path, config: Config) -> Mapping[str, Sequence[str]]:
    """The call graph of a file or folder as adjacency lists (contract 2.3)."""
    from batchlint.catalog.load import load_catalog
    from batchlint.index import index
    from batchlint.program.graph import adjacency

    root = path if path.is_dir() else path.parent
    indexed = index(root, _options((path,), config), load_catalog(), everything=True)
    return adjacency(indexed.linker)


def _options(paths: Sequence[Path], config: Config) -> DiscoverOptions:
    return DiscoverOptions(
        exclude=DEFAULT_EXCLUDE if config.exclude is None else tuple(config.exclude),
        extend_exclude=tuple(config.extend_exclude),
        respect_gitignore=config.respect_gitignore,
        explicit=() if config.force_exclude else tuple(p for p in paths if p.is_file()),
    )


def _named(root: Path, options: DiscoverOptions, overlay: Mapping[str, bytes]) -> set[str]:
    """The root-relative paths of the files that the user named."""
    real = os.path.realpath(root)
    named = (os.path.relpath(os.path.realpath(path), real) for path in options.explicit if path.is_file())
    return {path.replace(os.sep, "/") for path in named} | set(overlay)


def _of_analysis(config: Config) -> Config:
    """The settings without those that only say which findings are shown, and how."""
    return replace(
        config,
        path=None,
        selections=(),
        per_file_ignores=(),
        severity={},
        min_confidence=Confidence.LOW,
        output_format=None,
        baseline=None,
        cache=True,
        cache_dir=None,
        jobs=0,
    )


def _wrapper_rows(config: Config) -> list[dict[str, object]]:
    """The `[[tool.batchlint.wrappers]]` entries as rows of the catalog."""
    return [_wrapper_row(wrapper) for wrapper in config.wrappers]


def _wrapper_row(wrapper: Wrapper) -> dict[str, object]:
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


def _seconds(laps: Mapping[str, float]) -> dict[str, float]:
    """The times of stages under their names in the statistics."""
    return {f"{_SECONDS}{name}": round(seconds, 4) for name, seconds in laps.items()}


def _digest(*parts: str) -> str:
    return digest_of("\0".join(parts).encode("utf-8", "surrogateescape")).hex()
