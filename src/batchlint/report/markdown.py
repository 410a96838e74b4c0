"""`markdown`: a job summary or pull request comment: a table ranked by saving, and the ways to the calls."""

import re

from batchlint.finding import Finding, FixKind
from batchlint.money import headline, monthly, usd
from batchlint.report.escape import printable
from batchlint.report.results import Results, steps
from batchlint.rules.registry import BY_CODE
from batchlint.text import Location

# A job summary may hold 1 MiB, a comment 64 KiB.
ROWS_MAX = 50
_SYNTAX = re.compile(r"([\\`*_\[\]<>|~#])")
_FIXES = {FixKind.SAFE: "`--fix`", FixKind.UNSAFE: "`--unsafe-fixes`", FixKind.DISPLAY: "`--diff`"}


def render(results: Results) -> str:
    """The findings as Markdown."""
    ranked = sorted(results.findings, key=lambda finding: -monthly(finding.savings))
    if not ranked:
        return "## batchlint: no findings\n"
    lines = [_title(ranked), "", "| Saves | Where | What | Fix |", "| --- | --- | --- | --- |"]
    lines += [_row(finding, results) for finding in ranked[:ROWS_MAX]]
    if len(ranked) > ROWS_MAX:
        lines += ["", f"... and {len(ranked) - ROWS_MAX} more."]
    lines += ["", "<details><summary>How each one is reached</summary>", ""]
    for finding in ranked[:ROWS_MAX]:
        lines += _details(finding, results)
    return "\n".join([*lines, "</details>"]) + "\n"


def _title(findings: list[Finding]) -> str:
    number = f"{len(findings)} finding" + ("s" if len(findings) > 1 else "")
    saving = sum(monthly(finding.savings) for finding in findings)
    return f"## batchlint: {number}" + (f", about {usd(saving)} per month to save" if saving > 0 else "")


def _row(finding: Finding, results: Results) -> str:
    saving = headline(finding.savings) or ""
    url = BY_CODE[finding.rule].url
    what = f"{finding.rule if url is None else f'[{finding.rule}]({url})'} {_text(finding.message)}"
    place = _place(finding.location, results)
    return f"| {saving} | {place} | {what} | {_FIXES.get(finding.fix, '')} |"


def _details(finding: Finding, results: Results) -> list[str]:
    lines = [f"**{_place(finding.location, results)}** {finding.rule}", ""]
    for number, step in enumerate(steps(finding), start=1):
        place = _place(step.location, results)
        lines.append(f"{number}. {place} {_text(step.message)}")
    lines += ["", f"Instead: {_text(finding.remedy)}.", ""]
    if finding.savings and finding.savings.basis:
        lines += ["Basis: " + "; ".join(map(_text, finding.savings.basis)) + ".", ""]
    return lines


def _place(at: Location, results: Results) -> str:
    """A path and line as code; `|` ends a table cell even there."""
    text = f"{printable(results.in_repository(at.path))}:{results.line(at)}".replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _text(text: str) -> str:
    """Text with no meaning to Markdown; the empty comment keeps `@name` from calling somebody."""
    escaped = _SYNTAX.sub(r"\\\1", printable(text).replace("&", "&amp;"))
    return escaped.replace("@", "@<!-- -->")
