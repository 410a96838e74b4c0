"""The Gemini API's endpoints: generateContent, embeddings, resumable uploads, and batch jobs over files.

They stand under a prefix of their own, as some paths are OpenAI's too.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from .replies import MESSAGES, Answer, canonical, digest, prompt_of, structured, words
from .server import Call, FakeProvider, Response, route

STATUSES = {
    400: (3, "INVALID_ARGUMENT"),
    404: (5, "NOT_FOUND"),
    429: (8, "RESOURCE_EXHAUSTED"),
    500: (13, "INTERNAL"),
}
MODEL = "/gemini/v1(?:beta)?/models/([^/:]+)"


def payload(body: Any) -> dict[str, Any]:
    """Return the answer to one content or embedding request."""
    if "content" in body:
        number = digest(body)
        return {"embedding": {"values": [(number >> shift & 255) / 256 for shift in range(0, 32, 8)]}}
    schema = (body.get("generationConfig") or {}).get("responseSchema")
    text = structured(_lower(schema), body) if schema else words(body)
    answer = {
        "candidates": [
            {"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP", "index": 0}
        ],
        "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10},
        "modelVersion": "gemini-x",
        "responseId": f"{digest(body):08x}",
    }
    return {**answer, "aFieldOf2031": {"x": 1}} if "[odd]" in prompt_of(body) else answer


def _lower(schema: dict[str, Any]) -> dict[str, Any]:
    fields = {name: {"type": field["type"].lower()} for name, field in schema["properties"].items()}
    return {"properties": fields}


def error_body(status: int) -> dict[str, Any]:
    """Return the body of a failed call."""
    return {"error": {"code": status, "message": MESSAGES[status], "status": STATUSES[status][1]}}


@route("POST", MODEL + ":generateContent")
def live(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    answer = fake.live("gemini", call.json)
    return Response(
        answer.status, payload(call.json) if answer.kind == "answer" else error_body(answer.status)
    )


@route("POST", MODEL + ":batchEmbedContents")
def embed(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    [body] = call.json["requests"]
    answer = fake.live("gemini", body)
    if answer.kind != "answer":
        return Response(answer.status, error_body(answer.status))
    return Response(200, {"embeddings": [payload(body)["embedding"]]})


@route("POST", "/gemini/upload/v1(?:beta)?/files")
def start_upload(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    return Response(200, {}, {"x-goog-upload-url": f"{fake.url}/upload/data/{fake.new_id('upload')}"})


@route("POST", "/upload/data/([^/]+)")
def upload(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    name = match.group(1).replace("_", "-")
    fake.files[name] = fake.files.get(name, b"") + call.data
    final = "finalize" in call.headers["X-Goog-Upload-Command"]
    file = {"name": f"files/{name}", "uri": f"{fake.url}/v1beta/files/{name}", "state": "ACTIVE"}
    return Response(
        200, {"file": file} if final else {}, {"x-goog-upload-status": "final" if final else "active"}
    )


@route("GET", "/gemini/(?:download/)?v1(?:beta)?/files/([^/:]+):download")
def download(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    return Response(200, fake.files[match.group(1)])


@route("POST", MODEL + ":(?:batchGenerateContent|asyncBatchEmbedContent)")
def create(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    asked = call.json["batch"]
    data = fake.files[
        (asked["inputConfig"].get("fileName") or asked["inputConfig"]["file_name"]).removeprefix("files/")
    ]
    items = [json.loads(line) for line in data.split(b"\n") if line]
    name = fake.new_id("batches/g")
    fake.batches[name] = {
        "id": name,
        "items": items,
        "looks": 0,
        "ended": False,
        "execute": _execute,
        "gemini": asked.get("displayName"),
        "at": datetime.now(UTC),
    }
    for item in items:
        fake.submitted[canonical("gemini", item["request"])] += 1
    return Response(200, _view(fake.batches[name]))


def _view(batch: dict[str, Any]) -> dict[str, Any]:
    state = batch["state"] if batch["ended"] else "BATCH_STATE_RUNNING"
    metadata = {"displayName": batch["gemini"], "state": state, "createTime": batch["at"].isoformat()}
    if batch.get("output"):
        metadata["output"] = {"responsesFile": f"files/{batch['output']}"}
    return {"name": batch["id"], "metadata": metadata}


def _execute(fake: FakeProvider, batch: dict[str, Any]) -> None:
    state = (
        "CANCELLED"
        if batch.get("cancelled")
        else fake.gemini_ends.pop(0)
        if fake.gemini_ends
        else "SUCCEEDED"
    )
    batch["state"] = f"BATCH_STATE_{state}"
    if state == "EXPIRED":
        return  # without results, as documented
    lines = []
    items = batch["items"] if state == "SUCCEEDED" else batch["items"][::2]
    for item in items:
        answer = Answer("cancel") if batch.get("cancelled") else fake.run("gemini", item["request"])
        if answer.kind == "answer":
            line = {"key": item["key"], "response": payload(item["request"])}
        elif answer.kind == "error":
            code = STATUSES[answer.status][0]
            line = {"key": item["key"], "error": {"code": code, "message": MESSAGES[answer.status]}}
        else:
            continue
        lines.append(json.dumps(line, ensure_ascii=False))
    fake.random.shuffle(lines)
    batch["output"] = fake.new_id("out").replace("_", "-")
    fake.files[batch["output"]] = "\n".join(lines).encode()


@route("GET", "/gemini/v1(?:beta)?/(batches/[^/:]+)")
def retrieve(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    batch = fake.batches[match.group(1)]
    fake.look(batch)
    return Response(200, _view(batch))


@route("POST", "/gemini/v1(?:beta)?/(batches/[^/:]+):cancel")
def cancel(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    fake.batches[match.group(1)]["cancelled"] = True
    return Response(200, {})


@route("GET", "/gemini/v1(?:beta)?/batches")
def listing(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    batches = [batch for batch in reversed(fake.batches.values()) if "gemini" in batch]
    return Response(200, {"operations": [_view(batch) for batch in batches]})
