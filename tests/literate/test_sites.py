"""`testdata/sites`: which calls send a request, to whom; and no others."""

from pathlib import Path

import pytest
from literate_cases import Case, all_cases

from batchlint.config import Config
from batchlint.engine import analyse

CASES = all_cases("sites")


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_sites(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    report = analyse([tmp_path], Config(), tmp_path)
    found = {
        (site.location.path, site.location.line): f"{site.vendor or site.provider} {site.operation}"
        for site in report.sites
    }
    assert found == case.texts("site")
