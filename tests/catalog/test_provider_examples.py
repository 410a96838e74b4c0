"""The examples of the provider files, linked with the whole catalog, show exactly the calls they say."""

import re
from functools import cache
from pathlib import Path

import pytest

from batchlint.analysis.callsites import CallSites
from batchlint.analysis.values import Values
from batchlint.catalog.load import load_catalog
from batchlint.catalog.model import Catalog, Example, Kind
from batchlint.discover import DiscoverOptions
from batchlint.index import index

EXPECTATION = re.compile(r"# (site|batch): (\S[^#]*?)\s*$")


@cache
def catalog() -> Catalog:
    return load_catalog()


def examples() -> list[object]:
    return [
        pytest.param(provider.name, example, id=f"{provider.name}-{number}")
        for provider in catalog().providers
        for number, example in enumerate(provider.examples)
    ]


@pytest.mark.parametrize(("provider", "example"), examples())
def test_example_shows_its_calls_and_no_other(provider: str, example: Example, tmp_path: Path) -> None:
    expected = {
        number: (match[1], match[2])
        for number, line in enumerate(example.code.splitlines(), 1)
        if (match := EXPECTATION.search(line))
    }
    file = tmp_path / example.file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(example.code, "utf-8")
    linker = index(tmp_path, DiscoverOptions(), catalog()).linker
    found = {}
    for site in CallSites(linker, Values(linker), catalog()).find():
        span = linker.scopes.all[site.scope].facts.calls[site.call].span
        # The comment may stand on any line of the call.
        line = next((n for n in range(span.line, span.end_line + 1) if n in expected), span.line)
        found[line] = ("batch" if site.kind is Kind.BATCH else "site", site.name)
        assert site.provider == provider
    assert found == expected
