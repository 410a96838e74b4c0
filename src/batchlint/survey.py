"""Which files a program has and which of them can reach a model: discover, scan, relevance.

This is all that a run does when nothing has changed, so it parses nothing, and of a file that is known
from the run before it asks only the stamp. What is known of a project is one table in the store.
"""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from batchlint.cache import Stamp, Store, digest_of, lasting, stamp_of
from batchlint.catalog.world import World
from batchlint.clock import Clock
from batchlint.discover import DiscoverOptions, ModuleIndex, Tree, discover, read_bytes
from batchlint.finding import Failure
from batchlint.suppress import MARKER

if TYPE_CHECKING:
    from batchlint.scan import Relevant


class Row(NamedTuple):
    """What is known of one file without parsing it: its stamp (None: not to be relied upon), the digest of
    its text, what the scan found in it, its bytes, and whether it holds comments to batchlint."""

    stamp: Stamp | None
    digest: bytes
    named: tuple[str, ...]
    imports: bytes
    size: int
    is_marked: bool


class Survey:
    """The files of a program: `rows` are those that could be read, `chosen` those that are to be parsed,
    `left_out` those that matter and would make it too large; `seconds` are the times that the stages took."""

    def __init__(
        self,
        tree: Tree,
        rows: Mapping[str, Row],
        failures: tuple[Failure, ...],
        world: World,
        seconds: Mapping[str, float],
    ) -> None:
        self.tree = tree
        self.rows = rows
        self.failures = failures
        self.seconds = seconds
        self.chosen: frozenset[str] = frozenset()
        self.left_out = 0
        self._world = world

    @cached_property
    def modules(self) -> ModuleIndex:
        """The names of the program's modules."""
        tree = self.tree
        return ModuleIndex(tree.files, tree.projects, tree.links, self._world.matcher.roots)

    @cached_property
    def marked(self) -> tuple[str, ...]:
        """The paths of the files that hold comments to batchlint, sorted."""
        return tuple(sorted(path for path, row in self.rows.items() if row.is_marked))

    @cached_property
    def names_key(self) -> str:
        """A digest of the names of all files and folders that the walk found."""
        tree = self.tree
        return _digest([*tree.files, "\n", *tree.starters, "\n", *tree.projects, repr(tree.links)])

    @cached_property
    def key(self) -> str:
        """A digest of all that linking and judging take from here: the names of all files, the text of the
        chosen ones and of those with comments, and what could not be read."""
        paths = sorted({*self.chosen, *self.marked})
        texts = (f"{path}\0{self.rows[path].digest.hex()}" for path in paths)
        return _digest([self.names_key, *map(repr, self.failures), *texts])

    @cached_property
    def text_key(self) -> str:
        """A digest of the names and the text of all files."""
        texts = (f"{path}\0{row.digest.hex()}" for path, row in sorted(self.rows.items()))
        return _digest([self.names_key, *texts])


def survey(
    root: Path,
    options: DiscoverOptions,
    world: World,
    *,
    jobs: int = 0,
    everything: bool = False,
    overlay: Mapping[str, bytes] | None = None,
    store: Store | None = None,
) -> Survey:
    """Survey the project at `root`; with `everything`, files that reach no model are chosen too.

    `overlay` maps root-relative paths to text that stands in for the files.
    """
    started_ns = time.time_ns()
    clock = Clock()
    tree = discover(root, options)
    clock.lap("discover")
    overlay = overlay or {}
    # A file that is there and was not found is left out by the user's wish.
    new = {path for path in overlay if not (root / path).exists()}
    if new:
        tree = replace(tree, files=tuple(sorted({*tree.files, *new})))
    known = _Table.read(store, root, world)
    rows, failed = _Reading(root, overlay, known).rows(tree, world, jobs)
    found = Survey(tree, rows, (*tree.failures, *failed), world, clock.seconds)
    if everything:
        found.chosen = frozenset(rows)
    elif known.names_key == found.names_key and known.still_chooses(rows):
        found.chosen, found.left_out = known.chosen, known.left_out
    else:
        found.chosen, found.left_out = _chosen(found)
    clock.lap("scan")
    if store is not None and not overlay and not everything:
        _Table.of(found, started_ns).write(store, root, world, known)
    return found


