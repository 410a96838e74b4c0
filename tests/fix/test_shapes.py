"""Every shape that is claimed, with every provider: the program does the same before and after."""

from pathlib import Path

import pytest
from fixing import PROVIDERS, TESTDATA, Case, check_declined, check_shape, plan, read_cases, storage

from batchlint.fix import Reason

SHAPES = [case for name in ("shapes", "bodies", "functions") for case in read_cases(f"{name}.md")]
DECLINED = read_cases("declined.md")
OTHERS = read_cases("providers.md")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("case", SHAPES, ids=[case.claim for case in SHAPES])
def test_same_behaviour(case: Case, provider: str, tmp_path: Path) -> None:
    check_shape(case, provider, tmp_path)


@pytest.mark.parametrize("case", OTHERS, ids=[case.claim for case in OTHERS])
def test_same_behaviour_of_other_providers(case: Case, tmp_path: Path) -> None:
    if "bedrock" not in case.files["main.py"]:
        check_shape(case, "as written", tmp_path)
        return
    with storage() as url:
        check_shape(case, "as written", tmp_path, storage_url=url)


@pytest.mark.parametrize("case", DECLINED, ids=[case.claim for case in DECLINED])
def test_declined(case: Case, tmp_path: Path) -> None:
    check_declined(case, tmp_path)


WITHOUT_CASE = {
    Reason.CONTRADICTION,  # what the verification of a rewrite is for
    Reason.OVERLAP,
    Reason.VERIFY_FAILED,
    Reason.TOO_DEEP,  # what needs more than a program's text; see test_command.py
    Reason.ENCODING,
    Reason.NOTEBOOK,
    Reason.HELPER_EDITED,
    Reason.NO_IMPORT_PATH,
    Reason.SHORT_LIVED,
    Reason.UNKNOWN_ITERABLE,  # makes a rewrite unsafe
    Reason.GUESSED,
    Reason.BLOCK,  # forms that a better one is found for today
    Reason.CONDITIONAL_CALL,
}


def test_every_reason_has_a_case(tmp_path: Path) -> None:
    """A reason without one is named above, and one that has got its case no longer."""
    shown: set[Reason] = set()
    for file in sorted(TESTDATA.glob("*.md")):
        for number, case in enumerate(read_cases(file.name)):
            if case.expected != "safe":
                case.write(tmp_path / file.stem / str(number), "openai")
                found = plan(tmp_path / file.stem / str(number))
                shown |= {obstacle.reason for each in found for obstacle in each.obstacles}
    assert set(Reason) - shown == WITHOUT_CASE
