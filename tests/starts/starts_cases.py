"""Literate cases: a heading is the claim, fenced blocks are files, the `starts` block what is read from them.

A fence's info string is a language and a path. The `starts` block lists every start, one a line, as
`show` words it; failures are lines that begin with `fails`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from batchlint.finding import Failure
from batchlint.starts import Start, Target, TargetKind, is_starter, read_starts

_FENCE = re.compile(r"^(`{3,4})([^\n`]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Case:
    claim: str
    files: dict[str, str]
    expected: tuple[str, ...]


def read_cases(path: Path) -> list[Case]:
    """The cases of a Markdown file; a section with a fence must have exactly one `starts` block."""
    cases = []
    for section in re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        claim, _, body = section.partition("\n")
        blocks = [(info.strip(), text) for _, info, text in _FENCE.findall(body)]
        files = {info.split(maxsplit=1)[1]: text for info, text in blocks if " " in info}
        expected = [text for info, text in blocks if info == "starts"]
        assert len(expected) == 1, f"{path.name}: {claim}: want one `starts` block"
        assert len(files) == len(blocks) - 1, f"{path.name}: {claim}: a fence without a path, or one twice"
        cases.append(Case(claim.strip(), files, tuple(expected[0].splitlines())))
    return cases


def run_case(case: Case, root: Path) -> list[str]:
    """Writes the files of a case and gives the lines that are read from them."""
    for name, text in case.files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    failures: list[Failure] = []
    starters = [name for name in case.files if is_starter(name)]
    starts = read_starts(root, starters, on_failure=failures.append)
    return [*map(show, starts), *(f"fails {f.location.path}:{f.location.line} {f.message}" for f in failures)]


def show(start: Start) -> str:
    """One line: place, wait, target, then `loop`, `@ schedule`, `via places` where there are any."""
    words = [f"{start.location.path}:{start.location.line}", start.wait or "-", show_target(start.target)]
    if start.schedule:
        runs = start.schedule.runs_per_month
        zone = f" {start.schedule.timezone}" if start.schedule.timezone else ""
        words.append(f"@ {start.schedule.text}{zone} = {'?' if runs is None else round(runs, 2)}")
    if start.via:
        words.append("via " + " ".join(f"{place.path}:{place.line}" for place in start.via))
    return " ".join(words)


def show_target(target: Target) -> str:
    """The kind and name of a target; its files where the name is not the file, `missing` without any."""
    name = f"{target.name}:{target.attribute}" if target.attribute else target.name
    words = [target.kind.value, name, *target.subcommands]
    if target.kind in (TargetKind.MODULE, TargetKind.ATTRIBUTE, TargetKind.PYTEST):
        words.append("(" + " ".join(target.paths or ("missing",)) + ")")
    elif target.kind is TargetKind.SCRIPT and not target.paths:
        words.append("(missing)")
    if target.in_loop:
        words.append("loop")
    return " ".join(word for word in words if word)
