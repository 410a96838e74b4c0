"""A mix of every request the stainless SDKs can put into a batch, and a way to compare what comes back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel

from batchlint.helpers.llm_batch import (
    Request,
    beta_message_parse_request,
    beta_message_request,
    chat_request,
    completion_request,
    embedding_request,
    image_request,
    message_parse_request,
    message_request,
    moderation_request,
    parse_request,
    responses_parse_request,
    responses_request,
)

DIRECTIVES = ("", "", "", "", "[odd]", "[u2028]", "", "[400]", "[404]", "[429]", "[500]", "")


class Label(BaseModel):
    """A structured answer."""

    name: str
    score: int


class Lookup(BaseModel):
    """The arguments of a tool."""

    word: str


def _messages(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def requests(openai_client: Any, anthropic_client: Any, count: int) -> Iterator[Request]:
    """Yield requests of every operation in turn, some of which fail."""
    import openai

    tool = {"name": "lookup", "description": "", "input_schema": Lookup.model_json_schema()}
    makers = [
        lambda t: chat_request(
            openai_client, model="m1", messages=_messages(t), temperature=openai.NOT_GIVEN, timeout=5
        ),
        lambda t: chat_request(openai_client, model="m2", messages=_messages(t), extra_body={"seed": 3}),
        lambda t: parse_request(openai_client, model="m1", messages=_messages(t), response_format=Label),
        lambda t: parse_request(
            openai_client,
            model="m1",
            messages=_messages(t + " [tool]"),
            tools=[openai.pydantic_function_tool(Lookup)],
        ),
        lambda t: responses_request(openai_client, model="m1", input=t, instructions="be brief"),
        lambda t: responses_parse_request(openai_client, model="m1", input=t, text_format=Label),
        lambda t: embedding_request(openai_client, model="e1", input=[t, t + "!"]),
        lambda t: completion_request(openai_client, model="c1", prompt=t),
        lambda t: moderation_request(openai_client, model="o1", input=t),
        lambda t: image_request(openai_client, model="i1", prompt=t),
        lambda t: message_request(
            anthropic_client, model="a1", max_tokens=9, system="be kind", messages=_messages(t)
        ),
        lambda t: message_request(
            anthropic_client, model="a2", max_tokens=9, messages=_messages(t + " [tool]"), tools=[tool]
        ),
        lambda t: message_parse_request(
            anthropic_client, model="a1", max_tokens=9, messages=_messages(t), output_format=Label
        ),
        lambda t: beta_message_request(
            anthropic_client, model="a1", max_tokens=9, messages=_messages(t), betas=["one", "two"]
        ),
        lambda t: beta_message_parse_request(
            anthropic_client, model="a1", max_tokens=9, messages=_messages(t), output_format=Label
        ),
    ]
    turns = zip(itertools.cycle(makers), itertools.cycle(DIRECTIVES * 7 + ("",)), range(count), strict=False)
    for make, directive, number in turns:
        yield make(f"request {number} with a snowman \u2603 {directive}")


def shape(value: Any) -> Any:
    """Return what a program can see of a response or an exception."""
    if isinstance(value, Exception):
        return type(value), str(value), getattr(value, "status_code", None), getattr(value, "body", None)
    parsed = getattr(value, "output_parsed", None) or getattr(value, "parsed_output", None)
    choices = getattr(value, "choices", None) or []
    messages = [getattr(choice, "message", None) for choice in choices]
    parsed = parsed or [getattr(message, "parsed", None) for message in messages]
    calls = [getattr(message, "tool_calls", None) or [] for message in messages]
    arguments = [getattr(call.function, "parsed_arguments", None) for group in calls for call in group]
    return (
        type(value),
        value.to_dict(mode="json", warnings=False),
        parsed,
        arguments,
        getattr(value, "output_text", None),
    )


def outcome_shape(outcome: Any) -> Any:
    """Return what a program sees of an outcome."""
    return shape(outcome.exception() or outcome.result())


def both(clients: SimpleNamespace, count: int, *, is_async: bool) -> list[Request]:
    """Return the mix for sync or async clients."""
    if is_async:
        return list(requests(clients.async_openai, clients.async_anthropic, count))
    return list(requests(clients.openai, clients.anthropic, count))
