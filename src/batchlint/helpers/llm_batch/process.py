"""What this process holds of the state folders, and when it counts as having used its results."""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path

from .store import Store

_stores: dict[tuple[int, Path], Store] = {}


def open_store(folder: str) -> Store:
    """Return this process's store for a state folder."""
    key = (os.getpid(), Path(folder).resolve())
    if key not in _stores:
        _stores[key] = Store(key[1])
    return _stores[key]


def finish() -> None:
    """Declare everything delivered so far as used, so that the same request, asked again, is sent anew.

    Happens by itself when the program ends without an exception; ``sys.exit`` counts as such an end. A
    process that runs for days calls it once results are safely stored. Until then, and for three days, a
    rerun gets them from disk.
    """
    for (pid, _), store in _stores.items():
        if pid == os.getpid() and not store.interrupted:
            store.retire_delivered()


@atexit.register
def _finish_at_exit() -> None:
    if getattr(sys, "last_value", None) is None:  # the interpreter sets it when an exception ends the program
        finish()
