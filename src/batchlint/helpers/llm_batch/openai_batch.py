"""OpenAI and Azure OpenAI: a JSONL file of requests, one batch object, two files of results.

Azure needs a deployment of its own for batches: ``AZURE_OPENAI_BATCH_DEPLOYMENT``.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

from .model import Encoded, Progress, Request, Settings, json_lines, settle
from .sdk import capture, error
from .store import CANCELLED, UNANSWERED, Batch, Reply, RunError

MAX_REQUESTS, MAX_BYTES, MIN_REQUESTS = 50_000, 200_000_000, 1
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})  # any other status counts as running
__all__ = ["error"]
QUEUE_CODES = frozenset({"token_limit_exceeded", "too_many_tasks"})  # failed as too much is queued


def encode(request: Request, settings: Settings) -> Encoded:
    """Turn a request into data. All requests of a batch go to one endpoint and one model."""
    call = capture(request)
    body = call.batch_body()
    if not request.kwargs.get("encoding_format"):  # the SDK asks for base64 and decodes it by itself
        body.pop("encoding_format", None)
    host = str(request.client.base_url).partition("/deployments/")[0].rstrip("/")
    if "Azure" in type(request.client).__name__ or ".openai.azure.com" in host:
        body["model"] = settings.azure_openai_batch_deployment
        if not body["model"]:
            raise RunError("set AZURE_OPENAI_BATCH_DEPLOYMENT to the name of a Global-Batch deployment")
    inputs = body.get("input")  # the limit holds for the inputs of embeddings, not for the requests
    weight = len(inputs) if isinstance(inputs, list) and inputs and not isinstance(inputs[0], int) else 1
    kind = type(request.client).__name__.replace("Async", "")
    group = {"provider": "openai", "host": host, "endpoint": f"/v1{call.path}", "model": body.get("model")}
    return Encoded({**group, "client": kind}, body, call.decoder(), weight)


def line(group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
    """Return the line of a request in the upload."""
    return {"custom_id": key, "method": "POST", "url": group["endpoint"], "body": body}


async def upload(client: Any, batch: Batch, settings: Settings) -> Any:
    """Upload the requests and return the file's id."""
    with batch.requests.open("rb") as file:
        return (await settle(client.files.create(file=("batch.jsonl", file), purpose="batch"))).id


async def create(client: Any, batch: Batch) -> str:
    """Start the batch; the metadata make it findable."""
    created = client.with_options(max_retries=0).batches.create(
        input_file_id=batch.facts["uploaded"],
        endpoint=batch.group["endpoint"],
        completion_window="24h",
        metadata={"llm_batch": batch.token},
    )
    return str((await settle(created)).id)


async def find(client: Any, batch: Batch) -> str | None:
    """Look through the batches made since the intent, newest first."""
    page = await settle(client.batches.list(limit=100))
    while True:
        for seen in page.data:
            if (seen.metadata or {}).get("llm_batch") == batch.token:
                return str(seen.id)
        if not page.has_next_page() or page.data[-1].created_at < batch.facts["intent"] - 3600:
            return None
        page = await settle(page.get_next_page())


async def poll(client: Any, batch: Batch) -> Progress:
    """Look at the batch."""
    seen = await settle(client.batches.retrieve(batch.facts["batch_id"]))
    counts = seen.request_counts
    done = (counts.completed or 0) + (counts.failed or 0) if counts else 0
    if seen.status != "failed":
        return Progress(seen.status in ENDED, done, seen.status)
    problems = (seen.errors.data or []) if seen.errors else []
    if any(problem.code in QUEUE_CODES for problem in problems):
        return Progress(True, status="failed", queue_full=True)
    if problems and all(problem.line for problem in problems):
        return Progress(True, status="failed")  # the requests in other lines can run in another batch
    reasons = "; ".join(f"{problem.code}: {problem.message}" for problem in problems)
    return Progress(True, status="failed", failure=reasons or "the provider refused the batch")


async def results(client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
    """Read both result files, and which lines validation found fault with."""
    seen = await settle(client.batches.retrieve(batch.facts["batch_id"]))
    for problem in (seen.errors.data or []) if seen.errors else []:
        if problem.line:
            details = {"code": problem.code, "message": problem.message, "param": problem.param}
            yield batch.ids[problem.line - 1], Reply(400, {"error": details})
    for file_id in filter(None, (seen.output_file_id, seen.error_file_id)):  # "" stands for none, too
        async with _opened(client.files.with_streaming_response.content(file_id)) as response:
            async for item in json_lines(response.iter_bytes()):
                answer, failure = item.get("response") or {}, item.get("error") or {}
                if answer.get("status_code"):
                    yield item["custom_id"], Reply(answer["status_code"], answer.get("body"))
                else:  # it did not run
                    status = CANCELLED if failure.get("code") == "batch_cancelled" else UNANSWERED
                    yield item["custom_id"], Reply(status, {"error": failure})


@contextlib.asynccontextmanager
async def _opened(manager: Any) -> AsyncIterator[Any]:
    """Enter a sync or an async context manager."""
    if hasattr(manager, "__aenter__"):
        async with manager as value:
            yield value
    else:
        with manager as value:
            yield value


async def cancel(client: Any, batch: Batch) -> None:
    """Stop the batch."""
    await settle(client.batches.cancel(batch.facts["batch_id"]))


def default_client(group: Mapping[str, Any]) -> Any:
    """Make a client for the command line."""
    import openai

    if group["client"] == "AzureOpenAI":
        return openai.AzureOpenAI(azure_endpoint=group["host"].partition("/openai")[0])
    return openai.OpenAI(base_url=group["host"])


def _request(operation: str, client: Any, /, **kwargs: Any) -> Request:
    if inspect.ismodule(client):  # openai.chat.completions.create(...): the SDK's own default client
        client = client.chat.completions._client
    return Request(sys.modules[__name__], client, operation, kwargs)


# chat_request(client, **kwargs) is client.chat.completions.create(**kwargs), not yet sent; and so on.
chat_request = partial(_request, "chat.completions.create")
parse_request = partial(_request, "chat.completions.parse")
responses_request = partial(_request, "responses.create")
responses_parse_request = partial(_request, "responses.parse")
embedding_request = partial(_request, "embeddings.create")
completion_request = partial(_request, "completions.create")
moderation_request = partial(_request, "moderations.create")
image_request = partial(_request, "images.generate")
