"""Batches on disk: what makes a run resumable after a crash.

The state folder (``LLM_BATCH_DIR``, default ``.llm_batch``) holds one folder per batch::

    20261125-185409-openai-3fa2b1c04d5e/
        requests.jsonl   one request a line, as the provider gets it; first field: id, last field: body
        log.jsonl        one line per step (planned, intent, batch id ...), on disk before the next step
        results.jsonl    one result a line: {"id": ..., "status": 200, "body": ...}
        lock             held by the process that waits for the batch, so that two runs never share one
    done/                batches whose results a program has used

All of it is removed after 30 days. Prompts and answers stand there in clear text, API keys never do.
A request's id begins with a hash of all that is sent: by that, a later run finds the request again.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import shutil
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

KEEP_SECONDS = 30 * 86400
_mutex = threading.RLock()  # several threads may run batches at once
UNANSWERED = 0  # status of a request the provider did not run: expired, or missing from the results
CANCELLED = 499  # status of a request that somebody cancelled; never sent again
FINAL = frozenset({200, 400, 413, 422})  # a rerun takes these answers from disk: the request made them so
ACCOUNT_WORDS = re.compile("billing|credit|quota")  # ... unless it was the account


class RunError(RuntimeError):
    """Something is wrong with the run as a whole; never raised inside a step."""


class AlreadyRunningError(RunError):
    """A living process is waiting for the same requests; asking again would pay twice."""


class Reply(NamedTuple):
    """What the provider answered to one request: an HTTP status (or one of ours) and a JSON body."""

    status: int
    body: Any


def read_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield (offset, value) for each line of a JSONL file, leaving out lines torn by a crash."""
    offset = 0
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:  # splits on b"\n" only, never on U+2028
            with contextlib.suppress(ValueError):
                yield offset, json.loads(line)
            offset += len(line)


def lock_file(path: Path, *, wait: bool = False) -> BinaryIO | None:
    """Lock a file until it is closed or the process dies; None if another process holds it."""
    file = path.open("ab+")
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


