"""`json`: a list of findings with ruff's keys and ours."""

import json
from dataclasses import fields, is_dataclass
from enum import Enum

from batchlint.finding import Finding, FixKind, Step
from batchlint.report.results import Results, edits, steps
from batchlint.rules.registry import BY_CODE
from batchlint.text import Location

Json = dict[str, object]


def render(results: Results) -> str:
    """The findings as one JSON list."""
    return json.dumps([record(finding, results) for finding in results.findings], indent=2) + "\n"


def record(finding: Finding, results: Results) -> Json:
    """One finding; paths are relative to the project root, lines and columns 1-based.

    As with ruff, `location` in a notebook counts from the start of its `cell`; a step of the witness
    counts through all code cells.
    """
    at = finding.location
    cell = results.sources.cell(at.path, at.line)
    shift = at.line - cell[1] if cell else 0
    site = finding.site
    return {
        "code": finding.rule,
        "name": BY_CODE[finding.rule].name,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        "url": BY_CODE[finding.rule].url,
        "filename": at.path,
        "cell": cell[0] if cell else None,
        "location": {"row": at.line - shift, "column": at.column},
        "end_location": {"row": at.end_line - shift, "column": at.end_column},
        "function": site.function if site else None,
        "provider": site.provider if site else None,
        "operation": site.operation if site else None,
        "model": site.model if site else None,
        "verdict": site.verdict if site else None,
        "category": site.category if site else None,
        "shape": site.shape if site else None,
        "witness": [step_record(step) for step in steps(finding)],
        "related": [step_record(step) for step in finding.related],
        "obstacles": [plain(obstacle) for obstacle in site.obstacles] if site else [],
        "savings": plain(finding.savings),
        "remedy": finding.remedy,
        "fix": _fix(finding),
        "fingerprint": finding.fingerprint,
    }


def step_record(step: Step) -> Json:
    """One step of a witness."""
    at = step.location
    return {"path": at.path, "line": at.line, "column": at.column, "message": step.message}


def plain(value: object) -> object:
    """A dataclass as JSON: enums by value, a location's fields beside its owner's."""
    if is_dataclass(value) and not isinstance(value, type):
        shown: Json = {}
        for field in fields(value):
            item = getattr(value, field.name)
            if isinstance(item, Location):
                shown |= {"path": item.path, "line": item.line, "column": item.column}
            else:
                shown[field.name] = plain(item)
        return shown
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def _fix(finding: Finding) -> Json | None:
    """The fix as ruff shows one."""
    if finding.fix is FixKind.NONE:
        return None
    changes = [
        {
            "filename": edit.location.path,
            "location": {"row": edit.location.line, "column": edit.location.column},
            "end_location": {"row": edit.location.end_line, "column": edit.location.end_column},
            "content": edit.content,
        }
        for edit in edits(finding)
    ]
    return {"applicability": finding.fix, "message": finding.remedy, "edits": changes}
