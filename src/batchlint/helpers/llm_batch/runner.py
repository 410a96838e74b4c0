"""One run: turn requests into batches, wait for them, and never pay for a request twice.

Guaranteed, whatever happens to this process, as long as the state folder survives: a request that a
provider has accepted into a batch is not sent again. Before a batch is created, its intent is on disk;
creation is never retried blindly: when it was not answered, the batch is looked for at the provider first.
Not guaranteed: requests sent in real time (too few for a batch, or ``fallback``) are sent again by a rerun.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
import uuid
from collections import Counter
from typing import Any

from .model import Outcome, Request, Settings, plain, status_of
from .store import UNANSWERED, Batch, Reply, RunError, open_store

PASSING = frozenset({UNANSWERED, 408, 409, 429, 500, 502, 503, 504, 529})
RETRIES = 2  # how often a request that got one of these statuses takes part in a later batch of the run
LOOKS = 4  # how often a creation without an answer is looked for before it counts as not done


class NotReadyError(RunError):
    """Raised by ``collect`` while batches are running; call it again later."""


class DeadlineExceededError(TimeoutError):
    """The batches did not end in time. They go on: the same program, run again, waits for them."""


class Run:
    """The requests of one ``run_batch`` call; a context manager that lets go of what was not delivered."""

    def __init__(
        self, settings: Settings, *, is_async: bool = False, wait: bool = True, deliver: bool = True
    ) -> None:
        self.settings = settings
        self.is_async = is_async
        self.wait = wait
        self.deliver = deliver  # whether anybody gets the results
        self.store = open_store(settings.dir)
        self.waiting: dict[Batch, list[Outcome]] = {}
        self._deadline = time.monotonic() + settings.deadline_hours * 3600
        self._token = uuid.uuid4().hex[:8]
        self._claims: list[tuple[Batch, str]] = []  # what this run has asked for
        self._adopted: list[Batch] = []
        self._is_open = False  # whether requests were left to whoever gets the results
        self._drafts: dict[str, Batch] = {}  # batches that take further requests, by group
        self._fresh: list[Batch] = []  # batches not planned yet: drafts, and full ones
        self._caps: dict[str, int] = {}  # groups that met a full queue: one batch at a time, this large
        self._troubles: Counter[Batch] = Counter()
        with self.store.refreshed():
            pass

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.store.interrupted = kind is not None
        for batch in self._adopted:
            batch.unlock()
        if kind is None:
            self.store.delivered += self._claims
            return
        for batch, key in self._claims:
            self.store.release(batch, key)
        for batch in {batch for batch, _ in self._claims}:
            batch.unlock() if batch.facts.get("intent") else self.store.drop(batch)
        if issubclass(kind, (KeyboardInterrupt, asyncio.CancelledError)):
            say("stopped waiting; the batches go on. Run the same program again to get their results,")
            say("or stop them: python -m llm_batch cancel")

    def adopt(self, batch: Batch, provider: Any, client: Any) -> None:
        """Take a batch on disk into the run as a whole, without its requests being asked."""
        outcome = Outcome()
        outcome.request = Request(provider, client, "", {})
        outcome.key, outcome.attempts = batch.ids[0], RETRIES
        self.waiting[batch] = [outcome]
        self._adopted.append(batch)

    async def cancel(self) -> None:
        """Stop the batches of this run; what they did so far is charged."""
        for batch, (outcome, *_) in self.waiting.items():
            if batch.facts.get("batch_id"):
                await outcome.request.provider.cancel(outcome.request.client, batch)
                say(f"{batch.folder.name}: being cancelled; run `resume` for what it did")

    def ask(self, request: Request) -> Outcome:
        """Take a request into the run; its outcome can be used after ``settle``.

        A request the SDK itself refuses fails like one that the provider refused.
        """
        if not self.is_async:
            request.refuse_async()
        outcome = Outcome()
        try:
            group, body, outcome.decode, outcome.weight = request.provider.encode(request, self.settings)
            keep = self.settings.fallback or self._least(request.provider) > 1  # it may go in real time yet
            outcome.request = request if keep else request._replace(kwargs={})
            self._place(outcome, group, json.dumps(body, default=plain, allow_nan=False))
        except RunError:
            raise
        except Exception as error:
            return Outcome(failure=error)
        return outcome

    def _least(self, provider: Any) -> int:
        return max(self.settings.min_requests, int(provider.MIN_REQUESTS))

    def _place(self, outcome: Outcome, group: dict[str, Any], body: str) -> None:
        """Find a request on disk, or write it into a draft."""
        name = json.dumps(group, sort_keys=True)
        content = hashlib.sha256(f"{name}\n{body}".encode()).hexdigest()[:40]
        found = self.store.claim(content)
        if found is None:
            provider = outcome.request.provider
            key = f"{content}-{self._token}-{len(self._claims)}"
            line = json.dumps(provider.line(group, key, json.loads(body))).encode()
            if len(line) >= provider.MAX_BYTES:
                raise ValueError(f"one request of {len(line):,} bytes is larger than a batch may be")
            caps = (provider.MAX_REQUESTS, self.settings.max_requests, self._caps.get(name, 0))
            draft = self._drafts.get(name)
            if not draft or (
                draft.weight + outcome.weight > min(filter(None, caps))
                or draft.size + len(line) >= provider.MAX_BYTES
            ):
                draft = self._drafts[name] = self.store.new_batch(group)
                self._fresh.append(draft)
            draft.add(key, line, outcome.weight)
            found = draft, key
        self._claims.append(found)
        outcome.batch, outcome.key = found
        self.waiting.setdefault(found[0], []).append(outcome)

    async def _plan(self) -> None:
        """Put the drafts on disk as batches; those too small for one are sent in real time."""
        fresh, self._fresh, self._drafts = self._fresh, [], {}
        with self.store.refreshed():
            self.store.refuse_clash(fresh)
            small = [b for b in fresh if len(b.ids) < self._least(self.waiting[b][0].request.provider)]
            for batch in fresh:
                if batch not in small:
                    batch.plan()
        for batch in small:
            for outcome in self.waiting.pop(batch):
                if self.deliver:
                    await outcome.call(outcome.request)
                self._is_open |= not self.deliver
            self.store.drop(batch)

    async def settle(self) -> None:
        """Wait until every request taken in so far is answered or has failed for good."""
        await self._plan()
        delay = self.settings.poll_seconds
        while True:
            for batch in list(self.waiting):
                await self._try_to_advance(batch)
            await self._plan()
            if not self.waiting and not self._is_open:
                return
            total = sum(len(batch.ids) for batch in self.waiting)
            done = sum(batch.facts.get("done", 0) for batch in self.waiting)
            say(f"{done} of {total} requests done in {len(self.waiting)} batches; next look in {delay:.0f} s")
            if not self.wait:
                raise NotReadyError("batches are still running; run the same program again later")
            if time.monotonic() > self._deadline:
                hours = self.settings.deadline_hours
                raise DeadlineExceededError(f"batches not ended after {hours} h; run again to go on waiting")
            await self.sleep(delay)
            delay = min(delay * 1.5, self.settings.poll_seconds * 20)

    async def sleep(self, seconds: float) -> None:
        """Wait, without blocking an event loop if there is one."""
        await asyncio.sleep(seconds) if self.is_async else time.sleep(seconds)

    async def _try_to_advance(self, batch: Batch) -> None:
        """Advance a batch. Failed calls pass; a refused creation, or three refused calls, end the run."""
        request = self.waiting[batch][0].request
        try:
            await self._advance(batch, request.provider, request.client)
            self._troubles.pop(batch, None)
        except Exception as error:
            status = status_of(error)
            refused = status is not None and 400 <= status < 500 and status not in PASSING
            self._troubles[batch] += 1
            if refused and (not batch.facts.get("intent") or self._troubles[batch] > 2):
                raise
            if isinstance(error, (RunError, TypeError, LookupError, AttributeError)):
                raise
            say(f"{batch.folder.name}: {type(error).__name__}: {error}; trying again")

    async def _advance(self, batch: Batch, provider: Any, client: Any) -> None:
        """Bring one batch a step further: create, look, collect, send again what that left open."""
        if batch.facts.get("collected") is None:
            if not batch.facts.get("batch_id"):
                await self._create(batch, provider, client)
            if not batch.facts.get("batch_id"):
                return
            progress = await provider.poll(client, batch)
            batch.facts["done"] = progress.done
            if progress.queue_full:
                self._make_room(batch)
            if progress.queue_full or not progress.ended:
                return
            text = (
                progress.failure
                or f"the batch ended as {progress.status!r} without a result for this request"
            )
            error = {"error": {"message": text, "code": progress.status}}
            missing = Reply(400 if progress.failure else UNANSWERED, error)
            await batch.record(provider.results(client, batch), missing)
            batch.note(status=progress.status, collected=len(batch.ids))
        again = []
        for outcome in self.waiting.pop(batch):
            if batch.places[outcome.key][1] in PASSING:
                outcome.attempts += 1
                if outcome.attempts <= RETRIES:
                    again.append(outcome)
                elif self.settings.fallback and self.deliver:
                    await outcome.call(outcome.request)
        self._ask_again(batch, again)

    def _ask_again(self, batch: Batch, outcomes: list[Outcome]) -> None:
        wanted = {outcome.key: outcome for outcome in outcomes}
        for key, body in batch.bodies() if wanted else ():
            if key in wanted:
                self._place(wanted[key], batch.group, json.dumps(body))

    async def _create(self, batch: Batch, provider: Any, client: Any) -> None:
        """Create the batch, or find the one whose creation was not answered."""
        if batch.facts.get("intent"):
            found = await provider.find(client, batch)
            if found:
                batch.note(batch_id=found)
            if found is not None:
                return
            batch.facts["looks"] = batch.facts.get("looks", 0) + 1
            if batch.facts["looks"] < LOOKS:
                return
        if self._caps.get(_name(batch)) and self._is_group_running(batch):
            return
        if "uploaded" not in batch.facts:
            batch.note(uploaded=await provider.upload(client, batch, self.settings))
        batch.note(intent=time.time(), looks=0)
        try:
            batch.note(batch_id=await provider.create(client, batch))
        except Exception as error:
            status = status_of(error)
            if status is not None and 400 <= status < 500 and status != 408:
                batch.note(intent=None)  # refused: there is no batch
            raise

    def _is_group_running(self, batch: Batch) -> bool:
        return any(b.facts.get("batch_id") and b.group == batch.group for b in self.waiting if b is not batch)

    def _make_room(self, batch: Batch) -> None:
        """Plan a batch again that found the queue full: alone, and if that fails too, in halves."""
        size, tries = len(batch.ids), batch.facts.get("queue_full", 0) + (not self._is_group_running(batch))
        batch.note(batch_id=None, intent=None, queue_full=tries)
        say(f"{batch.folder.name}: the provider's queue is full; trying again later")
        self._caps.setdefault(_name(batch), size)
        if tries > 1 and size > 1:
            self._caps[_name(batch)] = (size + 1) // 2
            self._ask_again(batch, self.waiting.pop(batch))
            self.store.drop(batch)


def _name(batch: Batch) -> str:
    return json.dumps(batch.group, sort_keys=True)


def say(text: str) -> None:
    """Write one line of progress to stderr."""
    print(f"llm_batch: {text}", file=sys.stderr, flush=True)
