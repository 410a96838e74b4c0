"""The baseline: findings that are known and not reported, so that a linter can start on old code.

It is keyed on content (rule, path, function, call) with a count, never on line numbers: code may move
within its function's file. A finding beyond the count of its key is new. The file is JSON with one entry
a line, sorted, made for review; it changes only by `--write-baseline` and `--prune-baseline`.
"""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchlint.finding import Finding
from batchlint.rules.check import Key, key

VERSION = 1
DEFAULT_NAME = "batchlint-baseline.json"
_FIELDS = ("rule", "path", "function", "call")


class BaselineError(Exception):
    """A baseline that cannot be read or written: one line with the file and the remedy."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """How many findings of each key are known."""

    counts: Mapping[Key, int]

    @property
    def size(self) -> int:
        """How many findings are known."""
        return sum(self.counts.values())


def of(findings: Sequence[Finding]) -> Baseline:
    """The baseline that knows exactly these findings."""
    return Baseline(Counter(map(key, findings)))


def split(findings: Sequence[Finding], baseline: Baseline) -> tuple[tuple[Finding, ...], int]:
    """The findings that are new, and how many are known. Of those with one key, the first are known."""
    left = dict(baseline.counts)
    new = []
    for finding in findings:
        if left.get(key(finding), 0) > 0:
            left[key(finding)] -= 1
        else:
            new.append(finding)
    return tuple(new), len(findings) - len(new)


def prune(baseline: Baseline, findings: Sequence[Finding]) -> Baseline:
    """The baseline without what is not found any more; it never gains an entry."""
    present = Counter(map(key, findings))
    kept = {entry: min(count, present[entry]) for entry, count in baseline.counts.items()}
    return Baseline({entry: count for entry, count in kept.items() if count})


def changes(old: Baseline, new: Baseline) -> tuple[int, int]:
    """How many findings the new baseline knows that the old one did not, and the reverse."""
    before, after = Counter(old.counts), Counter(new.counts)
    return (after - before).total(), (before - after).total()


def read(path: Path) -> Baseline:
    """Read a baseline file. Raises `BaselineError` where it is missing or damaged."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BaselineError(f"{path}: there is no such baseline; write it with --write-baseline") from None
    except OSError as error:
        raise BaselineError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"not JSON: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("findings"), list):
        raise _damaged(path, 'no object with a list "findings"')
    if content.get("version") != VERSION:
        raise BaselineError(
            f"{path}: is of version {content.get('version')!r}, this batchlint reads {VERSION}; "
            "write it again with --write-baseline"
        )
    counts: Counter[Key] = Counter()
    for number, entry in enumerate(content["findings"], start=1):
        counts[_entry_key(path, number, entry)] += entry["count"]
    return Baseline(counts)


def write(path: Path, baseline: Baseline) -> None:
    """Write a baseline file, all or nothing. Raises `BaselineError` where that fails."""
    entries = [
        json.dumps(dict(zip(_FIELDS, entry, strict=True)) | {"count": count})
        for entry, count in sorted(baseline.counts.items())
    ]
    body = "".join(f"\n    {entry}," for entry in entries).removesuffix(",")
    text = f'{{\n  "version": {VERSION},\n  "findings": [{body}\n  ]\n}}\n'
    scratch = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        scratch.write_text(text, "utf-8", newline="\n")
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise BaselineError(f"{path}: cannot be written: {error.strerror}") from None


def _entry_key(path: Path, number: int, entry: object) -> Key:
    """The key of one entry of a file."""
    if not isinstance(entry, dict):
        raise _damaged(path, f"entry {number} is no object")
    texts = tuple(entry.get(field) for field in _FIELDS)
    count = entry.get("count")
    if not all(isinstance(text, str) for text in texts):
        raise _damaged(path, f"entry {number} lacks one of {', '.join(_FIELDS)}")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise _damaged(path, f"entry {number} has no count of at least 1")
    return Key(*map(str, texts))


def _damaged(path: Path, what: str) -> BaselineError:
    return BaselineError(
        f"{path}: damaged baseline ({what}); restore it, or write it again with --write-baseline"
    )
