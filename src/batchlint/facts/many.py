"""The facts of many files: those of known texts from the store, the others extracted here or by processes."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Final

from batchlint.cache import NotPlainError, Store, build_id, dump, load, paused_collector
from batchlint.facts.extract import extract
from batchlint.facts.model import SCHEMA, FileFacts
from batchlint.text import Source

_KIND: Final = "facts"

# A process takes a fifth of a second to start, in which this one extracts a megabyte.
_BYTES_PER_PROCESS: Final = 3_000_000
_PROCESSES_MAX: Final = 8
_CHUNK_BYTES: Final = 250_000


def facts_of(
    sources: Sequence[Source], digests: Mapping[str, bytes], root: str, store: Store | None, jobs: int = 0
) -> list[FileFacts]:
    """The facts of sources, in their order, extracted by `jobs` processes (0: as many as pay).

    `digests` tell the texts apart by path. With a store, what it knows of the project at `root` is taken
    from there, and it is left knowing these files and no others.
    """
    if store is None:
        return [facts for facts, _ in _extracted(sources, jobs)]
    keys = [f"{source.path}\0{source.module}\0{digests[source.path].hex()}" for source in sources]
    pack = _pack(store.get(_KIND, root, build_id(), str(SCHEMA)))
    found = {key: facts for key in keys if (facts := _loaded(pack.get(key))) is not None}
    missing = {key: source for key, source in zip(keys, sources, strict=True) if key not in found}
    if missing or len(pack) != len(keys):
        made = dict(zip(missing, _extracted(list(missing.values()), jobs), strict=True))
        found |= {key: facts for key, (facts, _) in made.items()}
        new = {key: made[key][1] or dump(found[key]) if key in made else pack[key] for key in keys}
        store.put(_KIND, root, build_id(), str(SCHEMA), value=new)
    return [found[key] for key in keys]


def _pack(value: object) -> dict[str, bytes]:
    """What the store has of a project: facts as bytes, so that those of changed files are never built."""
    if isinstance(value, dict) and all(isinstance(data, bytes) for data in value.values()):
        return value
    return {}


def _loaded(data: bytes | None) -> FileFacts | None:
    if data is None:
        return None
    try:
        facts = load(data)
    except NotPlainError:
        return None
    return facts if isinstance(facts, FileFacts) else None


def _extracted(sources: Sequence[Source], jobs: int) -> list[tuple[FileFacts, bytes | None]]:
    """The facts of each source, and as bytes where a process sent them."""
    size = sum(len(source.text) for source in sources)
    pays = min(os.cpu_count() or 1, _PROCESSES_MAX, size // _BYTES_PER_PROCESS)
    processes = min(jobs or pays, len(sources))
    if processes > 1:
        try:
            return _in_processes(sources, processes)
        except (OSError, RuntimeError):
            pass  # no processes to be had, or one was killed: this one does it
    with paused_collector():
        return [(extract(source), None) for source in sources]


def _in_processes(sources: Sequence[Source], processes: int) -> list[tuple[FileFacts, bytes | None]]:
    from multiprocessing import get_context

    # A forked copy of a process with threads may hang; a new one is clean on every system.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        try:
            with _interrupts_held():
                futures = [pool.submit(_dumped, chunk) for chunk in _chunks(sources)]
            found = [data for future in futures for data in future.result()]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    with paused_collector():
        return [(facts, data) for data in found if isinstance(facts := load(data), FileFacts)]


def _dumped(sources: Sequence[Source]) -> list[bytes]:
    """What a process does."""
    with paused_collector():
        return [dump(extract(source)) for source in sources]


def _chunks(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """The sources in pieces of similar size."""
    chunk: list[Source] = []
    size = 0
    for source in sources:
        chunk.append(source)
        size += len(source.text)
        if size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes started while the block runs never see an interrupt from the keyboard, which goes to all
    processes of a terminal: this one stops them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
