"""One pass over the bytes of all files: which providers they name, and what they import."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from batchlint.finding import Failure
from batchlint.scan.imports import (
    WORD,
    import_lines,
    imported_names,
    names_in_strings,
    parse_imports,
)
from batchlint.scan.needles import Needles

# Fewer files are read before a second thread has started.
_BATCH = 64
# Reading and matching run without the interpreter's lock, the rest does not: more threads only wait.
_THREADS_MAX = 4

# What may stand on either side of an imported module's name.
_BEFORE = b' \t\f\n.,("\\'
_AFTER = b' \t\f\n.,);"\\#'


@dataclass(frozen=True, slots=True)
class FileScan:
    """One file: the needles in it, its import statements as `parse_imports` reads them, and its bytes."""

    path: str
    named: tuple[str, ...]
    imports: bytes
    size: int


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The files that could be read, in the order they were given, and the failures of the others."""

    files: tuple[FileScan, ...]
    failures: tuple[Failure, ...]


def scan(
    files: Sequence[str], read: Callable[[str], bytes | Failure], needles: Needles, jobs: int = 0
) -> ScanResult:
    """Scan files. `read` gives the bytes of a path and is called from `jobs` threads (0: as many as pay)."""
    scanner = _Scanner(read, needles)
    batches = [files[at : at + _BATCH] for at in range(0, len(files), _BATCH)]
    threads = min(jobs or min(os.cpu_count() or 1, _THREADS_MAX), len(batches))
    if threads > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            scanned = list(pool.map(scanner.batch, batches))
    else:
        scanned = [scanner.batch(batch) for batch in batches]
    found = [result for batch in scanned for result in batch]
    return ScanResult(
        tuple(result for result in found if isinstance(result, FileScan)),
        tuple(result for result in found if isinstance(result, Failure)),
    )


class _Scanner:
    """The automata of one scan; they do not change, so threads share them."""

    def __init__(self, read: Callable[[str], bytes | Failure], needles: Needles) -> None:
        from ahocorasick_rs import BytesAhoCorasick, Implementation

        self._read = read
        self._texts = needles.texts
        self._roots = frozenset(needles.roots)
        self._paths = needles.paths
        self._calls = needles.calls
        # Left to itself the library takes, for more than 100 words, an automaton that is smaller and three
        # times slower; this one is built in a millisecond and searches 600 MB/s.
        self._find = BytesAhoCorasick(
            [WORD, *(text.encode() for text in (*needles.texts, *needles.starters))],
            implementation=Implementation.DFA,
        )
        words = sorted({root.rpartition(".")[2].encode() for root in needles.roots})
        self._find_root = BytesAhoCorasick(words) if words else None

    def batch(self, paths: Sequence[str]) -> list[FileScan | Failure]:
        return [self._file(path) for path in paths]

    def _file(self, path: str) -> FileScan | Failure:
        data = self._read(path)
        if isinstance(data, Failure):
            return data
        size = len(data)
        if path.endswith(".ipynb"):  # code in JSON strings
            data = data.replace(b"\\n", b"\n").replace(b'\\"', b'"')
        elif b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        hits = self._find.find_matches_as_indexes(data, overlapping=True)
        imports = import_lines(data, [start for needle, start, _ in hits if not needle])
        needles = {needle - 1 for needle, _, _ in hits if needle}
        named = {self._texts[needle] for needle in needles if needle < len(self._texts)}
        if len(named) < len(needles):
            imports = b"\n".join(filter(None, (imports, names_in_strings(data))))
        if imports and self._names_root(imports):
            named |= self._roots_of(imports, data)
        return FileScan(path, tuple(sorted(named)), imports, size)

    def _names_root(self, imports: bytes) -> bool:
        """Whether the last word of a root occurs: a cheap question that most files answer with no."""
        if self._find_root is None:
            return False
        return any(
            (not start or imports[start - 1] in _BEFORE) and (end == len(imports) or imports[end] in _AFTER)
            for _, start, end in self._find_root.find_matches_as_indexes(imports, overlapping=True)
        )

    def _roots_of(self, imports: bytes, data: bytes) -> set[str]:
        """The roots of which the file imports a client or call, or a call's shape stands in it."""
        found: set[str] = set()
        others: set[str] = set()
        for level, module, rest in parse_imports(imports):
            if level:
                continue
            names = [] if rest is None else list(imported_names(rest))
            roots = {f"{module}.{name}" for name in names} & self._roots
            dotted = module
            while dotted:
                if dotted in self._roots:
                    roots.add(dotted)
                dotted = dotted.rpartition(".")[0]
            if roots:
                leads = rest is None or any(self._leads(module, name) for name in names)
                (found if leads else others).update(roots)
        for root in others - found:
            if any(call in data for call in self._calls.get(root, ())):
                found.add(root)
        return found

    def _leads(self, module: str, name: str) -> bool:
        """Whether a client or call begins with what an import binds."""
        if self._paths is None:
            return True
        path = tuple(module.split(".")) if name == "*" else (*module.split("."), name)
        return self._paths.reach(path) is not None
