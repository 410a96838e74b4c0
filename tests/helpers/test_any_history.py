"""Any history of crashes, provider faults and changed inputs: nothing paid for twice, results complete."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from fake_provider import FakeProvider, Fault
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from zygote import Zygote

PROGRAM = """
import json, os, signal
import anthropic, openai
from batchlint.helpers.llm_batch import chat_request, message_request, run_batch

url, wanted, die_at = arguments
options = {"api_key": "sk-secret", "max_retries": 0, "default_headers": {"x-pid": str(os.getpid())}}
clients = openai.OpenAI(base_url=url + "/v1", **options), anthropic.Anthropic(base_url=url, **options)

def step(number):
    messages = [{"role": "user", "content": f"record {number}" + " [expire x1]" * (number % 4 == 0)}]
    if number % 2:
        answer = yield message_request(clients[1], model="c", max_tokens=5, messages=messages)
        return answer.content[0].text
    answer = yield chat_request(clients[0], model="m", messages=messages)
    return answer.choices[0].message.content

for count, label in enumerate(run_batch([step(number) for number in wanted], max_requests=3)):
    if count == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    print(label, flush=True)
"""
RECORDS = st.lists(st.integers(0, 4), min_size=1, max_size=5)
ACTIONS = st.sampled_from(["kill after", "drop", "kill before", "hang up", 429, 503])
CREATION = st.builds(
    Fault, method=st.just("POST"), pattern=st.just("batches$"), action=ACTIONS, skip=st.integers(0, 1)
)
ANYTHING = st.builds(
    Fault,
    method=st.sampled_from(["*", "POST", "GET"]),
    pattern=st.sampled_from(["", "files", "/batches/"]),
    action=ACTIONS,
    skip=st.integers(0, 6),
)
FAULTS = st.one_of(CREATION, ANYTHING)


class History(RuleBasedStateMachine):
    """Runs of one program over changing records, in one state folder."""

    zygote: Zygote

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.fake = FakeProvider().__enter__()
        self.entitled: Counter[int] = Counter()
        """How often each record may have been paid for: in finished runs, and in the one under way."""
        self.open: Counter[int] = Counter()
        self.answers: dict[int, str] = {}

    def teardown(self) -> None:
        self.fake.run_out()
        self.nothing_is_paid_for_twice()
        self.fake.__exit__()
        self.folder.cleanup()

    def run(self, wanted: list[int], die_at: int, *faults: Fault) -> None:
        self.fake.faults = list(faults)
        env = {"LLM_BATCH_DIR": self.folder.name + "/state", "LLM_BATCH_POLL_SECONDS": "0"}
        status, lines, errors = self.zygote.run(PROGRAM, env, self.fake.url, wanted, die_at)
        assert status in (0, -9), errors
        for number, line in zip(wanted, lines, strict=status == 0):
            assert self.answers.setdefault(number, line) == line, "every record gets its own answer"
        # an unfinished run may have paid for each of its records, and the next one uses that
        self.open |= Counter(wanted)
        if status == 0:
            self.entitled += Counter(wanted)
            self.open -= Counter(wanted)

    @rule(wanted=RECORDS, fault=FAULTS)
    def disturbed(self, wanted: list[int], fault: Fault) -> None:
        self.run(wanted, -1, fault)

    @rule(wanted=RECORDS, faults=st.lists(FAULTS, max_size=3), die_at=st.integers(0, 5))
    def dies_while_consuming(self, wanted: list[int], faults: list[Fault], die_at: int) -> None:
        self.run(wanted, die_at, *faults)

    @rule(wanted=RECORDS, looks=st.integers(0, 2))
    def undisturbed(self, wanted: list[int], looks: int) -> None:
        self.fake.polls = looks
        self.run(wanted, -1)

    @invariant()
    def nothing_is_paid_for_twice(self) -> None:
        paid: Counter[int] = Counter()
        for name, count in self.fake.paid_batch.items():
            paid[int(name.partition("record ")[2][0])] += count
        allowed = self.entitled + self.open
        assert not paid - allowed, f"paid {paid - allowed} too often"
        assert not self.fake.paid_live


@pytest.fixture
def history(tmp_path: Path) -> Any:
    History.zygote = Zygote(tmp_path)
    yield History
    History.zygote.close()


def test_any_history(history: Any) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    checks = list(HealthCheck)
    chosen = settings(max_examples=10, stateful_step_count=6, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(history, settings=chosen)
