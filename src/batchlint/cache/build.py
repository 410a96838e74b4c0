"""Which program an entry was written by: another version of batchlint or Python may mean something else."""

import os
import sys
from functools import cache
from hashlib import sha256

from batchlint import __version__

_PACKAGE = os.path.dirname(os.path.dirname(__file__))


@cache
def build_id() -> str:
    """A digest of batchlint's version, its own files as they are installed, and the Python that runs it.

    Files are told by size and time of change, so that a checkout under development never reads what it
    wrote before an edit of its code, its catalog or its prices.
    """
    parts = [__version__, sys.version, sys.platform, sys.byteorder]
    folders = [_PACKAGE]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                else:
                    status = entry.stat()
                    parts.append(f"{entry.path} {status.st_size} {status.st_mtime_ns}")
    return sha256("\n".join(sorted(parts)).encode("utf-8", "surrogateescape")).hexdigest()
