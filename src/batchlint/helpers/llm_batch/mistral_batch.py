"""Mistral: a JSONL file of requests, one job per model and endpoint, two files of results.

The SDK itself builds the requests and reads the responses: the call is made on a copy of the SDK's resource
whose ``do_request`` records the request or plays the answer back.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import AsyncIterator, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

from .model import Encoded, Progress, Request, Settings, json_lines, run_to_end
from .store import CANCELLED, UNANSWERED, Batch, Reply

MAX_REQUESTS, MAX_BYTES, MIN_REQUESTS = 100_000, 500_000_000, 1
ENDED = frozenset({"SUCCESS", "FAILED", "TIMEOUT_EXCEEDED", "CANCELLED"})  # others: running


class _Recorded(BaseException):
    def __init__(self, request: Any) -> None:
        self.path = "/v1/" + str(request.url.path).partition("/v1/")[2]
        self.body = json.loads(request.read())


def _call(request: Request, kwargs: Mapping[str, Any], reply: Reply | None = None) -> Any:
    """Make a call on a resource that sends nothing."""
    resource_name, _, method = request.operation.partition(".")
    resource = copy.copy(getattr(request.client, resource_name))

    def do_request(*_: Any, **arguments: Any) -> Any:
        if reply is None:
            raise _Recorded(arguments["request"])
        text = json.dumps(reply.body)
        response = SimpleNamespace(status_code=reply.status, text=text, iter_text=lambda: iter([text]))
        response.headers = {"content-type": "application/json"}
        return response

    async def do_request_async(*arguments: Any, **named: Any) -> Any:
        return do_request(*arguments, **named)

    resource.do_request, resource.do_request_async = do_request, do_request_async
    result = getattr(resource, method)(**kwargs)
    return run_to_end(result) if hasattr(result, "send") else result


def encode(request: Request, settings: Settings) -> Encoded:
    """Turn a request into data. All requests of a batch go to one endpoint and one model."""
    sent = {name: value for name, value in request.kwargs.items() if name not in ("retries", "timeout_ms")}
    try:
        _call(request, sent)
    except _Recorded as recorded:
        body, path = recorded.body, recorded.path
    else:
        raise TypeError("the client is not one of mistralai")
    if body.get("stream"):
        raise ValueError("a batch cannot stream")
    for name in ("stream", "service_tier"):
        body.pop(name, None)
    group = {"provider": "mistral", "endpoint": path, "model": body.pop("model")}
    like = request._replace(kwargs={})
    embeds = request.operation.startswith("embeddings")
    kept: dict[str, Any] = {"model": group["model"], **({"inputs": "-"} if embeds else {"messages": []})}
    if "parse" in request.operation:
        kept["response_format"] = request.kwargs["response_format"]
    return Encoded(group, body, lambda answer: _call(like, kept, Reply(200, answer)))


def line(group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
    """Return the line of a request in the upload."""
    return {"custom_id": key, "body": body}


async def upload(client: Any, batch: Batch, settings: Settings) -> Any:
    """Upload the requests and return the file's id."""
    with batch.requests.open("rb") as content:
        return client.files.upload(file={"file_name": "batch.jsonl", "content": content}, purpose="batch").id


async def create(client: Any, batch: Batch) -> str:
    """Start the job; the metadata make it findable."""
    job = client.batch.jobs.create(
        input_files=[batch.facts["uploaded"]],
        endpoint=batch.group["endpoint"],
        model=batch.group["model"],
        metadata={"llm_batch": batch.token},
        retries=None,
    )
    return str(job.id)


async def find(client: Any, batch: Batch) -> str | None:
    """Ask for the job by its metadata."""
    for job in client.batch.jobs.list(metadata={"llm_batch": batch.token}).data or ():
        if (job.metadata or {}).get("llm_batch") == batch.token:
            return str(job.id)
    return None


async def poll(client: Any, batch: Batch) -> Progress:
    """Look at the job."""
    job = client.batch.jobs.get(job_id=batch.facts["batch_id"])
    problems = "; ".join(str(problem.message) for problem in job.errors or ())
    failure = problems or "the job failed" if job.status == "FAILED" and not job.output_file else None
    return Progress(str(job.status) in ENDED, job.completed_requests or 0, str(job.status), failure)


async def results(client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
    """Read both result files."""
    job = client.batch.jobs.get(job_id=batch.facts["batch_id"])
    for file_id in filter(None, (job.output_file, job.error_file)):
        async for item in json_lines(client.files.download(file_id=file_id).iter_bytes()):
            yield item["custom_id"], _reply(item)


async def cancel(client: Any, batch: Batch) -> None:
    """Stop the job."""
    client.batch.jobs.cancel(job_id=batch.facts["batch_id"])


def error(client: Any, reply: Reply) -> Exception:
    """Let the SDK raise its own exception; without an answer, that for status 504."""
    status = 504 if reply.status in (UNANSWERED, CANCELLED) else reply.status
    request = Request(sys.modules[__name__], client, "chat.complete", {})
    try:
        _call(request, {"model": "-", "messages": []}, Reply(status, reply.body))
    except Exception as failure:
        return failure
    return RuntimeError(f"status {status}: {reply.body}")


def default_client(group: Mapping[str, Any]) -> Any:
    """Make a client for the command line."""
    import os

    from mistralai.client import Mistral

    return Mistral(api_key=os.environ.get("MISTRAL_API_KEY"))


def _reply(item: Mapping[str, Any]) -> Reply:
    response = item.get("response") or {}
    if response.get("status_code"):
        return Reply(response["status_code"], response.get("body"))
    return Reply(UNANSWERED, {"error": item.get("error")})


def _request(operation: str, client: Any, /, **kwargs: Any) -> Request:
    return Request(sys.modules[__name__], client, operation, kwargs)


# mistral_chat_request(client, **kwargs) is client.chat.complete(**kwargs), not yet sent; and so on.
mistral_chat_request = partial(_request, "chat.complete")
mistral_chat_request_async = partial(_request, "chat.complete_async")
mistral_parse_request = partial(_request, "chat.parse")
mistral_parse_request_async = partial(_request, "chat.parse_async")
mistral_embedding_request = partial(_request, "embeddings.create")
mistral_embedding_request_async = partial(_request, "embeddings.create_async")
