"""How the text formats end: how much was found, what to migrate first, what `--fix` can do."""

from batchlint.finding import FixKind
from batchlint.money import headline, monthly
from batchlint.report.ansi import paint
from batchlint.report.results import Results

RANKED_MAX = 5
# Dollars a month below which nobody migrates anything.
WORTH_IT = 1.0


def render(results: Results) -> str:
    """The closing lines."""
    lines = [_count(results)]
    lines += _ranking(results)
    lines += _fixes(results)
    if results.known:
        lines.append(f"{plural(results.known, 'known finding')} in the baseline not shown.")
    return "\n".join(lines).rstrip("\n") + "\n"


def _count(results: Results) -> str:
    number = len(results.findings)
    fixed = f" ({results.fixed} fixed, {number} remaining)" if results.fixed else ""
    if not number and not results.fixed:
        return paint("All checks passed!", "green", results.color)
    return f"Found {plural(number + results.fixed, 'finding')}{fixed}."


def _ranking(results: Results) -> list[str]:
    """The findings with a known monthly saving, largest first; worth saying only when there is a choice."""
    priced = [finding for finding in results.findings if monthly(finding.savings) >= WORTH_IT]
    priced.sort(key=lambda finding: monthly(finding.savings), reverse=True)
    if not priced:
        hint = _hint(results)
        return ["", *hint, ""] if hint else []
    lines = ["", paint("Migrate this first:", "bold", results.color)]
    for number, finding in enumerate(priced[:RANKED_MAX], start=1):
        place = results.place(finding.location)
        lines.append(f"  {number}. {place}  {finding.rule}  saves {headline(finding.savings)}")
    if len(priced) > RANKED_MAX:
        lines.append(f"  ... and {len(priced) - RANKED_MAX} more with a known saving")
    hint = _hint(results)
    return [*lines, *(["", *hint] if hint else []), ""]


def _hint(results: Results) -> list[str]:
    """How findings without a monthly figure get one."""
    savings = [finding.savings for finding in results.findings if finding.savings is not None]
    often = sum(each.per_1k is not None and each.per_month is None for each in savings)
    which = sum(each.per_1k is None and each.discount is not None for each in savings)
    return [
        f"{plural(number, 'finding')} without a {figure}: the code does not show {what}. "
        f"Say it in [tool.batchlint.{key}] (`batchlint config {key}`)."
        for number, figure, what, key in (
            (often, "monthly figure", "how often the call runs", "volumes"),
            (which, "price", "a model with a known price", "deployments"),
        )
        if number
    ]


def _fixes(results: Results) -> list[str]:
    """What `--fix` would do, as ruff says it."""
    safe = sum(finding.fix is FixKind.SAFE for finding in results.findings)
    unsafe = sum(finding.fix is FixKind.UNSAFE for finding in results.findings)
    if results.unsafe_fixes:
        safe, unsafe = safe + unsafe, 0
    mark = paint("[*]", "cyan", results.color)
    if safe and unsafe:
        more = f"{plural(unsafe, 'more finding')} can be fixed with `--unsafe-fixes`"
        return [f"{mark} {safe} fixable with `--fix` ({more})."]
    if safe:
        return [f"{mark} {safe} fixable with `--fix`."]
    if unsafe:
        return [f"No fixes available ({plural(unsafe, 'finding')} can be fixed with `--unsafe-fixes`)."]
    return []


def plural(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
