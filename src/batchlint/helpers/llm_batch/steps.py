"""The public face: run steps and requests in batches, or one by one in real time.

A *step* is a generator that yields a request and receives the response; in it, everything else stays as
in the function it was before. All steps go forward together: the first requests of all of them form one
batch (split where the provider's limits demand it), the answers are handed back in order, their next
requests form the next batch, and so on. A request that failed is raised inside the step, where the
response was expected, as the exception of the provider's SDK.

A coroutine does the same with ``await batch_call(request)``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Generator, Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar, Union

from .model import Outcome, Pause, Request, Settings, run_to_end, settle
from .runner import NotReadyError, Run
from .store import RunError

T = TypeVar("T")
Step = Generator[Union[Request, Pause], Any, T]
IDLE_SECONDS = 5.0
"""Async: how long requests wait for more, when the rest of the program is busy with something else."""


def pause(seconds: float) -> Pause:
    """Return what a step yields to wait, in place of ``time.sleep``: in a batch all steps wait together."""
    return Pause(seconds)


def run_batch(steps: Iterable[Step[T]], *, return_exceptions: bool = False, **settings: Any) -> list[T]:
    """Run steps to their end through the batch API and return their values, in the order given.

    Blocks until all are done, up to the deadline. If a step raises, the others still go on to their end;
    then the first exception, in the order given, is raised, or with ``return_exceptions`` they stand in the
    list. ``settings`` are the fields of ``Settings``. Raises DeadlineExceededError, AlreadyRunningError,
    and what the SDK raises when the provider refuses a batch as a whole (such as a wrong API key).
    """
    return _values(run_outcomes(steps, **settings), return_exceptions)


def run_outcomes(steps: Iterable[Step[Any]], **settings: Any) -> list[Outcome]:
    """Like ``run_batch``, with one ``Outcome`` per step, whose ``result()`` returns or raises."""
    chosen = Settings.read(**settings)
    listed = list(steps)
    if len(listed) < (chosen.min_requests or 0):
        return [run_to_end(_attempt(step)) for step in listed]
    with Run(chosen) as run:
        return run_to_end(_lockstep(run, listed))


def run_requests(requests: Iterable[Request], **settings: Any) -> list[Outcome]:
    """Run independent requests through the batch API; one ``Outcome`` per request, in the order given.

    ``outcome.result()`` returns the response in the shape of the real-time call or raises what that call
    would have raised. Blocks and raises like ``run_batch``.
    """
    chosen = Settings.read(**settings)
    if chosen.min_requests:
        requests = list(requests)
        if len(requests) < chosen.min_requests:
            return [run_to_end(_attempt(request)) for request in requests]
    with Run(chosen) as run:
        return run_to_end(_requests(run, requests))


def run_now(step: Step[T]) -> T:
    """Run one step with ordinary real-time calls; the form for callers that wait for one result."""
    return run_to_end(_drive(step, is_async=False))


def submit(steps: Iterable[Step[Any] | Request], **settings: Any) -> None:
    """Send the steps' requests without waiting; ``collect`` gets the results, now or in another process."""
    with Run(Settings.read(**settings), wait=False) as run:
        with suppress(NotReadyError):
            run_to_end(_lockstep(run, [_as_step(step) for step in steps]))
        run.keep()


def collect(steps: Iterable[Step[Any] | Request], **settings: Any) -> list[Outcome]:
    """Return the outcomes of steps that ``submit`` got, built anew from the same data.

    Raises NotReadyError while batches are running. Call it again later; steps with several requests send
    their next ones from here.
    """
    with Run(Settings.read(**settings), wait=False) as run:
        return run_to_end(_lockstep(run, [_as_step(step) for step in steps]))


async def run_batch_async(
    steps: Iterable[Awaitable[T]], *, return_exceptions: bool = False, **settings: Any
) -> list[T]:
    """The async ``run_batch``: coroutines that use ``await batch_call(request)`` run together in batches."""
    return _values(await run_outcomes_async(steps, **settings), return_exceptions)


async def run_outcomes_async(steps: Iterable[Awaitable[Any]], **settings: Any) -> list[Outcome]:
    """Like ``run_batch_async``, with one ``Outcome`` per coroutine."""
    chosen = Settings.read(**settings)
    listed = list(steps)
    if len(listed) < (chosen.min_requests or 0):
        return [await _attempt(step) for step in listed]
    with Run(chosen, is_async=True) as run:
        return await _Lobby(run).run(listed)


async def run_requests_async(requests: Iterable[Request], **settings: Any) -> list[Outcome]:
    """The async ``run_requests``."""
    chosen = Settings.read(**settings)
    if chosen.min_requests:
        requests = list(requests)
        if len(requests) < chosen.min_requests:
            return [await _attempt(request) for request in requests]
    with Run(chosen, is_async=True) as run:
        return await _requests(run, requests)


async def run_now_async(step: Step[T]) -> T:
    """The async ``run_now``, for a step whose client is async."""
    return await _drive(step, is_async=True)


async def submit_async(requests: Iterable[Request], **settings: Any) -> None:
    """The async ``submit``, for requests."""
    with Run(Settings.read(**settings), is_async=True, wait=False) as run:
        with suppress(NotReadyError):
            await _requests(run, requests)
        run.keep()


