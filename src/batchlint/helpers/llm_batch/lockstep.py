"""Steps that go forward together: the requests of all of them share batches, and what they show the world
keeps the order it would have if they ran one after the other.

What a step prints is held back and appears where its result is taken. ``yield in_order()`` waits until all
steps before it have ended, for what must not happen in any other order.
"""

from __future__ import annotations

import io
import sys
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar, Union

from .model import Outcome, Pause, Request
from .runner import Run

T = TypeVar("T")


class InOrder(NamedTuple):
    """Yielded by a step to go on only when the steps before it have ended."""

    value: Any = None


Asked = Union[Request, Pause, InOrder, "list[Any]"]
Step = Generator[Asked, Any, T]


def pause(seconds: float) -> Pause:
    """Return what a step yields to wait, in place of ``time.sleep``: in a batch all steps wait together."""
    return Pause(seconds)


def in_order(value: T = None) -> InOrder:  # type: ignore[assignment]
    """Return what a step yields before it changes something that it shares with the others.

    From there on it runs alone, in its place in the list of steps, and gets ``value`` back; what it prints
    appears at once. If a step
    before it failed, it ends there: run one after the other, it would never have begun.
    """
    return InOrder(value)


def next_request(step: Step[Any], answer: Outcome) -> Asked:
    """Hand a step its answer, or raise the failure in it, and return what it asks for next."""
    try:
        value = answer.result()
    except Exception as error:
        asked = step.throw(error)
    else:
        asked = step.send(value)
    if not isinstance(asked, (Request, Pause, InOrder, list)):
        raise TypeError(f"a step must yield requests, not a {type(asked).__name__}")
    return asked


def as_step(work: Step[Any] | Request) -> Step[Any]:
    """Return a step, made of a single request where need be."""
    return _single(work) if isinstance(work, Request) else work


def _single(request: Request) -> Step[Any]:
    return (yield request)


class _Task:
    """A step on its way: what it has printed, what became of it, and whom it waits for."""

    __slots__ = ("children", "has_turn", "left", "outcome", "parent", "parked", "place", "printed", "step")

    def __init__(self, work: Step[Any] | Request, place: int, parent: _Task | None = None) -> None:
        self.step = as_step(work)
        self.place = place
        self.parent = parent
        self.children: list[_Task] = []
        self.left = 0
        self.has_turn = False
        self.parked: InOrder | None = None
        self.outcome: Outcome | None = None
        self.printed = ""

    def forward(self, answer: Outcome) -> Asked:
        """As ``next_request``, with everything held back that is printed before the step has its turn."""
        if self.has_turn:
            return next_request(self.step, answer)
        screen, heard = sys.stdout, io.StringIO()
        sys.stdout = heard
        try:
            return next_request(self.step, answer)
        except Exception:
            raise
        except BaseException:  # the program ends here: what the step had to say may be the reason
            screen.write(self.printed + heard.getvalue())
            raise
        finally:
            sys.stdout = screen
            self.printed += heard.getvalue()


class Lockstep:
    """Runs steps to their ends, one round of requests at a time."""

    def __init__(self, run: Run, steps: Iterable[Step[Any] | Request]) -> None:
        self._run = run
        self._tasks = [_Task(step, place) for place, step in enumerate(steps)]
        self._ready = deque((task, Outcome()) for task in self._tasks)
        self._asked: list[tuple[_Task, Outcome]] = []
        self._seconds = 0.0
        self._turn = 0
        self._shown = 0
        self._broken: BaseException | None = None

    async def run(self) -> list[Outcome]:
        """Return the outcomes in the order of the steps."""
        while True:
            while self._ready:
                self._advance(*self._ready.popleft())
            if not self._asked:
                return [task.outcome for task in self._tasks if task.outcome is not None]
            if self._seconds:
                await self._run.sleep(self._seconds)
            await self._run.settle()
            self._ready.extend(self._asked)
            self._asked, self._seconds = [], 0.0

    def _advance(self, task: _Task, answer: Outcome) -> None:
        """Run a step until it has to wait, or to its end."""
        try:
            asked = task.forward(answer)
        except StopIteration as stop:
            self._end(task, Outcome(stop.value))
        except Exception as error:
            self._end(task, Outcome(failure=error))
        else:
            if isinstance(asked, Request):
                self._asked.append((task, self._run.ask(asked)))
            elif isinstance(asked, Pause):
                self._seconds = max(self._seconds, asked.seconds)
                self._asked.append((task, Outcome()))
            elif isinstance(asked, list):
                self._spawn(task, asked)
            elif task.parent is None:
                task.parked = asked
                self._let_go()
            else:
                self._end(task, Outcome(failure=TypeError("a part of a step cannot wait for its turn")))

    def _spawn(self, task: _Task, works: list[Any]) -> None:
        """Run the parts of a step together; it goes on with their outcomes."""
        task.children = [_Task(work, place, task) for place, work in enumerate(works)]
        task.left = len(works)
        self._ready.extendleft((child, Outcome()) for child in reversed(task.children))
        if not works:
            self._ready.append((task, Outcome([])))

    def _end(self, task: _Task, outcome: Outcome) -> None:
        outcome.printed, task.printed = task.printed, ""
        task.outcome = outcome
        if task.parent is None:
            self._let_go()
            return
        task.parent.left -= 1
        if not task.parent.left:
            outcomes = [child.outcome for child in task.parent.children]
            self._ready.append((task.parent, Outcome(outcomes)))

    def _let_go(self) -> None:
        """Let the step go on whose turn it is, if it waits for it; end those behind one that failed."""
        while self._turn < len(self._tasks):
            task = self._tasks[self._turn]
            if task.outcome is None and task.parked is not None:
                parked, task.parked = task.parked, None
                if self._broken is None:
                    self._show(task)
                    self._ready.append((task, Outcome(parked.value)))
                    return
                with suppress(RuntimeError):  # a bare `except` around the `yield` takes the end for a failure
                    task.step.close()
                task.outcome = Outcome(failure=self._broken)
            if task.outcome is None:
                return
            self._broken = self._broken or task.outcome.failure
            self._turn += 1

    def _show(self, task: _Task) -> None:
        """Print what was held back of a step that has its turn, and of those before it."""
        for ended in self._tasks[self._shown : task.place]:
            if ended.outcome is not None:
                sys.stdout.write(ended.outcome.printed)
                ended.outcome.printed = ""
        self._shown = task.place
        sys.stdout.write(task.printed)
        sys.stdout.flush()
        task.printed, task.has_turn = "", True
