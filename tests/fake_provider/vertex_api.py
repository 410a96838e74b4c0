"""Vertex AI's endpoints: generateContent and batch jobs, over files that a small Cloud Storage holds.

What a job writes is documented in "Batch inference from Cloud Storage": a folder per job, lines that repeat
their request, and failures as text in ``status``.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from .gemini_api import error_body, payload
from .replies import Answer, canonical
from .server import Call, FakeProvider, Response, route

PLACE = "/vertex/v1(?:beta1)?/projects/[^/]+/locations/[^/]+"
REASONS = {400: "Bad Request", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}


def _asked(body: Any) -> Any:
    """Return a request without the labels that a batch adds."""
    return {name: value for name, value in body.items() if name != "labels"}


@route("POST", PLACE + "/publishers/google/models/([^/:]+):generateContent")
def live(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    answer = fake.live("vertex", call.json)
    body = payload(call.json) if answer.kind == "answer" else error_body(answer.status)
    return Response(answer.status, body)


@route("POST", "/upload/storage/v1/b/([^/]+)/o")
def upload(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    fake.files[f"gs://{match.group(1)}/{call.query['name'][0]}"] = call.data
    return Response(200, {"name": call.query["name"][0]})


@route("GET", "/storage/v1/b/([^/]+)/o")
def objects(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    """List objects, one a page."""
    bucket = f"gs://{match.group(1)}/"
    wanted = bucket + call.query["prefix"][0]
    names = sorted(name.removeprefix(bucket) for name in fake.files if name.startswith(wanted))
    start = int(call.query.get("pageToken", ["0"])[0] or 0)
    more = {"nextPageToken": str(start + 1)} if start + 1 < len(names) else {}
    return Response(200, {"items": [{"name": name} for name in names[start : start + 1]], **more})


@route("GET", "/storage/v1/b/([^/]+)/o/([^/]+)")
def download(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    return Response(200, fake.files[f"gs://{match.group(1)}/{unquote(match.group(2))}"])


@route("POST", PLACE + "/batchPredictionJobs")
def create(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    asked = call.json
    [source] = asked["inputConfig"]["gcsSource"]["uris"]
    items = [json.loads(line)["request"] for line in fake.files[source].split(b"\n") if line]
    name = f"projects/p/locations/l/batchPredictionJobs/{len(fake.batches) + 1}"
    fake.batches[name] = {
        "id": name,
        "vertex": asked,
        "items": items,
        "looks": 0,
        "ended": False,
        "execute": _execute,
        "at": datetime.now(UTC),
    }
    for item in items:
        fake.submitted[canonical("vertex", _asked(item))] += 1
    return Response(200, _view(fake.batches[name]))


def _view(job: dict[str, Any]) -> dict[str, Any]:
    asked, state = job["vertex"], job["state"] if job["ended"] else "JOB_STATE_RUNNING"
    fields = {name: asked[name] for name in ("displayName", "model", "inputConfig", "outputConfig")}
    return {"name": job["id"], "state": state, "createTime": job["at"].isoformat(), **fields}


def _execute(fake: FakeProvider, job: dict[str, Any]) -> None:
    lines = []
    for item in job["items"]:
        answer = Answer("cancel") if job.get("cancelled") else fake.run("vertex", _asked(item))
        line: dict[str, Any] = {"status": "", "processed_time": "2026-11-25T00:00:00Z", "request": item}
        if answer.kind == "answer":
            line["response"] = payload(_asked(item))
        elif answer.kind == "error":
            reason = REASONS[answer.status]
            line |= {"status": f"{reason}: {json.dumps(error_body(answer.status))}", "response": {}}
        else:
            continue
        lines.append(json.dumps(line, ensure_ascii=False))
    fake.random.shuffle(lines)
    job["state"] = "JOB_STATE_CANCELLED" if job.get("cancelled") else "JOB_STATE_SUCCEEDED"
    folder = f"{job['vertex']['outputConfig']['gcsDestination']['outputUriPrefix']}/prediction-model-1"
    half = len(lines) // 2
    for number, part in enumerate((lines[:half], lines[half:])):
        fake.files[f"{folder}/predictions-{number}.jsonl"] = "\n".join(part).encode()
    fake.files[f"{folder}/notes.txt"] = b"not a result"


@route("GET", PLACE + "/batchPredictionJobs/([^/:]+)")
def retrieve(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    job = fake.batches[f"projects/p/locations/l/batchPredictionJobs/{match.group(1)}"]
    fake.look(job)
    return Response(200, _view(job))


@route("POST", PLACE + "/batchPredictionJobs/([^/:]+):cancel")
def cancel(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    fake.batches[f"projects/p/locations/l/batchPredictionJobs/{match.group(1)}"]["cancelled"] = True
    return Response(200, {})


@route("GET", PLACE + "/batchPredictionJobs")
def listing(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    jobs = [_view(job) for job in reversed(fake.batches.values()) if "vertex" in job]
    return Response(200, {"batchPredictionJobs": jobs})
