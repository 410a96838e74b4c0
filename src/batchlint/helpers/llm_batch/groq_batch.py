"""Groq: the Batch API in OpenAI's shape, with the ``groq`` SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import PROVIDERS, Request, settle
from .openai_batch import OpenAI
from .sdk import Captured
from .store import Batch

PREFIX = "/openai"
"""What stands before ``/v1`` in the SDK's paths and not in a batch's."""


class Groq(OpenAI):
    """Chat completions only; 50,000 requests and, by the SDK's word, 100 MB."""

    name = "groq"
    module = "groq"
    max_bytes = 100_000_000

    def group(self, request: Request, captured: Captured, body: Mapping[str, Any]) -> dict[str, Any]:
        """See SDKProvider."""
        endpoint = captured.path[len(PREFIX) :]
        return {**super().group(request, captured, body), "endpoint": endpoint}

    def path(self, group: Mapping[str, Any]) -> str:
        """See SDKProvider."""
        return PREFIX + str(group["endpoint"])

    async def find(self, client: Any, batch: Batch, taken: set[str]) -> str | None:
        """See Provider; this listing has no pages."""
        for seen in (await settle(client.batches.list())).data:
            if (seen.metadata or {}).get("llm_batch") == batch.token and seen.id not in taken:
                return str(seen.id)
        return None

    def default_client(self, group: Mapping[str, Any]) -> Any:
        """See Provider."""
        import groq

        return groq.Groq(base_url=group["host"])


GROQ = Groq()
PROVIDERS[GROQ.name] = GROQ


def groq_chat_request(client: Any, **kwargs: Any) -> Request:
    """``client.chat.completions.create(**kwargs)`` of a Groq client, not yet sent."""
    return Request(GROQ, client, "chat.completions.create", kwargs)