def _chosen(found: Survey) -> "Relevant":
    """The files to parse."""
    from batchlint.scan import FileScan, Relevant, ScanResult, relevant

    if not any(row.named for row in found.rows.values()):
        return Relevant(frozenset())
    scans = tuple(FileScan(path, row.named, row.imports, row.size) for path, row in found.rows.items())
    return relevant(ScanResult(scans, ()), found.modules)


class _Reading:
    """Reads the files that are not known yet, or what stands in for them."""

    def __init__(self, root: Path, overlay: Mapping[str, bytes], known: "_Table") -> None:
        self._root = root
        self._overlay = overlay
        self._known = known.rows
        self._texts: dict[str, tuple[bytes, bool]] = {}

    def rows(self, tree: Tree, world: World, jobs: int) -> tuple[dict[str, Row], tuple[Failure, ...]]:
        """The rows of all files that can be read, in the tree's order, and the failures of the others."""
        rows: dict[str, Row | None] = {}
        stamps: dict[str, Stamp | None] = {}
        folder = os.path.join(self._root, "")
        for path in tree.files:
            row = self._known.get(path)
            stamp = stamps[path] = stamp_of(folder + path)
            is_known = row is not None and row.stamp is not None and row.stamp == stamp
            rows[path] = row if is_known and path not in self._overlay else None
        for path in [path for path, row in rows.items() if row is None]:
            rows[path] = self._same_text(path, stamps[path])
        unknown = [path for path, row in rows.items() if row is None]
        if not unknown:
            return {path: row for path, row in rows.items() if row is not None}, ()
        from batchlint.scan import needles_of, scan

        scanned = scan(unknown, self._read, needles_of(world.catalog), jobs)
        for found in scanned.files:
            digest, is_marked = self._texts[found.path]
            rows[found.path] = Row(
                stamps[found.path], digest, found.named, found.imports, found.size, is_marked
            )
        return {path: row for path, row in rows.items() if row is not None}, scanned.failures

    def _same_text(self, path: str, stamp: Stamp | None) -> Row | None:
        """The row of a known file whose stamp says nothing, where its text is the same."""
        row = self._known.get(path)
        if row is None or path in self._overlay:
            return None
        data = read_bytes(self._root, path)
        if isinstance(data, Failure) or digest_of(data) != row.digest:
            return None
        return row._replace(stamp=stamp)

    def _read(self, path: str) -> bytes | Failure:
        """The bytes of a file; threads call it."""
        found = self._overlay.get(path)
        data = read_bytes(self._root, path) if found is None else found
        if not isinstance(data, Failure):
            self._texts[path] = (digest_of(data), MARKER in data)
        return data


class _Table(NamedTuple):
    """What the run before knew of a project."""

    names_key: str
    rows: Mapping[str, Row]
    chosen: frozenset[str]
    left_out: int

    @classmethod
    def read(cls, store: Store | None, root: Path, world: World) -> "_Table":
        """The table of a project; an empty one where the store has none."""
        nothing = cls("", {}, frozenset(), 0)
        if store is None or world.identity is None:
            return nothing
        found = store.get("survey", str(root), world.identity)
        if not isinstance(found, tuple) or len(found) != len(cls._fields):
            return nothing
        names_key, rows, chosen, left_out = found
        return cls(names_key, {path: Row(*row) for path, row in rows.items()}, chosen, left_out)

    @classmethod
    def of(cls, found: Survey, started_ns: int) -> "_Table":
        """The table that a survey leaves."""
        rows = {p: row._replace(stamp=lasting(row.stamp, started_ns)) for p, row in found.rows.items()}
        return cls(found.names_key, rows, found.chosen, found.left_out)

    def still_chooses(self, rows: Mapping[str, Row]) -> bool:
        """Whether the files to parse are the same in what the scan found now."""
        from batchlint.scan import TEXT_MAX

        if self.left_out or sum(rows[path].size for path in self.chosen if path in rows) > TEXT_MAX:
            return False
        scans, before = (
            {path: (row.named, row.imports) for path, row in table.items()} for table in (rows, self.rows)
        )
        return scans == before

    def write(self, store: Store, root: Path, world: World, known: "_Table") -> None:
        """Keep the table where it says something new."""
        if world.identity is None or self == known:
            return
        rows = {path: tuple(row) for path, row in self.rows.items()}
        store.put(
            "survey", str(root), world.identity, value=(self.names_key, rows, self.chosen, self.left_out)
        )


def _digest(parts: Iterable[str]) -> str:
    return sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
