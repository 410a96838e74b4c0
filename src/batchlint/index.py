"""From surveyed files to a linked program: read, extract, link."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from batchlint.cache import Store, digest_of
from batchlint.catalog.model import Catalog
from batchlint.catalog.world import World
from batchlint.clock import Clock
from batchlint.discover import DiscoverOptions, ModuleIndex, Tree, decode_source, read_bytes
from batchlint.facts import FileFacts, extract
from batchlint.facts.many import facts_of
from batchlint.finding import Failure
from batchlint.program.linker import Linker
from batchlint.suppress import Directives, parse_directives
from batchlint.survey import Survey, survey
from batchlint.text import Location, Source


@dataclass(frozen=True, slots=True)
class Indexed:
    """A project's linked program with what it was made from.

    `sources` holds the relevant files only, `directives` the comments to batchlint of all files that have
    some; `seconds` are the times that the stages took. `is_stable` says that no file changed meanwhile.
    """

    tree: Tree
    modules: ModuleIndex
    sources: Mapping[str, Source]
    linker: Linker
    failures: tuple[Failure, ...]
    directives: Mapping[str, Directives]
    seconds: Mapping[str, float]
    is_stable: bool


def index(
    root: Path,
    options: DiscoverOptions,
    catalog: Catalog,
    *,
    jobs: int = 0,
    everything: bool = False,
) -> Indexed:
    """Read and link the project at `root`; with `everything`, the files that reach no model too."""
    world = World.holding(catalog, everything=everything)
    found = survey(root, options, world, jobs=jobs, everything=everything)
    return link(root, found, world, jobs=jobs)


def link(
    root: Path,
    found: Survey,
    world: World,
    *,
    jobs: int = 0,
    overlay: Mapping[str, bytes] | None = None,
    store: Store | None = None,
) -> Indexed:
    """Extract the facts of the chosen files of a survey and link them; `overlay` is that of the survey."""
    clock = Clock()
    reading = _Reading(root, overlay or {}, found)
    sources, failures = reading.sources(sorted(found.chosen))
    facts = facts_of(sources, reading.digests, str(root), store, jobs)
    failures += [failure_of(of_file) for of_file in facts if of_file.failure is not None]
    clock.lap("extract")
    linker = Linker([of_file for of_file in facts if of_file.scopes], found.modules, world.matcher)
    clock.lap("link")
    return Indexed(
        found.tree,
        found.modules,
        {source.path: source for source in sources},
        linker,
        (*found.failures, *failures),
        reading.directives(),
        clock.seconds,
        reading.is_stable,
    )


def parse_failures(
    root: Path, found: Survey, paths: set[str], overlay: Mapping[str, bytes]
) -> tuple[Failure, ...]:
    """Why those of some files that are not chosen, and so not parsed by `link`, cannot be parsed."""
    sources, failures = _Reading(root, overlay, found).sources(
        sorted(paths & found.rows.keys() - found.chosen)
    )
    facts = (extract(source) for source in sources)
    return (*failures, *(failure_of(of_file) for of_file in facts if of_file.failure is not None))


def failure_of(facts: FileFacts) -> Failure:
    """The failure of a file that could not be parsed."""
    line = facts.failure_line
    return Failure(Location(facts.path, line, 1, line, 1), facts.failure or "")


class _Reading:
    """Reads files once more to parse them, or what stands in for them, and notices those that changed."""

    def __init__(self, root: Path, overlay: Mapping[str, bytes], found: Survey) -> None:
        self._root = root
        self._overlay = overlay
        self._found = found
        self._sources: dict[str, Source | Failure] = {}
        self.digests: dict[str, bytes] = {}
        self.is_stable = True

    def sources(self, paths: list[str]) -> tuple[list[Source], list[Failure]]:
        """The decoded files, and the failures of those that cannot be."""
        found = [self._source(path) for path in paths]
        return [s for s in found if isinstance(s, Source)], [s for s in found if isinstance(s, Failure)]

    def directives(self) -> dict[str, Directives]:
        """The comments of all files that the scan saw the marker in."""
        sources, _ = self.sources(list(self._found.marked))
        return {source.path: parse_directives(source.text) for source in sources}

    def _source(self, path: str) -> Source | Failure:
        if path not in self._sources:
            overlaid = self._overlay.get(path)
            data = read_bytes(self._root, path) if overlaid is None else overlaid
            if isinstance(data, Failure):
                self.is_stable = False
                return data
            self.digests[path] = digest_of(data)
            self.is_stable &= self.digests[path] == self._found.rows[path].digest
            self._sources[path] = decode_source(path, self._found.modules.name_of(path), data)
        return self._sources[path]
