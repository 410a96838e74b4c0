"""`github`: workflow commands that GitHub Actions shows as annotations.

The runner decodes exactly the escapes below (actions/toolkit, `command.ts`). A column is only allowed for
an annotation on one line. At most ten annotations of a level are shown per step.
"""

from batchlint.finding import Finding, Severity
from batchlint.report.escape import printable
from batchlint.report.results import Results

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(results: Results) -> str:
    """The findings, one workflow command a line."""
    return "".join(_command(finding, results) + "\n" for finding in results.findings)


def _command(finding: Finding, results: Results) -> str:
    at = results.in_file(finding.location)
    path = results.in_repository(at.path)
    properties = {
        "title": f"batchlint ({finding.rule})",
        "file": path,
        "line": at.line,
        "endLine": at.end_line,
    }
    if at.line == at.end_line:
        properties |= {"col": at.column, "endColumn": at.end_column}
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    text = f"{printable(path)}:{at.line}:{at.column}: {finding.rule} {printable(finding.message)}"
    return f"::{_LEVELS[finding.severity]} {written}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    # Carriage return and newline keep a meaning in a file's name; the rest would only reach the log.
    kept = "\n".join("\r".join(map(printable, line.split("\r"))) for line in text.split("\n"))
    return _data(kept).replace(":", "%3A").replace(",", "%2C")
