"""The text behind locations, read when a reporter needs it."""

from collections.abc import Mapping
from pathlib import Path

from batchlint.discover.read import decode_source, read_bytes
from batchlint.finding import Failure
from batchlint.text import LineIndex, Source


class Sources:
    """The sources of a project by root-relative path; `overlay` holds those that are not on disk as
    analysed (standard input)."""

    __slots__ = ("_indexes", "_overlay", "_root", "_sources")

    def __init__(self, root: str, overlay: Mapping[str, bytes] | None = None) -> None:
        self._root = Path(root)
        self._overlay = overlay or {}
        self._sources: dict[str, Source | None] = {}
        self._indexes: dict[str, LineIndex] = {}

    def index(self, path: str) -> LineIndex | None:
        """The lines of a source as it was analysed (a notebook's code cells, joined), None where it
        cannot be read any more."""
        if path not in self._indexes:
            source = self._source(path)
            if source is None:
                return None
            self._indexes[path] = LineIndex(source.text)
        return self._indexes[path]

    def cell(self, path: str, line: int) -> tuple[int, int] | None:
        """The 1-based code cell of a notebook that a line is in, and the line in it; None elsewhere."""
        source = self._source(path) if path.endswith(".ipynb") else None
        starts = [start for start in source.cell_lines if start <= line] if source else []
        return (len(starts), line - starts[-1] + 1) if starts else None

    def raw(self, path: str) -> str | None:
        """The text as a reader without knowledge of Python decodes it: UTF-8, byte order mark kept."""
        data = self._bytes(path)
        return None if data is None else data.decode("utf-8", "replace")

    def _source(self, path: str) -> Source | None:
        if path not in self._sources:
            data = self._bytes(path)
            source = None if data is None else decode_source(path, "", data)
            self._sources[path] = source if isinstance(source, Source) else None
        return self._sources[path]

    def _bytes(self, path: str) -> bytes | None:
        if path in self._overlay:
            return self._overlay[path]
        data = read_bytes(self._root, path)
        return None if isinstance(data, Failure) else data
