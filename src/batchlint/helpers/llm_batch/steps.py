"""The public face: run steps and requests in batches, or one by one in real time.

A *step* is a generator that yields a request and receives the response; in it, everything else stays as
in the function it was before. All steps go forward together: the first requests of all of them form one
batch (split where the provider's limits demand it), the answers are handed back in order, their next
requests form the next batch, and so on. A request that failed is raised inside the step, where the
response was expected, as the exception of the provider's SDK. ``runner.py`` says what is guaranteed.

``**settings`` are the fields of ``model.Settings``. Wherever a step is taken, so is a bare request.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from contextlib import suppress
from typing import Any, TypeVar, Union

from .model import Outcome, Pause, Request, Settings, run_to_end
from .runner import NotReadyError, Run

T = TypeVar("T")
Step = Generator[Union[Request, Pause], Any, T]


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
        return run_to_end(_lockstep(run, steps))


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
    with suppress(NotReadyError), Run(Settings.read(**settings), wait=False) as run:
        run_to_end(_lockstep(run, steps))
        raise NotReadyError  # hands nothing out


def collect(steps: Iterable[Step[Any] | Request], **settings: Any) -> list[Outcome]:
    """Return the outcomes of steps that ``submit`` got, built anew from the same data.

    Raises NotReadyError while batches are running. Call it again later; steps with several requests send
    their next ones from here.
    """
    with Run(Settings.read(**settings), wait=False) as run:
        return run_to_end(_lockstep(run, steps))


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
        else:
            asked.refuse_async()
            run_to_end(answer.call(asked))


def pause(seconds: float) -> Pause:
    """Return what a step yields to wait, in place of ``time.sleep``: in a batch all steps wait together."""
    return Pause(seconds)


def values_of(outcomes: list[Outcome], return_exceptions: bool) -> list[Any]:
    """Return the outcomes' values; raise the first failure unless failures are wanted in the list."""
    if return_exceptions:
        return [outcome.failure or outcome.value for outcome in outcomes]
    return [outcome.result() for outcome in outcomes]


def next_request(step: Step[Any], answer: Outcome) -> Request | Pause:
    """Hand a step its answer, or raise the failure in it, and return what it asks for next."""
    try:
        value = answer.result()
    except Exception as error:
        asked = step.throw(error)
    else:
        asked = step.send(value)
    if not isinstance(asked, (Request, Pause)):
        raise TypeError(f"a step must yield requests, not a {type(asked).__name__}")
    return asked


def _single(request: Request) -> Step[Any]:
    return (yield request)


async def _lockstep(run: Run, steps: Iterable[Step[Any] | Request]) -> list[Outcome]:
    """Drive all steps forward together, one round of requests at a time."""
    running = [_single(step) if isinstance(step, Request) else step for step in steps]
    outcomes = [Outcome() for _ in running]
    answers = dict(enumerate(outcomes))  # what each step waits for, to begin with nothing
    while answers:
        asked = {}
        seconds = 0.0
        for index, answer in answers.items():
            try:
                request = next_request(running[index], answer)
            except StopIteration as stop:
                outcomes[index] = Outcome(stop.value)
            except Exception as error:
                outcomes[index] = Outcome(failure=error)
            else:
                if isinstance(request, Pause):
                    asked[index], seconds = Outcome(), max(seconds, request.seconds)
                else:
                    asked[index] = run.ask(request)
        if seconds:
            await run.sleep(seconds)
        await run.settle()
        answers = asked
    return outcomes
