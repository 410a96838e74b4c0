"""Batches on disk: what makes a run resumable after a crash.

The state folder (``LLM_BATCH_DIR``, default ``.llm_batch``) holds one folder per batch::

    20261125-185409-openai-3fa2b1c04d5e/
        requests.jsonl   one request a line, as the provider gets it; first field: id, last field: body
        log.jsonl        one line per step (planned, intent, batch id, status ...), appended and fsynced
        results.jsonl    one result a line: {"id": ..., "status": 200, "body": ...}
    done/                batches whose results the program has used; removed after 30 days
    lock, *.lock         held by living processes, so that two runs never share a batch

Prompts and answers stand there in clear text, API keys never do. A request is found again by its
content: its id is a hash of everything that is sent, plus a number that tells equal requests apart.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Callable, NamedTuple

KEEP_DONE_DAYS = 30
"""How long used batches stay on disk; providers keep results about as long."""
REUSE_SECONDS = 72 * 3600
"""After a crash, results the dead process had already got are reused this long, older ones are asked anew."""
UNANSWERED = 0
"""Status of a request the provider did not run: expired, or missing from the results."""
CANCELLED = 499
"""Status of a request that somebody cancelled; never resubmitted."""


FINAL_STATUSES = frozenset({400, 413, 422})
"""The request itself is at fault: a rerun takes this answer from disk instead of asking again."""
ACCOUNT_WORDS = ("billing", "credit", "quota")
"""... unless the error says that the account was at fault."""


class Reply(NamedTuple):
    """What the provider answered to one request: an HTTP status (or one of ours) and a JSON body."""

    status: int
    body: Any


class RunError(RuntimeError):
    """Something is wrong with the run as a whole; never raised inside a step."""


class AlreadyRunningError(RunError):
    """A living process is waiting for the same requests; asking again would pay twice."""


def content_key(group: dict[str, Any], body: bytes) -> str:
    """Return the part of a request's id that depends on its content only."""
    named = json.dumps(group, sort_keys=True).encode()
    return hashlib.sha256(named + b"\n" + body).hexdigest()[:40]


def read_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield (offset, value) per line of a JSONL file; a line torn by a crash ends the file."""
    if not path.exists():
        return
    offset = 0
    with path.open("rb") as file:
        for line in file:  # splits on b"\n" only, never on U+2028
            with contextlib.suppress(ValueError):
                yield offset, json.loads(line)
            offset += len(line)


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder durable, where the platform can."""
    with contextlib.suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def lock_file(path: Path, *, wait: bool) -> BinaryIO | None:
    """Open and lock a file until it is closed or the process dies; None if another process holds it."""
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
    """One batch: its folder, the facts logged so far and the place of each result."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts: dict[str, Any] = {}
        self.ids: list[str] = []
        self.places: dict[str, tuple[int, int]] = {}
        self.used: set[str] = set()

    @property
    def group(self) -> dict[str, Any]:
        """What all requests of the batch share: provider, host, endpoint, model, batch-level options."""
        group: dict[str, Any] = self.facts["group"]
        return group

    @property
    def token(self) -> str:
        """A name unique to this batch, by which it can be found at the provider."""
        return self.folder.name.rpartition("-")[2]

    @property
    def requests(self) -> Path:
        """The file with one request a line."""
        return self.folder / "requests.jsonl"

    @property
    def collected(self) -> bool:
        """Whether every request of the batch has a result on disk."""
        return self.facts.get("collected") is not None

    def load(self) -> Batch:
        """Read log, ids and result places back from disk; return self."""
        for _, entry in read_lines(self.folder / "log.jsonl"):
            self.used.update(entry.pop("used", ()))
            self.facts.update(entry)
        self.ids = [next(iter(line.values())) for _, line in read_lines(self.requests)]
        results = read_lines(self.folder / "results.jsonl")
        self.places = {line["id"]: (offset, line["status"]) for offset, line in results}
        return self

    def note(self, **facts: Any) -> None:
        """Append facts to the log; they are on disk when this returns."""
        stamped = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **facts}
        with (self.folder / "log.jsonl").open("ab+") as file:
            if file.tell() and file.seek(-1, os.SEEK_END) is not None and file.read(1) != b"\n":
                file.write(b"\n")  # the previous process died while writing
            file.write(json.dumps(stamped).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.used.update(facts.pop("used", ()))
        self.facts.update(facts)

    @contextlib.contextmanager
    def recording(self, *, replace: bool) -> Iterator[Callable[[str, Reply], None]]:
        """Give a function that writes results: after those on disk, or whole and renamed into place."""
        target = self.folder / "results.jsonl"
        path = target.with_suffix(".part") if replace else target
        places: dict[str, tuple[int, int]] = {}
        with path.open("wb" if replace else "ab") as file:

            def record(key: str, reply: Reply) -> None:
                places[key] = (file.tell(), reply.status)
                line = json.dumps({"id": key, "status": reply.status, "body": reply.body})
                file.write(line.encode() + b"\n")

            yield record
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(path, target)
            sync_folder(self.folder)
            self.places.clear()
        self.places.update(places)

    def status(self, key: str) -> int | None:
        """Return the status of one request's answer, or None if there is none yet."""
        return self.places[key][1] if key in self.places else None

    def reply(self, key: str) -> Reply | None:
        """Return the recorded answer to one request, or None if there is none yet."""
        if key not in self.places:
            return None
        with (self.folder / "results.jsonl").open("rb") as file:
            file.seek(self.places[key][0])
            line = json.loads(file.readline())
        return Reply(line["status"], line["body"])

    def answers(self, key: str) -> bool:
        """Whether a request of this batch answers the same request asked again: it runs, or is settled."""
        if key in self.used or time.time() - self.facts.get("delivered", time.time()) > REUSE_SECONDS:
            return False
        status = self.status(key)
        if status in (None, 200):
            return not (status is None and self.collected)
        if status not in FINAL_STATUSES:
            return False
        text = json.dumps((self.reply(key) or Reply(0, "")).body).lower()
        return not any(word in text for word in ACCOUNT_WORDS)

    def bodies(self) -> Iterator[tuple[str, Any]]:
        """Yield (id, body) for each request."""
        for _, line in read_lines(self.requests):
            fields = list(line.values())
            yield fields[0], fields[-1]


