"""Coroutines, with the async client of every provider: the program does the same before and after."""

from pathlib import Path

import pytest
from fixing import PROVIDERS, Case, check_declined, check_shape, fix, read_cases

SHAPES = read_cases("coroutines.md")
DECLINED = read_cases("coroutines_declined.md")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("case", SHAPES, ids=[case.claim for case in SHAPES])
def test_same_behaviour(case: Case, provider: str, tmp_path: Path) -> None:
    check_shape(case, provider, tmp_path)


@pytest.mark.parametrize("case", DECLINED, ids=[case.claim for case in DECLINED])
def test_declined(case: Case, tmp_path: Path) -> None:
    check_declined(case, tmp_path)


def test_fan_outs_in_fan_outs_are_one_run(tmp_path: Path) -> None:
    case = next(case for case in SHAPES if case.claim == "Fan-outs in fan-outs")
    case.write(tmp_path, "openai")
    fix(tmp_path)
    assert (tmp_path / "main.py").read_text("utf-8").count("run_batch_async(") == 1
