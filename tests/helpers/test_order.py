"""Steps that run together show the world what they would show one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from fake_provider import FakeProvider

from batchlint.helpers.llm_batch import chat_request, in_order, run_batch, run_now, run_outcomes


@pytest.fixture
def ask(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> Callable[[str], Any]:
    def request(text: str) -> Any:
        return chat_request(clients.openai, model="m", messages=[{"role": "user", "content": text}])

    return request


def text_of(response: Any) -> str:
    return str(response.choices[0].message.content)


def test_what_a_step_prints_appears_with_its_result(
    ask: Callable[[str], Any], fake: FakeProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    def step(number: int) -> Any:
        print("first", number)
        for attempt in range(3):
            try:
                yield ask(f"text {number} {'[400]' * (number % 2)} {attempt}")
                print("answered", number)
                return number
            except openai.BadRequestError:
                print("refused", number)
        raise ValueError(number)

    def consume(outcomes: list[Any]) -> None:
        for outcome in outcomes:
            print("before")
            try:
                print("result", outcome.result())
            except ValueError as error:
                print("failed", error)

    consume(run_outcomes([step(number) for number in range(4)]))
    together = capsys.readouterr().out
    assert fake.count("POST /v1/batches$") == 3

    class Now:
        def __init__(self, work: Any) -> None:
            self.result = lambda: run_now(work)

    consume([Now(step(number)) for number in range(4)])
    assert capsys.readouterr().out == together


def test_what_is_shared_changes_in_the_order_of_the_steps(
    ask: Callable[[str], Any], fake: FakeProvider
) -> None:
    seen: list[str] = []

    def step(number: int) -> Any:
        for attempt in range(number % 3 + 1):
            answer = yield ask(f"{number} {attempt}")
        seen.append((yield in_order(text_of(answer))))
        seen.append(f"end of {number}")

    run_batch([step(number) for number in range(7)])
    together, seen[:] = list(seen), []
    for number in range(7):
        run_now(step(number))
    assert together == seen
    assert fake.count("POST /v1/batches$") == 3


@pytest.mark.parametrize("fewest", [0, 99])
def test_nothing_is_changed_after_a_step_that_failed(ask: Callable[[str], Any], fewest: int) -> None:
    seen: list[int] = []
    closed: list[int] = []

    def step(number: int) -> Any:
        try:
            yield ask(f"{number}")
            if number == 2:
                raise KeyError(number)
            yield in_order()
            seen.append(number)
        finally:
            closed.append(number)

    with pytest.raises(KeyError, match="2"):
        run_batch([step(number) for number in range(5)], min_requests=fewest)
    assert seen == [0, 1]
    assert sorted(closed) == list(range(5))


def test_a_step_that_has_its_turn_shows_what_it_does_at_once(
    ask: Callable[[str], Any], capfd: pytest.CaptureFixture[str]
) -> None:
    def step(number: int) -> Any:
        print("first", number, flush=True)
        yield ask(f"{number}")
        print("answered", number, flush=True)
        if number % 2:
            yield in_order()
            os.write(1, b"from below\n")
            print("done", number, flush=True)

    run_batch([step(number) for number in range(5)])
    together = capfd.readouterr().out
    for number in range(5):
        run_now(step(number))
    assert together == capfd.readouterr().out


def test_many_steps_wait_for_one(ask: Callable[[str], Any]) -> None:
    seen: list[int] = []

    def step(number: int) -> Any:
        if not number:
            yield ask("first")
        yield in_order()
        seen.append(number)

    run_batch([step(number) for number in range(3000)])
    assert seen == list(range(3000))


def test_parts_of_a_step_share_a_batch(
    ask: Callable[[str], Any], fake: FakeProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    def part(number: int) -> Any:
        print("part", number)
        return text_of((yield ask(f"part {number}")))

    def step(count: int) -> Any:
        found = []
        parts = yield [part(number) for number in range(count)]
        for number, outcome in enumerate(parts):
            print("take", count, number)
            found.append(outcome.result())
        singles = yield [ask(f"more {number}") for number in range(count)]
        return found, [text_of(single.result()) for single in singles]

    together = run_batch([step(count) for count in range(4)])
    printed = capsys.readouterr().out
    assert fake.count("POST /v1/batches$") == 2
    assert [run_now(step(count)) for count in range(4)] == together
    assert printed == capsys.readouterr().out


def test_in_real_time_nothing_is_sent_after_a_part_that_failed(
    ask: Callable[[str], Any], fake: FakeProvider
) -> None:
    def step() -> Any:
        for outcome in (yield [ask(text) for text in ("a", "b [400]", "c")]):
            outcome.result()

    with pytest.raises(openai.BadRequestError):
        run_now(step())
    assert fake.count("POST /v1/chat/completions") == 2


def test_a_program_that_ends_inside_of_a_step_says_why(
    ask: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    def step(number: int) -> Any:
        print("reading", number)
        if number:
            raise SystemExit(3)
        return (yield ask("a"))

    with pytest.raises(SystemExit):
        run_batch([step(0), step(1)])
    assert capsys.readouterr().out == "reading 1\n"
