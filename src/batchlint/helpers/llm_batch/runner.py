"""One run: turn requests into batches, wait for them, and never pay for a request twice.

Guaranteed: a request that a provider has accepted is not sent again, whatever happens to this
process, as long as the state folder survives; what is on disk says how far each batch got
(``store.py``). Before a batch is created its intent is on disk, creation is never retried blindly,
and a batch whose creation was not answered is looked for at the provider first.
Not guaranteed: requests sent in real time (too few for a batch, or ``fallback``) may be sent again
if the process dies between the answer and its record.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from .model import PROVIDERS, Outcome, Progress, Provider, Request, Settings, Source, plain, status_of
from .process import open_store
from .store import (
    UNANSWERED,
    AlreadyRunningError,
    Batch,
    Draft,
    Reply,
    RunError,
    content_key,
)

RETRY_STATUSES = frozenset({UNANSWERED, 408, 409, 429, 500, 502, 503, 504, 529})
RETRIES = 2
"""How often a request that got one of these statuses takes part in a later batch of the same run."""
LOOKS = 4
"""How often an unanswered creation is looked for before it counts as not done."""


class NotReadyError(RunError):
    """Raised by ``collect`` while batches are running; call it again later."""


class DeadlineExceededError(TimeoutError):
    """The batches did not end in time. They go on: the same program, run again, waits for them."""


class Run:
    """The requests of one ``run_batch`` call; a context manager that releases what was not delivered."""

    def __init__(self, settings: Settings, *, is_async: bool = False, wait: bool = True) -> None:
        self.settings = settings
        self.is_async = is_async
        self.wait = wait
        self.store = open_store(settings.dir)
        self.deadline = time.monotonic() + settings.deadline_hours * 3600
        self._claims: list[tuple[Batch, str]] = []
        self._drafts: dict[str, Draft] = {}
        self._full: list[Draft] = []
        self._waiting: dict[Batch, list[Outcome]] = {}
        self._one_by_one: set[str] = set()
        self._troubles: dict[Batch, int] = {}
        self._kept = False
        with self.store.exclusive():
            self.store.refresh()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for batch in {batch for batch, _ in self._claims}:
                batch.note(delivered=time.time())
            self.store.delivered += self._claims
            self.store.interrupted = self._kept
            return
        for draft in [*self._full, *self._drafts.values()]:
            draft.close()
        for batch, key in self._claims:
            self.store.release(batch, key)
        for batch in {batch for batch, _ in self._claims}:
            if not batch.facts.get("intent") and not batch.places:
                self.store.drop(batch)
        self.store.interrupted = True
        if issubclass(kind, (KeyboardInterrupt, asyncio.CancelledError)):
            self.say("stopped waiting; the batches go on. Run the same program again to get their results,")
            self.say("or stop them: python -m llm_batch cancel")

    def keep(self) -> None:
        """Let the requests be asked for again, by ``collect``."""
        for batch, key in self._claims:
            self.store.release(batch, key)
        self._claims = []
        self._kept = True

    def adopt(self, batch: Batch, provider: Provider, client: Any) -> None:
        """Take all of a batch on disk into the run, whatever it is that its requests ask."""
        outcome = Outcome()
        outcome.source = Source(batch, provider, client, lambda body: body)
        outcome.attempts = RETRIES + 1
        self._waiting[batch] = [outcome]

    async def cancel(self) -> None:
        """Ask the providers to stop the batches of this run; what is done so far is charged."""
        for batch, (outcome, *_) in self._waiting.items():
            if outcome.source and batch.facts.get("batch_id"):
                await outcome.source.provider.cancel(outcome.source.client, batch)
                self.say(f"{batch.folder.name}: being cancelled; run `resume` for what it did")

    def say(self, text: str) -> None:
        """Write one line of progress to stderr."""
        print(f"llm_batch: {text}", file=sys.stderr, flush=True)

    async def sleep(self, seconds: float) -> None:
        """Wait, without blocking an event loop if there is one."""
        if self.is_async:
            await asyncio.sleep(seconds)
        else:
            time.sleep(seconds)

    def ask(self, request: Request) -> Outcome:
        """Take a request into the run; its outcome can be used after ``settle``.

        Raises what the SDK raises for bad arguments, and AlreadyRunningError.
        """
        provider = request.provider
        if provider.is_async(request) and not self.is_async:
            raise RunError("this client is async: use run_batch_async() and its relatives")
        group, body, decode = provider.encode(request)
        outcome = Outcome()
        outcome.source = Source(Batch(Path()), provider, request.client, decode)
        self._place(outcome, group, body)
        return outcome

    def _place(self, outcome: Outcome, group: dict[str, Any], body: Any, *, realtime: bool = False) -> None:
        """Find a request in the store, or write it into a draft."""
        encoded = json.dumps(body, default=plain, allow_nan=False).encode()
        key = content_key(group, encoded)
        free = self.store.free.get(key, [])
        found = next((entry for entry in free if entry[0].answers(entry[1])), None)
        if found is not None:
            free.remove(found)
        elif key in self.store.busy:
            raise AlreadyRunningError(_busy_message(self.store.busy[key]))
        else:
            found = self._write(outcome, group, self.store.new_id(key), encoded, realtime=realtime)
        self._claims.append(found)
        assert outcome.source is not None
        outcome.source = outcome.source._replace(batch=found[0])
        outcome.key = found[1]
        self._waiting.setdefault(found[0], []).append(outcome)

    def _write(
        self, outcome: Outcome, group: dict[str, Any], key: str, body: bytes, *, realtime: bool
    ) -> tuple[Batch, str]:
        assert outcome.source is not None
        provider = outcome.source.provider
        limit = min(self.settings.max_requests or provider.max_requests, provider.max_requests)
        value = json.loads(body)
        line = json.dumps(provider.line(group, key, value)).encode()
        if len(line) >= provider.max_bytes:
            raise ValueError(f"one request of {len(line):,} bytes is larger than a batch may be")
        name = json.dumps([group, realtime], sort_keys=True)
        draft = self._drafts.get(name)
        weight = provider.weight(value)
        if draft and (draft.weight + weight > limit or draft.size + len(line) >= provider.max_bytes):
            self._full.append(self._drafts.pop(name))
            draft = None
        if draft is None:
            draft = self._drafts[name] = Draft(self.store, group, realtime=realtime)
        draft.add(key, line, weight)
        return draft.batch, key

    def _commit(self) -> None:
        """Put the drafts on disk as batches, unless another process has begun to wait for the same."""
        with self.store.exclusive():
            self.store.refresh()
            drafts = [*self._full, *self._drafts.values()]
            keys = {key.rpartition("-")[0] for draft in drafts for key in draft.batch.ids}
            clash = keys & self.store.busy.keys()
            if clash:
                raise AlreadyRunningError(_busy_message(self.store.busy[clash.pop()]))
            for draft in drafts:
                provider = PROVIDERS[draft.group["provider"]]
                least = self.settings.min_requests or provider.min_requests
                draft.finish(self.store, realtime=draft.realtime or len(draft.batch.ids) < least)
            self._full, self._drafts = [], {}

    async def settle(self) -> None:
        """Wait until every request taken in so far is answered or has failed for good."""
        self._commit()
        delay = self.settings.poll_seconds
        while True:
            for batch in list(self._waiting):
                if not batch.collected:
                    await self._advance(batch)
                if batch.collected:
                    self._reconsider(batch)
            self._commit()
            if not self._waiting:
                return
            self._report(delay)
            if not self.wait:
                raise NotReadyError("batches are still running; run the same program again later")
            if time.monotonic() > self.deadline:
                hours = self.settings.deadline_hours
                raise DeadlineExceededError(f"batches not ended after {hours} h; run again to go on waiting")
            await self.sleep(delay)
            delay = min(delay * 1.5, self.settings.poll_seconds * 20)

    def _report(self, delay: float) -> None:
        batches = list(self._waiting)
        total = sum(len(batch.ids) for batch in batches)
        done = sum(batch.facts.get("done", 0) for batch in batches)
        self.say(
            f"{done} of {total} requests done in {len(batches)} open batches; next look in {delay:.0f} s"
        )

    async def _advance(self, batch: Batch) -> None:
        """Bring one batch a step further: create, look, or collect."""
        source = self._waiting[batch][0].source
        assert source is not None
        provider, client = source.provider, source.client
        try:
            if batch.facts.get("realtime"):
                await self._send(provider, client, batch)
                return
            if not batch.facts.get("batch_id"):
                await self._create(provider, client, batch)
            if not batch.facts.get("batch_id"):
                return
            progress = await provider.poll(client, batch)
            batch.facts["done"] = progress.done
            if progress.queue_full:
                self._queue_full(batch)
            elif progress.ended:
                await self._collect(provider, client, batch, progress)
            self._troubles.pop(batch, None)
        except Exception as error:
            self._trouble(batch, error)

    def _trouble(self, batch: Batch, error: Exception) -> None:
        """Let a failed call pass; raise a refused creation at once, another refused call the third time."""
        status = status_of(error)
        refused = status is not None and 400 <= status < 500 and status not in RETRY_STATUSES
        self._troubles[batch] = self._troubles.get(batch, 0) + 1
        if refused and (not batch.facts.get("intent") or self._troubles[batch] >= 3):
            raise error
        if isinstance(error, (TypeError, LookupError, AttributeError)):
            raise error
        self.say(f"{batch.folder.name}: {type(error).__name__}: {error}; trying again")

    async def _create(self, provider: Provider, client: Any, batch: Batch) -> None:
        """Create the batch, or find the one whose creation was not answered."""
        if batch.facts.get("intent"):
            others = [other.facts.get("batch_id") for other in self.store.batches.values()]
            taken = {name for name in [*others, *batch.facts.get("not_ours", ())] if name}
            found = await provider.find(client, batch, taken)
            if found:
                batch.note(batch_id=found, found=True)
                return
            looks = batch.facts["looks"] = batch.facts.get("looks", 0) + 1
            if looks < LOOKS:
                return
        name = json.dumps(batch.group, sort_keys=True)
        if name in self._one_by_one and self._others_running(batch):
            return
        if "uploaded" not in batch.facts:
            batch.note(uploaded=await provider.upload(client, batch))
        batch.note(intent=time.time(), looks=0)
        try:
            batch.note(batch_id=await provider.create(client, batch), found=False)
        except Exception as error:
            status = status_of(error)
            if status is not None and 400 <= status < 500 and status != 408:
                batch.note(intent=None)  # refused: there is no batch
            raise

    def _others_running(self, batch: Batch) -> bool:
        return any(
            other is not batch and other.group == batch.group and other.facts.get("batch_id")
            for other in self._waiting
        )

    def _queue_full(self, batch: Batch) -> None:
        """Plan a batch again that the provider refused because too much is queued: later, or in halves."""
        self._one_by_one.add(json.dumps(batch.group, sort_keys=True))
        tries = batch.facts.get("queue_full", 0) + (not self._others_running(batch))
        batch.note(batch_id=None, intent=None, queue_full=tries)
        self.say(f"{batch.folder.name}: the provider's queue is full; trying again later")
        if tries < 2 or len(batch.ids) < 2:
            return
        outcomes = {outcome.key: outcome for outcome in self._waiting.pop(batch)}
        self._claims = [claim for claim in self._claims if claim[0] is not batch]
        for index, (key, body) in enumerate(batch.bodies()):
            if index == (len(batch.ids) + 1) // 2:
                self._commit()
            if key in outcomes:
                self._place(outcomes[key], batch.group, body)
        self._commit()
        self.store.drop(batch)

    async def _collect(self, provider: Provider, client: Any, batch: Batch, progress: Progress) -> None:
        """Write every request's result to disk; a request without one counts as unanswered."""
        known = set(batch.ids)
        strangers = 0
        with batch.recording(replace=True) as record:
            async for key, reply in provider.results(client, batch):
                if key in known:
                    record(key, reply)
                    known.discard(key)
                else:
                    strangers += 1
            status = 400 if progress.failure else UNANSWERED
            message = (
                progress.failure
                or f"the batch ended as {progress.status!r} without a result for this request"
            )
            for key in sorted(known):
                record(key, Reply(status, {"error": {"message": message, "code": progress.status}}))
        if batch.facts.get("found") and strangers and len(known) == len(batch.ids):
            not_ours = [*batch.facts.get("not_ours", ()), batch.facts["batch_id"]]
            batch.note(batch_id=None, not_ours=not_ours, found=False)
            return
        batch.note(status=progress.status, collected=len(batch.ids) - len(known))

    # What a batch did not answer is sent like this on purpose.
    # batchlint: realtime
    async def _send(self, provider: Provider, client: Any, batch: Batch) -> None:
        """Send a batch's requests in real time, recording each answer at once."""
        for key, body in batch.bodies():
            if batch.status(key) is None:
                reply = await provider.send(client, batch, body)
                with batch.recording(replace=False) as record:
                    record(key, reply)
        batch.note(intent=time.time(), collected=len(batch.ids))

    def _reconsider(self, batch: Batch) -> None:
        """Give requests without an answer, or with a passing error, to a next batch; a few times only."""
        again: dict[str, Outcome] = {}
        for outcome in self._waiting.pop(batch):
            if batch.facts.get("realtime") or batch.status(outcome.key) not in RETRY_STATUSES:
                continue
            outcome.attempts += 1
            if outcome.attempts <= RETRIES + self.settings.fallback:
                again[outcome.key] = outcome
        if not again:
            return
        for key, body in batch.bodies():
            if key in again:
                self._place(again[key], batch.group, body, realtime=again[key].attempts > RETRIES)


def _busy_message(owner: str) -> str:
    pid = owner.partition("-")[0]
    return (
        f"process {pid} is already waiting for the same requests; asking again would pay for them twice. "
        "Wait for it, or give this program a state folder of its own (LLM_BATCH_DIR)"
    )
