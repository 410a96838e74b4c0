"""Gemini (google-genai): a JSONL file of keyed requests, one job, one file of keyed results.

The SDK itself builds the requests and reads the responses: the call is made on the SDK's own ``models``
class, with a stand-in for its HTTP client that records the request or plays back the answer.
A client of Vertex AI goes the way of ``vertex_batch.py``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any, Callable

from .model import Encoded, Progress, Request, Settings, each, json_lines, run_to_end, settle
from .store import CANCELLED, UNANSWERED, Batch, Reply

MAX_REQUESTS, MAX_BYTES, MIN_REQUESTS = 50_000, 2_000_000_000, 1
ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"})  # others: running
RPC_STATUSES = {
    1: (CANCELLED, "CANCELLED"),
    3: (400, "INVALID_ARGUMENT"),
    4: (504, "DEADLINE_EXCEEDED"),
    5: (404, "NOT_FOUND"),
    7: (403, "PERMISSION_DENIED"),
    8: (429, "RESOURCE_EXHAUSTED"),
    9: (400, "FAILED_PRECONDITION"),
    13: (500, "INTERNAL"),
    14: (503, "UNAVAILABLE"),
}  # the HTTP status and name of the codes that stand in failed items


class _Recorded(BaseException):
    def __init__(self, path: str, body: Mapping[str, Any]) -> None:
        self.path = path
        self.body = {name: value for name, value in body.items() if not name.startswith("_")}


class _Tape:
    """Stands in for the SDK's HTTP client: records a request, or plays an answer back."""

    def __init__(self, client: Any, answer: Any = None) -> None:
        self._client = client
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        if "request" in name:
            raise TypeError("this google-genai version sends requests in a way llm_batch does not know")
        return getattr(self._client, name)

    def request(self, method: str, path: str, body: Mapping[str, Any], http_options: Any = None) -> Any:
        if self._answer is None:
            raise _Recorded(path, body)
        from google.genai import types

        return types.HttpResponse(headers={}, body=json.dumps(self._answer))

    async def async_request(self, *arguments: Any) -> Any:
        return self.request(*arguments)


def _call(request: Request, kwargs: Mapping[str, Any], answer: Any = None) -> Any:
    models = request.client.models
    method = getattr(type(models)(_Tape(models._api_client, answer)), request.operation.rpartition(".")[2])
    result = method(**kwargs)
    return run_to_end(result) if hasattr(result, "send") else result


def capture(request: Request) -> tuple[str, dict[str, Any]]:
    """Return path and body of what the SDK would send; ValueError for what no batch can do."""
    config = request.kwargs.get("config")
    tools = config.get("tools") if isinstance(config, dict) else getattr(config, "tools", None)
    if any(callable(tool) for tool in tools or ()):
        raise ValueError("functions as tools are called by the SDK in real time only; declare them instead")
    try:
        _call(request, request.kwargs)
    except _Recorded as recorded:
        recorded.body.pop("serviceTier", None)
        return recorded.path, recorded.body
    raise TypeError("the client is not one of google-genai")


def decoder(request: Request) -> Callable[[Any], Any]:
    """Return what lets the SDK build the real-time call's response."""
    kept = {"model": request.kwargs["model"], "contents": "-", "config": request.kwargs.get("config")}
    like = request._replace(kwargs={})  # a prompt is not kept in memory

    def decode(answer: Any) -> Any:
        if "embedding" in answer:  # a batch has one where the call has a list
            answer = {"embeddings": [answer["embedding"]]}
        return _call(like, kept, answer)

    return decode


def encode(request: Request, settings: Settings) -> Encoded:
    """Turn a request into data. All requests of a batch go to one model."""
    path, body = capture(request)
    embeds = path.endswith("batchEmbedContents")
    if embeds:
        if len(body["requests"]) != 1:
            raise ValueError("a batch takes one content per embedding request")
        body = body["requests"][0]
    group = {"provider": "gemini", "model": str(request.kwargs["model"]), "embeds": embeds}
    return Encoded(group, body, decoder(request))


