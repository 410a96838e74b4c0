"""The HTTP side of the fake: one threaded server, routes, faults, and the books."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from .replies import MESSAGES, Answer, canonical, decide, prompt_of


class Call(NamedTuple):
    """One HTTP request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Any
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)


class Response(NamedTuple):
    """One HTTP response; ``body`` is bytes or a JSON value."""

    status: int
    body: Any
    headers: Mapping[str, str] = MappingProxyType({})


@dataclass
class Fault:
    """Something that goes wrong on calls that match: the first ``times`` of them.

    ``action``: an HTTP status to answer with instead of acting; ``drop`` acts and hangs up without an answer;
    ``hang up`` hangs up without acting; ``kill before`` and ``kill after`` kill the caller, whose process
    id is in the header ``x-pid``.
    """

    method: str
    pattern: str
    action: Any
    times: int = 1
    skip: int = 0

    def hits(self, call: Call) -> bool:
        if self.times <= 0 or self.method not in (call.method, "*") or not re.search(self.pattern, call.path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


Route = Callable[["FakeProvider", Call, "re.Match[str]"], Response]
ROUTES: list[tuple[str, re.Pattern[str], Route]] = []


def route(method: str, pattern: str) -> Callable[[Route], Route]:
    """Register a handler for a method and a path."""

    def register(handler: Route) -> Route:
        ROUTES.append((method, re.compile(pattern), handler))
        return handler

    return register


class FakeProvider:
    """The server, its settings and its books."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.random = random.Random(7)
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self._called = threading.Condition(self.lock)
        self.batch_headers: list[dict[str, str]] = []
        self.faults: list[Fault] = []
        self.tries: Counter[str] = Counter()
        self.paid_live: Counter[str] = Counter()
        self.paid_batch: Counter[str] = Counter()
        self.submitted: Counter[str] = Counter()
        """How often each request went into a batch that was created."""
        self.polls = 1
        """How many looks at a batch find it running: this is the fake's clock."""
        self.statuses = ["validating", "in_progress", "a_status_of_2031"]
        self.queue_limit = 10**9
        """Requests that may be in running batches at one time."""
        self.expire_after: int | None = None
        """Batches end as expired with this many items run."""
        self.fail_whole: str | None = None
        """A code with which batches fail their validation."""
        self.bad_lines: list[int] = []
        self.empty_string_ids = False
        self.visible = True
        """Whether listings show new batches."""
        self.gemini_ends: list[str] = []
        """States in which Gemini's next jobs end."""
        self.storage: Any = None
        """An S3 client, for Bedrock's jobs."""
        self._number = 0
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeProvider:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def new_id(self, prefix: str) -> str:
        """Return an id that no file or batch has."""
        self._number += 1
        return f"{prefix}_{self._number:06d}"

    def count(self, pattern: str) -> int:
        """Return how many calls matched, as "METHOD path"."""
        return sum(bool(re.search(pattern, call)) for call in self.calls)

    def seen(self, pattern: str, *, timeout: float) -> None:
        """Wait until a call has matched, as "METHOD path"."""
        with self.lock:
            assert self._called.wait_for(lambda: self.count(pattern), timeout), f"no call of {pattern}"

    def live(self, endpoint: str, body: Any) -> Answer:
        """Run a request in real time and book it."""
        name = canonical(endpoint, body)
        answer = decide(name, prompt_of(body), self.tries, in_batch=False)
        self.paid_live[name] += answer.kind == "answer"
        return answer

    def run(self, endpoint: str, body: Any) -> Answer:
        """Run a request of a batch and book it."""
        name = canonical(endpoint, body)
        answer = decide(name, prompt_of(body), self.tries, in_batch=True)
        self.paid_batch[name] += answer.kind == "answer"
        return answer

    def queued(self) -> int:
        """Return how many requests are in running batches."""
        return sum(len(batch["items"]) for batch in self.batches.values() if not batch["ended"])

    def look(self, batch: dict[str, Any]) -> bool:
        """Count a look at a batch and say whether it has ended."""
        batch["looks"] += 1
        if batch["looks"] > self.polls:
            self._end(batch)
        return bool(batch["ended"])

    def run_out(self) -> None:
        """Run every batch that nobody has looked at to its end: those are paid for too."""
        with self.lock:
            for batch in self.batches.values():
                self._end(batch)

    def _end(self, batch: dict[str, Any]) -> None:
        if not batch["ended"]:
            batch["ended"] = True
            batch["execute"](self, batch)

    def handle(self, call: Call) -> Response | None:
        """Answer a call; None hangs up."""
        with self.lock:
            self.calls.append(f"{call.method} {call.path}")
            self._called.notify_all()
            fault = next((fault for fault in self.faults if fault.hits(call)), None)
            if fault and isinstance(fault.action, int):
                return Response(fault.action, {"error": {"message": MESSAGES.get(fault.action, "refused")}})
            if fault and fault.action in ("hang up", "kill before"):
                return _kill(fault, call)
            response = self._dispatch(call)
            return _kill(fault, call) if fault else response

    def _dispatch(self, call: Call) -> Response:
        for method, pattern, handler in ROUTES:
            match = pattern.fullmatch(call.path)
            if match and method == call.method:
                try:
                    return handler(self, call, match)
                except Exception as error:  # a mistake of the fake; a refusal ends the run that met it
                    return Response(400, {"error": {"message": f"the fake failed: {error!r}"}})
        return Response(404, {"error": {"message": f"no route {call.method} {call.path}"}})


def _kill(fault: Fault, call: Call) -> None:
    """Kill the caller if the fault says so; the connection is closed either way."""
    if fault.action.startswith("kill"):
        os.kill(int(call.headers["x-pid"]), signal.SIGKILL)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


def _handler(fake: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            pass

        def _read(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            call = Call(self.command, parts.path, parse_qs(parts.query), self.headers, self._read())
            response = fake.handle(call)
            if response is None:
                self.close_connection = True
                return
            body = response.body
            data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
            headers = {
                "Content-Type": "application/json",
                **response.headers,
                "Content-Length": str(len(data)),
            }
            self.send_response(response.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = _serve  # noqa: N815

    return Handler


def multipart_file(call: Call) -> bytes:
    """Return the file of a multipart upload."""
    found = re.search(r"boundary=\"?([^\";]+)", call.headers["Content-Type"])
    assert found
    for part in call.data.split(b"--" + found.group(1).encode()):
        head, _, rest = part.partition(b"\r\n\r\n")
        if b"filename=" in head:
            return rest[:-2]
    raise AssertionError("no file in the upload")
