"""The baseline: known findings are held back by content and count, and it never grows by itself."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from finding_samples import NIGHTLY, SHARED, found, site
from hypothesis import given
from hypothesis import strategies as st

from batchlint import baseline
from batchlint.baseline import Baseline, BaselineError
from batchlint.rules.check import Key


def moved(lines: int):  # type: ignore[no-untyped-def]
    at = NIGHTLY.location
    return site(location=replace(at, line=at.line + lines, end_line=at.end_line + lines))


def test_a_known_finding_is_held_back_wherever_its_function_moves() -> None:
    known = baseline.of(found(NIGHTLY))
    assert baseline.split(found(moved(40)), known) == ((), 1)


def test_one_more_of_a_kind_is_new() -> None:
    known = baseline.of(found(NIGHTLY))
    new, count = baseline.split(found(NIGHTLY, moved(40)), known)
    assert count == 1
    assert [finding.location.line for finding in new] == [NIGHTLY.location.line + 40]


def test_another_function_is_new() -> None:
    known = baseline.of(found(NIGHTLY))
    assert len(baseline.split(found(site(function="app.llm.other")), known)[0]) == 1


def test_pruning_drops_what_is_gone_and_adds_nothing() -> None:
    old = baseline.of(found(NIGHTLY, moved(40), SHARED))
    pruned = baseline.prune(old, found(NIGHTLY, site(function="app.llm.new")))
    assert pruned == baseline.of(found(NIGHTLY))


def test_changes_count_both_ways() -> None:
    assert baseline.changes(baseline.of(found(NIGHTLY)), baseline.of(found(SHARED, moved(3), NIGHTLY))) == (
        2,
        0,
    )
    assert baseline.changes(baseline.of(found(NIGHTLY, SHARED)), baseline.of(())) == (0, 2)


keys = st.builds(Key, *(st.text(st.characters(codec="utf-8"), max_size=5) for _ in range(4)))
baselines = st.dictionaries(keys, st.integers(1, 9), max_size=5).map(Baseline)


@given(known=baselines)
def test_a_file_reads_as_it_was_written(known: Baseline, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "baseline.json"
    baseline.write(path, known)
    assert Counter(baseline.read(path).counts) == Counter(known.counts)


def test_a_file_has_one_entry_a_line_in_order(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    baseline.write(one, baseline.of(found(NIGHTLY, SHARED)))
    baseline.write(other, baseline.of(tuple(reversed(found(NIGHTLY, SHARED)))))
    assert one.read_bytes() == other.read_bytes()
    lines = one.read_text().splitlines()
    assert sum('"rule": "BL102"' in line for line in lines) == 1
    assert json.loads(one.read_text())["findings"][0] == {
        "rule": "BL102",
        "path": "app/llm.py",
        "function": "app.llm.summarize",
        "call": "openai:chat.completions.create",
        "count": 1,
    }
    assert set(tmp_path.iterdir()) == {one, other}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "damaged baseline (not JSON"),
        ("[]", 'damaged baseline (no object with a list "findings")'),
        ('{"version": 2, "findings": []}', "is of version 2"),
        ('{"version": 1, "findings": [3]}', "entry 1 is no object"),
        (
            '{"version": 1, "findings": [{"rule": "BL101"}]}',
            "entry 1 lacks one of rule, path, function, call",
        ),
        (
            '{"version": 1, "findings": [{"rule": "", "path": "", "function": "", "call": "", "count": 0}]}',
            "entry 1 has no count of at least 1",
        ),
        ("[" * 100_000, "damaged baseline"),
        ("\x00", "damaged baseline"),
    ],
)
def test_a_damaged_file_is_one_clear_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(BaselineError) as caught:
        baseline.read(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_says_how_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="--write-baseline"):
        baseline.read(tmp_path / "none.json")


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="cannot be written"):
        baseline.write(tmp_path / "missing" / "b.json", Baseline({}))
