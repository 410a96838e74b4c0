"""`--statistics`: how many findings each rule has, what they save, where the money is, and what was read."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from batchlint.finding import Finding
from batchlint.money import monthly, usd, usd_range
from batchlint.report.ansi import paint
from batchlint.report.escape import printable
from batchlint.report.results import Results
from batchlint.report.summary import plural
from batchlint.rules.registry import BY_CODE

if TYPE_CHECKING:
    from batchlint.estimate.totals import Total

# What is called where a call cannot be followed.
_REASONS = {
    "attribute": "of an unknown attribute",
    "computed": "of a computed value",
    "full": "of a value that may be anything",
    "item": "of an item of a container",
    "name": "of an unknown name",
    "parameter": "of a parameter",
}


def render(results: Results) -> str:
    """A table by rule, one of known savings by provider, model and kind of work, and the run itself."""
    groups = _by(results.findings, lambda finding: finding.rule)
    width = max((len(str(len(group))) for group in groups.values()), default=0)
    lines = []
    for code, group in groups.items():
        mark = "[*]" if any(map(results.is_fixable, group)) else "[ ]"
        name = f"{BY_CODE[code].name}{_saving(group)}"
        lines.append(f"{len(group):>{width}}  {paint(code, 'red', results.color)}  {mark} {name}")
    lines += _money(results.findings)
    lines += _analysis(results.statistics)
    return "\n".join(lines).lstrip("\n") + "\n" if lines else ""


def render_json(results: Results) -> str:
    """The table by rule as ruff's JSON, with the monthly saving."""
    rows = [
        {
            "code": code,
            "name": BY_CODE[code].name,
            "count": len(group),
            "fixable": any(map(results.is_fixable, group)),
            "usd_per_month": round(sum(monthly(finding.savings) for finding in group), 2),
        }
        for code, group in _by(results.findings, lambda finding: finding.rule).items()
    ]
    return json.dumps(rows, indent=2) + "\n"


def _by(findings: tuple[Finding, ...], key: Callable[[Finding], str]) -> dict[str, list[Finding]]:
    """Findings grouped by a key, largest group first."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[key(finding)].append(finding)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def _money(findings: tuple[Finding, ...]) -> list[str]:
    """Costs and savings per month by provider, kind of work and model; nothing where none is known."""
    from batchlint.estimate.totals import totals

    summed = totals(finding.site for finding in findings if finding.site is not None)
    if summed.all.saved is None:
        return []
    known = f"{summed.all.counted} of {summed.all.sites} call sites"
    lines = ["", f"Per month, where volume and price are known ({known}):"]
    groups = (("provider", summed.providers), ("kind of work", summed.categories), ("model", summed.models))
    for name, rows in groups:
        shown = [_row(row) for row in rows if row.saved is not None]
        lines += _aligned([(name, "now", "after", "saves"), *shown])
    return lines


def _analysis(statistics: Mapping[str, int | float]) -> list[str]:
    """What was read, which calls could not be followed, and how long the stages took."""
    if "calls" not in statistics:
        return []
    reasons = _group(statistics, "calls_unresolved_")
    stages = _group(statistics, "seconds_")
    files, linked = statistics["files"], statistics["relevant_files"]
    read = plural(int(files), "file")
    lines = ["", f"Read {read} and linked the {linked:,} that have to do with an LLM call."]
    if left_out := statistics.get("files_left_out", 0):
        lines.append(
            f"At least {plural(int(left_out), 'more file')} would make the program too large to link: "
            "run batchlint on its parts, each with its own --root."
        )
    calls, open_calls = statistics["calls"], sum(reasons.values())
    detail = ", ".join(f"{count:,} {_REASONS.get(reason, reason)}" for reason, count in reasons.items())
    lines.append(
        f"Of {calls:,} calls in them {open_calls:,} could not be followed{f' ({detail})' if detail else ''}."
    )
    slow = ", ".join(f"{name} {seconds:.2f}" for name, seconds in stages.items())
    lines.append(f"{sum(stages.values()):.2f} seconds: {slow}.")
    return lines


def _group(statistics: Mapping[str, int | float], prefix: str) -> dict[str, int | float]:
    """The numbers whose names start with a prefix, without it, the largest first."""
    found = {name.removeprefix(prefix): n for name, n in statistics.items() if name.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _row(total: "Total") -> tuple[str, ...]:
    amounts = (total.cost, total.after, total.saved)
    return printable(total.name), *(usd_range(amount) if amount else "" for amount in amounts)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows of one name and amounts, the amounts to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        f"  {row[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]


def _saving(findings: list[Finding]) -> str:
    total = sum(monthly(finding.savings) for finding in findings)
    return f", saves about {usd(total)} per month" if total > 0 else ""
