"""Edits of bytes: applying them, and writing files so that a crash leaves the old or the new text."""

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Edit(NamedTuple):
    """The bytes from `start` to `end` become `text`; `start == end` inserts."""

    start: int
    end: int
    text: str


class OverlapError(ValueError):
    """Two edits change the same bytes."""


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with all edits made; insertions at one place keep their order.

    Raises OverlapError where edits overlap.
    """
    parts: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < at or edit.end < edit.start:
            raise OverlapError(f"edits overlap at byte {edit.start}")
        parts += [data[at : edit.start], edit.text.encode()]
        at = edit.end
    return b"".join([*parts, data[at:]])


def is_outside_kept(old: bytes, new: bytes, edits: Sequence[Edit]) -> bool:
    """Whether everything outside of the edits' spans is in the new bytes as it was, in order."""
    at = 0
    position = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        kept = old[at : edit.start]
        if new[position : position + len(kept)] != kept:
            return False
        position += len(kept) + len(edit.text.encode())
        at = edit.end
    return new[position:] == old[at:]


def write_all(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files, all or none as far as a file system can: every text is on disk under a temporary name
    before the first file is replaced, and what was replaced is put back when a replacement fails.

    Permissions of replaced files are kept. Raises OSError.
    """
    staged: list[tuple[Path, Path]] = []
    replaced: list[tuple[Path, bytes | None]] = []
    try:
        for path, data in files.items():
            target = (root / path).resolve()
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.append((_stage(target, data), target))
        for temporary, target in staged:
            replaced.append((target, target.read_bytes() if target.exists() else None))
            os.replace(temporary, target)
    except OSError:
        for target, old in replaced:
            if old is None:
                target.unlink(missing_ok=True)
            elif target.read_bytes() != old:
                os.replace(_stage(target, old), target)
        raise
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def _stage(target: Path, data: bytes) -> Path:
    """Write bytes beside a target, with its permissions, and wait until they are on disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, target.stat().st_mode if target.exists() else 0o666 & ~_umask())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
