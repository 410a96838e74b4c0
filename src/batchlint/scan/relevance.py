"""Which files can have to do with an LLM call, from import statements alone.

1. *Seeds* name a provider.
2. *Importers* import a seed, directly or not: whatever calls a seed is among them. The closure asks
   only those files that mention the name of a file already in it.
3. *Support* is what those files import, up to `SUPPORT_DEPTH` imports away: the definitions that are
   needed to link them. Modules that only re-export (`__init__.py`) do not count as a step.

Seeds without importers cost nothing more, and a project without seeds ends here. The depth is a bound
on what a distant corner of a large program costs; it is local, so that an edit elsewhere never changes
what is known about a file. The bound on all their text is not: it is for programs whose linking would
take more memory and time than a linter may, and what it leaves out is counted.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from batchlint.discover import ModuleIndex, is_test
from batchlint.scan.files import FileScan, ScanResult
from batchlint.scan.imports import imported_names, parse_imports

SUPPORT_DEPTH = 2

_WORDS = re.compile(rb"[^\s.,;()\"\\#]+")
# `from . import x`: names a package without its name.
_BARE_RELATIVE = re.compile(rb"from[ \t]*\.[. \t]*import")
_INIT = "__init__.py"


# How much text is linked at most: each byte of it takes about forty bytes of memory. The files that say
# most of providers for their size come first, then the nearest importers.
TEXT_MAX: Final = 9_000_000


class Relevant(NamedTuple):
    """The paths of the files to extract facts from, and the number of files left out because the program
    is too large; what only those lead to is not counted."""

    chosen: frozenset[str]
    left_out: int = 0


def relevant(
    result: ScanResult, index: ModuleIndex, *, seeds: Iterable[str] = (), everything: bool = False
) -> Relevant:
    """The files to extract facts from.

    `seeds` are further files to start from; `everything` takes all files, as a call graph needs. Unit tests
    call everything with stand-ins: only those that are seeds are among them.
    """
    if everything:
        return Relevant(frozenset(scan.path for scan in result.files))
    named = {scan.path: len(scan.named) for scan in result.files if scan.named}
    start = {*named, *seeds}
    if not start:
        return Relevant(frozenset())
    graph = _ImportGraph(result.files, index)
    start &= graph.paths
    room = _Room(result.files, start)
    taken = room.take(sorted(start, key=lambda path: (room.size(path) / named.get(path, 1), path)))
    importers = _importers(graph, taken, room)
    support = _support(graph, importers, room)
    chosen = (path for path in importers | support if path in start or not is_test(path))
    return Relevant(frozenset(chosen), room.left_out)


class _Room:
    """How much text may still be taken."""

    def __init__(self, files: Iterable[FileScan], seeds: set[str]) -> None:
        self._sizes = {scan.path: scan.size for scan in files if scan.path in seeds or not is_test(scan.path)}
        self._left = TEXT_MAX
        self.left_out = 0

    def size(self, path: str) -> int:
        """The text that a file takes."""
        return self._sizes.get(path, 0)

    def take(self, paths: Iterable[str]) -> set[str]:
        """Those of some files for which there is room."""
        taken: set[str] = set()
        for path in paths:
            size = self.size(path)
            if size <= self._left:
                self._left -= size
                taken.add(path)
            else:
                self.left_out += 1
        return taken


def _importers(graph: "_ImportGraph", seeds: set[str], room: _Room) -> set[str]:
    """The seeds and all files that import one of them, directly or not; in a very large program only the
    nearest of them."""
    found, seen = set(seeds), set(seeds)
    layer = seeds
    while layer and not room.left_out:
        farther: set[str] = set()
        for path in sorted(layer):
            for importer in graph.may_import(path):
                if importer not in seen and path in graph.imports(importer):
                    seen.add(importer)
                    farther.add(importer)
        layer = room.take(sorted(farther))
        found |= layer
    return found


def _support(graph: "_ImportGraph", importers: set[str], room: _Room) -> set[str]:
    """What the importers import, and what that imports, to the depth that linking needs."""
    found: set[str] = set()
    layer = importers
    for _ in range(SUPPORT_DEPTH):
        if room.left_out:
            break
        reached: set[str] = set()
        todo = sorted(layer)
        while todo:
            for path in graph.imports(todo.pop()):
                if path not in found and path not in importers and path not in reached:
                    reached.add(path)
                    if path.endswith(_INIT):
                        todo.append(path)
        layer = room.take(sorted(reached))
        found |= layer
    return found


class _ImportGraph:
    """The imports between files, worked out for the files that are asked about."""

    def __init__(self, files: Iterable[FileScan], index: ModuleIndex) -> None:
        self._index = index
        self._lines = {scan.path: scan.imports for scan in files}
        self.paths = self._lines.keys()
        self._imports: dict[str, frozenset[str]] = {}
        self._mentions: dict[bytes, list[str]] = {}
        self._mention_sets: dict[bytes, frozenset[str]] = {}
        self._bare: list[str] = []
        for path, lines in self._lines.items():
            for word in set(_WORDS.findall(lines)):
                self._mentions.setdefault(word, []).append(path)
            if _BARE_RELATIVE.search(lines):
                self._bare.append(path)

    def may_import(self, path: str) -> Iterable[str]:
        """The files whose import statements can mean the module at `path`, going by the words in them."""
        package, _, name = path.rpartition("/")
        bare: list[str] = []
        if name == _INIT:
            below = f"{package}/" if package else ""
            bare = [user for user in self._bare if user.startswith(below)]
            package, _, name = package.rpartition("/")
        users = self._mentions.get(_encoded(name.removesuffix(".pyw").removesuffix(".py")), [])
        if self._index.is_package(package) and not self._index.has_links:
            # Its package is named too, or it is where the importer is.
            named = self._mentioning(_encoded(package.rpartition("/")[2]))
            users = [user for user in users if user in named or user.startswith(f"{package}/")]
        return bare + users

    def _mentioning(self, word: bytes) -> frozenset[str]:
        if word not in self._mention_sets:
            self._mention_sets[word] = frozenset(self._mentions.get(word, ()))
        return self._mention_sets[word]

    def imports(self, path: str) -> frozenset[str]:
        """The files that the file at `path` imports."""
        if path not in self._imports:
            found = set(self._targets(path))
            found.discard(path)
            self._imports[path] = frozenset(found)
        return self._imports[path]

    def _targets(self, path: str) -> Iterator[str]:
        resolve = self._index.resolve
        for level, module, rest in parse_imports(self._lines[path]):
            if rest is None:  # binds the first part, so every package on the way can be used
                yield from filter(None, (resolve(path, name, 0) for name in _prefixes(module)))
                continue
            target = resolve(path, module, level)
            if target is not None and not target.endswith(_INIT):
                yield target
            elif level or target is not None or self._index.has_folder(module.rpartition(".")[2]):
                prefix = f"{module}." if module else ""
                submodules = [resolve(path, prefix + name, level) for name in imported_names(rest)]
                yield from filter(None, submodules)
                if target is not None and None in submodules:
                    yield target


def _prefixes(module: str) -> Iterator[str]:
    """`a.b.c`, `a.b` and `a`."""
    while module:
        yield module
        module = module.rpartition(".")[0]


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
