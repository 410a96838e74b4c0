"""OpenAI and Azure OpenAI: a JSONL file of requests, one batch object, two files of results."""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncIterator, Mapping
from typing import Any

from .model import PROVIDERS, Progress, Request, json_lines, settle
from .sdk import Captured, SDKProvider
from .store import CANCELLED, UNANSWERED, Batch, Reply, RunError

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
"""Every other status, also one not known today, counts as running."""
QUEUE_CODES = frozenset({"token_limit_exceeded", "too_many_tasks"})
"""Codes of a batch that failed only because too much is queued."""


class OpenAI(SDKProvider):
    """The Batch API of api.openai.com and compatible hosts: 50,000 requests, 200 MB, one model per batch."""

    name = "openai"
    module = "openai"

    def group(self, request: Request, captured: Captured, body: Mapping[str, Any]) -> dict[str, Any]:
        """See SDKProvider."""
        host = str(request.client.base_url).partition("/deployments/")[0].rstrip("/")
        endpoint = f"/v1{captured.path}"
        return {"provider": self.name, "host": host, "endpoint": endpoint, "model": body.get("model")}

    def adapt(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """See SDKProvider; the SDK asks for base64 by itself and decodes it, a batch can ask for numbers."""
        if not request.kwargs.get("encoding_format"):
            body.pop("encoding_format", None)
        return body

    def path(self, group: Mapping[str, Any]) -> str:
        """See SDKProvider."""
        return str(group["endpoint"])[len("/v1") :]

    def weight(self, body: Mapping[str, Any]) -> int:
        """See Provider; the limit holds for the inputs of embeddings, not for the requests."""
        inputs = body.get("input")
        return len(inputs) if isinstance(inputs, list) and inputs and not isinstance(inputs[0], int) else 1

    def line(self, group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
        """See Provider."""
        return {"custom_id": key, "method": "POST", "url": group["endpoint"], "body": body}

    async def upload(self, client: Any, batch: Batch) -> Any:
        """See Provider."""
        with batch.requests.open("rb") as file:
            uploaded = await settle(client.files.create(file=("batch.jsonl", file), purpose="batch"))
        return uploaded.id

    async def create(self, client: Any, batch: Batch) -> str:
        """See Provider; the metadata make the batch findable."""
        created = await settle(
            client.with_options(max_retries=0).batches.create(
                input_file_id=batch.facts["uploaded"],
                endpoint=batch.group["endpoint"],
                completion_window="24h",
                metadata={"llm_batch": batch.token},
            )
        )
        return str(created.id)

    async def find(self, client: Any, batch: Batch, taken: set[str]) -> str | None:
        """See Provider; looks through the batches since the intent, newest first."""
        page = await settle(client.batches.list(limit=100))
        while True:
            for seen in page.data:
                if (seen.metadata or {}).get("llm_batch") == batch.token and seen.id not in taken:
                    return str(seen.id)
                if seen.created_at < batch.facts["intent"] - 3600:
                    return None
            if not page.has_next_page():
                return None
            page = await settle(page.get_next_page())

    async def poll(self, client: Any, batch: Batch) -> Progress:
        """See Provider."""
        seen = await settle(client.batches.retrieve(batch.facts["batch_id"]))
        counts = seen.request_counts
        done = (counts.completed or 0) + (counts.failed or 0) if counts else 0
        problems = (seen.errors.data or []) if seen.errors else []
        if seen.status != "failed":
            return Progress(seen.status in ENDED, done, seen.status)
        if any(problem.code in QUEUE_CODES for problem in problems):
            return Progress(True, status="failed", queue_full=True)
        if problems and all(problem.line for problem in problems):
            return Progress(True, status="failed")  # the requests in other lines can run in another batch
        reasons = "; ".join(f"{problem.code}: {problem.message}" for problem in problems)
        return Progress(True, status="failed", failure=reasons or "the provider refused the batch")

    async def results(self, client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
        """See Provider; reads both result files, and the lines that validation found fault with."""
        seen = await settle(client.batches.retrieve(batch.facts["batch_id"]))
        for problem in (seen.errors.data or []) if seen.errors else []:
            if problem.line:
                error = {"code": problem.code, "message": problem.message, "param": problem.param}
                yield batch.ids[problem.line - 1], Reply(400, {"error": error})
        for file_id in (seen.output_file_id, seen.error_file_id):
            if not file_id:  # also "": seen where there was nothing to tell
                continue
            answer = client.files.with_streaming_response.content(file_id)
            if hasattr(answer, "__aenter__"):
                async with answer as response:
                    async for item in json_lines(response.iter_bytes()):
                        yield item["custom_id"], _reply(item)
            else:
                with answer as response:
                    async for item in json_lines(response.iter_bytes()):
                        yield item["custom_id"], _reply(item)

    async def cancel(self, client: Any, batch: Batch) -> None:
        """See Provider."""
        await settle(client.batches.cancel(batch.facts["batch_id"]))

    def default_client(self, group: Mapping[str, Any]) -> Any:
        """See Provider."""
        import openai

        return openai.OpenAI(base_url=group["host"])


def _reply(item: Mapping[str, Any]) -> Reply:
    """Read one result line: the answer, the API's error, or why the request did not run."""
    response, error = item.get("response"), item.get("error") or {}
    if response and response.get("status_code"):
        return Reply(response["status_code"], response.get("body"))
    status = CANCELLED if error.get("code") == "batch_cancelled" else UNANSWERED
    return Reply(status, {"error": error})


class Azure(OpenAI):
    """Azure OpenAI: batches need a deployment of their own, named by ``AZURE_OPENAI_BATCH_DEPLOYMENT``."""

    name = "azure"
    max_requests = 100_000

    def group(self, request: Request, captured: Captured, body: Mapping[str, Any]) -> dict[str, Any]:
        """See SDKProvider."""
        return {**super().group(request, captured, body), "live_model": request.kwargs.get("model")}

    def adapt(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """See SDKProvider; the model of a batch is the name of its deployment."""
        deployment = os.environ.get("AZURE_OPENAI_BATCH_DEPLOYMENT")
        if not deployment:
            raise RunError("set AZURE_OPENAI_BATCH_DEPLOYMENT to the name of a Global-Batch deployment")
        return {**super().adapt(request, body), "model": deployment}

    async def send(self, client: Any, batch: Batch, body: Any) -> Reply:
        """See Provider; real-time requests go to the live deployment."""
        return await super().send(client, batch, {**body, "model": batch.group["live_model"]})

    def default_client(self, group: Mapping[str, Any]) -> Any:
        """See Provider."""
        import openai

        return openai.AzureOpenAI(azure_endpoint=group["host"].partition("/openai")[0])


OPENAI, AZURE = OpenAI(), Azure()
PROVIDERS.update({provider.name: provider for provider in (OPENAI, AZURE)})


def _request(client: Any, operation: str, kwargs: dict[str, Any]) -> Request:
    if inspect.ismodule(client):  # openai.chat.completions.create(...): the SDK's own default client
        client = client.chat.completions._client
    azure = "Azure" in type(client).__name__ or ".openai.azure.com" in str(getattr(client, "base_url", ""))
    return Request(AZURE if azure else OPENAI, client, operation, kwargs)


def chat_request(client: Any, **kwargs: Any) -> Request:
    """``client.chat.completions.create(**kwargs)``, not yet sent."""
    return _request(client, "chat.completions.create", kwargs)


def parse_request(client: Any, **kwargs: Any) -> Request:
    """``client.chat.completions.parse(**kwargs)``, not yet sent."""
    return _request(client, "chat.completions.parse", kwargs)


def responses_request(client: Any, **kwargs: Any) -> Request:
    """``client.responses.create(**kwargs)``, not yet sent."""
    return _request(client, "responses.create", kwargs)


def responses_parse_request(client: Any, **kwargs: Any) -> Request:
    """``client.responses.parse(**kwargs)``, not yet sent."""
    return _request(client, "responses.parse", kwargs)


def embedding_request(client: Any, **kwargs: Any) -> Request:
    """``client.embeddings.create(**kwargs)``, not yet sent."""
    return _request(client, "embeddings.create", kwargs)


def completion_request(client: Any, **kwargs: Any) -> Request:
    """``client.completions.create(**kwargs)``, not yet sent."""
    return _request(client, "completions.create", kwargs)


def moderation_request(client: Any, **kwargs: Any) -> Request:
    """``client.moderations.create(**kwargs)``, not yet sent."""
    return _request(client, "moderations.create", kwargs)


def image_request(client: Any, **kwargs: Any) -> Request:
    """``client.images.generate(**kwargs)``, not yet sent."""
    return _request(client, "images.generate", kwargs)
