"""What PATHS choose: which findings are reported, never what is analysed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchlint.cli.session import relative
from batchlint.finding import Failure, Finding
from batchlint.text import Location


@dataclass(frozen=True, slots=True)
class Scope:
    """The named folders, files and paths that do not exist, all root-relative; "." is the root."""

    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def of(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings inside a named folder, and those whose way leads through a named file."""
        return tuple(finding for finding in findings if self._has(finding))

    def _has(self, finding: Finding) -> bool:
        path = finding.location.path
        if any(folder == "." or path.startswith(f"{folder}/") for folder in self.folders):
            return True
        touched = {path, *(step.location.path for step in (*finding.witness, *finding.related))}
        return path in self.missing or not touched.isdisjoint(self.files)


def scope_of(paths: Sequence[Path], root: Path, *, must_exist: bool = True) -> Scope:
    """The scope that paths of the command line choose: all of the project without any.

    Raises `UserError` for a path outside of the project.
    """
    if not paths:
        return Scope(folders=(".",))
    folders, files, missing = [], [], []
    for path in paths:
        inside = relative(path, root)
        if path.is_dir():
            folders.append(inside)
        elif path.exists() or not must_exist:
            files.append(inside)
        else:
            missing.append(inside)
    return Scope(tuple(folders), tuple(files), tuple(missing))


def missing(path: str, commands: Collection[str]) -> Failure:
    """The failure that a path which does not exist is, with a hint where it may be a mistyped command."""
    from batchlint.config.shapes import nearest

    hint = nearest(path, commands) if "/" not in path and "." not in path else ""
    return Failure(Location(path, 1, 1, 1, 1), f"no such file or directory{hint}")
