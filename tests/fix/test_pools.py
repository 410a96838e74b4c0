"""Records that a pool or `map` fans out: rewritten programs do the same, the others are left as they are."""

from pathlib import Path

import pytest
from fixing import PROVIDERS, Case, check_declined, check_shape, fix, read_cases

SHAPES = [*read_cases("pools.md"), *read_cases("futures.md")]
DECLINED = read_cases("pools_declined.md")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("case", SHAPES, ids=[case.claim for case in SHAPES])
def test_same_behaviour(case: Case, provider: str, tmp_path: Path) -> None:
    check_shape(case, provider, tmp_path)


@pytest.mark.parametrize("case", DECLINED, ids=[case.claim for case in DECLINED])
def test_declined(case: Case, tmp_path: Path) -> None:
    check_declined(case, tmp_path)


def test_the_pool_and_its_import_go(tmp_path: Path) -> None:
    case = next(case for case in SHAPES if case.claim.startswith("A pool's block"))
    case.write(tmp_path, "openai")
    fix(tmp_path)
    assert (tmp_path / "main.py").read_text("utf-8") == case.files["after.py"]
