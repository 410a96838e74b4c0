"""Groq: OpenAI's Batch API with the ``groq`` SDK; chat completions only."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from .model import Encoded, Request, Settings, settle
from .openai_batch import cancel, create, error, line, poll, results, upload
from .sdk import capture
from .store import Batch

MAX_REQUESTS, MAX_BYTES, MIN_REQUESTS = 50_000, 100_000_000, 1
__all__ = ["cancel", "create", "error", "line", "poll", "results", "upload"]


def encode(request: Request, settings: Settings) -> Encoded:
    """Turn a request into data. All requests of a batch go to one model."""
    call = capture(request)
    body = call.batch_body()
    endpoint = call.path[len("/openai") :]
    host = str(request.client.base_url).rstrip("/")
    group = {"provider": "groq", "host": host, "endpoint": endpoint, "model": body["model"]}
    return Encoded(group, body, call.decoder())


async def find(client: Any, batch: Batch) -> str | None:
    """Look through all batches; this listing has no pages."""
    for seen in (await settle(client.batches.list())).data:
        if (seen.metadata or {}).get("llm_batch") == batch.token:
            return str(seen.id)
    return None


def default_client(group: Mapping[str, Any]) -> Any:
    """Make a client for the command line."""
    import groq

    return groq.Groq(base_url=group["host"])


def groq_chat_request(client: Any, /, **kwargs: Any) -> Request:
    """``client.chat.completions.create(**kwargs)`` of a Groq client, not yet sent."""
    return Request(sys.modules[__name__], client, "chat.completions.create", kwargs)
