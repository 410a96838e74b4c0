"""Anthropic: requests inline in the create call, results as a stream of lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from .model import PROVIDERS, Progress, Request, json_lines, settle
from .sdk import Captured, SDKProvider
from .store import CANCELLED, UNANSWERED, Batch, Reply

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
}
"""The HTTP status the API gives each error type in real time; others are 500."""
BATCH_HEADERS = ("anthropic-beta", "anthropic-user-profile-id", "anthropic-workspace-id")
"""Headers of a real-time call that stand for a whole batch."""


class Anthropic(SDKProvider):
    """The Message Batches API: models may mix; betas hold for the whole batch.

    The API takes 100,000 requests and 256 MB; smaller batches, as all of it has to be in memory at once.
    """

    name = "anthropic"
    module = "anthropic"
    max_requests = 10_000
    max_bytes = 64_000_000
    dropped = SDKProvider.dropped | {"speed"}

    def group(self, request: Request, captured: Captured, body: Mapping[str, Any]) -> dict[str, Any]:
        """See SDKProvider."""
        headers = {name.lower(): value for name, value in (captured.options.get("headers") or {}).items()}
        lifted = {name: headers[name] for name in BATCH_HEADERS if isinstance(headers.get(name), str)}
        host = str(request.client.base_url).rstrip("/")
        return {"provider": self.name, "host": host, "path": captured.path, "headers": lifted}

    def path(self, group: Mapping[str, Any]) -> str:
        """See SDKProvider."""
        return str(group["path"])

    def line(self, group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
        """See Provider."""
        return {"custom_id": key, "params": body}

    def _batches(self, client: Any, batch: Batch) -> Any:
        beta = "beta=true" in batch.group["path"]
        return client.beta.messages.batches if beta else client.messages.batches

    async def create(self, client: Any, batch: Batch) -> str:
        """See Provider."""
        requests = [{"custom_id": key, "params": body} for key, body in batch.bodies()]
        batches = self._batches(client.with_options(max_retries=0), batch)
        created = await settle(batches.create(requests=requests, extra_headers=batch.group["headers"]))
        return str(created.id)

    async def find(self, client: Any, batch: Batch, taken: set[str]) -> str | None:
        """See Provider; the API keeps no name for a batch, so: made since the intent, and of the same size.

        A wrong guess shows when the results come, by their ids, and the search goes on.
        """
        page = await settle(self._batches(client, batch).list(limit=100))
        while True:
            for seen in page.data:
                if seen.created_at.timestamp() < batch.facts["intent"] - 60:
                    return None
                counts = seen.request_counts
                size = (
                    counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
                )
                if size == len(batch.ids) and seen.id not in taken:
                    return str(seen.id)
            if not page.has_next_page():
                return None
            page = await settle(page.get_next_page())

    async def poll(self, client: Any, batch: Batch) -> Progress:
        """See Provider."""
        seen = await settle(self._batches(client, batch).retrieve(batch.facts["batch_id"]))
        counts = seen.request_counts
        done = counts.succeeded + counts.errored + counts.canceled + counts.expired
        return Progress(seen.processing_status == "ended", done, seen.processing_status)

    async def results(self, client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
        """See Provider."""
        stream = await settle(self._batches(client, batch).results(batch.facts["batch_id"]))
        response = stream.http_response
        chunks = response.aiter_bytes() if hasattr(stream, "__aiter__") else response.iter_bytes()
        async for item in json_lines(chunks):
            yield item["custom_id"], _reply(item["result"])

    async def cancel(self, client: Any, batch: Batch) -> None:
        """See Provider."""
        await settle(self._batches(client, batch).cancel(batch.facts["batch_id"]))

    def default_client(self, group: Mapping[str, Any]) -> Any:
        """See Provider."""
        import anthropic

        return anthropic.Anthropic(base_url=group["host"])


def _reply(result: Mapping[str, Any]) -> Reply:
    """Read one result: succeeded, errored, canceled or expired."""
    kind = result["type"]
    if kind == "succeeded":
        return Reply(200, result["message"])
    if kind == "errored":
        error = result["error"]
        return Reply(STATUSES.get(str((error.get("error") or {}).get("type")), 500), error)
    message = f"the request was {kind} in its batch"
    return Reply(
        CANCELLED if kind == "canceled" else UNANSWERED, {"error": {"type": kind, "message": message}}
    )


ANTHROPIC = Anthropic()
PROVIDERS[ANTHROPIC.name] = ANTHROPIC


def message_request(client: Any, **kwargs: Any) -> Request:
    """``client.messages.create(**kwargs)``, not yet sent."""
    return Request(ANTHROPIC, client, "messages.create", kwargs)


def message_parse_request(client: Any, **kwargs: Any) -> Request:
    """``client.messages.parse(**kwargs)``, not yet sent."""
    return Request(ANTHROPIC, client, "messages.parse", kwargs)


def beta_message_request(client: Any, **kwargs: Any) -> Request:
    """``client.beta.messages.create(**kwargs)``, not yet sent."""
    return Request(ANTHROPIC, client, "beta.messages.create", kwargs)


def beta_message_parse_request(client: Any, **kwargs: Any) -> Request:
    """``client.beta.messages.parse(**kwargs)``, not yet sent."""
    return Request(ANTHROPIC, client, "beta.messages.parse", kwargs)
