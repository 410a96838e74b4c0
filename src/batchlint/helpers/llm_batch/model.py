"""The words of this package: settings, requests, outcomes; and small tools for talking to an SDK.

A provider is one of the modules ``*_batch.py``, with the functions ``encode``, ``line``, ``upload``,
``create``, ``find``, ``poll``, ``results``, ``cancel``, ``error`` and ``default_client``.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, fields
from typing import Any, Callable, NamedTuple, TypeVar

from .store import Batch, RunError

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """How a run behaves: keyword arguments of the run functions.

    All but ``fallback`` have environment variables too: ``LLM_BATCH_DIR`` and so on, the last four by their
    own names (``BEDROCK_BATCH_BUCKET``).
    """

    dir: str = ".llm_batch"  # the state folder
    max_requests: int = 0  # per batch, if below the provider's own limit
    min_requests: int = 0  # fewer go in real time; the provider's own minimum holds as well
    poll_seconds: float = 30.0  # between the first two looks; grows by half each time, up to 20-fold
    deadline_hours: float = 100.0  # then DeadlineExceededError; the batches go on and a rerun finds them
    fallback: bool = False  # send what batches left unanswered in real time, at full price
    azure_openai_batch_deployment: str = ""
    bedrock_batch_bucket: str = ""
    bedrock_batch_role_arn: str = ""
    vertex_batch_bucket: str = ""

    @classmethod
    def read(cls, **given: Any) -> Settings:
        """Combine arguments, environment and defaults, in this order; ValueError names a bad variable."""
        values = dict(given)
        for field in fields(cls):
            variable = field.name.upper() if "_batch_" in field.name else f"LLM_BATCH_{field.name.upper()}"
            text = os.environ.get(variable)
            if text and field.name not in given and field.name != "fallback":
                try:
                    values[field.name] = type(getattr(cls, field.name))(text)
                except ValueError:
                    raise ValueError(f"{variable}={text!r} is not a number; correct or unset it") from None
        return cls(**values)


class Request(NamedTuple):
    """One real-time call that has not been made: the call's client, method and keyword arguments."""

    provider: Any
    client: Any
    operation: str
    kwargs: dict[str, Any]

    def refuse_async(self) -> None:
        """Raise RunError if the call would have to be awaited."""
        names = [kind.__name__ for kind in type(self.client).__mro__]
        if self.operation.endswith("_async") or any(name.startswith("Async") for name in names):
            raise RunError("this client is async: use run_batch_async() and its relatives")

    def call(self) -> Any:
        """Make the real-time call; with an async client the result is to be awaited."""
        method = self.client
        for name in self.operation.split("."):
            method = getattr(method, name)
        return method(**self.kwargs)


class Pause(NamedTuple):
    """Yielded by a step instead of ``time.sleep``: in a batch run all pauses of a round pass together."""

    seconds: float


class Outcome:
    """What became of one request or step; like a future, ``result()`` returns or raises.

    A response stays on disk until it is asked for; what a step printed appears when it is asked for first.
    """

    __slots__ = ("attempts", "batch", "decode", "failure", "key", "printed", "request", "value", "weight")

    def __init__(self, value: Any = None, failure: BaseException | None = None) -> None:
        self.value = value
        self.failure = failure
        self.batch: Batch | None = None
        self.key = ""
        self.attempts = 0
        self.weight = 1
        self.printed = ""
        self.request: Any = None
        self.decode: Callable[[Any], Any] | None = None

    def result(self) -> Any:
        """Return the response in the real-time call's shape, or raise what that call would have raised."""
        if self.printed:
            printed, self.printed = self.printed, ""
            sys.stdout.write(printed)
            sys.stdout.flush()
        if self.failure is not None:
            raise self.failure
        if self.batch is None or self.decode is None:
            return self.value
        reply = self.batch.reply(self.key)
        if reply.status != 200:
            raise self.request.provider.error(self.request.client, reply)
        return self.decode(reply.body)

    def exception(self) -> BaseException | None:
        """Return the failure, or None."""
        try:
            self.result()
        except Exception as error:
            return error
        return None

    async def call(self, request: Request) -> Outcome:
        """Make the request in real time; return self."""
        self.batch = None
        try:
            self.value = await settle(request.call())
        except Exception as error:
            self.failure = error
        return self


class Encoded(NamedTuple):
    """A request as data."""

    group: dict[str, Any]  # what all requests of a batch must share
    body: dict[str, Any]
    decode: Callable[[Any], Any]  # from the body of an answer to the real-time call's response
    weight: int = 1  # how much it counts towards MAX_REQUESTS


class Progress(NamedTuple):
    """What the provider says about a batch."""

    ended: bool
    done: int = 0
    status: str = ""
    failure: str | None = None  # why nothing of it ran
    queue_full: bool = False  # it can run later


async def settle(value: Any) -> Any:
    """Return a client method's value, awaiting it when the client is async."""
    return await value if inspect.isawaitable(value) else value


def run_to_end(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine without an event loop: ours never wait for one when the client is not async."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RunError("something waits for an event loop in code that is not async")


async def json_lines(chunks: Any) -> AsyncIterator[Any]:
    """Yield the values of a JSONL download, split at newlines only, without malformed ones."""
    rest = b""
    async for chunk in each(chunks):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            with contextlib.suppress(ValueError):
                yield json.loads(line)
    with contextlib.suppress(ValueError):
        yield json.loads(rest)


async def each(items: Any) -> AsyncIterator[Any]:
    """Yield the items of a sync or an async iterable."""
    if hasattr(items, "__aiter__"):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status of an SDK's exception, or None when no answer came."""
    aws = getattr(error, "response", None)
    if isinstance(aws, dict):
        return int(aws.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) or None
    for name in ("status_code", "code"):
        status = getattr(error, name, None)
        if isinstance(status, int) and status >= 100:
            return status
    return None


def plain(value: Any) -> Any:
    """Turn an SDK object inside a request into JSON, as the SDK does when it sends it."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_unset=True, by_alias=True)
    if hasattr(value, "__iter__") and not isinstance(value, (bytes, bytearray)):
        return list(value)
    raise TypeError(f"a batch request cannot hold a {type(value).__name__}")
