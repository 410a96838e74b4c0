"""Mistral's endpoints. They overlap with OpenAI's, so they stand under a prefix of their own."""

from __future__ import annotations

import json
import re
from typing import Any

from .openai_api import error_body, payload
from .replies import Answer, canonical
from .server import Call, FakeProvider, Response, multipart_file, route

PREFIX = "/mistral"
OPERATIONS = "(/v1/(?:chat/completions|embeddings))"


@route("POST", PREFIX + OPERATIONS)
def live(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    answer = fake.live(match.group(1), call.json)
    if answer.kind == "error":
        return Response(answer.status, error_body(answer.status))
    return Response(200, _mistral(payload(match.group(1), call.json)))


def _mistral(body: Any) -> Any:
    """Return an OpenAI answer as Mistral would put it."""
    body.setdefault("id", "e-1")
    for choice in body.get("choices", ()):
        choice["message"].pop("refusal", None)
    body.get("usage", {}).setdefault("completion_tokens", 0)
    return body


@route("POST", PREFIX + "/v1/files")
def upload(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    file_id = fake.new_id("mfile")
    fake.files[file_id] = data = multipart_file(call)
    names = {
        "filename": "batch.jsonl",
        "purpose": "batch",
        "sample_type": "batch_request",
        "source": "upload",
    }
    return Response(200, {"id": file_id, "object": "file", "bytes": len(data), "created_at": 1, **names})


@route("GET", PREFIX + "/v1/files/([^/]+)/content")
def content(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    return Response(200, fake.files[match.group(1)], {"Content-Type": "application/octet-stream"})


@route("POST", PREFIX + "/v1/batch/jobs")
def create(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    asked = call.json
    data = b"\n".join(fake.files[file_id] for file_id in asked["input_files"])
    items = [json.loads(line) for line in data.split(b"\n") if line]
    job_id = fake.new_id("mjob")
    job = {
        "id": job_id,
        "mistral": asked,
        "items": items,
        "looks": 0,
        "ended": False,
        "execute": _execute,
        "files": (None, None),
    }
    fake.batches[job_id] = job
    for item in items:
        fake.submitted[canonical(asked["endpoint"], _body(job, item))] += 1
    return Response(200, _view(job))


def _body(job: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    return {**item["body"], "model": job["mistral"]["model"]}


def _view(job: dict[str, Any]) -> dict[str, Any]:
    count = len(job["items"])
    good, bad = job["files"]
    return {
        "id": job["id"],
        "object": "batch",
        "input_files": job["mistral"]["input_files"],
        "endpoint": job["mistral"]["endpoint"],
        "model": job["mistral"]["model"],
        "metadata": job["mistral"].get("metadata"),
        "errors": [],
        "status": "SUCCESS" if job["ended"] else "RUNNING",
        "created_at": 1,
        "total_requests": count,
        "completed_requests": count if job["ended"] else 0,
        "succeeded_requests": 0,
        "failed_requests": 0,
        "output_file": good,
        "error_file": bad,
    }


def _execute(fake: FakeProvider, job: dict[str, Any]) -> None:
    endpoint = job["mistral"]["endpoint"]
    good, bad = [], []
    for item in job["items"]:
        answer = Answer("cancel") if job.get("cancelled") else fake.run(endpoint, _body(job, item))
        if answer.kind not in ("answer", "error"):
            continue
        ok = answer.kind == "answer"
        body = _mistral(payload(endpoint, _body(job, item))) if ok else error_body(answer.status)
        response = {"status_code": answer.status, "body": body}
        line = {"id": "x", "custom_id": item["custom_id"], "response": response, "error": None}
        (good if ok else bad).append(json.dumps(line, ensure_ascii=False))
    names = []
    for lines in (good, bad):
        fake.random.shuffle(lines)
        names.append(fake.new_id("mout") if lines else None)
        fake.files[names[-1] or ""] = "\n".join(lines).encode()
    job["files"] = tuple(names)


@route("GET", PREFIX + "/v1/batch/jobs/([^/]+)")
def retrieve(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    job = fake.batches[match.group(1)]
    fake.look(job)
    return Response(200, _view(job))


@route("POST", PREFIX + "/v1/batch/jobs/([^/]+)/cancel")
def cancel(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    fake.batches[match.group(1)]["cancelled"] = True
    return Response(200, _view(fake.batches[match.group(1)]))


@route("GET", PREFIX + "/v1/batch/jobs")
def listing(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    jobs = [_view(job) for job in reversed(fake.batches.values()) if "mistral" in job]
    return Response(200, {"data": jobs, "object": "list", "total": len(jobs)})
