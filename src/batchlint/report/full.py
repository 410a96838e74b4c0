"""`full`: each finding with its source line, the way from the root to the call, the saving and the remedy."""

from batchlint.finding import Finding, FixKind, Severity, Verdict
from batchlint.money import headline
from batchlint.report.ansi import paint
from batchlint.report.escape import printable
from batchlint.report.results import Results, steps
from batchlint.report.snippet import snippet

BASIS_MAX = 6
_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}
_FIXES = {
    FixKind.SAFE: "`batchlint --fix` rewrites this",
    FixKind.UNSAFE: "`batchlint --fix --unsafe-fixes` rewrites this; read the diff first (`--diff`)",
    FixKind.DISPLAY: "`batchlint --diff --unsafe-fixes` shows a rewrite to start from",
}


def render(results: Results) -> str:
    """The findings in full."""
    return "".join(f"{_block(finding, results)}\n" for finding in results.findings)


def _block(finding: Finding, results: Results) -> str:
    """One finding."""
    number = results.line(finding.location).rpartition(":")[2]
    gutter = len(number) + 1
    bar = paint(" " * gutter + "|", "blue", results.color)
    mark = paint("[*]", "cyan", results.color) + " " if results.is_fixable(finding) else ""
    code = paint(finding.rule, _COLORS[finding.severity], results.color)
    arrow = paint(" " * (gutter - 1) + "-->", "blue", results.color)
    lines = [
        f"{code} {mark}{paint(printable(finding.message), 'bold', results.color)}",
        f"{arrow} {results.place(finding.location, column=True)}",
        *_source(finding, results, paint(f"{number} |", "blue", results.color), bar),
    ]
    for label, notes in _notes(finding, results):
        head = paint(" " * gutter + "=", "blue", results.color)
        label = paint(f"{label}:", "bold", results.color) + " " * (6 - len(label))
        indent = " " * (gutter + 10)
        lines.append(f"{head} {label} {notes[0]}")
        lines += [f"{indent}{note}" for note in notes[1:]]
    return "\n".join(lines) + "\n"


def _source(finding: Finding, results: Results, number: str, bar: str) -> list[str]:
    """The first line of the call with carets under it."""
    index = results.sources.index(finding.location.path)
    model = finding.site.model if finding.site else None
    shown = snippet(index, finding.location, model) if index else None
    if shown is None:
        return []
    carets = paint("^" * shown.width, _COLORS[finding.severity], results.color)
    return [bar, f"{number} {shown.text}", f"{bar} {' ' * shown.start}{carets}".rstrip(), bar]


def _notes(finding: Finding, results: Results) -> list[tuple[str, list[str]]]:
    """What stands under the source, each with its label."""
    notes = []
    if witness := _witness(finding, results):
        notes.append(("path", witness))
    if against := _against(finding, results):
        notes.append(("but", against))
    if saving := _saving(finding, results):
        notes.append(("saves", saving))
    help_ = [printable(finding.remedy)]
    if finding.fix in _FIXES:
        help_.append(_FIXES[finding.fix])
    notes.append(("help", help_))
    return notes


def _witness(finding: Finding, results: Results) -> list[str]:
    """The witness as numbered steps with aligned places, root first."""
    ways = steps(finding)
    places = [results.place(step.location) for step in ways]
    width = max(map(len, places), default=0)
    return [
        f"{number}. {place:<{width}}  {printable(step.message)}"
        for number, (place, step) in enumerate(zip(places, ways, strict=True), start=1)
    ]


def _against(finding: Finding, results: Results) -> list[str]:
    """What speaks against a batch, for the verdicts where that matters to the reader."""
    if finding.site is None or finding.site.verdict is Verdict.ELIGIBLE:
        return []
    return [
        f"{printable(obstacle.message)} ({results.place(obstacle.location)})"
        for obstacle in finding.site.obstacles
    ]


def _saving(finding: Finding, results: Results) -> list[str]:
    """The saving and what it is based on."""
    saving = headline(finding.savings)
    if saving is None or finding.savings is None:
        return []
    basis = [f"- {printable(reason)}" for reason in finding.savings.basis]
    if len(basis) > BASIS_MAX:
        left = len(basis) - BASIS_MAX + 1
        whole = f"batchlint explain {results.place(finding.location)}"
        basis = [*basis[: BASIS_MAX - 1], f"- and {left} more: `{whole}`"]
    return [saving, *basis]
