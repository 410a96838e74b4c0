"""Gemini API (google-genai): a JSONL file of keyed requests, one job, one file of keyed results.

The SDK itself builds the requests and reads the responses: the call is made on the SDK's own ``models``
class, with a stand-in for its HTTP client that records the request or plays back the answer.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from .model import PROVIDERS, Encoded, Progress, Provider, Request, each, json_lines, run_to_end, settle
from .store import CANCELLED, UNANSWERED, Batch, Reply, RunError

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"})
"""Every other state, also one not known today, counts as running."""
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
}
"""The HTTP status and name of the codes that stand in failed items."""


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
    """Make a call on the tape."""
    models = request.client.models
    method = getattr(type(models)(_Tape(models._api_client, answer)), request.operation.rpartition(".")[2])
    result = method(**kwargs)
    return run_to_end(result) if hasattr(result, "send") else result


class Gemini(Provider):
    """The Gemini API's batch mode: one model per job, files up to 2 GB; jobs end within 48 hours."""

    name = "gemini"
    max_bytes = 2_000_000_000

    def is_async(self, request: Request) -> bool:
        """Whether the client is a ``client.aio``."""
        return not hasattr(request.client, "aio")

    def encode(self, request: Request) -> Encoded:
        """See Provider; raises ValueError for what no batch can do."""
        if request.client.models._api_client.vertexai:
            raise RunError(
                "Vertex AI batches need Cloud Storage, which this helper does not know; use an API key"
            )
        config = request.kwargs.get("config")
        tools = config.get("tools") if isinstance(config, dict) else getattr(config, "tools", None)
        if any(callable(tool) for tool in tools or ()):
            raise ValueError(
                "functions as tools are called by the SDK in real time only; declare them instead"
            )
        try:
            _call(request, request.kwargs)
        except _Recorded as recorded:
            path, body = recorded.path, dict(recorded.body)
        else:
            raise TypeError("the client is not one of google-genai")
        embeds = path.endswith("batchEmbedContents")
        if embeds:
            if len(body["requests"]) != 1:
                raise ValueError("a batch takes one content per embedding request")
            body = body["requests"][0]
        body.pop("serviceTier", None)
        group = {"provider": self.name, "model": str(request.kwargs["model"]), "embeds": embeds}
        kept = {"model": group["model"], "contents": "-", "config": config}

        def decode(answer: Any) -> Any:
            if embeds and "embedding" in answer:
                answer = {"embeddings": [answer["embedding"]]}
            return _call(request_like, kept, answer)

        request_like = Request(self, request.client, request.operation, {})
        return Encoded(group, body, decode)

    def line(self, group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
        """See Provider."""
        return {"key": key, "request": body}

    async def upload(self, client: Any, batch: Batch) -> Any:
        """See Provider."""
        config = {"mime_type": "application/jsonl", "display_name": f"llm-batch-{batch.token}"}
        return (await settle(client.files.upload(file=str(batch.requests), config=config))).name

    async def create(self, client: Any, batch: Batch) -> str:
        """See Provider; the display name makes the job findable."""
        once = {"retry_options": {"attempts": 1}}
        config = {"display_name": f"llm-batch-{batch.token}", "http_options": once}
        group, uploaded = batch.group, batch.facts["uploaded"]
        if group["embeds"]:
            source = {"file_name": uploaded}
            job = client.batches.create_embeddings(model=group["model"], src=source, config=config)
        else:
            job = client.batches.create(model=group["model"], src=uploaded, config=config)
        return str((await settle(job)).name)

    async def find(self, client: Any, batch: Batch, taken: set[str]) -> str | None:
        """See Provider."""
        async for job in each(await settle(client.batches.list(config={"page_size": 100}))):
            if job.display_name == f"llm-batch-{batch.token}" and job.name not in taken:
                return str(job.name)
            if job.create_time and job.create_time.timestamp() < batch.facts["intent"] - 3600:
                return None
        return None

    async def poll(self, client: Any, batch: Batch) -> Progress:
        """See Provider."""
        job = await settle(client.batches.get(name=batch.facts["batch_id"]))
        state = str(getattr(job.state, "value", job.state)).replace("JOB_STATE_", "")
        failure = None
        if state == "FAILED":
            failure = getattr(job.error, "message", None) or "the provider refused the batch"
        return Progress(state in ENDED, 0, state, failure)

    async def results(self, client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
        """See Provider."""
        job = await settle(client.batches.get(name=batch.facts["batch_id"]))
        if not (job.dest and job.dest.file_name):
            return
        data = await settle(client.files.download(file=job.dest.file_name))
        async for item in json_lines([data]):
            yield item["key"], _reply(item)

    async def cancel(self, client: Any, batch: Batch) -> None:
        """See Provider."""
        await settle(client.batches.cancel(name=batch.facts["batch_id"]))

    async def send(self, client: Any, batch: Batch, body: Any) -> Reply:
        """See Provider."""
        from google.genai import errors

        api = client.models._api_client
        method = "batchEmbedContents" if batch.group["embeds"] else "generateContent"
        sent = {"requests": [body]} if batch.group["embeds"] else body
        path = f"models/{batch.group['model'].removeprefix('models/')}:{method}"
        send = api.request if hasattr(client, "aio") else api.async_request
        try:
            answer = await settle(send("post", path, sent, None))
        except errors.APIError as error:
            return Reply(error.code, error.details)
        return Reply(200, json.loads(answer.body))

    def error(self, client: Any, reply: Reply) -> Exception:
        """See Provider: ClientError or ServerError; without an answer, ServerError 504."""
        from google.genai import errors

        status = 504 if reply.status == UNANSWERED else reply.status
        kind = errors.ClientError if 400 <= status < 500 else errors.ServerError
        return kind(status, reply.body)

    def default_client(self, group: Mapping[str, Any]) -> Any:
        """See Provider."""
        from google import genai

        return genai.Client()


def _reply(item: Mapping[str, Any]) -> Reply:
    if item.get("response"):
        return Reply(200, item["response"])
    error = dict(item.get("error") or {})
    status, name = RPC_STATUSES.get(error.get("code", 13), (500, "UNKNOWN"))
    return Reply(status, {"error": {**error, "code": status, "status": name}})


GEMINI = Gemini()
PROVIDERS[GEMINI.name] = GEMINI


def generate_content_request(client: Any, **kwargs: Any) -> Request:
    """``client.models.generate_content(**kwargs)``, not yet sent; for async code, pass ``client.aio``."""
    return Request(GEMINI, client, "models.generate_content", kwargs)


def embed_content_request(client: Any, **kwargs: Any) -> Request:
    """``client.models.embed_content(**kwargs)``, not yet sent; for async code, pass ``client.aio``."""
    return Request(GEMINI, client, "models.embed_content", kwargs)
