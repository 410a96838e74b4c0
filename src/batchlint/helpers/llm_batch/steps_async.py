"""The public face for async code: coroutines that ``await batch_call(request)`` run together in batches.

Everything else in a coroutine stays as it was. Their requests are gathered until all coroutines wait for an
answer (or, where some wait for something else, such as a semaphore, until nothing has happened for a
while); then the requests become a batch, the answers are handed back, and so on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar

from .lockstep import InOrder, Step, next_request
from .model import Outcome, Pause, Request, Settings, settle
from .runner import NotReadyError, Run
from .steps import values_of

T = TypeVar("T")
IDLE_SECONDS = 5.0  # how long requests wait for more when the rest of the program is busy


async def batch_call(request: Request) -> Any:
    """Return the response to a request: through a batch inside ``run_batch_async``, else in real time."""
    lobby = _lobby.get()
    return await (lobby.call(request) if lobby else settle(request.call()))


async def run_batch_async(
    steps: Iterable[Awaitable[T]], *, return_exceptions: bool = False, **settings: Any
) -> list[T]:
    """The async ``run_batch``: for coroutines that use ``batch_call``."""
    return values_of(await run_outcomes_async(steps, **settings), return_exceptions)


async def run_outcomes_async(steps: Iterable[Awaitable[Any]], **settings: Any) -> list[Outcome]:
    """Like ``run_batch_async``, with one ``Outcome`` per coroutine."""
    with Run(Settings.read(**settings), is_async=True) as run:
        return await _Lobby(run).run(steps)


async def run_requests_async(requests: Iterable[Request], **settings: Any) -> list[Outcome]:
    """The async ``run_requests``."""
    with Run(Settings.read(**settings), is_async=True) as run:
        outcomes = [run.ask(request) for request in requests]
        await run.settle()
        return outcomes


async def submit_async(steps: Iterable[Awaitable[Any] | Request], **settings: Any) -> None:
    """The async ``submit``, for coroutines or requests."""
    chosen = Settings.read(**settings)
    with suppress(NotReadyError), Run(chosen, is_async=True, wait=False, deliver=False) as run:
        await _Lobby(run).run(steps)
        raise NotReadyError  # hands nothing out


async def collect_async(steps: Iterable[Awaitable[Any] | Request], **settings: Any) -> list[Outcome]:
    """The async ``collect``, for coroutines or requests."""
    with Run(Settings.read(**settings), is_async=True, wait=False) as run:
        return await _Lobby(run).run(steps)


async def run_now_async(step: Step[T]) -> T:
    """The async ``run_now``: for a step (a generator, not a coroutine) whose client is async."""
    answer = Outcome()
    while True:
        try:
            asked = next_request(step, answer)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        answer = Outcome()
        if isinstance(asked, Pause):
            await asyncio.sleep(asked.seconds)
        elif isinstance(asked, Request):
            await answer.call(asked)
        elif isinstance(asked, InOrder):
            answer.value = asked.value
        else:
            answer.value = [await _in_real_time(work) for work in asked]


async def _in_real_time(work: Step[Any] | Request) -> Outcome:
    """Run a part of a step to its end."""
    if isinstance(work, Request):
        return await Outcome().call(work)
    try:
        return Outcome(await run_now_async(work))
    except Exception as error:
        return Outcome(failure=error)


class _Lobby:
    """Where coroutines wait for their answers."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: list[tuple[Outcome, asyncio.Future[Outcome]]] = []
        self._running = 0
        self._changed = asyncio.Event()

    async def call(self, request: Request) -> Any:
        """Wait for the answer to one request."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._run.ask(request), future))
        self._changed.set()
        return (await future).result()

    async def run(self, steps: Iterable[Awaitable[Any] | Request]) -> list[Outcome]:
        """Run coroutines to their end, answering their requests in batches."""
        token = _lobby.set(self)
        works = [batch_call(step) if isinstance(step, Request) else step for step in steps]
        tasks = [asyncio.ensure_future(self._outcome(work)) for work in works]
        _lobby.reset(token)
        self._running = len(tasks)
        try:
            while self._running:
                await self._gather()
                waiting, self._waiting = self._waiting, []
                await self._run.settle()
                for outcome, future in waiting:
                    if not future.done():
                        future.set_result(outcome)
                await asyncio.sleep(0)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        return [task.result() for task in tasks]

    async def _outcome(self, work: Awaitable[Any]) -> Outcome:
        try:
            return Outcome(await work)
        except Exception as error:
            return Outcome(failure=error)
        finally:
            self._running -= 1
            self._changed.set()

    async def _gather(self) -> None:
        """Wait until every coroutine waits for an answer, or some do and nothing has happened for a while."""
        while len(self._waiting) < self._running:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), IDLE_SECONDS)
            except asyncio.TimeoutError:
                if self._waiting:
                    return
        for _ in range(10):
            await asyncio.sleep(0)  # a gather() inside a coroutine asks its requests one after another


_lobby: ContextVar[_Lobby | None] = ContextVar("llm_batch_lobby", default=None)
