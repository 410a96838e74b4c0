"""Rewrites of record loops to the batch API: plan, ask a second finder, emit, verify, write."""

from batchlint.fix.decline import Obstacle, Reason
from batchlint.fix.edits import Edit, apply, write_all
from batchlint.fix.plan import Plan, plans
from batchlint.fix.session import Rewrite, marked, replacements, rewrite

__all__ = [
    "Edit",
    "Obstacle",
    "Plan",
    "Reason",
    "Rewrite",
    "apply",
    "marked",
    "plans",
    "replacements",
    "rewrite",
    "write_all",
]
