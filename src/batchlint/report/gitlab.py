"""`gitlab`: a Code Quality report (the `codequality` artifact of a GitLab job)."""

import json

from batchlint.finding import Finding, Severity
from batchlint.report.results import Results

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(results: Results) -> str:
    """The findings as one JSON list."""
    return json.dumps([_issue(finding, results) for finding in results.findings], indent=2) + "\n"


def _issue(finding: Finding, results: Results) -> dict[str, object]:
    at = results.in_file(finding.location)
    return {
        "check_name": finding.rule,
        "description": f"{finding.rule}: {finding.message}",
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": finding.fingerprint,
        "location": {
            "path": results.in_repository(at.path),
            "lines": {"begin": at.line, "end": at.end_line},
        },
    }
