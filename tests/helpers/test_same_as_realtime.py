"""A batch gives back what the real-time call gives, for every operation: types, values and exceptions."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import openai
import pytest
from fake_provider import FakeProvider
from mixed import both, outcome_shape, shape

from batchlint.helpers.llm_batch import (
    batch_call,
    chat_request,
    run_batch,
    run_batch_async,
    run_now,
    run_requests,
    run_requests_async,
)


def test_500_mixed_requests_sync(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    requests = both(clients, 500, is_async=False)
    real_time = []
    for request in requests:
        try:
            real_time.append(shape(request.call()))
        except Exception as error:
            real_time.append(shape(error))
    outcomes = run_requests(both(clients, 500, is_async=False))
    assert [outcome_shape(outcome) for outcome in outcomes] == real_time
    assert {name: count for name, count in fake.paid_batch.items() if count > 1} == {}


def test_500_mixed_requests_async(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    async def compare() -> None:
        requests = both(clients, 500, is_async=True)
        turn = asyncio.Semaphore(20)  # 500 connections at once time out on a busy machine

        async def in_turn(request: object) -> object:
            async with turn:
                return await batch_call(request)

        calls = await asyncio.gather(*map(in_turn, requests), return_exceptions=True)
        outcomes = await run_requests_async(both(clients, 500, is_async=True))
        assert [outcome_shape(outcome) for outcome in outcomes] == [shape(call) for call in calls]

    asyncio.run(compare())
    assert {name: count for name, count in fake.paid_batch.items() if count > 1} == {}


def classify(client: openai.OpenAI, text: str):
    """A function as a rewrite leaves it: a retry loop, a conditional second request, an early return."""
    for _attempt in range(3):
        try:
            first = yield chat_request(client, model="m", messages=[{"role": "user", "content": text}])
        except openai.RateLimitError:
            continue
        except openai.BadRequestError as error:
            return f"refused {error.status_code} {error.code}"
        answer = first.choices[0].message.content
        if "long" in text:
            second = yield chat_request(client, model="n", messages=[{"role": "user", "content": answer}])
            return answer, second.usage.total_tokens
        return answer
    return None


def test_steps_give_what_the_function_gave(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    texts = [
        f"text {n} {'long' * (n % 3 == 0)} {'[400]' * (n % 5 == 0)} {'[429]' * (n % 7 == 0)}"
        for n in range(30)
    ]
    real_time = [run_now(classify(clients.openai, text)) for text in texts]
    assert run_batch([classify(clients.openai, text) for text in texts]) == real_time


def test_coroutines_give_what_they_gave(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    async def grade(text: str) -> object:
        try:
            request = chat_request(
                clients.async_openai, model="m", messages=[{"role": "user", "content": text}]
            )
            first = await batch_call(request)
        except openai.BadRequestError as error:
            return error.code
        words = first.choices[0].message.content.split()
        more = [
            batch_call(
                chat_request(clients.async_openai, model="m", messages=[{"role": "user", "content": word}])
            )
            for word in words
        ]
        await asyncio.sleep(0)
        return [answer.choices[0].message.content for answer in await asyncio.gather(*more)]

    async def compare() -> None:
        texts = [f"text {number} {'[400]' * (number % 4 == 0)}" for number in range(12)]
        real_time = [await grade(text) for text in texts]
        assert await run_batch_async([grade(text) for text in texts]) == real_time

    asyncio.run(compare())
    assert fake.count("POST /v1/batches$") == 2, "all coroutines share a batch per turn"


def test_module_level_client(fake: FakeProvider, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "base_url", f"{fake.url}/v1/")
    monkeypatch.setattr(openai, "api_key", "sk-secret")
    [outcome] = run_requests([chat_request(openai, model="m", messages=[{"role": "user", "content": "hi"}])])
    assert outcome.result().choices[0].message.content.startswith("answer")


def test_few_requests_are_the_original_calls(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    [outcome] = run_requests(both(clients, 1, is_async=False), min_requests=2)
    assert outcome.result().choices[0].message.content
    assert fake.calls == ["POST /v1/chat/completions"]
