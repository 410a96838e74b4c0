"""The public face: run steps and requests in batches, or one by one in real time.

A *step* is a generator that yields a request and receives the response; in it, everything else stays as
in the function it was before. All steps go forward together: the first requests of all of them form one
batch (split where the provider's limits demand it), the answers are handed back in order, their next
requests form the next batch, and so on. A step that yields a list of requests, or of other steps, gets the
list of their outcomes. A request that failed is raised inside the step, where the response was expected, as
the exception of the provider's SDK. ``runner.py`` says what is guaranteed, ``lockstep.py`` in which order
things happen.

``**settings`` are the fields of ``model.Settings``. Wherever a step is taken, so is a bare request.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeVar

from .lockstep import InOrder, Lockstep, Step, as_step, next_request
from .model import Outcome, Pause, Request, Settings, run_to_end
from .runner import NotReadyError, Run

T = TypeVar("T")


def run_batch(steps: Iterable[Step[T]], *, return_exceptions: bool = False, **settings: Any) -> list[T]:
    """Run steps to their end through the batch API and return their values, in the order given.

    Blocks until all are done, up to the deadline. If a step raises, the others still go on to their end;
    then the first exception, in the order given, is raised, or with ``return_exceptions`` they stand in the
    list. Also raises DeadlineExceededError, AlreadyRunningError, and what the SDK raises when the provider
    refuses a batch as a whole (such as a wrong API key).
    """
    return values_of(run_outcomes(steps, **settings), return_exceptions)


def run_outcomes(steps: Iterable[Step[Any]], **settings: Any) -> list[Outcome]:
    """Like ``run_batch``, with one ``Outcome`` per step, whose ``result()`` returns or raises."""
    with Run(Settings.read(**settings)) as run:
        return run_to_end(Lockstep(run, steps).run())


def run_requests(requests: Iterable[Request], **settings: Any) -> list[Outcome]:
    """Run independent requests through the batch API; one ``Outcome`` per request, in the order given.

    ``outcome.result()`` returns the response in the shape of the real-time call or raises what that call
    would have raised. Blocks and raises like ``run_batch``.
    """
    with Run(Settings.read(**settings)) as run:
        outcomes = [run.ask(request) for request in requests]
        run_to_end(run.settle())
        return outcomes


def submit(steps: Iterable[Step[Any] | Request], **settings: Any) -> None:
    """Send the steps' requests without waiting; ``collect`` gets the results, now or in another process."""
    with suppress(NotReadyError), Run(Settings.read(**settings), wait=False, deliver=False) as run:
        run_to_end(Lockstep(run, steps).run())
        raise NotReadyError  # hands nothing out


def collect(steps: Iterable[Step[Any] | Request], **settings: Any) -> list[Outcome]:
    """Return the outcomes of steps that ``submit`` got, built anew from the same data.

    Raises NotReadyError while batches are running. Call it again later; steps with several requests send
    their next ones from here.
    """
    with Run(Settings.read(**settings), wait=False) as run:
        return run_to_end(Lockstep(run, steps).run())


def run_now(step: Step[T]) -> T:
    """Run one step with ordinary real-time calls; the form for callers that wait for one result."""
    answer = Outcome()
    while True:
        try:
            asked = next_request(step, answer)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        answer = Outcome()
        if isinstance(asked, Pause):
            time.sleep(asked.seconds)
        elif isinstance(asked, Request):
            asked.refuse_async()
            run_to_end(answer.call(asked))
        elif isinstance(asked, InOrder):
            answer.value = asked.value
        else:
            answer.value = [_Later(work) for work in asked]


class _Later(Outcome):
    """The outcome of work that runs in real time, when somebody asks for it."""

    __slots__ = ("_work",)

    def __init__(self, work: Step[Any] | Request) -> None:
        super().__init__()
        self._work: Step[Any] | None = as_step(work)

    def result(self) -> Any:
        """Run the work, once."""
        if self._work is not None:
            work, self._work = self._work, None
            try:
                self.value = run_now(work)
            except Exception as error:
                self.failure = error
        return super().result()


def values_of(outcomes: list[Outcome], return_exceptions: bool) -> list[Any]:
    """Return the outcomes' values; raise the first failure unless failures are wanted in the list."""
    if return_exceptions:
        return [outcome.exception() or outcome.value for outcome in outcomes]
    return [outcome.result() for outcome in outcomes]