class Batch:
    """One batch: the facts logged so far, the ids of its requests, and the place of each result."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests = folder / "requests.jsonl"
        self.weight = self.size = 0
        self._file: BinaryIO | None = None
        self._lock: BinaryIO | None = None
        self._read()

    def _read(self) -> None:
        self.facts: dict[str, Any] = {}
        self.used: set[str] = set()
        for _, entry in read_lines(self.folder / "log.jsonl"):
            self.used.update(entry.pop("used", ()))
            self.facts.update(entry)
        self.ids = [next(iter(line.values())) for _, line in read_lines(self.requests)]
        results = read_lines(self.folder / "results.jsonl")
        self.places = {line["id"]: (offset, line["status"]) for offset, line in results}

    @property
    def group(self) -> dict[str, Any]:
        """What all requests of the batch share: provider, host, endpoint, model, batch-level options."""
        group: dict[str, Any] = self.facts["group"]
        return group

    @property
    def token(self) -> str:
        """A name unique to this batch, by which it can be found at the provider."""
        return self.folder.name.rpartition("-")[2]

    def lock(self) -> bool:
        """Take the batch for this process, as it is on disk by now; False if another process has it."""
        if not self._lock and self.folder.is_dir():
            self._lock = lock_file(self.folder / "lock")
            if self._lock:
                self._read()
                if self.facts:  # this also ends a line that the previous process died in
                    self.note(process=os.getpid())
        return self._lock is not None

    def unlock(self) -> None:
        """Leave the batch to whoever asks for its requests next."""
        if self._lock:
            self._lock.close()
        self._lock = None

    def add(self, key: str, line: bytes, weight: int) -> None:
        """Write a request; at once, so that memory does not grow with what is asked."""
        self._file = self._file or self.requests.open("wb")
        self._file.write(line + b"\n")
        self.ids.append(key)
        self.size += len(line) + 1
        self.weight += weight

    def plan(self) -> None:
        """Close the batch for further requests; it is on disk when this returns."""
        if self._file:
            _sync(self._file)
            self._file.close()
        self.note(group=self.group, count=len(self.ids), process=os.getpid())

    def note(self, **facts: Any) -> None:
        """Append facts to the log; they are on disk when this returns."""
        stamped = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **facts}
        with (self.folder / "log.jsonl").open("ab") as file:
            file.write(json.dumps(stamped).encode() + b"\n")
            _sync(file)
        self.used.update(facts.pop("used", ()))
        self.facts.update(facts)

    def bodies(self) -> Iterator[tuple[str, Any]]:
        """Yield (id, body) for each request."""
        for _, line in read_lines(self.requests):
            fields = list(line.values())
            yield fields[0], fields[-1]

    async def record(self, results: AsyncIterator[tuple[str, Reply]], missing: Reply) -> None:
        """Write the results, all or none of them; ``missing`` stands for those that did not come."""
        left = dict.fromkeys(self.ids)
        places = {}
        path = self.folder / "results.part"
        with path.open("wb") as file:

            def write(key: str, reply: Reply) -> None:
                places[key] = (file.tell(), reply.status)
                line = {"id": key, "status": reply.status, "body": reply.body}
                file.write(json.dumps(line).encode() + b"\n")

            async for key, reply in results:
                if key in left:
                    write(key, reply)
                    del left[key]
            for key in left:
                write(key, missing)
            _sync(file)
        os.replace(path, self.folder / "results.jsonl")
        self.places = places

    def reply(self, key: str) -> Reply:
        """Read the answer to one request; UNANSWERED if there is none yet."""
        if key not in self.places:
            return Reply(UNANSWERED, {"error": {"message": "no result yet"}})
        with (self.folder / "results.jsonl").open("rb") as file:
            file.seek(self.places[key][0])
            line = json.loads(file.readline())
        return Reply(line["status"], line["body"])

    def answers(self, key: str) -> bool:
        """Whether the same request, asked again, shares the fate of this one: it runs, or has its answer."""
        if key in self.used or not self.facts.get("intent"):
            return False
        if key not in self.places:
            return True
        status, body = self.reply(key)
        return status == 200 or (status in FINAL and not ACCOUNT_WORDS.search(json.dumps(body).lower()))


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


class Store:
    """The batches of one state folder, and which of their requests can answer the same ones asked again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.batches: dict[str, Batch] = {}
        self.delivered: list[tuple[Batch, str]] = []
        self.interrupted = False
        self._free: dict[str, list[tuple[Batch, str]]] = {}
        (folder / "done").mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        for old in (folder / "done").iterdir():
            if old.stat().st_mtime < time.time() - KEEP_SECONDS:
                shutil.rmtree(old, ignore_errors=True)

    @contextlib.contextmanager
    def refreshed(self) -> Iterator[None]:
        """Learn of batches that other processes made, and keep them from making more meanwhile."""
        with lock_file(self.folder / "lock", wait=True) or contextlib.nullcontext():
            for requests in sorted(self.folder.glob("*/requests.jsonl")):
                if requests.parent.name not in self.batches:
                    self._discover(Batch(requests.parent))
            yield

    def _discover(self, batch: Batch) -> None:
        since = batch.facts.get("intent") or 0  # without intent, nothing was created and nothing is paid
        if since < time.time() - KEEP_SECONDS and batch.lock():
            self.drop(batch)
        elif batch.facts:
            self.batches[batch.folder.name] = batch
            for key in batch.ids:
                self.release(batch, key)

    def release(self, batch: Batch, key: str) -> None:
        """Let a request on disk answer the next one of the same content."""
        self._free.setdefault(key.partition("-")[0], []).append((batch, key))

    def claim(self, content: str) -> tuple[Batch, str] | None:
        """Return a request of this content; AlreadyRunningError if another process waits for one."""
        free = self._free.get(content, [])
        with _mutex:
            while free:
                batch, key = free[-1]
                if not batch.lock() and batch.folder.is_dir():
                    raise AlreadyRunningError(
                        f"process {batch.facts['process']} is already waiting for the same requests; asking "
                        "again would pay twice. Wait for it, or give this program its own LLM_BATCH_DIR"
                    )
                free.pop()
                if batch.answers(key):
                    return batch, key
        return None

    def refuse_clash(self, batches: list[Batch]) -> None:
        """Raise AlreadyRunningError if another process has planned one of these requests meanwhile."""
        if any(self._free.get(key.partition("-")[0]) for batch in batches for key in batch.ids):
            raise AlreadyRunningError("another process has just asked for the same requests; run again later")

    def new_batch(self, group: dict[str, Any]) -> Batch:
        """Make an empty batch; nobody else sees it before it is planned."""
        started = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        batch = Batch(self.folder / f"{started}-{group['provider']}-{uuid.uuid4().hex[:12]}")
        batch.folder.mkdir()
        batch.lock()
        batch.facts["group"] = group
        self.batches[batch.folder.name] = batch
        return batch

    def drop(self, batch: Batch) -> None:
        """Remove a batch that does not exist at the provider."""
        batch.unlock()
        shutil.rmtree(batch.folder, ignore_errors=True)

    def finish(self) -> None:
        """Note that the program has used what was delivered; batches used up move to ``done``."""
        used: dict[Batch, list[str]] = {}
        for batch, key in self.delivered:
            used.setdefault(batch, []).append(key)
        self.delivered = []
        for batch, keys in used.items():
            if not batch.folder.is_dir():
                continue
            batch.note(used=keys)
            batch.unlock()
            if batch.used.issuperset(batch.ids):
                target = self.folder / "done" / batch.folder.name
                os.replace(batch.folder, target)
                batch.folder = target  # outcomes may still be read


_stores: dict[tuple[int, Path], Store] = {}


def open_store(folder: str) -> Store:
    """Return this process's store for a state folder."""
    key = (os.getpid(), Path(folder).resolve())
    with _mutex:
        if key not in _stores:
            _stores[key] = Store(key[1])
        return _stores[key]


def finish() -> None:
    """Declare everything delivered so far as used, so that the same request, asked again, is sent anew.

    Happens by itself when the program ends without an exception; ``sys.exit`` counts as such an end. A
    process that runs for days calls it once results are safely stored. Until then a rerun gets them from
    disk.
    """
    for (pid, _), store in _stores.items():
        if pid == os.getpid() and not store.interrupted:
            store.finish()


@atexit.register
def _finish_at_exit() -> None:
    if getattr(sys, "last_value", None) is None:  # the interpreter sets it when an exception ends the program
        finish()
