"""Every shape that is claimed, with every provider: the program does the same before and after."""

from pathlib import Path

import pytest
from fixing import PROVIDERS, Case, check_declined, check_shape, read_cases, storage

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


def test_reasons_have_cases() -> None:
    shown = {case.expected for case in DECLINED}
    assert shown <= {reason.value for reason in Reason}
