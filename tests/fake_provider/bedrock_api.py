"""Bedrock: converse and invoke in real time, and invocation jobs over objects that moto's S3 holds."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from .replies import MESSAGES, Answer, canonical, words
from .server import Call, FakeProvider, Response, route

NAMES = {
    400: "ValidationException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
}


def payload(kind: str, body: Any) -> dict[str, Any]:
    """Return the answer to a request."""
    if kind == "InvokeModel":
        return {
            "content": [{"type": "text", "text": words(body)}],
            "usage": {"input_tokens": 7, "output_tokens": 3},
        }
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": words(body)}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10},
        "metrics": {"latencyMs": 5},
    }


def _live(fake: FakeProvider, kind: str, call: Call) -> Response:
    answer = fake.live(kind, call.json)
    if answer.kind != "answer":
        headers = {"x-amzn-errortype": NAMES[answer.status]}
        return Response(answer.status, {"message": MESSAGES[answer.status]}, headers)
    return Response(200, payload(kind, call.json))


@route("POST", "/model/([^/]+)/converse")
def converse(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    return _live(fake, "Converse", call)


@route("POST", "/model/([^/]+)/invoke")
def invoke(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    return _live(fake, "InvokeModel", call)


def _place(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


@route("POST", "/model-invocation-job")
def create(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    asked = call.json
    for arn, job in fake.batches.items():
        if job.get("bedrock", {}).get("clientRequestToken") == asked["clientRequestToken"]:
            return Response(200, {"jobArn": arn})
    bucket, key = _place(asked["inputDataConfig"]["s3InputDataConfig"]["s3Uri"])
    data = fake.storage.get_object(Bucket=bucket, Key=key)["Body"].read()
    items = [json.loads(line) for line in data.split(b"\n") if line]
    if len(items) < 100:
        message = "the number of records is less than the required minimum 100"
        return Response(400, {"message": message}, {"x-amzn-errortype": "ValidationException"})
    arn = f"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{fake.new_id('job').replace('_', '')}"
    fake.batches[arn] = {
        "id": arn,
        "bedrock": asked,
        "items": items,
        "looks": 0,
        "ended": False,
        "execute": _execute,
    }
    for item in items:
        fake.submitted[canonical(asked["modelInvocationType"], item["modelInput"])] += 1
    return Response(200, {"jobArn": arn})


def _view(job: dict[str, Any]) -> dict[str, Any]:
    asked = job["bedrock"]
    names = ("jobName", "modelId", "roleArn", "inputDataConfig", "outputDataConfig")
    status = job["status"] if job["ended"] else "InProgress"
    fields = {name: asked[name] for name in names}
    return {"jobArn": job["id"], "status": status, "submitTime": "2026-11-25T00:00:00Z", **fields}


def _execute(fake: FakeProvider, job: dict[str, Any]) -> None:
    asked, kind = job["bedrock"], job["bedrock"]["modelInvocationType"]
    lines = []
    for item in job["items"]:
        answer = Answer("cancel") if job.get("cancelled") else fake.run(kind, item["modelInput"])
        line = {"recordId": item["recordId"], "modelInput": item["modelInput"]}
        if answer.kind == "answer":
            line["modelOutput"] = payload(kind, item["modelInput"])
        elif answer.kind == "error":
            line["error"] = {"errorCode": answer.status, "errorMessage": MESSAGES[answer.status]}
        else:
            continue
        lines.append(json.dumps(line, ensure_ascii=False))
    fake.random.shuffle(lines)
    job["status"] = "Stopped" if job.get("cancelled") else "Completed"
    bucket, prefix = _place(asked["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"])
    folder = f"{prefix}{job['id'].rpartition('/')[2]}"
    fake.storage.put_object(Bucket=bucket, Key=f"{folder}/requests.jsonl.out", Body="\n".join(lines).encode())
    fake.storage.put_object(Bucket=bucket, Key=f"{folder}/manifest.json.out", Body=b'{"totalRecordCount": 1}')


@route("GET", "/model-invocation-job/(.+)")
def retrieve(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    job = fake.batches[unquote(match.group(1))]
    fake.look(job)
    return Response(200, _view(job))


@route("POST", "/model-invocation-job/(.+)/stop")
def stop(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    fake.batches[unquote(match.group(1))]["cancelled"] = True
    return Response(200, {})


@route("GET", "/model-invocation-jobs")
def listing(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    wanted = call.query.get("nameContains", [""])[0]
    jobs = [
        _view(job) for job in fake.batches.values() if wanted in job.get("bedrock", {}).get("jobName", "\0")
    ]
    return Response(200, {"invocationJobSummaries": jobs})
