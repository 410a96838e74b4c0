"""What the SDKs of OpenAI, Anthropic and Groq have in common: they are made by the same generator.

The body of a batch request must be what the real-time call would have sent: sentinels dropped, response
format classes turned into schemas, ``extra_body`` merged. So the SDK itself builds it: the call is made on
a copy of the client whose ``post`` method hands out its arguments instead of sending them. The same
arguments hold the type and the parser of the response, which turn an answer from a batch into the very
object that the real-time call returns.
"""

from __future__ import annotations

import importlib
import json
import weakref
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Callable, NoReturn

from .model import Request
from .store import CANCELLED, UNANSWERED, Reply

DROPPED = frozenset({"stream", "stream_options", "service_tier", "speed"})  # have no meaning in a batch
_copies: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


class Captured(BaseException):
    """Carries the arguments of ``post`` out of the SDK; no SDK code may swallow it."""

    def __init__(self, path: str, arguments: Mapping[str, Any]) -> None:
        self.path = path
        self.body: Mapping[str, Any] = arguments.get("body") or {}
        self.cast_to: Any = arguments["cast_to"]
        self.options: Mapping[str, Any] = arguments.get("options") or {}

    def batch_body(self) -> dict[str, Any]:
        """Return the body for a batch; raises ValueError for what no batch can do."""
        body: dict[str, Any] = _given({**self.body, **(self.options.get("extra_json") or {})})
        if body.get("stream") or body.get("background"):
            raise ValueError("a batch can neither stream nor run in the background")
        return {name: item for name, item in body.items() if name not in DROPPED}

    def decoder(self) -> Callable[[Any], Any]:
        """Return what builds the real-time call's response: without validation, so that newer values pass."""
        cast_to, parser = self.cast_to, self.options.get("post_parser")

        def decode(body: Any) -> Any:
            response = cast_to.construct(**body)
            return parser(response) if callable(parser) else response

        return decode


def capture(request: Request) -> Captured:
    """Return what the SDK would send for a request; raises what it raises for bad arguments."""
    # The Anthropic SDK refuses long real-time requests that have no time limit.
    asked = request._replace(client=_silent(request.client), kwargs={**request.kwargs, "timeout": 600.0})
    try:
        result = asked.call()
        if hasattr(result, "send"):  # an async client's call runs up to ``post`` without waiting
            result.send(None)
    except Captured as captured:
        return captured
    raise TypeError(f"{type(request.client).__name__}.{request.operation} is no call of a known SDK")


def _silent(client: Any) -> Any:
    """Return a copy of a client that sends nothing."""
    if client not in _copies:

        def post(path: str, **arguments: Any) -> NoReturn:
            raise Captured(path, arguments)

        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise TypeError("this SDK version sends requests in a way llm_batch does not know")

        copy = client.with_options(max_retries=0)
        copy.post, copy.request = post, refuse
        _copies[client] = copy
    return _copies[client]


def _given(value: Any) -> Any:
    """Drop the SDK's "not given" sentinels from nested values."""
    if isinstance(value, Mapping):
        kept = {k: v for k, v in value.items() if type(v).__name__ not in ("NotGiven", "Omit")}
        return {name: _given(item) for name, item in kept.items()}
    return [_given(item) for item in value] if isinstance(value, (list, tuple)) else value


def error(client: Any, reply: Reply) -> Exception:
    """Build the exception the real-time call would have raised; APITimeoutError when no answer came."""
    if reply.status in (UNANSWERED, CANCELLED):
        sdk = importlib.import_module(type(client).__module__.partition(".")[0])
        failure = sdk.APITimeoutError(request=None)
        failure.message = str((reply.body.get("error") or {}).get("message", failure.message))
        failure.args = (failure.message,)
        return failure  # type: ignore[no-any-return]
    response = SimpleNamespace(
        status_code=reply.status, headers={}, request=None, text=json.dumps(reply.body)
    )
    response.is_closed = response.is_stream_consumed = True
    return client._make_status_error_from_response(response)  # type: ignore[no-any-return]
