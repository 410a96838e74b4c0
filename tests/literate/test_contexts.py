"""`testdata/contexts`: what starts from outside, whether somebody waits, and nothing else."""

from pathlib import Path

import pytest
from literate_cases import Case, all_cases

from batchlint.analysis.places import Places
from batchlint.analysis.roots import Roots
from batchlint.analysis.values import Values
from batchlint.catalog.load import load_catalog
from batchlint.discover import DiscoverOptions
from batchlint.facts import ScopeKind
from batchlint.index import index
from batchlint.starts import read_starts

CASES = all_cases("contexts")


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_roots(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    indexed = index(tmp_path, DiscoverOptions(), load_catalog(), everything=True)
    linker = indexed.linker
    places = Places(linker, indexed.sources)
    roots = Roots(linker, Values(linker), places, linker.matcher).find(
        read_starts(tmp_path, indexed.tree.starters)
    )
    found: dict[tuple[str, int], set[str]] = {}
    for root in roots:
        facts = linker.scopes.all[root.scope].facts
        line = 0 if facts.kind is ScopeKind.MODULE else facts.span.line
        found.setdefault((places.path(root.scope), line), set()).add(f"{root.wait} {root.kind}")
    expected = _expected(case)
    # A module that no other imports may be run as a script: said only where the case speaks of modules.
    assert {
        at: told for at, told in found.items() if at in expected or told != {"offline script"}
    } == expected


def _expected(case: Case) -> dict[tuple[str, int], set[str]]:
    """The roots by the line of their definition; line 0 for a comment of its own: the module."""
    found: dict[tuple[str, int], set[str]] = {}
    for (path, line), text in case.texts("root").items():
        is_module = case.files[path].splitlines()[line - 1].startswith("#")
        found[path, 0 if is_module else line] = {each.strip() for each in text.split(",")}
    return found
