"""`--statistics`: how many findings each rule has, what they save, and where the money is."""

import json
from collections import defaultdict
from collections.abc import Callable

from batchlint.finding import Finding
from batchlint.report.ansi import paint
from batchlint.report.escape import printable
from batchlint.report.money import monthly, usd
from batchlint.report.results import Results
from batchlint.rules.registry import BY_CODE


def render(results: Results) -> str:
    """A table by rule, and of known savings by provider, model and kind of work."""
    groups = _by(results.findings, lambda finding: finding.rule)
    width = max((len(str(len(group))) for group in groups.values()), default=0)
    lines = []
    for code, group in groups.items():
        mark = "[*]" if any(map(results.is_fixable, group)) else "[ ]"
        name = f"{BY_CODE[code].name}{_saving(group)}"
        lines.append(f"{len(group):>{width}}  {paint(code, 'red', results.color)}  {mark} {name}")
    for title, key in _TOTALS:
        lines += _totals(title, key, results.findings)
    return "\n".join(lines) + "\n" if lines else ""


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


def _provider(finding: Finding) -> str:
    return (finding.site.vendor or finding.site.provider) if finding.site else ""


def _model(finding: Finding) -> str:
    return (finding.site.model or "unknown model") if finding.site else ""


def _category(finding: Finding) -> str:
    return str(finding.site.category or "other") if finding.site else ""


_TOTALS: tuple[tuple[str, Callable[[Finding], str]], ...] = (
    ("provider", _provider),
    ("model", _model),
    ("kind of work", _category),
)


def _by(findings: tuple[Finding, ...], key: Callable[[Finding], str]) -> dict[str, list[Finding]]:
    """Findings grouped by a key, largest group first."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[key(finding)].append(finding)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def _totals(title: str, key: Callable[[Finding], str], findings: tuple[Finding, ...]) -> list[str]:
    """The monthly saving by one dimension, largest first; nothing where none is known."""
    priced = tuple(finding for finding in findings if finding.site and monthly(finding.savings) > 0)
    if not priced:
        return []
    sums = {name: sum(monthly(f.savings) for f in group) for name, group in _by(priced, key).items()}
    rows = sorted(sums.items(), key=lambda row: -row[1])
    return ["", f"Monthly saving by {title}:"] + [f"  {usd(n):>10}  {printable(name)}" for name, n in rows]


def _saving(findings: list[Finding]) -> str:
    total = sum(monthly(finding.savings) for finding in findings)
    return f", saves about {usd(total)} per month" if total > 0 else ""
