"""The programs in the rules' documentation: each example is exactly one finding of its rule, and neither
the way out nor what is said to be silent is one of any rule."""

from pathlib import Path

import pytest

from batchlint import engine
from batchlint.config import Config
from batchlint.rules import findings
from batchlint.rules.registry import RULES


def codes(program: dict[str, str], root: Path) -> list[str]:
    for path, text in program.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    config = Config(cache=False, jobs=1)
    report = engine.analyse([root], config, root, jobs=1)
    return [finding.rule for finding in findings(report, config)]


def cases(heading: str) -> list[object]:
    return [
        pytest.param(rule.code, program, id=f"{rule.code}-{number}")
        for rule in RULES
        for number, program in enumerate(rule.documentation.programs(heading), start=1)
    ]


@pytest.mark.parametrize(("code", "program"), cases("Example"))
def test_the_example_is_one_finding_of_the_rule(code: str, program: dict[str, str], tmp_path: Path) -> None:
    assert codes(program, tmp_path) == [code]


@pytest.mark.parametrize(("code", "program"), cases("Use instead"))
def test_the_way_out_is_clean(code: str, program: dict[str, str], tmp_path: Path) -> None:
    assert codes(program, tmp_path) == []


@pytest.mark.parametrize(("code", "program"), cases("When it stays silent"))
def test_silence(code: str, program: dict[str, str], tmp_path: Path) -> None:
    assert codes(program, tmp_path) == []
