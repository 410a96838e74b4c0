"""Gemini on Vertex AI (google-genai): requests and results are files in Cloud Storage, between them a job.

Needs ``VERTEX_BATCH_BUCKET``: a bucket that the client's credentials and Vertex AI may read and write.
Prompts and answers stay there, under ``llm_batch/``, until its owner removes them. Results come in any order
and repeat their request; a label in it tells which one it is.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

from .gemini_batch import cancel, capture, decoder, error, find, poll
from .model import Encoded, Request, Settings, json_lines, settle
from .store import UNANSWERED, Batch, Reply, RunError

MAX_REQUESTS, MAX_BYTES, MIN_REQUESTS = 200_000, 1_000_000_000, 1
LABEL = "llm_batch"
__all__ = ["cancel", "error", "find", "poll"]


def encode(request: Request, settings: Settings) -> Encoded:
    """Turn a request into data. All requests of a batch go to one model in one place."""
    if not settings.vertex_batch_bucket:
        raise RunError("set VERTEX_BATCH_BUCKET to a Cloud Storage bucket to run batches on Vertex AI")
    path, body = capture(request)
    if not path.endswith(":generateContent"):
        raise ValueError("a batch on Vertex AI takes generate_content only")
    api = request.client.models._api_client
    where = {"project": api.project, "location": api.location}
    group = {"provider": "vertex", "model": str(request.kwargs["model"]), **where}
    return Encoded(group, body, decoder(request))


def line(group: Mapping[str, Any], key: str, body: Any) -> dict[str, Any]:
    """Return the line of a request in the upload."""
    return {"key": key, "request": {**body, "labels": {**body.get("labels", {}), LABEL: key}}}


def _storage(client: Any, method: str, path: str, **arguments: Any) -> Any:
    """Call Cloud Storage with the client's credentials."""
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    scope = "https://www.googleapis.com/auth/cloud-platform"
    credentials = client.models._api_client._credentials or google.auth.default(scopes=[scope])[0]
    host = os.environ.get("STORAGE_EMULATOR_HOST", "https://storage.googleapis.com")
    session: Any = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
    response = session.request(method, host + path, **arguments)
    response.raise_for_status()
    return response


async def upload(client: Any, batch: Batch, settings: Settings) -> Any:
    """Upload the requests and return their folder's bucket and name."""
    bucket = settings.vertex_batch_bucket.removeprefix("gs://").rstrip("/")
    name = f"llm_batch/{batch.token}/requests.jsonl"
    with batch.requests.open("rb") as file:
        parameters = {"uploadType": "media", "name": name}
        _storage(client, "POST", f"/upload/storage/v1/b/{bucket}/o", params=parameters, data=file)
    return bucket


async def create(client: Any, batch: Batch) -> str:
    """Start the job; the display name makes it findable."""
    folder = f"gs://{batch.facts['uploaded']}/llm_batch/{batch.token}"
    config = {
        "display_name": f"llm-batch-{batch.token}",
        "dest": f"{folder}/out",
        "http_options": {"retry_options": {"attempts": 1}},
    }
    model, source = batch.group["model"], f"{folder}/requests.jsonl"
    return str((await settle(client.batches.create(model=model, src=source, config=config))).name)


async def results(client: Any, batch: Batch) -> AsyncIterator[tuple[str, Reply]]:
    """Read all result files of the job."""
    objects = f"/storage/v1/b/{batch.facts['uploaded']}/o"
    listed: dict[str, Any] = {"nextPageToken": ""}
    while "nextPageToken" in listed:
        prefix, page = f"llm_batch/{batch.token}/out/", listed["nextPageToken"]
        listed = _storage(client, "GET", objects, params={"prefix": prefix, "pageToken": page}).json()
        for found in listed.get("items", ()):
            if found["name"].endswith(".jsonl"):
                path = f"{objects}/{quote(found['name'], safe='')}"
                file = _storage(client, "GET", path, params={"alt": "media"}, stream=True)
                async for item in json_lines(file.iter_content(65536)):
                    yield item["request"]["labels"][LABEL], _reply(item)


def _reply(item: Mapping[str, Any]) -> Reply:
    """Read one result; a failed one says why in its status, as in ``Bad Request: {"error": ...}``."""
    if item.get("response"):
        return Reply(200, item["response"])
    text = str(item.get("status") or "no answer")
    try:
        body = json.loads(text[text.index("{") :])
        return Reply(int(body["error"]["code"]), body)
    except (ValueError, KeyError, TypeError):
        return Reply(UNANSWERED, {"error": {"message": text}})


def default_client(group: Mapping[str, Any]) -> Any:
    """Make a client for the command line."""
    from google import genai

    return genai.Client(vertexai=True, project=group["project"], location=group["location"])