async def collect_async(requests: Iterable[Request], **settings: Any) -> list[Outcome]:
    """The async ``collect``, for requests."""
    with Run(Settings.read(**settings), is_async=True, wait=False) as run:
        return await _requests(run, requests)


async def batch_call(request: Request) -> Any:
    """Return the response to a request: through a batch inside ``run_batch_async``, else in real time."""
    lobby = _lobby.get()
    return await (lobby.call(request) if lobby else settle(request.call()))


def _values(outcomes: list[Outcome], return_exceptions: bool) -> list[Any]:
    if return_exceptions:
        return [outcome.failure or outcome.value for outcome in outcomes]
    return [outcome.result() for outcome in outcomes]


def _as_step(step: Step[Any] | Request) -> Step[Any]:
    return _single(step) if isinstance(step, Request) else step


def _single(request: Request) -> Step[Any]:
    return (yield request)


async def _drive(step: Step[T], *, is_async: bool) -> T:
    """Run one step in real time."""
    last = Outcome()
    while True:
        try:
            asked = _forward(step, last)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        if isinstance(asked, Request):
            last = await _attempt(asked)
            continue
        last = Outcome()
        if is_async:
            await asyncio.sleep(asked.seconds)
        else:
            time.sleep(asked.seconds)


async def _attempt(work: Any) -> Outcome:
    """Make a request, or run a step or an awaitable, in real time."""
    try:
        if isinstance(work, Request):
            return Outcome(await settle(work.call()))
        return Outcome(await (_drive(work, is_async=False) if isinstance(work, Generator) else work))
    except Exception as error:
        return Outcome(failure=error)


def _forward(step: Step[Any], last: Outcome) -> Request | Pause:
    """Hand a step its answer, or raise the failure in it, and return what it asks for next."""
    try:
        value = last.result()
    except Exception as error:
        asked = step.throw(error)
    else:
        asked = step.send(value)
    if not isinstance(asked, (Request, Pause)):
        raise TypeError(f"a step must yield requests, not a {type(asked).__name__}")
    return asked


async def _lockstep(run: Run, steps: list[Step[Any]]) -> list[Outcome]:
    """Drive all steps forward together, one round of requests at a time."""
    outcomes = [Outcome() for _ in steps]
    inbox = [(index, Outcome()) for index in range(len(steps))]
    while inbox:
        asked: list[tuple[int, Outcome]] = []
        seconds = 0.0
        for index, last in inbox:
            try:
                request = _forward(steps[index], last)
                while isinstance(request, Request) and (outcome := _ask(run, request)).failure:
                    request = _forward(steps[index], outcome)
            except StopIteration as stop:
                outcomes[index] = Outcome(stop.value)
            except RunError:
                raise
            except Exception as error:
                outcomes[index] = Outcome(failure=error)
            else:
                seconds = max(seconds, request.seconds if isinstance(request, Pause) else 0.0)
                asked.append((index, Outcome() if isinstance(request, Pause) else outcome))
        await run.sleep(seconds) if seconds else None
        await run.settle()
        inbox = asked
    return outcomes


async def _requests(run: Run, requests: Iterable[Request]) -> list[Outcome]:
    outcomes = [_ask(run, request) for request in requests]
    await run.settle()
    return outcomes


def _ask(run: Run, request: Request) -> Outcome:
    """Take a request into a run; a request the SDK itself refuses fails at once, as in real time."""
    try:
        return run.ask(request)
    except RunError:
        raise
    except Exception as error:
        return Outcome(failure=error)


_lobby: ContextVar[_Lobby | None] = ContextVar("llm_batch_lobby", default=None)
_record: ContextVar[int] = ContextVar("llm_batch_record", default=-1)


class _Lobby:
    """Where coroutines wait for their answers: when all of them do, their requests become a batch."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: list[tuple[int, Outcome, asyncio.Future[Outcome]]] = []
        self._running = 0
        self._changed = asyncio.Event()

    async def call(self, request: Request) -> Any:
        """Wait for the answer to one request."""
        outcome = self._run.ask(request)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((_record.get(), outcome, future))
        self._changed.set()
        return (await future).result()

    async def run(self, steps: list[Awaitable[Any]]) -> list[Outcome]:
        """Run coroutines to their end, answering their requests in batches."""
        self._running = len(steps)
        token = _lobby.set(self)
        tasks = [asyncio.ensure_future(self._record(index, step)) for index, step in enumerate(steps)]
        _lobby.reset(token)
        try:
            while self._running:
                await self._assemble()
                waiting, self._waiting = self._waiting, []
                await self._run.settle()
                for _, outcome, future in waiting:
                    if not future.done():
                        future.set_result(outcome)
                await asyncio.sleep(0)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        return [task.result() for task in tasks]

    async def _record(self, index: int, step: Awaitable[Any]) -> Outcome:
        _record.set(index)
        try:
            return await _attempt(step)
        finally:
            self._running -= 1
            self._changed.set()

    async def _assemble(self) -> None:
        """Wait until every coroutine waits for an answer, or nothing has happened for a while."""
        while len({record for record, _, _ in self._waiting}) < self._running:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), IDLE_SECONDS)
            except asyncio.TimeoutError:
                if self._waiting:  # the others may wait for something these hold, such as a semaphore
                    return
        for _ in range(10):
            await asyncio.sleep(0)  # a gather() inside a coroutine asks its requests one after another
