"""Coroutines, with the async client of every provider: the program does the same before and after."""

import shutil
from pathlib import Path

import pytest
from fixing import PROVIDERS, Case, fix, plan, read_cases, same_behaviour

from batchlint.finding import FixKind

SHAPES = read_cases("coroutines.md")
DECLINED = read_cases("coroutines_declined.md")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("case", SHAPES, ids=[case.claim for case in SHAPES])
def test_same_behaviour(case: Case, provider: str, tmp_path: Path) -> None:
    before, after, state = tmp_path / "before", tmp_path / "after", tmp_path / "state"
    state.mkdir()
    case.write(before, provider)
    shutil.copytree(before, after)
    done = fix(after)
    assert done, [(o.reason.value, o.message) for p in plan(before) for o in p.obstacles]
    kinds = {p.kind.value for p in done}
    assert kinds == {case.expected}, [(o.reason.value, o.message) for p in done for o in p.obstacles]
    assert not [p for p in plan(after) if p.kind is not FixKind.NONE]
    same_behaviour(before, after, state)


@pytest.mark.parametrize("case", DECLINED, ids=[case.claim for case in DECLINED])
def test_declined(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path, "openai")
    found = plan(tmp_path)
    assert found
    assert {p.kind for p in found} == {FixKind.NONE}
    assert case.expected in {obstacle.reason.value for p in found for obstacle in p.obstacles}


def test_fan_outs_in_fan_outs_are_one_run(tmp_path: Path) -> None:
    case = next(case for case in SHAPES if case.claim == "Fan-outs in fan-outs")
    case.write(tmp_path, "openai")
    fix(tmp_path)
    assert (tmp_path / "main.py").read_text("utf-8").count("run_batch_async(") == 1
