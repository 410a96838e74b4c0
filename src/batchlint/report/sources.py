"""The text behind locations, read when a reporter needs it."""

import os
from collections.abc import Mapping

from batchlint.text import LineIndex


class Sources:
    """The sources of a project by root-relative path; `overlay` holds those that are not on disk as
    analysed (standard input, a notebook's code cells)."""

    __slots__ = ("_indexes", "_overlay", "_root")

    def __init__(self, root: str, overlay: Mapping[str, bytes] | None = None) -> None:
        self._root = root
        self._overlay = overlay or {}
        self._indexes: dict[str, LineIndex | None] = {}

    def index(self, path: str) -> LineIndex | None:
        """The lines of a source, None where it cannot be read (any more) or has no lines of its own."""
        if path not in self._indexes:
            self._indexes[path] = self._read(path)
        return self._indexes[path]

    def raw(self, path: str) -> str | None:
        """The text as a reader without knowledge of Python decodes it: UTF-8, byte order mark kept."""
        data = self._overlay.get(path)
        if data is None:
            try:
                with open(os.path.join(self._root, path), "rb") as file:
                    data = file.read()
            except (OSError, ValueError):
                return None
        return data.decode("utf-8", "replace")

    def _read(self, path: str) -> LineIndex | None:
        if path in self._overlay:
            return LineIndex(self._overlay[path])
        try:
            with open(os.path.join(self._root, path), "rb") as file:
                data = file.read()
        except (OSError, ValueError):
            return None
        if path.endswith(".ipynb"):
            return None
        return LineIndex(_as_utf8(data))


def _as_utf8(data: bytes) -> bytes:
    """A Python source as UTF-8 without a byte order mark, by its own declaration of encoding."""
    import io
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding).encode("utf-8") if encoding != "utf-8" else data
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return data
