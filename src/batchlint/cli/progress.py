"""A line on standard error while a run takes longer than a second and a person is watching."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

DELAY_SECONDS = 1.0
_CLEAR = "\r\x1b[2K"


@contextmanager
def progress(is_quiet: bool) -> Iterator[None]:
    """Show that the run is alive while the block runs; nothing on a quiet run or without a terminal."""
    if is_quiet or not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_tick, args=(done, time.monotonic()), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _tick(done: threading.Event, start: float) -> None:
    shown = False
    while not done.wait(DELAY_SECONDS):
        sys.stderr.write(f"{_CLEAR}batchlint: analysing the project, {time.monotonic() - start:.0f} s")
        sys.stderr.flush()
        shown = True
    if shown:
        sys.stderr.write(_CLEAR)
        sys.stderr.flush()
