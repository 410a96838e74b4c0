"""Anthropic: requests inline in the create call, results as a stream of lines."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

from .model import Encoded, Progress, Request, Settings, json_lines, settle
from .sdk import capture, error
from .store import CANCELLED, UNANSWERED, Batch, Reply

# The API takes 100,000 requests and 256 MB; smaller batches, as all of one has to be in memory at once.
MAX_REQUESTS, MAX_BYTES, MIN_REQUESTS = 10_000, 64_000_000, 1
STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}  # the HTTP status of each error type in real time; others are 500
__all__ = ["error"]
BATCH_HEADERS = ("anthropic-beta", "anthropic-user-profile-id", "anthropic-workspace-id")


def encode(request: Request, settings: Settings) -> Encoded:
    """Turn a request into data. Models may mix in a batch; what are headers in real time may not."""
    call = capture(request)
    headers = {name.lower(): value for name, value in (call.options.get("headers") or {}).items()}
    lifted = {name: headers[name] for name in BATCH_HEADERS if isinstance(headers.get(name), str)}
    host = str(request.client.base_url).rstrip("/")
    group = {"provider": "anthropic", "host": host, "path": call.path, "headers": lifted}
    return Encoded(group, call.batch_body(), call.decoder())


def line(group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
    """Return a request as the create call takes it."""
    return {"custom_id": key, "params": body}


async def upload(client: Any, batch: Batch, settings: Settings) -> Any:
    """Upload nothing: ``create`` sends the requests."""


def _batches(client: Any, batch: Batch) -> Any:
    return (client.beta if "beta=true" in batch.group["path"] else client).messages.batches


async def create(client: Any, batch: Batch) -> str:
    """Start the batch."""
    requests = [line(batch.group, key, body) for key, body in batch.bodies()]
    batches = _batches(client.with_options(max_retries=0), batch)
    return str((await settle(batches.create(requests=requests, extra_headers=batch.group["headers"]))).id)


async def find(client: Any, batch: Batch) -> str | None:
    """Look through the batches made since the intent. Having no names, only results tell whose they are."""
    page = await settle(_batches(client, batch).list(limit=100))
    unsure: str | None = None
    while True:
        for seen in page.data:
            if seen.created_at.timestamp() < batch.facts["intent"] - 60:
                return unsure
            if sum(seen.request_counts.to_dict().values()) != len(batch.ids):
                continue
            if seen.processing_status != "ended":
                unsure = ""
                continue
            async for key, _ in _results(client, batch, seen.id):
                if key in batch.ids:
                    return str(seen.id)
                break
        if not page.has_next_page():
            return unsure
        page = await settle(page.get_next_page())


async def poll(client: Any, batch: Batch) -> Progress:
    """Look at the batch."""
    seen = await settle(_batches(client, batch).retrieve(batch.facts["batch_id"]))
    done = len(batch.ids) - seen.request_counts.processing
    return Progress(seen.processing_status == "ended", done, seen.processing_status)


def results(client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
    """Read the results."""
    return _results(client, batch, batch.facts["batch_id"])


async def _results(client: Any, batch: Batch, batch_id: str) -> AsyncIterator[tuple[str, Reply]]:
    stream = await settle(_batches(client, batch).results(batch_id))
    response = stream.http_response
    chunks = response.aiter_bytes() if hasattr(stream, "__aiter__") else response.iter_bytes()
    async for item in json_lines(chunks):
        yield item["custom_id"], _reply(item["result"])


def _reply(result: Mapping[str, Any]) -> Reply:
    kind = result["type"]
    if kind == "succeeded":
        return Reply(200, result["message"])
    if kind == "errored":
        failure = result["error"]
        return Reply(STATUSES.get(str((failure.get("error") or {}).get("type")), 500), failure)
    failure = {"error": {"type": kind, "message": f"the request was {kind} in its batch"}}
    return Reply(CANCELLED if kind == "canceled" else UNANSWERED, failure)


async def cancel(client: Any, batch: Batch) -> None:
    """Stop the batch."""
    await settle(_batches(client, batch).cancel(batch.facts["batch_id"]))


def default_client(group: Mapping[str, Any]) -> Any:
    """Make a client for the command line."""
    import anthropic

    return anthropic.Anthropic(base_url=group["host"])


def _request(operation: str, client: Any, /, **kwargs: Any) -> Request:
    return Request(sys.modules[__name__], client, operation, kwargs)


# message_request(client, **kwargs) is client.messages.create(**kwargs), not yet sent; and so on.
message_request = partial(_request, "messages.create")
message_parse_request = partial(_request, "messages.parse")
beta_message_request = partial(_request, "beta.messages.create")
beta_message_parse_request = partial(_request, "beta.messages.parse")
