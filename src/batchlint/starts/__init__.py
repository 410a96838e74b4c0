"""The non-Python files that start programs: what they start, when, and whether someone waits for it.

    files ─reader of the family─▶ Launch (shell text or a target) ─follow─▶ Start

`read_starts` reads the files of a tree, `parse_command` a command line found in Python code,
`runs_per_month` a schedule. Nothing is executed, and no path that leads out of the root is read.
"""

from batchlint.starts.collect import is_starter, parse_command, read_starts
from batchlint.starts.model import Schedule, Start, StartKind, Target, TargetKind
from batchlint.starts.when import runs_per_month

__all__ = [
    "Schedule",
    "Start",
    "StartKind",
    "Target",
    "TargetKind",
    "is_starter",
    "parse_command",
    "read_starts",
    "runs_per_month",
]
