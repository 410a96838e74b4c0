"""The programs in the rules' documentation: each example is exactly one finding of its rule, and neither
the way out nor what is said to be silent is one of any rule. Where `--fix` rewrites the example, it writes
the way out."""

import subprocess
import sys
from pathlib import Path

import pytest

from batchlint import engine
from batchlint.config import Config
from batchlint.rules import findings
from batchlint.rules.registry import BY_CODE, RULES


def write(program: dict[str, str], root: Path) -> dict[str, str]:
    for path, text in program.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return program


def codes(program: dict[str, str], root: Path) -> list[str]:
    write(program, root)
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


# The other rules' examples are left to people: a task queue needs its batch elsewhere, the flex tier is a
# decision, and the scheduled job reads files where it writes some.
FIXED = ("BL101", "BL103", "BL105", "BL106")


@pytest.mark.parametrize("code", [rule.code for rule in RULES if rule.documentation.programs("Example")])
def test_the_way_out_is_what_the_fix_writes(code: str, tmp_path: Path) -> None:
    documentation = BY_CODE[code].documentation
    (example,), (way_out,) = documentation.programs("Example"), documentation.programs("Use instead")
    before = write(example, tmp_path)
    command = [sys.executable, "-m", "batchlint", "--fix", "--isolated", "--root", ".", "."]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    after = {path: (tmp_path / path).read_text("utf-8") for path in example}
    assert after == ({**before, **way_out} if code in FIXED else before)
