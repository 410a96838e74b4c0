"""Kill -9 at every moment, run again: nothing is paid for twice and nothing is lost.

The program under test runs in a child process. The fake provider kills it at a chosen HTTP call, before or
after acting on it, so every step that the provider can see is a moment of death; the program kills itself
while it consumes results.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_provider import FakeProvider, Fault
from zygote import Zygote

PROGRAM = """
import os, signal
import anthropic, openai
from batchlint.helpers.llm_batch import chat_request, message_request, run_batch

url, wanted, die_at = arguments
options = {"api_key": "sk-secret", "max_retries": 0, "default_headers": {"x-pid": str(os.getpid())}}
one = openai.OpenAI(base_url=url + "/v1", **options)
two = anthropic.Anthropic(base_url=url, **options)

def step(number):
    prompt = f"record {number}" + (" [400]" if number == 2 else "") + (" [429 x1]" if number == 3 else "")
    messages = [{"role": "user", "content": prompt}]
    try:
        first = yield chat_request(one, model="m", messages=messages)
    except openai.BadRequestError:
        return f"{number} refused"
    messages = [{"role": "user", "content": first.choices[0].message.content}]
    second = yield message_request(two, model="c", max_tokens=5, messages=messages)
    return f"{number} {second.content[0].text}"

for count, label in enumerate(run_batch([step(number) for number in wanted])):
    if count == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    print(label, flush=True)
"""


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    forker = Zygote(tmp_path_factory.mktemp("zygote"))
    yield forker
    forker.close()


class Program:
    """Runs the program against a fake, in its own state folder."""

    def __init__(self, zygote: Zygote, fake: FakeProvider, folder: Path) -> None:
        self.zygote = zygote
        self.fake = fake
        self.env = {"LLM_BATCH_DIR": str(folder), "LLM_BATCH_POLL_SECONDS": "0"}

    def run(
        self, wanted: list[int], *, fault: Fault | None = None, die_at: int = -1
    ) -> tuple[int, list[str]]:
        self.fake.faults = [fault] if fault else []
        status, lines, errors = self.zygote.run(PROGRAM, self.env, self.fake.url, wanted, die_at)
        assert "Traceback" not in errors, errors
        return status, lines


RECORDS = [0, 1, 2, 3, 4, 1]
"""Two of them are the same."""


@pytest.fixture(scope="module")
def undisturbed(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[str]]:
    """The program's output and HTTP calls when nothing happens."""
    with FakeProvider() as fake:
        status, lines = Program(zygote, fake, tmp_path_factory.mktemp("undisturbed")).run(RECORDS)
        assert status == 0
        return lines, list(fake.calls)


def paid_once(fake: FakeProvider) -> None:
    """Every request was paid for once; the record that stands twice in the input, twice."""
    fake.run_out()
    assert all(
        count <= 1 + ("record 1" in name or "answer" in name) for name, count in fake.paid_batch.items()
    )
    assert sum(fake.paid_batch.values()) == 10
    assert sum(fake.paid_live.values()) == 0


CALLS = 18


@pytest.mark.parametrize("moment", ["kill before", "kill after"])
@pytest.mark.parametrize("call", range(CALLS))
def test_killed_at_a_call(
    moment: str,
    call: int,
    undisturbed: tuple[list[str], list[str]],
    zygote: Zygote,
    fake: FakeProvider,
    tmp_path: Path,
) -> None:
    lines, calls = undisturbed
    assert len(calls) == CALLS
    program = Program(zygote, fake, tmp_path)
    status, _ = program.run(RECORDS, fault=Fault("*", "", moment, skip=call))
    assert status < 0, "the child was killed"
    assert program.run(RECORDS) == (0, lines)
    paid_once(fake)
    assert sum(fake.submitted.values()) == 12, (
        "every request went into one batch, the one answered 429 into two"
    )


@pytest.mark.parametrize("consumed", [0, 3, 5])
def test_killed_while_results_are_consumed(
    consumed: int,
    undisturbed: tuple[list[str], list[str]],
    zygote: Zygote,
    fake: FakeProvider,
    tmp_path: Path,
) -> None:
    lines, _ = undisturbed
    program = Program(zygote, fake, tmp_path)
    assert program.run(RECORDS, die_at=consumed)[1] == lines[:consumed]
    before = len(fake.calls)
    assert program.run(RECORDS) == (0, lines)
    assert len(fake.calls) == before, "the rerun asked the provider nothing"
    paid_once(fake)


@pytest.mark.parametrize(("ending", "paid"), [("pass", 2), ("1 / 0", 1)])
def test_only_a_program_that_fails_leaves_its_results_to_the_next(
    ending: str, paid: int, fake: FakeProvider, tmp_path: Path
) -> None:
    program = f"""
import sys
import openai
from batchlint.helpers.llm_batch import chat_request, run_requests

client = openai.OpenAI(api_key="x", base_url="{fake.url}/v1")
messages = [{{"role": "user", "content": "record"}}]
[outcome] = run_requests([chat_request(client, model="m", messages=messages)])
print(outcome.result().usage.total_tokens)
{ending}
"""
    settings = {"LLM_BATCH_DIR": str(tmp_path), "LLM_BATCH_POLL_SECONDS": "0"}
    env = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False
        )
        assert done.stdout == "10\n"
        assert (done.returncode == 0) == (ending == "pass")
    assert list(fake.paid_batch.values()) == [paid]


def test_a_finished_run_does_not_feed_the_next_one(
    zygote: Zygote, fake: FakeProvider, tmp_path: Path
) -> None:
    program = Program(zygote, fake, tmp_path)
    assert program.run([0])[0] == program.run([0])[0] == 0
    assert sum(fake.paid_batch.values()) == 4


def test_changed_input_pays_only_for_what_is_new(zygote: Zygote, fake: FakeProvider, tmp_path: Path) -> None:
    program = Program(zygote, fake, tmp_path)
    program.run([0, 1, 4], fault=Fault("GET", "/v1/batches/", "kill after", skip=1))
    status, lines = program.run([7, 4, 0])
    assert status == 0
    assert [line.split()[0] for line in lines] == ["7", "4", "0"]
    names = [name for name in fake.paid_batch if "record" in name]
    assert len(names) == 4
    assert set(fake.paid_batch.values()) == {1}


def test_creation_not_answered_is_looked_for(zygote: Zygote, fake: FakeProvider, tmp_path: Path) -> None:
    for path in ("/v1/batches$", "/v1/messages/batches$"):
        program = Program(zygote, fake, tmp_path / path.replace("/", "-"))
        status, lines = program.run([0, 1], fault=Fault("POST", path, "drop"))
        assert (status, len(lines)) == (0, 2)
    assert fake.count("POST /v1/batches$") == 2
    assert fake.count("POST /v1/messages/batches$") == 2


def test_creation_that_failed_is_made_again(zygote: Zygote, fake: FakeProvider, tmp_path: Path) -> None:
    status, lines = Program(zygote, fake, tmp_path).run(
        [0, 1], fault=Fault("POST", "batches$", "hang up", times=2)
    )
    assert (status, len(lines)) == (0, 2)
    assert set(fake.paid_batch.values()) == {1}