def line(group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
    """Return the line of a request in the upload."""
    return {"key": key, "request": body}


async def upload(client: Any, batch: Batch, settings: Settings) -> Any:
    """Upload the requests and return the file's name."""
    config = {"mime_type": "application/jsonl", "display_name": f"llm-batch-{batch.token}"}
    return (await settle(client.files.upload(file=str(batch.requests), config=config))).name


async def create(client: Any, batch: Batch) -> str:
    """Start the job; the display name makes it findable."""
    once = {"retry_options": {"attempts": 1}}
    config = {"display_name": f"llm-batch-{batch.token}", "http_options": once}
    model, file = batch.group["model"], batch.facts["uploaded"]
    if batch.group["embeds"]:
        job = client.batches.create_embeddings(model=model, src={"file_name": file}, config=config)
    else:
        job = client.batches.create(model=model, src=file, config=config)
    return str((await settle(job)).name)


async def find(client: Any, batch: Batch) -> str | None:
    """Look through the jobs made since the intent, newest first."""
    async for job in each(await settle(client.batches.list(config={"page_size": 100}))):
        if job.display_name == f"llm-batch-{batch.token}":
            return str(job.name)
        if job.create_time and job.create_time.timestamp() < batch.facts["intent"] - 3600:
            return None
    return None


async def poll(client: Any, batch: Batch) -> Progress:
    """Look at the job."""
    job = await settle(client.batches.get(name=batch.facts["batch_id"]))
    state = str(getattr(job.state, "value", job.state)).rpartition("_STATE_")[2]  # JOB or BATCH
    failure = None
    if state == "FAILED":
        failure = getattr(job.error, "message", None) or "the provider refused the batch"
    return Progress(state in ENDED, 0, state, failure)


async def results(client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
    """Read the results."""
    job = await settle(client.batches.get(name=batch.facts["batch_id"]))
    if job.dest and job.dest.file_name:
        async for item in json_lines([await settle(client.files.download(file=job.dest.file_name))]):
            yield item["key"], reply_of(item)


def reply_of(item: Mapping[str, Any]) -> Reply:
    """Read one result."""
    if item.get("response"):
        return Reply(200, item["response"])
    failure = dict(item.get("error") or {})
    status, name = RPC_STATUSES.get(failure.get("code", 13), (500, "UNKNOWN"))
    return Reply(status, {"error": {**failure, "code": status, "status": name}})


async def cancel(client: Any, batch: Batch) -> None:
    """Stop the job."""
    await settle(client.batches.cancel(name=batch.facts["batch_id"]))


def error(client: Any, reply: Reply) -> Exception:
    """Build ClientError or ServerError; without an answer, ServerError 504."""
    from google.genai import errors

    status = 504 if reply.status == UNANSWERED else reply.status
    kind = errors.ClientError if 400 <= status < 500 else errors.ServerError
    return kind(status, reply.body)


def default_client(group: Mapping[str, Any]) -> Any:
    """Make a client for the command line."""
    from google import genai

    return genai.Client()


def _request(operation: str, client: Any, kwargs: dict[str, Any]) -> Request:
    if not client.models._api_client.vertexai:
        return Request(sys.modules[__name__], client, operation, kwargs)
    from . import vertex_batch

    return Request(vertex_batch, client, operation, kwargs)


def generate_content_request(client: Any, /, **kwargs: Any) -> Request:
    """``client.models.generate_content(**kwargs)``, not yet sent; for async code, pass ``client.aio``."""
    return _request("models.generate_content", client, kwargs)


def embed_content_request(client: Any, /, **kwargs: Any) -> Request:
    """``client.models.embed_content(**kwargs)``, not yet sent; for async code, pass ``client.aio``."""
    return _request("models.embed_content", client, kwargs)
