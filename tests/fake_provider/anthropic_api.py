"""Anthropic's endpoints."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .replies import MESSAGES, Answer, canonical, digest, prompt_of, structured, words
from .server import Call, FakeProvider, Response, route

TYPES = {
    400: "invalid_request_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
}
ENDPOINT = "/v1/messages"
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def payload(body: Any) -> dict[str, Any]:
    """Return a message."""
    number = f"{digest(body):08x}"
    form = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    text = structured(form["schema"], body) if form.get("type") == "json_schema" else words(body)
    blocks: list[dict[str, Any]] = [{"type": "text", "text": text}]
    reason = "end_turn"
    if body.get("tools") and "[tool]" in prompt_of(body):
        tool = body["tools"][0]
        arguments = json.loads(structured(tool["input_schema"], body))
        blocks.append({"type": "tool_use", "id": f"toolu_{number}", "name": tool["name"], "input": arguments})
        reason = "tool_use"
    message: dict[str, Any] = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": blocks,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 3},
    }
    if "[odd]" in prompt_of(body):
        message |= {"a_field_of_2031": {"x": 1}, "stop_reason": "bored"}
    return message


def error_body(status: int) -> dict[str, Any]:
    """Return the body of a failed request."""
    return {
        "type": "error",
        "error": {"type": TYPES[status], "message": MESSAGES[status]},
        "request_id": None,
    }


@route("POST", ENDPOINT)
def live(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    answer = fake.live(ENDPOINT, call.json)
    if answer.kind == "error":
        return Response(answer.status, error_body(answer.status))
    return Response(200, payload(call.json))


@route("POST", "/v1/messages/batches")
def create(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    items = call.json["requests"]
    ids = [item["custom_id"] for item in items]
    if len(set(ids)) < len(ids) or not all(CUSTOM_ID.fullmatch(key) for key in ids):
        return Response(400, error_body(400))
    batch_id = fake.new_id("msgbatch")
    now = datetime.now(UTC)
    fake.batches[batch_id] = {
        "id": batch_id,
        "items": items,
        "looks": 0,
        "ended": False,
        "execute": _execute,
        "at": now,
    }
    fake.batch_headers.append({name.lower(): value for name, value in call.headers.items()})
    for item in items:
        fake.submitted[canonical(ENDPOINT, item["params"])] += 1
    return Response(200, _view(fake, fake.batches[batch_id]))


def _view(fake: FakeProvider, batch: dict[str, Any]) -> dict[str, Any]:
    counts = {"processing": len(batch["items"]), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    if batch["ended"]:
        counts |= {"processing": 0, **batch["counts"]}
    return {
        "id": batch["id"],
        "type": "message_batch",
        "processing_status": "ended" if batch["ended"] else "in_progress",
        "request_counts": counts,
        "created_at": batch["at"].isoformat(),
        "expires_at": (batch["at"] + timedelta(days=1)).isoformat(),
        "ended_at": batch["at"].isoformat() if batch["ended"] else None,
        "results_url": f"{fake.url}/v1/messages/batches/{batch['id']}/results" if batch["ended"] else None,
    }


def _execute(fake: FakeProvider, batch: dict[str, Any]) -> None:
    lines = []
    counts = {"succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    for number, item in enumerate(batch["items"]):
        expired = fake.expire_after is not None and number >= fake.expire_after
        answer = Answer("expire") if expired else Answer("cancel") if batch.get("cancelled") else None
        answer = answer or fake.run(ENDPOINT, item["params"])
        result: dict[str, Any] = {
            "type": {"expire": "expired", "cancel": "canceled"}.get(answer.kind, "errored")
        }
        if answer.kind == "answer":
            result = {"type": "succeeded", "message": payload(item["params"])}
        elif answer.kind == "error":
            result["error"] = error_body(answer.status)
        counts[result["type"]] += 1
        if answer.kind not in ("missing", "malformed"):
            lines.append(json.dumps({"custom_id": item["custom_id"], "result": result}, ensure_ascii=False))
    fake.random.shuffle(lines)
    batch |= {"lines": lines, "counts": counts}


@route("GET", "/v1/messages/batches/([^/]+)")
def retrieve(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    batch = fake.batches.get(match.group(1))
    if batch is None:
        return Response(404, error_body(404))
    fake.look(batch)
    return Response(200, _view(fake, batch))


@route("GET", "/v1/messages/batches/([^/]+)/results")
def results(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    data = "\n".join(fake.batches[match.group(1)]["lines"]).encode()
    return Response(200, data, {"Content-Type": "application/x-jsonl"})


@route("POST", "/v1/messages/batches/([^/]+)/cancel")
def cancel(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    batch = fake.batches[match.group(1)]
    batch["cancelled"] = True
    return Response(200, {**_view(fake, batch), "processing_status": "canceling"})


@route("GET", "/v1/messages/batches")
def listing(fake: FakeProvider, call: Call, match: re.Match[str]) -> Response:
    batches = [batch for batch in reversed(fake.batches.values()) if "at" in batch and fake.visible]
    limit = int(call.query.get("limit", ["20"])[0])
    if after := call.query.get("after_id"):
        ids = [batch["id"] for batch in batches]
        batches = batches[ids.index(after[0]) + 1 :]
    for batch in batches:
        fake.look(batch)
    data = [_view(fake, batch) for batch in batches[:limit]]
    ends = (
        {"first_id": data[0]["id"], "last_id": data[-1]["id"]}
        if data
        else {"first_id": None, "last_id": None}
    )
    return Response(200, {"data": data, "has_more": len(batches) > limit, **ends})
