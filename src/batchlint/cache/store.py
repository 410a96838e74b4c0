"""Entries on disk, by name. There is no lock: an entry is replaced in one step, and the last writer wins.

What is trusted: a folder and files that belong to the user who runs batchlint and that nobody else may
write. Everything else is left alone, and so is a file whose checksum is wrong. Even an entry that passes
cannot run code (`plain`), for a cache may have been carried here by a CI system. Nothing in this module
raises for what is on the disk, or for a disk that is full: a cache that does not work costs time only.
"""

import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from batchlint.cache.plain import NotPlainError, dump, load

TAG: Final = "CACHEDIR.TAG"
"""The file that marks a folder as a cache (https://bford.info/cachedir/); `clean` removes no other."""

TOTAL_BYTES_MAX: Final = 512_000_000
"""Beyond this the entries that were not used for longest are removed."""

_TAG_TEXT: Final = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file marks a cache that batchlint can make again.\n"
    "# See https://bford.info/cachedir/\n"
)
_SUFFIX: Final = ".entry"
_MAGIC: Final = b"batchlint cache 1\n"
_HEAD: Final = len(_MAGIC) + 32
# Temporary files of runs that were killed are removed after this time.
_STALE_SECONDS: Final = 3600
_MAY_BE_SHARED: Final = stat.S_IWGRP | stat.S_IWOTH
# No symbolic links, and no waiting for whoever writes into a pipe.
_READ: Final = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))


class Store:
    """The entries of one cache folder; made by `open_store`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, kind: str, *key: str) -> object:
        """The value that was put under a kind and key; None where there is none that can be used."""
        path = self._path(kind, key)
        data = _read_own(path)
        if data is None or not data.startswith(_MAGIC):
            return None
        body = data[_HEAD:]
        if sha256(body).digest() != data[len(_MAGIC) : _HEAD]:
            return None
        try:
            value = load(body)
        except NotPlainError:
            return None
        _mark_used(path)
        return value

    def put(self, kind: str, *key: str, value: object) -> None:
        """Keep a value under a kind and key, in place of what was there; without effect where the disk
        does not take it."""
        try:
            body = dump(value)
        except NotPlainError:
            return
        try:
            _replace(self._path(kind, key), _MAGIC + sha256(body).digest() + body)
            self._evict()
        except OSError:
            return

    def _path(self, kind: str, key: tuple[str, ...]) -> Path:
        name = sha256("\0".join(key).encode("utf-8", "surrogateescape")).hexdigest()[:40]
        return self._folder / f"{kind}-{name}{_SUFFIX}"

    def _evict(self) -> None:
        """Remove the entries that were not used for longest while there are too many."""
        entries = sorted(self._entries(), reverse=True)
        newest = entries[0][0] if entries else 0.0
        total = 0
        for used, size, path in entries:
            total += size
            is_stale = not path.endswith(_SUFFIX) and used < newest - _STALE_SECONDS
            if total > TOTAL_BYTES_MAX or is_stale:
                os.unlink(path)

    def _entries(self) -> Iterator[tuple[float, int, str]]:
        """When each entry was last used, its size and path; those of other runs vanish at any time."""
        with os.scandir(self._folder) as found:
            for entry in found:
                if entry.name.endswith((_SUFFIX, ".tmp")):
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    yield status.st_mtime, status.st_size, entry.path


def open_store(folder: Path) -> Store | None:
    """The store in a folder, which is made where it is missing.

    None where it cannot be made or written, and where it is not the user's alone.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(os.stat(folder)) or not os.access(folder, os.W_OK | os.X_OK):
            return None
        if not (folder / TAG).exists():
            # An ignore file, for a cache that is configured to lie in a work tree.
            _replace(folder / ".gitignore", b"*\n")
            _replace(folder / TAG, _TAG_TEXT.encode())
    except OSError:
        return None
    return Store(folder)


def _is_own(status: os.stat_result) -> bool:
    """Whether a file or folder is the user's and nobody else can write it, as far as the system tells."""
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _MAY_BE_SHARED


def _read_own(path: Path) -> bytes | None:
    """The content of a regular file of the user's own, None for any other."""
    try:
        with os.fdopen(os.open(path, _READ), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or not _is_own(status) or status.st_size > TOTAL_BYTES_MAX:
                return None
            return file.read()
    except OSError:
        return None


def _mark_used(path: Path) -> None:
    try:
        os.utime(path)
    except OSError:
        return


def _replace(path: Path, data: bytes) -> None:
    """Write a file in one step; raises OSError and leaves nothing behind where that fails."""
    from tempfile import mkstemp

    descriptor, name = mkstemp(suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
