"""The SDKs that Stainless generates (OpenAI, Anthropic, Groq) share one build; what follows from it is here.

The body of a batch request must be what the real-time call would have sent: sentinels dropped, response
format classes turned into schemas, ``extra_body`` merged. So the SDK itself builds it: the call is made on
a copy of the client whose ``post`` method hands out its arguments instead of sending them. The same
arguments hold the type and the parser of the response, which turn the answer in a batch into the very
object that the real-time call returns.
"""

from __future__ import annotations

import importlib
import json
import weakref
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Callable, NoReturn

from .model import Encoded, Provider, Request, settle
from .store import CANCELLED, UNANSWERED, Batch, Reply


class Captured(BaseException):
    """Carries the arguments of ``post`` out of the SDK; no SDK code may swallow it."""

    def __init__(self, path: str, arguments: Mapping[str, Any]) -> None:
        self.path = path
        self.body: Mapping[str, Any] = arguments.get("body") or {}
        self.cast_to: Any = arguments["cast_to"]
        self.options: Mapping[str, Any] = arguments.get("options") or {}


SENTINELS = frozenset({"NotGiven", "Omit"})

_recorders: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def _recorder(client: Any) -> Any:
    """Return a copy of a client that sends nothing."""
    if client not in _recorders:
        copy = client.with_options(max_retries=0)

        def post(path: str, **arguments: Any) -> NoReturn:
            raise Captured(path, arguments)

        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise TypeError("this SDK version sends requests in a way llm_batch does not know")

        copy.post, copy.request = post, refuse
        _recorders[client] = copy
    return _recorders[client]


def capture(request: Request) -> Captured:
    """Return what the SDK would send for a request; raises what it raises for bad arguments.

    The time limit is ours: the Anthropic SDK refuses long real-time requests without one.
    """
    kwargs = {**request.kwargs, "timeout": 600.0}
    try:
        result = Request(request.provider, _recorder(request.client), request.operation, kwargs).call()
        if hasattr(result, "send"):  # an async client's call runs up to ``post`` without waiting
            result.send(None)
    except Captured as captured:
        return captured
    raise TypeError(f"{type(request.client).__name__}.{request.operation} is no call of a known SDK")


def cleaned(value: Any) -> Any:
    """Drop the SDK's "not given" sentinels from nested dicts."""
    if isinstance(value, Mapping):
        return {key: cleaned(item) for key, item in value.items() if type(item).__name__ not in SENTINELS}
    if isinstance(value, (list, tuple)):
        return [cleaned(item) for item in value]
    return value


def decoder(captured: Captured) -> Callable[[Any], Any]:
    """Return the function that turns a response body into the object the real-time call returns.

    Built without validation, as the SDK does, so that values newer than the SDK do not fail.
    """
    cast_to, parser = captured.cast_to, captured.options.get("post_parser")

    def decode(body: Any) -> Any:
        response = cast_to.construct(**body)
        return parser(response) if callable(parser) else response

    return decode


def _json(response: Any) -> Any:
    try:
        return response.json()
    except ValueError:
        return {"error": {"message": response.text}}


class SDKProvider(Provider):
    """What the providers with such an SDK have in common."""

    module = ""
    dropped = frozenset({"stream", "stream_options", "service_tier"})
    """Body fields without a meaning in a batch."""

    def is_async(self, request: Request) -> bool:
        """Whether the client is one of the SDK's ``Async`` classes."""
        return any(kind.__name__ == "AsyncAPIClient" for kind in type(request.client).__mro__)

    def group(self, request: Request, captured: Captured, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the request's batch must share."""
        raise NotImplementedError

    def encode(self, request: Request) -> Encoded:
        """See Provider; raises ValueError for what no batch can do."""
        captured = capture(request)
        body = cleaned({**captured.body, **(captured.options.get("extra_json") or {})})
        if body.get("stream") or body.get("background"):
            raise ValueError("a batch can neither stream nor run in the background")
        body = self.adapt(request, {name: item for name, item in body.items() if name not in self.dropped})
        return Encoded(self.group(request, captured, body), body, decoder(captured))

    def adapt(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """Change what has to be different in a batch."""
        return body

    async def send(self, client: Any, batch: Batch, body: Any) -> Reply:
        """See Provider."""
        sdk = importlib.import_module(self.module)
        try:
            answer = await settle(client.post(self.path(batch.group), body=body, cast_to=object))
        except sdk.APIStatusError as error:
            return Reply(error.status_code, _json(error.response))
        return Reply(200, answer)

    def path(self, group: Mapping[str, Any]) -> str:
        """Return the URL path of the real-time call."""
        raise NotImplementedError

    def error(self, client: Any, reply: Reply) -> Exception:
        """See Provider: the SDK's class for the status; APITimeoutError when no answer came."""
        sdk = importlib.import_module(self.module)
        if reply.status in (UNANSWERED, CANCELLED):
            failure = sdk.APITimeoutError(request=None)
            failure.message = str((reply.body.get("error") or {}).get("message", failure.message))
            failure.args = (failure.message,)
            return failure  # type: ignore[no-any-return]
        response = SimpleNamespace(status_code=reply.status, headers={}, request=None)
        response.is_closed = response.is_stream_consumed = True
        response.text = json.dumps(reply.body)
        return client._make_status_error_from_response(response)  # type: ignore[no-any-return]
