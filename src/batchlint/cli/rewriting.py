"""What `explain` says of a rewrite: the difference that `--fix` would make, or why it makes none."""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from batchlint.cli.session import Session
from batchlint.finding import FixKind

if TYPE_CHECKING:
    from batchlint.engine import Report
    from batchlint.fix import Obstacle, Plan
    from batchlint.text import Location

_WIDTH = 100
_COMMAND = {FixKind.SAFE: "`batchlint --fix`", FixKind.UNSAFE: "`batchlint --fix --unsafe-fixes`"}


def rewriting(session: Session, report: "Report", path: str, line: int) -> str:
    """The section on the rewrite of the call site at a line; empty where nothing is to be rewritten."""
    from batchlint.fix import marked

    _, plans = marked(session.root, report, session.config.fix.helper)
    for place, plan in plans.items():
        if place.path == path and place.line <= line <= place.end_line:
            return "\n" + "\n".join(_section(session.root, plan)) + "\n"
    return ""


def _section(root: Path, plan: "Plan") -> list[str]:
    if plan.kind is FixKind.NONE:
        return ["Rewrite", *_wrapped("`batchlint --fix` leaves this call as it is:"), *_reasons(plan)]
    others = len(plan.sites) - 1
    together = f", with {others} more call site{'s' * (others > 1)} of the loop" if others else ""
    lines = ["Rewrite", *_wrapped(f"{_COMMAND[plan.kind]} rewrites this call{together}.")]
    if plan.kind is FixKind.UNSAFE:
        lines += [*_wrapped("It is not safe without a look at it:"), *_reasons(plan)]
    return [*lines, "", *_difference(root, plan)]


def _reasons(plan: "Plan") -> list[str]:
    """The obstacles, each once."""
    return [line for why in dict.fromkeys(plan.obstacles) for line in _reason(why)]


def _reason(why: "Obstacle") -> list[str]:
    text = f"{why.reason.value}: {why.message} ({_place(why.location)})"
    return textwrap.wrap(
        text, _WIDTH, initial_indent="  - ", subsequent_indent="    ", break_long_words=False
    )


def _difference(root: Path, plan: "Plan") -> list[str]:
    """The change of the user's own files; the copied helpers are only named."""
    from batchlint.cli.fixing import difference
    from batchlint.fix import apply

    new = {path: apply((root / path).read_bytes(), edits) for path, edits in plan.edits.items()}
    lines = [f"  {line}" for line in difference(root, new).decode("utf-8", "replace").splitlines()]
    folders = sorted({path.rpartition("/")[0] for path in plan.added})
    return [*lines, *(f"  The batch helpers are copied to {folder}/." for folder in folders)]


def _place(location: "Location") -> str:
    return f"{location.path}:{location.line}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False)
