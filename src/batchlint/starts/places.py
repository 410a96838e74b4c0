"""What a path or module in a command means below the root.

A command may run in a container, on a server or in a folder that only exists at run time, so a name is
tried where the file says first, then beside the starter file, then from the root, and last by the
longest ending of an absolute path that exists. Nothing outside the root is ever looked at.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from batchlint.starts.model import ROOT, UNKNOWN, UnreadableError
from batchlint.text import Location

TEXT_BYTES_MAX = 1_000_000

# Folders of the operating system, which hold nothing of the project.
_SYSTEM = re.compile(r"/(?:usr/(?!src/|local/)|etc/|s?bin/|lib(?:64)?/|proc/|dev/|sys/)")


@dataclass(frozen=True, slots=True)
class Tree:
    """The project's files: `read` gives the bytes of a root-relative path or None, `exists` knows
    files and folders, `files` are the starter files of this run."""

    read: Callable[[str], bytes | None]
    exists: Callable[[str], bool]
    files: frozenset[str] = frozenset()

    def text(self, path: str) -> str | None:
        """The text of a file, undecodable bytes replaced; None if it is missing or over the limit."""
        data = self.read(path)
        if data is None or len(data) > TEXT_BYTES_MAX:
            return None
        return data.decode("utf-8-sig", "replace")

    def required(self, path: str) -> str:
        """The text of a file; raises `UnreadableError` where `text` has none."""
        text = self.text(path)
        if text is None:
            raise UnreadableError(f"is missing or larger than {TEXT_BYTES_MAX:,} bytes")
        return text

    def place(self, path: str, line: int) -> Location:
        """The place of a 1-based line, without the blanks around its text."""
        lines = _lines(self.text(path) or "")
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        stripped = text.strip()
        column = text.find(stripped) + 1
        return Location(path, line, column, line, column + len(stripped))


@dataclass(frozen=True, slots=True)
class Places:
    """The folders one starter file speaks of: its own, and those of a container mapped to the root's."""

    exists: Callable[[str], bool]
    folder: str = ""
    mounts: tuple[tuple[str, str], ...] = ()

    def find(self, path: str, directory: str) -> str | None:
        """The root-relative path that `path` means in `directory`; None if nothing below the root fits."""
        for candidate in self._candidates(path, directory):
            if UNKNOWN not in candidate and self.exists(candidate):
                return candidate
        return None

    def find_module(self, dotted: str, directories: tuple[str, ...]) -> tuple[str, ...]:
        """The file of a dotted module, looked for in `directories`, in `src` and where `find` looks."""
        stem = dotted.replace(".", "/")
        for directory in (*directories, posixpath.join(directories[0], "src") if directories else "src"):
            for path in (f"{stem}.py", f"{stem}/__main__.py", f"{stem}/__init__.py"):
                if found := self.find(path, directory):
                    return (found,)
        return ()

    def _candidates(self, path: str, directory: str) -> Iterator[str]:
        full = join(directory, path)
        if not is_outside(full):
            yield full
            relative = join("", path)
        else:
            yield from self._mounted(full)
            inside = is_outside(directory) and full.startswith(directory.rstrip("/") + "/")
            relative = full[len(directory) :].lstrip("/") if inside else ""
        if relative and not is_outside(relative):
            yield join(self.folder, relative)
            yield relative
        if is_outside(full) and not _SYSTEM.match(full):
            known = full.rsplit(UNKNOWN, 1)[-1].split("/")[1:] if UNKNOWN in full else full.split("/")[1:]
            for start in range(len(known)):
                ending = "/".join(known[start:])
                yield join(self.folder, ending)
                yield ending

    def _mounted(self, full: str) -> Iterator[str]:
        for inside, local in self.mounts:
            if full == inside or full.startswith(inside.rstrip("/") + "/"):
                yield join(local, full[len(inside) :].lstrip("/"))


@lru_cache(maxsize=8)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def is_outside(path: str) -> bool:
    """Whether a joined path leads to a place that is not known to be below the root."""
    return path.startswith(("/", "~", UNKNOWN))


def join(directory: str, path: str) -> str:
    """`path` seen from `directory`, normalised: root-relative without `./`, or outside (`is_outside`)."""
    if path.startswith(ROOT):
        directory, path = "", path[len(ROOT) :].lstrip("/")
    if not is_outside(path):
        path = f"{directory}/{path}" if directory else path
    normal = posixpath.normpath(path)
    if normal.startswith("//"):
        normal = normal[1:]
    if normal == ".." or normal.startswith("../"):
        return "/" + normal.replace("../", "").removeprefix("..")
    return "" if normal == "." else normal


def folder_of(path: str) -> str:
    """The folder of a root-relative path."""
    return posixpath.dirname(path)
