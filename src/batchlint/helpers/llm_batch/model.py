"""The words of this package: settings, requests, outcomes, and what a provider must be able to do."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass, fields
from typing import Any, Callable, NamedTuple, TypeVar

from .store import UNANSWERED, Batch, Reply, RunError

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """How a run behaves; each field is a keyword argument of the ``run`` functions and a variable."""

    dir: str = ".llm_batch"
    """``LLM_BATCH_DIR``: the state folder."""
    max_requests: int | None = None
    """``LLM_BATCH_MAX_REQUESTS``: requests per batch, below the provider's own limit."""
    min_requests: int | None = None
    """``LLM_BATCH_MIN_REQUESTS``: fewer than this go in real time; default: the provider's minimum."""
    poll_seconds: float = 30.0
    """``LLM_BATCH_POLL_SECONDS``: first interval between two looks; grows by half, up to 20-fold."""
    deadline_hours: float = 100.0
    """``LLM_BATCH_DEADLINE_HOURS``: give up waiting after this; the batches go on and a rerun finds them."""
    fallback: bool = False
    """Send what the batches left unanswered in real time, at full price. Argument only."""

    @classmethod
    def read(cls, **overrides: Any) -> Settings:
        """Combine arguments, environment, defaults, in this order; raises ValueError naming a bad value."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            text = os.environ.get(f"LLM_BATCH_{field.name.upper()}", "") if field.name != "fallback" else ""
            kind = {"dir": str, "max_requests": int, "min_requests": int}.get(field.name, float)
            try:
                values.update({field.name: kind(text)} if text else {})
            except ValueError:
                message = f"LLM_BATCH_{field.name.upper()}={text!r} is not a number; correct or unset it"
                raise ValueError(message) from None
        return cls(**{**values, **overrides})


class Encoded(NamedTuple):
    """A request as data: what its batch must share, its body, and the way back from the answer's body."""

    group: dict[str, Any]
    body: dict[str, Any]
    decode: Callable[[Any], Any]


class Progress(NamedTuple):
    """What the provider says about a batch. ``failure``: why it never ran; ``queue_full``: try later."""

    ended: bool
    done: int = 0
    status: str = ""
    failure: str | None = None
    queue_full: bool = False


class Provider:
    """What the runner needs to know about one provider; the modules beside this one implement it.

    ``upload`` to ``send`` may talk to the provider through a sync or an async client (see ``settle``).
    """

    name = ""
    max_requests = 50_000
    max_bytes = 200_000_000
    min_requests = 1

    def encode(self, request: Request) -> Encoded:
        """Turn a request into data, as the SDK itself would; raises what the SDK raises for bad arguments."""
        raise NotImplementedError

    def is_async(self, request: Request) -> bool:
        """Whether the request's client must be awaited."""
        return False

    def weight(self, body: Mapping[str, Any]) -> int:
        """Return how much of ``max_requests`` a request uses up."""
        return 1

    def line(self, group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
        """Return the upload line of a request: the id in the first field, the body in the last."""
        return {"custom_id": key, "body": body}

    async def upload(self, client: Any, batch: Batch) -> Any:
        """Bring the requests to the provider (not yet paid for); return a JSON value ``create`` needs."""
        return None

    async def create(self, client: Any, batch: Batch) -> str:
        """Start the batch, without any retry, and return the provider's id for it."""
        raise NotImplementedError

    async def find(self, client: Any, batch: Batch, taken: set[str]) -> str | None:
        """Look for a batch whose creation was never answered; ``taken`` are ids of other batches."""
        raise NotImplementedError

    async def poll(self, client: Any, batch: Batch) -> Progress:
        """Ask how the batch is doing. A status this code does not know counts as running."""
        raise NotImplementedError

    def results(self, client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
        """Yield (id, reply) for each result the provider has, in any order."""
        raise NotImplementedError

    async def cancel(self, client: Any, batch: Batch) -> None:
        """Ask the provider to stop the batch; what is done so far stays and is charged."""
        raise NotImplementedError

    async def send(self, client: Any, batch: Batch, body: Any) -> Reply:
        """Send one body in real time."""
        raise NotImplementedError

    def error(self, client: Any, reply: Reply) -> Exception:
        """Build the SDK's exception for a failed request, as the real-time call would have raised it."""
        raise NotImplementedError

    def default_client(self, group: Mapping[str, Any]) -> Any:
        """Make a client from the SDK's own environment variables, for the command line."""
        raise NotImplementedError


PROVIDERS: dict[str, Provider] = {}
"""Every provider module enters its provider here, by name."""


class Request:
    """One real-time call that has not been made: a client, an operation and the call's keyword arguments."""

    __slots__ = ("client", "kwargs", "operation", "provider")

    def __init__(self, provider: Provider, client: Any, operation: str, kwargs: dict[str, Any]) -> None:
        self.provider = provider
        self.client = client
        self.operation = operation
        self.kwargs = kwargs

    def call(self) -> Any:
        """Make the real-time call; with an async client the result is to be awaited."""
        method = self.client
        for name in self.operation.split("."):
            method = getattr(method, name)
        return method(**self.kwargs)


@dataclass(frozen=True)
class Pause:
    """Yielded by a step instead of ``time.sleep``: in a batch run all pauses of a round pass together."""

    seconds: float


class Source(NamedTuple):
    """Where an outcome's response comes from."""

    batch: Batch
    provider: Provider
    client: Any
    decode: Callable[[Any], Any]

    def response(self, key: str) -> Any:
        """Read, and rebuild or raise, the answer to one request."""
        reply = self.batch.reply(key) or Reply(UNANSWERED, {"error": {"message": "no result yet"}})
        if reply.status != 200:
            raise self.provider.error(self.client, reply)
        return self.decode(reply.body)


class Outcome:
    """What became of one request or step; ``result()`` returns or raises, like a future.

    A response stays on disk until it is asked for.
    """

    __slots__ = ("attempts", "failure", "key", "source", "value")

    def __init__(self, value: Any = None, failure: BaseException | None = None) -> None:
        self.value = value
        self.failure = failure
        self.source: Source | None = None
        self.key = ""
        self.attempts = 0

    def result(self) -> Any:
        """Return the response in the real-time call's shape, or raise what that call would have raised."""
        if self.source is not None:
            return self.source.response(self.key)
        if self.failure is not None:
            raise self.failure
        return self.value

    def exception(self) -> BaseException | None:
        """Return the failure, or None."""
        try:
            self.result()
        except Exception as error:
            return error
        return None


async def settle(value: Any) -> Any:
    """Return a client method's value, awaiting it when the client is async."""
    return await value if inspect.isawaitable(value) else value


async def json_lines(chunks: Any) -> AsyncIterator[Any]:
    """Yield the values of a JSONL download, sync or async, split at newlines only, without malformed ones."""
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


def run_to_end(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits for an event loop; ours do not, with sync clients."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RunError("this client is async: use run_batch_async() and its relatives")
