"""Literate cases of verdicts: every call site of a case's files, and nothing else, is judged as it says."""

from pathlib import Path

import pytest
from literate_cases import TESTDATA, Case, read_cases

from batchlint.config import Config
from batchlint.engine import analyse
from batchlint.finding import ObstacleCode

FILES = sorted((TESTDATA / "verdicts").glob("*.md"))
CASES = [(path.stem, case) for path in FILES for case in read_cases(path)]


@pytest.mark.parametrize("case", [pytest.param(c, id=f"{stem}: {c.claim}") for stem, c in CASES])
def test_verdicts(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    report = analyse([tmp_path], Config(), tmp_path)
    found = {(site.location.path, site.location.line): site.verdict.value for site in report.sites}
    assert found == case.texts("verdict")
    for place, text in case.texts("obstacle").items():
        (at,) = (s for s in report.sites if (s.location.path, s.location.line) == place)
        assert {obstacle.code.value for obstacle in at.obstacles} == set(text.split(", "))


def test_every_obstacle_has_its_case() -> None:
    texts = [text for _, case in CASES for text in case.texts("obstacle").values()]
    assert {code for text in texts for code in text.split(", ")} == set(ObstacleCode)
