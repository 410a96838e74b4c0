"""From a folder to a linked program: discover, scan, read, extract, link."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from batchlint.catalog.match import Matcher
from batchlint.catalog.model import Catalog
from batchlint.clock import Clock
from batchlint.discover import (
    DiscoverOptions,
    ModuleIndex,
    Tree,
    decode_source,
    discover,
    is_test,
    read_bytes,
)
from batchlint.facts import FileFacts, extract
from batchlint.finding import Failure
from batchlint.program.linker import Linker
from batchlint.scan import needles_of, relevant, scan
from batchlint.suppress import MARKER, Directives, parse_directives
from batchlint.text import Location, Source


@dataclass(frozen=True, slots=True)
class Indexed:
    """A project's linked program with what it was made from.

    `sources` holds the relevant files only, `directives` the comments to batchlint of all files that have
    some; `seconds` are the times that the stages took.
    """

    tree: Tree
    modules: ModuleIndex
    sources: Mapping[str, Source]
    linker: Linker
    failures: tuple[Failure, ...]
    directives: Mapping[str, Directives]
    seconds: Mapping[str, float]


def index(
    root: Path,
    options: DiscoverOptions,
    catalog: Catalog,
    *,
    jobs: int = 0,
    everything: bool = False,
    overlay: Mapping[str, bytes] | None = None,
) -> Indexed:
    """Read and link the project at `root`; with `everything`, the files that reach no model too.

    `overlay` maps root-relative paths to text that stands in for the files. Files among `options.explicit`
    are parsed even where no way to a model leads through them, so that their errors are known.
    """
    clock = Clock()
    reading = _Reading(root, overlay or {})
    tree = discover(root, options)
    # A file that is there and was not found is left out by the user's wish.
    new = {path for path in reading.overlay if not (root / path).exists()}
    tree = replace(tree, files=tuple(sorted({*tree.files, *new})))
    clock.lap("discover")
    matcher = Matcher(catalog, everything=everything)
    modules = ModuleIndex(tree.files, tree.projects, tree.links, matcher.roots)
    scanned = scan(tree.files, reading.read, needles_of(catalog), jobs)
    chosen = relevant(scanned, modules, everything=everything)
    if not everything:
        # Unit tests call everything with stand-ins; only those that name a provider say something.
        named = {found.path for found in scanned.files if found.named}
        chosen = frozenset(path for path in chosen if path in named or not is_test(path))
    clock.lap("scan")
    failures = [*tree.failures, *scanned.failures]
    sources: dict[str, Source] = {}
    facts: list[FileFacts] = []
    for path in sorted(chosen | _explicit(root, options, overlay or {}) & {f.path for f in scanned.files}):
        source = reading.source(path, modules)
        if isinstance(source, Failure):
            failures.append(source)
            continue
        found = extract(source)
        if found.failure is not None:
            line = found.failure_line
            failures.append(Failure(Location(path, line, 1, line, 1), found.failure))
        if path in chosen:
            sources[path] = source
            if found.scopes:
                facts.append(found)
    clock.lap("extract")
    linker = Linker(facts, modules, matcher)
    clock.lap("link")
    directives = reading.directives(sources, modules)
    return Indexed(tree, modules, sources, linker, tuple(failures), directives, clock.seconds)


def _explicit(root: Path, options: DiscoverOptions, overlay: Mapping[str, bytes]) -> set[str]:
    """The root-relative paths of the files that the user named."""
    real = os.path.realpath(root)
    named = (os.path.relpath(os.path.realpath(path), real) for path in options.explicit if path.is_file())
    return {path.replace(os.sep, "/") for path in named} | set(overlay)


class _Reading:
    """Reads files, or what stands in for them, and notes which of them speak to batchlint."""

    def __init__(self, root: Path, overlay: Mapping[str, bytes]) -> None:
        self.root = root
        self.overlay = overlay
        self.marked: list[str] = []

    def read(self, path: str) -> bytes | Failure:
        """The bytes of a file; threads may call it."""
        data = self.overlay.get(path)
        found = read_bytes(self.root, path) if data is None else data
        if not isinstance(found, Failure) and MARKER in found:
            self.marked.append(path)
        return found

    def source(self, path: str, modules: ModuleIndex) -> Source | Failure:
        """The decoded text of a file."""
        data = self.overlay.get(path)
        found = read_bytes(self.root, path) if data is None else data
        return found if isinstance(found, Failure) else decode_source(path, modules.name_of(path), found)

    def directives(self, sources: Mapping[str, Source], modules: ModuleIndex) -> dict[str, Directives]:
        """The comments of all files that the scan saw the marker in."""
        found: dict[str, Directives] = {}
        for path in sorted(self.marked):
            source = sources.get(path) or self.source(path, modules)
            if not isinstance(source, Failure):
                found[path] = parse_directives(source.text)
        return found
