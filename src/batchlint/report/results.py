"""What every reporter is given."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from batchlint.finding import Finding, FixKind, Replacement, Step
from batchlint.report.escape import printable
from batchlint.report.sources import Sources
from batchlint.text import Location


@dataclass(frozen=True, slots=True)
class Results:
    """The findings of a run and what is needed to show them.

    `root` is the absolute project root, `folder` what people's paths are relative to (the working
    directory), `repository` what CI systems' paths are relative to. `files` counts the analysed files,
    `known` the findings that the baseline held back, `fixed` those that `--fix` removed.
    """

    root: str
    findings: tuple[Finding, ...]
    sources: Sources
    folder: str
    repository: str
    files: int = 0
    known: int = 0
    fixed: int = 0
    color: bool = False
    unsafe_fixes: bool = False
    statistics: Mapping[str, int | float] = field(default_factory=dict)

    def shown(self, path: str) -> str:
        """A path for people: relative to the working directory, safe to print."""
        return printable(_relative(os.path.join(self.root, path), self.folder))

    def in_repository(self, path: str) -> str:
        """A path for CI systems: relative to the repository, with `/`; not escaped."""
        return _relative(os.path.join(self.root, path), self.repository).replace(os.sep, "/")

    def place(self, at: Location, *, column: bool = False) -> str:
        """Where something is, for people: `path:line`, in a notebook `path:cell 2:line`."""
        return f"{self.shown(at.path)}:{self.line(at, column=column)}"

    def line(self, at: Location, *, column: bool = False) -> str:
        """The line of a place, and its column where wanted: `12:5`, in a notebook `cell 2:3:5`."""
        cell = self.sources.cell(at.path, at.line)
        line = f"cell {cell[0]}:{cell[1]}" if cell else str(at.line)
        return f"{line}:{at.column}" if column else line

    def in_file(self, at: Location) -> Location:
        """A place for programs that open the file itself: a notebook's lines are not those of its JSON, so
        all places in it are its beginning."""
        return Location(at.path, 1, 1, 1, 1) if at.path.endswith(".ipynb") else at

    def is_fixable(self, finding: Finding) -> bool:
        """Whether `--fix`, as this run was told to use it, would remove a finding."""
        return finding.fix is FixKind.SAFE or (self.unsafe_fixes and finding.fix is FixKind.UNSAFE)


def edits(finding: Finding) -> tuple[Replacement, ...]:
    """The edits of a finding's fix, none where one of them writes a longer text of the user's: it may be a
    prompt or a key, which do not belong into reports that are kept or uploaded."""
    if not finding.replacements:
        return ()
    from batchlint.report.snippet import without_literals

    keep = finding.site.model if finding.site is not None else None
    shown = all(without_literals(edit.content, keep) == edit.content for edit in finding.replacements)
    return finding.replacements if shown else ()


def steps(finding: Finding) -> tuple[Step, ...]:
    """The witness, root first, without steps that repeat the one before."""
    kept: list[Step] = []
    for step in finding.witness:
        if not kept or step != kept[-1]:
            kept.append(step)
    return tuple(kept)


def _relative(path: str, folder: str) -> str:
    try:
        return os.path.relpath(path, folder)
    except ValueError:  # another drive
        return path
