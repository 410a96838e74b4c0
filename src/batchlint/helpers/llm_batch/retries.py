"""Retry decorators on steps: each attempt is a step of its own, and waiting is shared."""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable

from .lockstep import Step, pause


def retried_steps(decorated: Callable[..., Any]) -> Callable[..., Step[Any]]:
    """Make tenacity's ``@retry`` below it work on steps, with all that it was told.

    On its own it would see a function that returns a generator, which never fails.
    """
    retrying = decorated.retry  # type: ignore[attr-defined]
    function = decorated.__wrapped__  # type: ignore[attr-defined]

    @functools.wraps(function)
    def steps(*args: Any, **kwargs: Any) -> Step[Any]:
        naps: list[float] = []
        for attempt in retrying.copy(sleep=naps.append):
            if naps:
                yield pause(naps.pop())
            try:
                value = yield from function(*args, **kwargs)
            except Exception:
                attempt.retry_state.set_exception(sys.exc_info())
            else:
                attempt.retry_state.set_result(value)
        return value

    return steps
