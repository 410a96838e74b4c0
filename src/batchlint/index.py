"""From a folder to a linked program: discover, scan, read, extract, link."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from batchlint.catalog.match import Matcher
from batchlint.catalog.model import Catalog
from batchlint.discover import (
    DiscoverOptions,
    ModuleIndex,
    Tree,
    decode_source,
    discover,
    read_bytes,
)
from batchlint.facts import FileFacts, extract
from batchlint.finding import Failure
from batchlint.program.linker import Linker
from batchlint.scan import needles_of, relevant, scan
from batchlint.text import Location, Source


@dataclass(frozen=True, slots=True)
class Indexed:
    """A project's linked program with what it was made from; `sources` holds the relevant files only."""

    tree: Tree
    modules: ModuleIndex
    sources: Mapping[str, Source]
    linker: Linker
    failures: tuple[Failure, ...]


def is_test(path: str) -> bool:
    """Whether a path is one where test runners look for unit tests."""
    *folders, name = path.split("/")
    return (
        name.startswith("test_")
        or name.endswith("_test.py")
        or name in ("conftest.py", "tests.py")
        or any(folder in ("tests", "test", "testing") for folder in folders)
    )


def index(
    root: Path, options: DiscoverOptions, catalog: Catalog, *, jobs: int = 0, everything: bool = False
) -> Indexed:
    """Read and link the project at `root`; with `everything`, the files that reach no model too."""
    tree = discover(root, options)
    matcher = Matcher(catalog, everything=everything)
    modules = ModuleIndex(tree.files, tree.projects, tree.links, matcher.roots)
    scanned = scan(tree.files, lambda path: read_bytes(root, path), needles_of(catalog), jobs)
    failures = [*tree.failures, *scanned.failures]
    sources: dict[str, Source] = {}
    facts: list[FileFacts] = []
    chosen = relevant(scanned, modules, everything=everything)
    if not everything:
        # Unit tests call everything with stand-ins; only those that name a provider say something.
        named = {found.path for found in scanned.files if found.named}
        chosen = frozenset(path for path in chosen if path in named or not is_test(path))
    for path in sorted(chosen):
        data = read_bytes(root, path)
        source = data if isinstance(data, Failure) else decode_source(path, modules.name_of(path), data)
        if isinstance(source, Failure):
            failures.append(source)
            continue
        found = extract(source)
        if found.failure is not None:
            line = found.failure_line
            failures.append(Failure(Location(path, line, 1, line, 1), found.failure))
        sources[path] = source
        if found.scopes:
            facts.append(found)
    return Indexed(tree, modules, sources, Linker(facts, modules, matcher), tuple(failures))
