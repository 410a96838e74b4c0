"""What providers do on bad days, and what a run makes of it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from fake_provider import FakeProvider, Fault

from batchlint.helpers.llm_batch import (
    AlreadyRunningError,
    DeadlineExceededError,
    NotReadyError,
    Request,
    chat_request,
    collect,
    embedding_request,
    finish,
    message_request,
    pause,
    run_batch,
    run_batch_async,
    run_now,
    run_requests,
    submit,
)
from batchlint.helpers.llm_batch.__main__ import main as command
from batchlint.helpers.llm_batch.store import _stores


def chats(client: Any, *texts: str, model: str = "m") -> list[Request]:
    return [chat_request(client, model=model, messages=[{"role": "user", "content": text}]) for text in texts]


def texts_of(outcomes: list[Any]) -> list[str]:
    return [outcome.result().choices[0].message.content for outcome in outcomes]


def events(state: Path) -> Iterator[dict[str, Any]]:
    for log in sorted(state.glob("**/log.jsonl")):
        for line in log.read_text().splitlines():
            yield json.loads(line)


def test_requests_that_expired_or_vanished_are_sent_again(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    outcomes = run_requests(
        chats(clients.openai, "a", "b [expire x1]", "c [missing x2]", "d [malformed x1]", "e [500 x2]")
    )
    assert len(set(texts_of(outcomes))) == 5
    assert fake.count("POST /v1/batches$") == 3
    assert set(fake.paid_batch.values()) <= {1, 2}
    twice = [name for name, count in fake.paid_batch.items() if count == 2]
    assert all("malformed" in name for name in twice), "only an unreadable answer was paid for in vain"


def test_a_request_is_given_up_after_three_batches(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    lost, late, gone, fine = run_requests(
        chats(clients.openai, "a [missing]", "b [expire]", "c [cancel]", "d")
    )
    assert fake.count("POST /v1/batches$") == 3
    for outcome in (lost, late, gone):
        with pytest.raises(openai.APITimeoutError):
            outcome.result()
    assert "without a result" in str(lost.exception())
    assert "batch_expired" in str(late.exception())
    assert fine.result().usage.total_tokens == 10
    cancelled = [name for name in fake.submitted if "cancel" in name]
    assert [fake.submitted[name] for name in cancelled] == [1], "what somebody cancelled is not sent again"


def test_leftovers_go_in_real_time_if_wanted(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    requests = [
        *chats(clients.openai, "a [missing]", "b"),
        message_request(
            clients.anthropic, model="a", max_tokens=5, messages=[{"role": "user", "content": "c [expire]"}]
        ),
    ]
    lost, fine, late = run_requests(requests, fallback=True)
    assert lost.result().choices[0].message.content
    assert late.result().content[0].text
    assert fine.result()
    assert sum(fake.paid_live.values()) == 2


def test_batch_that_expires_half_done(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    fake.expire_after = 3
    outcomes = run_requests(chats(clients.openai, *"abcdefg"))
    assert len(set(texts_of(outcomes))) == 7
    assert set(fake.paid_batch.values()) == {1}


def test_batch_in_which_everything_failed(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    fake.empty_string_ids = True
    outcomes = run_requests(chats(clients.openai, "a [400]", "b [400]"))
    assert [type(outcome.exception()) for outcome in outcomes] == [openai.BadRequestError] * 2
    assert run_requests(chats(clients.openai, "fine"))[0].result()


def test_lines_that_fail_validation_do_not_take_the_others_with_them(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    good, bad, also_good = run_requests(chats(clients.openai, "a", "b [badline]", "c"))
    assert good.result()
    assert also_good.result()
    assert isinstance(bad.exception(), openai.BadRequestError)
    assert fake.count("POST /v1/batches$") == 2


def test_batch_that_is_refused_as_a_whole(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    fake.fail_whole = "model_not_found"
    outcomes = run_requests(chats(clients.openai, "a", "b"))
    assert all("model_not_found" in str(outcome.exception()) for outcome in outcomes)
    assert fake.count("POST /v1/batches$") == 1


def test_full_queue(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    fake.queue_limit = 4
    outcomes = run_requests(
        chats(clients.openai, *(f"text {number}" for number in range(10))), max_requests=7
    )
    assert len(set(texts_of(outcomes))) == 10
    assert set(fake.paid_batch.values()) == {1}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_control_calls_that_fail_for_a_while(
    status: int, fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    fake.faults = [
        Fault("POST", "/v1/files$", status, times=2),
        Fault("POST", "/v1/batches$", status, times=2),
        Fault("GET", "/v1/batches/", status, times=5),
        Fault("GET", "/content$", status, times=2),
        Fault("GET", "/v1/batches/", "drop", times=2),
        Fault("GET", "/content$", "drop", times=2),
    ]
    assert len(texts_of(run_requests(chats(clients.openai, "a", "b")))) == 2
    assert set(fake.paid_batch.values()) == {1}


def test_wrong_key_ends_the_run(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    fake.faults = [Fault("POST", "/v1/files$", 401)]
    with pytest.raises(openai.AuthenticationError):
        run_requests(chats(clients.openai, "a"))
    assert texts_of(run_requests(chats(clients.openai, "a"))), "nothing is left over from the failed run"


def test_split_by_count_bytes_model_and_endpoint(
    fake: FakeProvider, clients: SimpleNamespace, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from batchlint.helpers.llm_batch import openai_batch

    run_requests(chats(clients.openai, *"abcde"), max_requests=2)
    assert sorted(len(batch["items"]) for batch in fake.batches.values()) == [1, 2, 2]
    run_requests([*chats(clients.openai, "a", "b", model="x"), *chats(clients.openai, "a", model="y")])
    run_requests(
        [embedding_request(clients.openai, model="m", input=["one", "two"]) for _ in range(3)], max_requests=4
    )
    assert sorted(len(batch["items"]) for batch in fake.batches.values()) == [1, 1, 1, 2, 2, 2, 2]
    monkeypatch.setattr(openai_batch, "MAX_BYTES", 1000)
    run_requests(chats(clients.openai, *("x" * 400 for _ in range(3)), model="z"))
    assert len(fake.batches) == 10
    [outcome] = run_requests(chats(clients.openai, "x" * 2000, model="z"))
    assert "larger than a batch" in str(outcome.exception())


def test_betas_hold_for_their_batch(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    from batchlint.helpers.llm_batch import beta_message_request

    fields: dict[str, Any] = {"model": "a", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}
    run_requests(
        [
            beta_message_request(clients.anthropic, betas=["one"], **fields),
            beta_message_request(clients.anthropic, betas=["two"], **fields),
            message_request(clients.anthropic, **fields),
        ]
    )
    assert [headers.get("anthropic-beta") for headers in fake.batch_headers] == ["one", "two", None]
    items = [item for batch in fake.batches.values() for item in batch["items"]]
    assert all("betas" not in item["params"] for item in items)


def test_long_answers_need_no_stream(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    messages = [{"role": "user", "content": "a book"}]
    [outcome] = run_requests(
        [message_request(clients.anthropic, model="a", max_tokens=100_000, messages=messages)]
    )
    assert outcome.result().content[0].text


def test_arguments_the_sdk_refuses_fail_where_the_call_was(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    def step() -> Any:
        try:
            yield chat_request(clients.openai, model="m")
        except TypeError as error:
            return str(error)

    assert "messages" in run_batch([step()])[0]
    [streaming] = run_requests([chat_request(clients.openai, model="m", messages=[], stream=True)])
    assert "stream" in str(streaming.exception())


def test_a_failed_step_does_not_stop_the_others(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    def step(number: int) -> Any:
        answer = yield chats(clients.openai, f"text {number} {'[400]' * (number == 1)}")[0]
        return number, answer.usage.total_tokens

    values = run_batch([step(number) for number in range(3)], return_exceptions=True)
    assert values[0] == (0, 10)
    assert isinstance(values[1], openai.BadRequestError)
    assert values[2] == (2, 10)
    with pytest.raises(openai.BadRequestError):
        run_batch([step(number) for number in range(3)])


def test_pauses_of_a_round_pass_together(
    fake: FakeProvider, clients: SimpleNamespace, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)

    def step(number: int) -> Any:
        yield pause(number)
        return (yield chats(clients.openai, f"text {number}")[0]).usage.total_tokens

    assert run_batch([step(number) for number in range(5)]) == [10] * 5
    assert sum(slept) == 4
    slept.clear()
    assert run_now(step(3)) == 10
    assert slept == [3]


def test_deadline_leaves_a_state_to_go_on_from(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    fake.polls = 3
    with pytest.raises(DeadlineExceededError):
        run_requests(chats(clients.openai, "a"), deadline_hours=0)
    assert texts_of(run_requests(chats(clients.openai, "a")))
    assert fake.count("POST /v1/batches$") == 1


def test_interrupt_leaves_a_state_to_go_on_from(
    fake: FakeProvider,
    clients: SimpleNamespace,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("time.sleep", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_requests(chats(clients.openai, "a"))
    assert "Run the same program again" in capsys.readouterr().err
    assert texts_of(run_requests(chats(clients.openai, "a")))
    assert fake.count("POST /v1/batches$") == 1


def test_poll_interval_grows_to_twentyfold(
    fake: FakeProvider, clients: SimpleNamespace, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    fake.polls = 12
    run_requests(chats(clients.openai, "a"), poll_seconds=30.0)
    assert slept[:3] == [30.0, 45.0, 67.5]
    assert max(slept) == slept[-1] == 600.0


def test_no_key_on_disk_and_no_prompt_in_the_repository(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    run_requests(chats(clients.openai, "a"))
    written = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert b"sk-secret" not in written
    assert (state / ".gitignore").read_text() == "*\n"


def test_who_gave_up_waiting_does_not_keep_others_out(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    fake.polls = 3
    with pytest.raises(DeadlineExceededError):
        run_requests(chats(clients.openai, "a"), deadline_hours=0)
    _stores.clear()  # as in a second process
    assert texts_of(run_requests(chats(clients.openai, "a")))
    assert fake.count("POST /v1/batches$") == 1


WAITING = """
import sys
import openai
from batchlint.helpers.llm_batch import chat_request, run_requests

