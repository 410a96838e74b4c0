"""`testdata/graph`: who calls whom, edge by edge: none missing, none too many."""

from pathlib import Path

import pytest
from literate_cases import TESTDATA, Case, all_cases, function_at

from batchlint.config import Config
from batchlint.engine import call_graph

CASES = all_cases("graph")
# The features that the call graph must cover, one file each.
FEATURES = (
    "args assignments builtins classes decorators dicts direct_calls dynamic exceptions external functions "
    "generators imports kwargs lambdas lists mro returns receivers"
).split()


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_calls(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    graph = call_graph(tmp_path, Config())
    assert {name: set(callees) for name, callees in graph.items() if callees} == _expected(case)


def test_every_feature_has_its_cases() -> None:
    files = {path.stem for path in (TESTDATA / "graph").glob("*.md")}
    assert files == set(FEATURES)


def _expected(case: Case) -> dict[str, set[str]]:
    """The callees of every function that has a comment; those without call nothing."""
    found: dict[str, set[str]] = {}
    for expectation in case.expectations:
        file = expectation.path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
        module = file.replace("/", ".")
        function = function_at(case.files[expectation.path], expectation.line)
        caller = ".".join(part for part in (module, function, expectation.part) if part)
        if expectation.word == "calls":
            found.setdefault(caller, set()).update(name.strip() for name in expectation.text.split(","))
    return found
