"""Records of data files are counted inside the root, within bounds, and never wrongly."""

import csv
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batchlint.estimate import count_rows, rows


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "id,text\n1,a\n2,b\n", 2),
        ("a.csv", "id,text\r\n1,a\r\n2,b", 2),
        ("a.csv", 'id,text\n1,"a\nb"\n2,b\n', 2),
        ("a.csv", "", 0),
        ("a.csv", "id\n", 0),
        ("a.tsv", 'id\ttext\n1\t"a\nb"\n', 1),
        ("a.jsonl", '{"a": 1}\n{"a": 2}\n\n', 2),
        ("A.NDJSON", '{"a": 1}\n{"a": 2}', 2),
        ("a.txt", "one\ntwo\n", 2),
        ("a.json", "[1, 2, 3]", 3),
        ("a.json", '{"version": 1, "data": [{}, {}], "tags": ["x"]}', 2),
        ("a.json", '{"version": 1}', None),
        ("a.json", "7", None),
        ("a.json", "[1,", None),
        ("a.json", "[" * 100_000, None),
        ("a.parquet", "PAR1", None),
    ],
)
def test_a_file_has_its_records(tmp_path: Path, name: str, text: str, expected: int | None) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode())
    assert count_rows(path, tmp_path) == expected


def test_a_file_outside_the_root_is_not_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    outside = tmp_path / "a.csv"
    outside.write_text("id\n1\n")
    assert count_rows(root / ".." / "a.csv", root) is None
    (root / "link.csv").symlink_to(outside)
    assert count_rows(root / "link.csv", root) is None


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    assert count_rows(tmp_path / "missing.csv", tmp_path) is None
    (tmp_path / "folder.csv").mkdir()
    assert count_rows(tmp_path / "folder.csv", tmp_path) is None
    os.mkfifo(tmp_path / "pipe.csv")
    assert count_rows(tmp_path / "pipe.csv", tmp_path) is None


def test_a_file_beyond_the_bound_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id\n1\n")
    monkeypatch.setattr(rows, "_MAX_BYTES", 4)
    assert count_rows(path, tmp_path) is None


def test_a_file_larger_than_one_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "some words of a record"}\n' * 100_000)
    assert count_rows(path, tmp_path) == 100_000


@example([["\f"], [" "]])
@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=3), min_size=1, max_size=20))
def test_what_the_csv_writer_wrote_is_counted(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["head"], *table])
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    path.write_text(text.getvalue(), encoding="utf-8", errors="surrogatepass", newline="")
    assert count_rows(path, path.parent) == len(table)


@given(st.lists(st.integers(), max_size=30))
def test_a_json_array_is_counted(tmp_path_factory: pytest.TempPathFactory, values: list[int]) -> None:
    path = tmp_path_factory.mktemp("rows") / "a.json"
    path.write_text(json.dumps(values))
    assert count_rows(path, path.parent) == len(values)