client = openai.OpenAI(api_key="x", base_url=sys.argv[1] + "/v1")
run_requests([chat_request(client, model="m", messages=[{"role": "user", "content": "a"}])])
"""


def test_another_process_waits_for_the_same(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    fake.polls = 10**9
    path = os.pathsep.join(entry for entry in sys.path if entry)
    other = subprocess.Popen(
        [sys.executable, "-c", WAITING, fake.url],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
    )
    try:
        fake.seen("GET /v1/batches/", timeout=30)
        with pytest.raises(AlreadyRunningError, match=f"process {other.pid} is already waiting"):
            run_requests(chats(clients.openai, "a"))
        with pytest.raises(DeadlineExceededError):
            run_requests(chats(clients.openai, "b"), deadline_hours=0)
        assert len(fake.batches) == 2, "other requests are free to go"
    finally:
        other.kill()
        other.wait()
    fake.polls = 0
    assert texts_of(run_requests(chats(clients.openai, "a", "b")))
    assert set(fake.paid_batch.values()) == {1}


def test_two_threads_may_ask_the_same(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    answers: list[list[str]] = []

    def work() -> None:
        answers.append(texts_of(run_requests(chats(clients.openai, "a", "b"))))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert all(answer == answers[0] for answer in answers)


def test_submit_now_and_collect_later(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    def two_turns(number: int) -> Any:
        first = yield chats(clients.openai, f"text {number}")[0]
        second = yield chats(clients.openai, first.choices[0].message.content)[0]
        return second.usage.total_tokens

    fake.polls = 2
    submit(two_turns(number) for number in range(3))
    waits = 0
    while True:
        try:
            outcomes = collect(two_turns(number) for number in range(3))
            break
        except NotReadyError:
            waits += 1
    assert [outcome.result() for outcome in outcomes] == [10, 10, 10]
    assert waits > 2
    assert fake.count("POST /v1/batches$") == 2
    assert set(fake.paid_batch.values()) == {1}


def test_submit_hands_nothing_out(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    fake.polls = -1
    submit(chats(clients.openai, "a"))
    submit(chats(clients.openai, "a"))
    finish()
    assert collect(chats(clients.openai, "a"))[0].result()
    assert fake.count("POST /v1/batches$") == 1


def test_submit_leaves_what_goes_in_real_time_to_collect(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    requests = [*chats(clients.openai, "a", "b"), *chats(clients.openai, "c", model="other")]
    submit(requests, min_requests=2)
    assert not fake.paid_live
    outcomes = collect(requests, min_requests=2)
    assert len(set(texts_of(outcomes))) == 3
    assert (sum(fake.paid_live.values()), sum(fake.paid_batch.values())) == (1, 2)


def test_outcomes_can_be_read_after_finish(fake: FakeProvider, clients: SimpleNamespace, state: Path) -> None:
    outcomes = run_requests(chats(clients.openai, "a"))
    finish()
    assert texts_of(outcomes)


def test_finish_makes_the_next_run_pay_again(
    fake: FakeProvider, clients: SimpleNamespace, state: Path
) -> None:
    run_requests(chats(clients.openai, "a"))
    finish()
    run_requests(chats(clients.openai, "a"))
    assert list(fake.paid_batch.values()) == [2]
    assert len(list((state / "done").iterdir())) == 1


def test_command_line(
    fake: FakeProvider,
    clients: SimpleNamespace,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    fake.polls = 2
    message = [{"role": "user", "content": "b"}]
    requests = [
        *chats(clients.openai, "a"),
        message_request(clients.anthropic, model="a", max_tokens=5, messages=message),
    ]
    submit(requests)
    assert command(["status"]) == 0
    assert capsys.readouterr().out.count("running") == 2
    assert command(["resume"]) == 0
    assert command(["status"]) == 0
    assert capsys.readouterr().out.count("collected") == 2
    calls = len(fake.calls)
    assert len(collect(requests)) == 2
    assert len(fake.calls) == calls
    submit(chats(clients.openai, "c"))
    assert command(["cancel"]) == 0
    [outcome] = run_requests(chats(clients.openai, "c"))
    assert isinstance(outcome.exception(), openai.APITimeoutError)
    assert command(["--dir", str(state / "nowhere"), "status"]) == 2


def test_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    monkeypatch.setenv("LLM_BATCH_MAX_REQUESTS", "many")
    with pytest.raises(ValueError, match="LLM_BATCH_MAX_REQUESTS='many'"):
        run_requests([])


def test_async_client_in_a_sync_run_is_refused(clients: SimpleNamespace, state: Path) -> None:
    with pytest.raises(RuntimeError, match="run_batch_async"):
        run_requests(chats(clients.async_openai, "a"))


def test_coroutines_behind_a_semaphore_do_not_deadlock(
    fake: FakeProvider, clients: SimpleNamespace, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from batchlint.helpers.llm_batch import batch_call, steps_async

    monkeypatch.setattr(steps_async, "IDLE_SECONDS", 0.05)

    async def main() -> list[Any]:
        gate = asyncio.Semaphore(2)

        async def work(number: int) -> Any:
            async with gate:
                answer = await batch_call(chats(clients.async_openai, f"text {number}")[0])
            return answer.usage.total_tokens

        return await run_batch_async([work(number) for number in range(4)])

    assert asyncio.run(main()) == [10] * 4
