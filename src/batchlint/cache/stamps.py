"""Whether a file is still the one that was read: by its stamp, and where that leaves a doubt by content.

A stamp is what the file system says without reading. It changes with every write, except within the
resolution of the clock: a file that changed while or just before it was read keeps no stamp and is
compared by content the next time, as git does with its index ("racy git"). A file whose stamp changed
but whose content did not (a fresh checkout) is unchanged.
"""

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

# File systems keep times to at worst two seconds (FAT).
_RESOLUTION_NS = 2_000_000_000
_CHUNK = 1 << 20
# Nothing larger is read by a run, so nothing larger is compared by content.
_COMPARED_BYTES_MAX = 256_000_000


class Stamp(NamedTuple):
    """Size, times of change of content and of the entry, and number of a file."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int


def stamp_of(path: str) -> Stamp | None:
    """The stamp of the regular file at a path, symbolic links followed; None for anything else."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def lasting(stamp: Stamp | None, started_ns: int) -> Stamp | None:
    """The stamp where it can be relied upon after a run that started then, None where not."""
    if stamp is None or max(stamp.modified_ns, stamp.changed_ns) > started_ns - _RESOLUTION_NS:
        return None
    return stamp


def digest_of(data: bytes) -> bytes:
    """What tells contents apart."""
    return sha256(data).digest()


def _file_digest(path: str) -> bytes | None:
    found = sha256()
    try:
        with open(path, "rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    except (OSError, ValueError):
        return None
    return found.digest()


@dataclass(frozen=True, slots=True)
class Sight:
    """What was at a path: nothing, a folder (`is_folder`), or a file with this stamp and content.

    The digest of a file that is too large to compare is empty.
    """

    is_folder: bool = False
    stamp: Stamp | None = None
    digest: bytes | None = None

    def is_at(self, path: str) -> bool:
        """Whether the same is there now."""
        now = stamp_of(path)
        if self.digest is None:
            return now is None and os.path.isdir(path) is self.is_folder
        if now is None:
            return False
        return now == self.stamp or (self.digest != b"" and _file_digest(path) == self.digest)


class Seen:
    """What a run looked at besides the Python files of the program: schedules, prompts, data files, and
    places where such a file could have been.

    Paths are relative to the root or absolute. Each is looked at when it is first noted, which must be
    before the run reads it: what changes later is noticed then.
    """

    def __init__(self, root: str, started_ns: int) -> None:
        self._root = root
        self._started_ns = started_ns
        self._sights: dict[str, Sight] = {}

    def note(self, path: str) -> None:
        """Remember what is at a path."""
        if path not in self._sights:
            self._sights[path] = self._look(os.path.join(self._root, path))

    @property
    def sights(self) -> dict[str, Sight]:
        """What was where, by path."""
        return dict(self._sights)

    def _look(self, path: str) -> Sight:
        stamp = stamp_of(path)
        if stamp is None:
            return Sight(is_folder=os.path.isdir(path))
        digest = _file_digest(path) if stamp.size <= _COMPARED_BYTES_MAX else None
        return Sight(False, lasting(stamp, self._started_ns), digest or b"")


def is_unchanged(root: str, sights: dict[str, Sight]) -> bool:
    """Whether everything that a run looked at is as it was."""
    return all(sight.is_at(os.path.join(root, path)) for path, sight in sights.items())