class Draft:
    """A batch being written: requests go to disk at once, so that memory does not grow with their number."""

    def __init__(self, store: Store, group: dict[str, Any], *, realtime: bool) -> None:
        self.group = group
        self.realtime = realtime
        self.size = 0
        self.weight = 0
        self.name = (
            f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{group['provider']}-{uuid.uuid4().hex[:12]}"
        )
        self.batch = Batch(store.folder / f"{self.name}.draft-{store.owner}")
        self.batch.folder.mkdir(parents=True)
        self._file = self.batch.requests.open("wb")

    def add(self, key: str, line: bytes, weight: int) -> None:
        """Append one request."""
        self.weight += weight
        self._file.write(line + b"\n")
        self.size += len(line) + 1
        self.batch.ids.append(key)

    def finish(self, store: Store, **facts: Any) -> None:
        """Make the batch durable under its final name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.batch.note(group=self.group, count=len(self.batch.ids), owner=store.owner, **facts)
        final = store.folder / self.name
        os.replace(self.batch.folder, final)
        self.batch.folder = final
        sync_folder(store.folder)
        store.batches[self.name] = self.batch

    def close(self) -> None:
        """Stop writing."""
        self._file.close()


class Store:
    """All batches of one state folder that no other living process owns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.owner = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.batches: dict[str, Batch] = {}
        self.free: dict[str, list[tuple[Batch, str]]] = {}
        """By content: requests on disk that this process has not been asked for."""
        self.busy: dict[str, str] = {}
        """By content: which living process is waiting for a request."""
        self._numbers: dict[str, int] = {}
        self.delivered: list[tuple[Batch, str]] = []
        self.interrupted = False
        (folder / "done").mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        with self.exclusive():
            self._alive = lock_file(folder / f"{self.owner}.lock", wait=True)
            self._prune()
            self.refresh()

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the folder's lock: batches are adopted and registered by one process at a time."""
        file = lock_file(self.folder / "lock", wait=True)
        try:
            yield
        finally:
            if file is not None:
                file.close()

    def refresh(self) -> None:
        """Take over batches of dead processes and learn which requests belong to living ones."""
        self.busy.clear()
        for folder in sorted(path for path in self.folder.iterdir() if (path / "log.jsonl").exists()):
            if folder.name in self.batches or ".draft-" in folder.name:
                continue
            batch = Batch(folder).load()
            if self._is_alive(batch.facts["owner"]):
                self.busy.update((key.rpartition("-")[0], batch.facts["owner"]) for key in batch.ids)
            elif batch.facts.get("intent") or batch.places:
                batch.note(owner=self.owner)
                self.batches[folder.name] = batch
                for key in batch.ids:
                    self.release(batch, key)
            else:
                shutil.rmtree(folder)  # nothing was created at the provider, nothing is paid

    def new_id(self, content: str) -> str:
        """Return an id for a request of this content that no other request on disk has."""
        self._numbers[content] = self._numbers.get(content, 0) + 1
        return f"{content}-{self._numbers[content] - 1}"

    def release(self, batch: Batch, key: str) -> None:
        """Let a request on disk answer the next request of the same content."""
        content, _, number = key.rpartition("-")
        self._numbers[content] = max(self._numbers.get(content, 0), int(number) + 1)
        if key not in batch.used:
            self.free.setdefault(content, []).append((batch, key))

    def drop(self, batch: Batch) -> None:
        """Remove a batch that does not exist at the provider."""
        self.batches.pop(batch.folder.name, None)
        for content in {key.rpartition("-")[0] for key in batch.ids} & self.free.keys():
            self.free[content] = [entry for entry in self.free[content] if entry[0] is not batch]
        shutil.rmtree(batch.folder, ignore_errors=True)

    def _is_alive(self, owner: str) -> bool:
        path = self.folder / f"{owner}.lock"
        if not path.exists():
            return False
        file = lock_file(path, wait=False)
        if file is None:
            return True
        file.close()
        return False

    def _prune(self) -> None:
        for path in self.folder.glob("*.lock"):
            if path.stem != self.owner and not self._is_alive(path.stem):
                for draft in self.folder.glob(f"*.draft-{path.stem}"):
                    shutil.rmtree(draft, ignore_errors=True)
                path.unlink()
        for path in (self.folder / "done").iterdir():
            if path.stat().st_mtime < time.time() - KEEP_DONE_DAYS * 86400:
                shutil.rmtree(path, ignore_errors=True)

    def retire_delivered(self) -> None:
        """Note that the program has used the results it got; a batch used up moves to ``done``."""
        used: dict[Batch, set[str]] = {}
        for batch, key in self.delivered:
            used.setdefault(batch, set()).add(key)
        self.delivered = []
        for batch, keys in used.items():
            if not batch.folder.is_dir():
                continue  # somebody removed it
            batch.note(used=sorted(keys))
            if batch.used.issuperset(batch.ids):
                target = self.folder / "done" / batch.folder.name
                os.replace(batch.folder, target)
                batch.folder = target
                self.batches.pop(target.name, None)
