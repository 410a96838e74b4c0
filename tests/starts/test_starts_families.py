"""Every family of starter files, by the literate cases in testdata/starts."""

from pathlib import Path

import pytest
from starts_cases import Case, read_cases, run_case

CASES = Path(__file__).parents[2] / "testdata" / "starts"
ALL = [
    pytest.param(case, id=f"{file.stem}: {case.claim}")
    for file in sorted(CASES.glob("*.md"))
    for case in read_cases(file)
]


@pytest.mark.parametrize("case", ALL)
def test_starts(case: Case, tmp_path: Path) -> None:
    assert run_case(case, tmp_path) == list(case.expected)
