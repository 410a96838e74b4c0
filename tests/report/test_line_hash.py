"""GitHub's line hash, against the published vectors and against a plain reading of the algorithm."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.report.line_hash import line_hashes

# From the tests of github/codeql-action (`src/fingerprints.test.ts`).
VECTORS = [
    ("", ["c129715d7a2bc9a3:1"]),
    (
        " a\nb\n  \t\tc\n d",
        ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
    ),
]


@pytest.mark.parametrize(("text", "hashes"), VECTORS)
def test_published_vectors(text: str, hashes: list[str]) -> None:
    assert line_hashes(text, range(1, 10)) == dict(enumerate(hashes, start=1))


def rolling(text: str) -> list[str]:
    """The algorithm as published: one character at a time through a ring of 100."""
    window, lines = [0] * 100, [0] * 100
    value, index, line, starts, after_cr = 0, 0, 0, True, False
    seen: Counter[str] = Counter()
    hashes: list[str] = []

    def emit() -> None:
        digest = f"{value % 2**64:x}"
        seen[digest] += 1
        hashes.append(f"{digest}:{seen[digest]}")
        lines[index] = 0

    def push(unit: int) -> None:
        nonlocal value, index
        value = value * 37 + unit - pow(37, 100) * window[index]
        window[index] = unit
        index = (index + 1) % 100

    units = [
        int.from_bytes(text.encode("utf-16-le")[i : i + 2], "little")
        for i in range(0, len(text.encode("utf-16-le")), 2)
    ]
    for unit in [*units, 65535]:
        if unit in (0x20, 0x09) or (after_cr and unit == 0x0A):
            after_cr = False
            continue
        after_cr = unit == 0x0D
        unit = 0x0A if after_cr else unit
        if lines[index]:
            emit()
        if starts:
            starts, line = False, line + 1
            lines[index] = line
        starts = unit == 0x0A
        push(unit)
    for _ in range(100):
        if lines[index]:
            emit()
        push(0)
    return hashes


@given(st.text(st.sampled_from("ab \t\n\r日\U0001f600"), max_size=400))
def test_agrees_with_the_published_algorithm(text: str) -> None:
    expected = rolling(text)
    assert line_hashes(text, range(1, len(expected) + 5)) == dict(enumerate(expected, start=1))


def test_equal_lines_are_counted() -> None:
    text = "x\n" * 60 + "y" * 200
    hashes = line_hashes(text, [1, 2, 61])
    assert hashes[1].endswith(":1")
    assert hashes[1] != hashes[2]


def test_only_wanted_lines() -> None:
    assert list(line_hashes("a\nb\nc\n", [2])) == [2]
    assert line_hashes("a\n", []) == {}
