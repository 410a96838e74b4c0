"""`concise`: one line per finding, `path:line:column: CODE [*] message`."""

from batchlint.finding import Finding
from batchlint.money import headline
from batchlint.report.ansi import paint
from batchlint.report.escape import printable
from batchlint.report.results import Results


def render(results: Results) -> str:
    """The findings, one a line."""
    return "".join(_line(finding, results) for finding in results.findings)


def _line(finding: Finding, results: Results) -> str:
    return f"{results.place(finding.location, column=True)}: {heading(finding, results)}\n"


def heading(finding: Finding, results: Results) -> str:
    """Code, fixability, message and saving on one line."""
    mark = paint("[*]", "cyan", results.color) + " " if results.is_fixable(finding) else ""
    code = paint(finding.rule, "red", results.color)
    saving = headline(finding.savings)
    return f"{code} {mark}{printable(finding.message)}" + (f" (saves {saving})" if saving else "")
