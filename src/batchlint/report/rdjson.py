"""`rdjson`: the Reviewdog Diagnostic Format. Its columns count UTF-8 bytes."""

import json

from batchlint.finding import Finding, Severity
from batchlint.report.results import Results, edits
from batchlint.rules import base
from batchlint.rules.registry import BY_CODE
from batchlint.text import Location

Json = dict[str, object]

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(results: Results) -> str:
    """The findings as one JSON object."""
    report = {
        "source": _linked({"name": "batchlint"}, base.DOCS_URL),
        "severity": "WARNING",
        "diagnostics": [_diagnostic(finding, results) for finding in results.findings],
    }
    return json.dumps(report, indent=2) + "\n"


def _diagnostic(finding: Finding, results: Results) -> Json:
    diagnostic: Json = {
        "message": finding.message,
        "location": _location(finding.location, results),
        "severity": _SEVERITIES[finding.severity],
        "code": _linked({"value": finding.rule}, BY_CODE[finding.rule].url),
    }
    # A suggestion is for the file of its diagnostic; a fix over several files has none.
    changes = edits(finding)
    if changes and {edit.location.path for edit in changes} == {finding.location.path}:
        diagnostic["suggestions"] = [
            {"range": _range(edit.location, results), "text": edit.content} for edit in changes
        ]
    if finding.related:
        diagnostic["related_locations"] = [
            {"message": step.message, "location": _location(step.location, results)}
            for step in finding.related
        ]
    return diagnostic


def _location(location: Location, results: Results) -> Json:
    return {"path": results.in_repository(location.path), "range": _range(location, results)}


def _range(location: Location, results: Results) -> Json:
    location = results.in_file(location)
    index = results.sources.index(location.path)

    def position(line: int, column: int) -> Json:
        text = index.line_bytes(line).decode("utf-8", "replace")[: column - 1] if index else ""
        # Without the text, code points are the best guess: the two agree on ASCII lines.
        return {"line": line, "column": len(text.encode()) + 1 if index else column}

    return {
        "start": position(location.line, location.column),
        "end": position(location.end_line, location.end_column),
    }


def _linked(item: Json, url: str | None) -> Json:
    """An item with its address, where it has one."""
    return item if url is None else {**item, "url": url}
