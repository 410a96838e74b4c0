"""OpenAI's endpoints (and Azure's and Groq's, which have the same shape under another prefix)."""

from __future__ import annotations

import base64
import json
import re
import struct
import time
from typing import Any

from .replies import MESSAGES, Answer, canonical, digest, prompt_of, structured, words
from .server import Call, FakeProvider, Response, multipart_file, route

PREFIX = r"(?:/v1|/openai|/openai/v1)"
OPERATIONS = "chat/completions|responses|embeddings|completions|moderations|images/generations"
CREATED = 1_700_000_000


def payload(endpoint: str, body: Any) -> dict[str, Any]:
    """Return the answer of an operation."""
    builder = {
        "/v1/chat/completions": _chat,
        "/v1/responses": _responses,
        "/v1/embeddings": _embeddings,
        "/v1/completions": _completion,
        "/v1/moderations": _moderation,
        "/v1/images/generations": _image,
    }[endpoint]
    answer = builder(body, f"{digest(body):08x}")
    return (
        {**answer, "a_field_of_2031": {"x": 1}, "service_tier": "cheap"}
        if "[odd]" in prompt_of(body)
        else answer
    )


def error_body(status: int) -> dict[str, Any]:
    """Return the body of a failed request."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"error": {"message": MESSAGES[status], "type": kind, "param": None, "code": f"code_{status}"}}


def _chat(body: Any, number: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": words(body), "refusal": None}
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        message["content"] = structured(wanted["json_schema"]["schema"], body)
    reason = "stop"
    if body.get("tools") and "[tool]" in prompt_of(body):
        function = body["tools"][0]["function"]
        arguments = structured(function["parameters"], body)
        message["content"], reason = None, "tool_calls"
        call = {"name": function["name"], "arguments": arguments}
        message["tool_calls"] = [{"id": f"call_{number}", "type": "function", "function": call}]
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": CREATED,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def _responses(body: Any, number: str) -> dict[str, Any]:
    form = (body.get("text") or {}).get("format") or {}
    text = structured(form["schema"], body) if form.get("type") == "json_schema" else words(body)
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": CREATED,
        "status": "completed",
        "model": body["model"],
        "output": [message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "usage": {
            "input_tokens": 7,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 3,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 10,
        },
    }


def _embeddings(body: Any, number: str) -> dict[str, Any]:
    inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
    data = []
    for index, text in enumerate(inputs):
        # sums of powers of two: the same as 32-bit floats and as JSON numbers
        vector = [(digest({"text": text}) >> shift & 255) / 256 for shift in range(0, 32, 8)]
        packed = base64.b64encode(struct.pack("<4f", *vector)).decode()
        embedding = packed if body.get("encoding_format") == "base64" else vector
        data.append({"object": "embedding", "index": index, "embedding": embedding})
    return {
        "object": "list",
        "data": data,
        "model": body["model"],
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    }


def _completion(body: Any, number: str) -> dict[str, Any]:
    return {
        "id": f"cmpl-{number}",
        "object": "text_completion",
        "created": CREATED,
        "model": body["model"],
        "choices": [{"index": 0, "text": words(body), "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def _moderation(body: Any, number: str) -> dict[str, Any]:
    result = {"flagged": False, "categories": {"violence": False}, "category_scores": {"violence": 0.25}}
    return {"id": f"modr-{number}", "model": body.get("model", "omni"), "results": [result]}


def _image(body: Any, number: str) -> dict[str, Any]:
    return {"created": CREATED, "data": [{"url": f"https://images.invalid/{number}.png"}]}


@route("POST", PREFIX + rf"/(?:deployments/[^/]+/)?({OPERATIONS})")
def live(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    endpoint = f"/v1/{match.group(1)}"
    answer = fake.live(endpoint, call.json)
    if answer.kind == "error":
        return Response(answer.status, error_body(answer.status))
    return Response(200, payload(endpoint, call.json))


@route("POST", PREFIX + "/files")
def upload(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    file_id = fake.new_id("file")
    fake.files[file_id] = data = multipart_file(call)
    body = {
        "id": file_id,
        "object": "file",
        "bytes": len(data),
        "created_at": CREATED,
        "filename": "batch.jsonl",
    }
    return Response(200, {**body, "purpose": "batch", "status": "processed"})


@route("GET", PREFIX + "/files/([^/]+)/content")
def content(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    return Response(200, fake.files[match.group(1)], {"Content-Type": "application/octet-stream"})


@route("POST", PREFIX + "/batches")
def create(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    asked = call.json
    data = fake.files.get(asked["input_file_id"])
    if data is None:
        return Response(400, {"error": {"message": "no such file"}})
    if data.startswith(b"\xef\xbb\xbf"):
        return Response(400, {"error": {"message": "byte order mark"}})
    items = [json.loads(line) for line in data.split(b"\n") if line]
    batch_id = fake.new_id("batch")
    batch = {
        "id": batch_id,
        "asked": asked,
        "items": items,
        "looks": 0,
        "ended": False,
        "execute": _execute,
        "created": int(time.time()),
    }
    batch["problems"] = _validate(fake, items, asked["endpoint"])
    fake.batches[batch_id] = batch
    if batch["problems"]:
        batch["ended"] = True
    else:
        for item in items:
            fake.submitted[canonical(item["url"], item["body"])] += 1
    return Response(200, _view(fake, batch))


def _validate(fake: FakeProvider, items: list[Any], endpoint: str) -> list[dict[str, Any]]:
    def problem(code: str, line: int | None = None) -> dict[str, Any]:
        return {"code": code, "line": line, "message": f"{code} in the input file", "param": None}

    if fake.fail_whole:
        return [problem(fake.fail_whole)]
    if not items:
        return [problem("empty_file")]
    if len({item["custom_id"] for item in items}) < len(items):
        return [problem("duplicate_custom_id")]
    if len({item["body"].get("model") for item in items}) > 1:
        return [problem("model_mismatch")]
    if fake.queued() + len(items) > fake.queue_limit:
        return [problem("token_limit_exceeded")]
    bad = [
        line for line, item in enumerate(items, 1) if item["url"] != endpoint or item["body"].get("stream")
    ]
    bad += [line for line, item in enumerate(items, 1) if "[badline]" in prompt_of(item["body"])]
    return [problem("invalid_request", line) for line in bad]


def _view(fake: FakeProvider, batch: dict[str, Any]) -> dict[str, Any]:
    asked, count = batch["asked"], len(batch["items"])
    view = {
        "id": batch["id"],
        "object": "batch",
        "endpoint": asked["endpoint"],
        "input_file_id": asked["input_file_id"],
        "completion_window": asked["completion_window"],
        "created_at": batch["created"],
        "metadata": asked.get("metadata"),
        "status": fake.statuses[min(batch["looks"], len(fake.statuses) - 1)],
        "request_counts": {"total": count, "completed": 0, "failed": 0},
        "output_file_id": None,
        "error_file_id": None,
        "errors": None,
    }
    if batch["problems"]:
        return {**view, "status": "failed", "errors": {"object": "list", "data": batch["problems"]}}
    return {**view, **batch["result"]} if batch["ended"] else view


def _execute(fake: FakeProvider, batch: dict[str, Any]) -> None:
    good: list[bytes] = []
    bad: list[bytes] = []
    status = "cancelled" if batch.get("cancelled") else "completed"
    for number, item in enumerate(batch["items"]):
        expired = fake.expire_after is not None and number >= fake.expire_after
        answer = Answer("expire") if expired else Answer("cancel") if batch.get("cancelled") else None
        answer = answer or fake.run(item["url"], item["body"])
        line: dict[str, Any] = {"id": f"batch_req_{number}", "custom_id": item["custom_id"], "error": None}
        if answer.kind == "missing":
            continue
        if answer.kind == "answer":
            body = payload(item["url"], item["body"])
            line["response"] = {"status_code": 200, "request_id": f"req_{number}", "body": body}
        elif answer.kind == "error":
            body = error_body(answer.status)
            line["response"] = {"status_code": answer.status, "request_id": f"req_{number}", "body": body}
        else:
            code = "batch_cancelled" if answer.kind == "cancel" else "batch_expired"
            line |= {"response": None, "error": {"code": code, "message": f"{code}: the item did not run"}}
            status = "expired" if code == "batch_expired" else status
        text = json.dumps(line, ensure_ascii=False).encode()
        (good if answer.kind == "answer" else bad).append(text[:-20] if answer.kind == "malformed" else text)
    fake.random.shuffle(good)
    fake.random.shuffle(bad)
    batch["result"] = {
        "status": status,
        "request_counts": {"total": len(batch["items"]), "completed": len(good), "failed": len(bad)},
        "output_file_id": _store(fake, good),
        "error_file_id": _store(fake, bad) or ("" if fake.empty_string_ids else None),
    }


def _store(fake: FakeProvider, lines: list[bytes]) -> str | None:
    if not lines:
        return None
    file_id = fake.new_id("file")
    fake.files[file_id] = b"\n".join(lines)
    return file_id


@route("GET", PREFIX + "/batches/([^/]+)")
def retrieve(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    batch = fake.batches.get(match.group(1))
    if batch is None:
        return Response(404, {"error": {"message": "no such batch"}})
    fake.look(batch)
    return Response(200, _view(fake, batch))


@route("POST", PREFIX + "/batches/([^/]+)/cancel")
def cancel(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    batch = fake.batches[match.group(1)]
    batch["cancelled"] = True
    return Response(200, {**_view(fake, batch), "status": "cancelling"})


@route("GET", PREFIX + "/batches")
def listing(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    batches = [batch for batch in reversed(fake.batches.values()) if "problems" in batch and fake.visible]
    limit = int(call.query.get("limit", ["20"])[0])
    if after := call.query.get("after"):
        ids = [batch["id"] for batch in batches]
        batches = batches[ids.index(after[0]) + 1 :]
    data = [_view(fake, batch) for batch in batches[:limit]]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
    return Response(200, {"object": "list", "data": data, "has_more": len(batches) > limit, **ends})
