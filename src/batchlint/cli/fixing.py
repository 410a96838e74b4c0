"""What `--fix` and `--diff` do: rewrite, then write the files or show the difference."""

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from batchlint.cli.errors import UserError
from batchlint.report.escape import printable

if TYPE_CHECKING:
    from batchlint.finding import Finding
    from batchlint.fix import Rewrite
    from batchlint.text import Location


@dataclass(frozen=True, slots=True)
class FixOptions:
    """The options of rewriting; `unsafe_fixes` is None where the configuration decides."""

    fix: bool
    fix_only: bool
    diff: bool
    unsafe_fixes: bool | None
    show_fixes: bool
    exit_non_zero_on_fix: bool
    allow_dirty: bool

    @property
    def is_rewriting(self) -> bool:
        """Whether anything is to be rewritten or shown rewritten."""
        return self.fix or self.fix_only or self.diff


def write(root: Path, result: "Rewrite", *, allow_dirty: bool) -> None:
    """Write the files of a rewrite, all or none.

    Raises `UserError` where an unsafe rewrite would mix with changes that are not committed, and where a
    file cannot be written.
    """
    from batchlint.fix import write_all

    if not result.files:
        return
    if result.has_unsafe and not allow_dirty and _is_dirty(root):
        raise UserError(
            "unsafe fixes are not mixed with uncommitted changes; commit them, or pass --allow-dirty"
        )
    try:
        write_all(root, result.files)
    except OSError as error:
        raise UserError(f"{error.filename or root}: cannot be written: {error.strerror}") from None


def _is_dirty(root: Path) -> bool:
    """Whether the root is in a git repository with changes that are not committed."""
    import subprocess

    command = ["git", "-C", str(root), "status", "--porcelain", "--untracked-files=no"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and bool(done.stdout.strip())


def difference(root: Path, files: Mapping[str, bytes]) -> bytes:
    """A patch that makes the files what they are to be, paths relative to the working directory; files that
    are new come last."""
    parts: list[bytes] = []
    for path, new in sorted(files.items(), key=lambda item: (not (root / item[0]).exists(), item[0])):
        target = root / path
        old = target.read_bytes() if target.exists() else None
        name = os.path.relpath(target, Path.cwd()).replace(os.sep, "/")
        first = "/dev/null" if old is None else name
        parts += _file_difference(old or b"", new, first, name)
    return b"".join(parts)


def _file_difference(old: bytes, new: bytes, first: str, second: str) -> Iterator[bytes]:
    import difflib

    lines = difflib.diff_bytes(
        difflib.unified_diff,
        old.splitlines(keepends=True) if b"\r" not in old else _lines(old),
        new.splitlines(keepends=True) if b"\r" not in new else _lines(new),
        os.fsencode(first),
        os.fsencode(second),
    )
    for line in lines:
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[bytes]:
    """Lines that end with a line feed, whatever is before it."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def wanted_sites(found: Collection["Finding"]) -> "set[Location]":
    """The places of the call sites that findings speak of."""
    return {finding.location for finding in found if finding.site is not None}


def summary(result: "Rewrite", *, is_diff: bool, show_fixes: bool) -> list[str]:
    """Lines that say what was rewritten, and what was left and why."""
    lines: list[str] = []
    if show_fixes and result.fixed:
        lines.append(f"{'Would fix' if is_diff else 'Fixed'} {len(result.fixed)}:")
        counts = Counter((site.location.path, site.operation, site.title) for site in result.fixed)
        for (path, operation, title), number in sorted(counts.items()):
            lines.append(f"  {printable(path)}: {number} x {title} {operation}")
    left = [plan for plan in result.left if plan.obstacles]
    if left:
        lines.append("Not rewritten:")
        for plan in left:
            site, why = plan.sites[0].location, plan.obstacles[0]
            place = f"{why.location.path}:{why.location.line}"
            lines.append(f"  {printable(site.path)}:{site.line}  {why.reason.value}: {why.message} ({place})")
    if result.files:
        lines += _next_steps(result, is_diff)
    return lines


def _next_steps(result: "Rewrite", is_diff: bool) -> list[str]:
    """How to go on after a rewrite."""
    added = sorted({path.rpartition("/")[0] for path in result.files if path.endswith("/runner.py")})
    lines = []
    if added and not is_diff:
        lines.append(f"The batch helpers were copied to {printable(added[0])}; they are yours now.")
    lines.append("A first run with LLM_BATCH_MIN_REQUESTS=1000000 makes the calls in real time as before.")
    return lines
