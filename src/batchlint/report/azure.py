"""`azure`: logging commands that Azure Pipelines shows as build warnings and errors."""

from batchlint.finding import Finding, Severity
from batchlint.report.escape import printable
from batchlint.report.results import Results


def render(results: Results) -> str:
    """The findings, one logging command a line."""
    return "".join(_command(finding, results) + "\n" for finding in results.findings)


def _command(finding: Finding, results: Results) -> str:
    at = results.in_file(finding.location)
    properties = {
        # Azure knows these two levels.
        "type": "error" if finding.severity is Severity.ERROR else "warning",
        "sourcepath": results.in_repository(at.path),
        "linenumber": at.line,
        "columnnumber": at.column,
        "code": finding.rule,
    }
    written = "".join(f"{name}={_property(str(value))};" for name, value in properties.items())
    return f"##vso[task.logissue {written}]{_data(printable(finding.message))}"


def _data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(";", "%3B").replace("]", "%5D")
