"""Mistral: a JSONL file of requests, one job per model and endpoint, two files of results.

The SDK itself builds the requests and reads the responses: the call is made on a copy of the SDK's resource
whose ``do_request`` records the request or plays the answer back.
"""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Mapping
from types import SimpleNamespace
from typing import Any

from .model import PROVIDERS, Encoded, Progress, Provider, Request, json_lines, run_to_end, settle
from .store import CANCELLED, UNANSWERED, Batch, Reply

ENDED = frozenset({"SUCCESS", "FAILED", "TIMEOUT_EXCEEDED", "CANCELLED"})
"""Every other status, also one not known today, counts as running."""


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


class Mistral(Provider):
    """Batch jobs: one model and endpoint each."""

    name = "mistral"
    max_requests = 100_000
    max_bytes = 500_000_000

    def is_async(self, request: Request) -> bool:
        """Whether the call is one of the ``_async`` methods."""
        return request.operation.endswith("_async")

    def encode(self, request: Request) -> Encoded:
        """See Provider."""
        sent = {
            name: value for name, value in request.kwargs.items() if name not in ("retries", "timeout_ms")
        }
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
        group = {"provider": self.name, "endpoint": path, "model": body.pop("model")}
        like = Request(self, request.client, request.operation, {})
        embeds = request.operation.startswith("embeddings")
        kept: dict[str, Any] = {"model": group["model"], **({"inputs": "-"} if embeds else {"messages": []})}
        if "parse" in request.operation:
            kept["response_format"] = request.kwargs["response_format"]
        return Encoded(group, body, lambda answer: _call(like, kept, Reply(200, answer)))

    async def upload(self, client: Any, batch: Batch) -> Any:
        """See Provider."""
        with batch.requests.open("rb") as content:
            file = {"file_name": "batch.jsonl", "content": content}
            return client.files.upload(file=file, purpose="batch").id

    async def create(self, client: Any, batch: Batch) -> str:
        """See Provider; the metadata make the job findable."""
        job = client.batch.jobs.create(
            input_files=[batch.facts["uploaded"]],
            endpoint=batch.group["endpoint"],
            model=batch.group["model"],
            metadata={"llm_batch": batch.token},
            retries=None,
        )
        return str(job.id)

    async def find(self, client: Any, batch: Batch, taken: set[str]) -> str | None:
        """See Provider."""
        for job in client.batch.jobs.list(metadata={"llm_batch": batch.token}).data or ():
            if (job.metadata or {}).get("llm_batch") == batch.token and job.id not in taken:
                return str(job.id)
        return None

    async def poll(self, client: Any, batch: Batch) -> Progress:
        """See Provider."""
        job = client.batch.jobs.get(job_id=batch.facts["batch_id"])
        problems = "; ".join(str(problem.message) for problem in job.errors or ())
        failure = problems or "the job failed" if job.status == "FAILED" and not job.output_file else None
        return Progress(str(job.status) in ENDED, job.completed_requests or 0, str(job.status), failure)

    async def results(self, client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
        """See Provider."""
        job = client.batch.jobs.get(job_id=batch.facts["batch_id"])
        for file_id in (job.output_file, job.error_file):
            if not file_id:
                continue
            async for item in json_lines(client.files.download(file_id=file_id).iter_bytes()):
                yield item["custom_id"], _reply(item)

    async def cancel(self, client: Any, batch: Batch) -> None:
        """See Provider."""
        client.batch.jobs.cancel(job_id=batch.facts["batch_id"])

    async def send(self, client: Any, batch: Batch, body: Any) -> Reply:
        """See Provider."""
        resource = client.embeddings if batch.group["endpoint"].endswith("/embeddings") else client.chat
        method = resource.create if resource is client.embeddings else resource.complete
        renamed = {"inputs" if name == "input" else name: value for name, value in body.items()}
        try:
            answer = await settle(method(model=batch.group["model"], **renamed))
        except Exception as error:
            status = getattr(error, "status_code", None)
            if status is None:
                raise
            return Reply(status, json.loads(getattr(error, "body", "{}") or "{}"))
        return Reply(200, json.loads(answer.model_dump_json(by_alias=True)))

    def error(self, client: Any, reply: Reply) -> Exception:
        """See Provider; without an answer, the SDK's error for status 504."""
        status = 504 if reply.status in (UNANSWERED, CANCELLED) else reply.status
        request = Request(self, client, "chat.complete", {})
        try:
            _call(request, {"model": "-", "messages": []}, Reply(status, reply.body))
        except Exception as error:
            return error
        return RuntimeError(f"status {status}: {reply.body}")

    def default_client(self, group: Mapping[str, Any]) -> Any:
        """See Provider."""
        import os

        from mistralai.client import Mistral as Client

        return Client(api_key=os.environ.get("MISTRAL_API_KEY"))


def _reply(item: Mapping[str, Any]) -> Reply:
    response = item.get("response") or {}
    if response.get("status_code"):
        return Reply(response["status_code"], response.get("body"))
    return Reply(UNANSWERED, {"error": item.get("error")})


MISTRAL = Mistral()
PROVIDERS[MISTRAL.name] = MISTRAL


def mistral_chat_request(client: Any, **kwargs: Any) -> Request:
    """``client.chat.complete(**kwargs)``, not yet sent."""
    return Request(MISTRAL, client, "chat.complete", kwargs)


def mistral_chat_request_async(client: Any, **kwargs: Any) -> Request:
    """``client.chat.complete_async(**kwargs)``, not yet sent."""
    return Request(MISTRAL, client, "chat.complete_async", kwargs)


def mistral_parse_request(client: Any, **kwargs: Any) -> Request:
    """``client.chat.parse(**kwargs)``, not yet sent."""
    return Request(MISTRAL, client, "chat.parse", kwargs)


def mistral_parse_request_async(client: Any, **kwargs: Any) -> Request:
    """``client.chat.parse_async(**kwargs)``, not yet sent."""
    return Request(MISTRAL, client, "chat.parse_async", kwargs)


def mistral_embedding_request(client: Any, **kwargs: Any) -> Request:
    """``client.embeddings.create(**kwargs)``, not yet sent."""
    return Request(MISTRAL, client, "embeddings.create", kwargs)


def mistral_embedding_request_async(client: Any, **kwargs: Any) -> Request:
    """``client.embeddings.create_async(**kwargs)``, not yet sent."""
    return Request(MISTRAL, client, "embeddings.create_async", kwargs)
