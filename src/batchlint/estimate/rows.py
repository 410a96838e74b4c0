"""How many records a data file of the repository holds."""

import csv
import json
from pathlib import Path

_MAX_BYTES = 256_000_000
_MAX_JSON_BYTES = 32_000_000
_CHUNK = 1 << 20


def count_rows(path: Path, root: Path) -> int | None:
    """The records of a csv, tsv, jsonl, ndjson, json or txt file inside `root`; None when unknown.

    A csv's first line is its header; quoted line breaks do not count. Of a JSON file the longest array
    at its top or one level below counts; of a text file its lines. Unknown are other kinds, and files
    that are not regular, lie outside `root` (symbolic links followed), cannot be read, or are larger
    than 256 MB (JSON: 32 MB).
    """
    counters = {
        ".csv": _delimited,
        ".tsv": _delimited,
        ".jsonl": _lines,
        ".ndjson": _lines,
        ".txt": _lines,
        ".json": _json,
    }
    counter = counters.get(path.suffix.lower())
    try:
        real = path.resolve()
        if counter is None or not real.is_relative_to(root.resolve()) or not real.is_file():
            return None
        if real.stat().st_size > (_MAX_JSON_BYTES if counter is _json else _MAX_BYTES):
            return None
        return counter(real)
    except (OSError, ValueError, RecursionError, csv.Error):
        return None


def _lines(path: Path, blank: bytes | None = None) -> int:
    """The lines that hold something else than `blank` characters, by default any white space."""
    count, rest = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            count += sum(1 for line in lines if line.strip(blank))
    return count + bool(rest.strip(blank))


def _delimited(path: Path) -> int:
    """The rows after the header; the csv reader is asked only where quoting could hide a line break."""
    with path.open("rb") as file:
        while (chunk := file.read(_CHUNK)) and b'"' not in chunk:
            pass
    if not chunk:
        return max(0, _lines(path, b"\r") - 1)
    with path.open(encoding="utf-8", errors="replace", newline="") as text:
        delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
        return max(0, sum(1 for row in csv.reader(text, delimiter=delimiter) if row) - 1)


def _json(path: Path) -> int | None:
    value = json.loads(path.read_bytes())
    if isinstance(value, list):
        return len(value)
    if not isinstance(value, dict):
        return None
    lists = [len(member) for member in value.values() if isinstance(member, list)]
    return max(lists) if lists else None
