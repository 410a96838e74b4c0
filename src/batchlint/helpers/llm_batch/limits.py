"""Limits of real-time calls that have no meaning in a batch: on their number, their rate, their time.

Inside ``run_batch_async`` they would hold requests back from the batch, or give up on it; elsewhere they go
on as before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from .steps_async import _lobby

T = TypeVar("T")


@asynccontextmanager
async def unless_batched(limit: Any) -> AsyncIterator[Any]:
    """Enter a semaphore, a rate limiter or a time limit; in a batch run, enter nothing."""
    if _lobby.get() is not None:
        yield None
        return
    async with limit as entered:
        yield entered


async def wait_unless_batched(awaitable: Awaitable[T], timeout: float | None) -> T:
    """Wait like ``asyncio.wait_for``; in a batch run without the time limit, for it has its own deadline."""
    if _lobby.get() is not None:
        return await awaitable
    return await asyncio.wait_for(awaitable, timeout)
