"""`sarif`: SARIF 2.1.0, written for GitHub code scanning and kept valid for everyone else.

What readers do with it (2026): GitHub shows a rule's `help.markdown`, the first location (all four region
numbers), `codeFlows` as "Show paths" and `relatedLocations` where the message links to them; of the
fingerprints it reads `primaryLocationLineHash`, and a plain API upload does not fill it in. It ignores
`fixes` (other readers apply them) and would raise suppressed results as alerts, so those are left out.
`security-severity` would turn a cost finding into a security alert and is never written.
"""

import json
from collections import defaultdict
from urllib.parse import quote

from batchlint import __version__
from batchlint.finding import Confidence, Finding, Replacement, Severity, Step
from batchlint.money import headline
from batchlint.report.line_hash import line_hashes
from batchlint.report.results import Results, edits, steps
from batchlint.rules import base
from batchlint.rules.base import Rule
from batchlint.rules.registry import RULES
from batchlint.text import Location

Json = dict[str, object]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# GitHub's limits: results per run, thread-flow locations and related locations it shows, text lengths.
RESULTS_MAX = 25_000
FLOW_MAX = 1_000
RELATED_MAX = 100
TEXT_MAX = 1_024

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_RANKS = {Confidence.HIGH: 90.0, Confidence.MEDIUM: 60.0, Confidence.LOW: 30.0}
_INDEX = {rule.code: index for index, rule in enumerate(RULES)}


def render(results: Results) -> str:
    """The findings as one SARIF log."""
    hashes = _hashes(results)
    run: Json = {
        "tool": {"driver": _driver()},
        "automationDetails": {"id": "batchlint/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "results": [_result(finding, results, hashes) for finding in results.findings[:RESULTS_MAX]],
    }
    if len(results.findings) > RESULTS_MAX:
        run["invocations"] = [_truncated(len(results.findings) - RESULTS_MAX)]
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _truncated(left_out: int) -> Json:
    text = f"{left_out} results left out: GitHub takes at most {RESULTS_MAX} per run."
    notification = {"level": "warning", "message": {"text": text}}
    return {"executionSuccessful": True, "toolExecutionNotifications": [notification]}


def _driver() -> Json:
    return {
        "name": "batchlint",
        "fullName": f"batchlint {__version__}",
        "semanticVersion": __version__,
        **({} if base.DOCS_URL is None else {"informationUri": base.DOCS_URL}),
        "rules": [_rule(rule) for rule in RULES],
    }


def _rule(rule: Rule) -> Json:
    documentation = rule.documentation
    why = " ".join(documentation.section("Why it costs").split())
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": _short(documentation.summary)},
        "fullDescription": {"text": _short(f"{documentation.summary} {why}")},
        "help": {
            "text": f"{documentation.summary}\n\n{documentation.section('Why it costs')}\n\n"
            f"{rule.url or f'`batchlint rule {rule.code}` says more.'}",
            "markdown": documentation.markdown(),
        },
        **({} if rule.url is None else {"helpUri": rule.url}),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "precision": "high",
            "problem.severity": _PROBLEMS[rule.severity],
            "tags": _tags(rule),
        },
    }


def _tags(rule: Rule) -> list[str]:
    return ["maintainability"] if rule.code.startswith("BL9") else ["cost", "llm", "performance"]


def _result(finding: Finding, results: Results, hashes: dict[Location, str]) -> Json:
    related = finding.related[:RELATED_MAX]
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": _LEVELS[finding.severity],
        "rank": _RANKS[finding.confidence],
        "message": {"text": _message(finding, related)},
        "locations": [{"physicalLocation": _place(finding.location, results)}],
        "partialFingerprints": {"batchlint/v1": finding.fingerprint},
    }
    if line_hash := hashes.get(finding.location):
        result["partialFingerprints"] = {
            "primaryLocationLineHash": line_hash,
            "batchlint/v1": finding.fingerprint,
        }
    if finding.witness:
        flow = [{"location": _step(step, results)} for step in steps(finding)[:FLOW_MAX]]
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    if related:
        result["relatedLocations"] = [
            {"id": number, **_step(step, results)} for number, step in enumerate(related, start=1)
        ]
    if edits(finding):
        result["fixes"] = [_fix(finding, results)]
    return result


def _message(finding: Finding, related: tuple[Step, ...]) -> str:
    """The message, the saving, and the related places as links by their ids."""
    sentences = [_literal(finding.message)]
    if saving := headline(finding.savings):
        sentences.append(f"Saves {saving}")
    sentences.append(_literal(finding.remedy[:1].upper() + finding.remedy[1:]))
    if related:
        links = ", ".join(f"[{_label(step.message)}]({n})" for n, step in enumerate(related, start=1))
        sentences.append(f"The way to the call: {links}")
    return ". ".join(sentence.rstrip(".") for sentence in sentences) + "."


def _literal(text: str) -> str:
    """Text in which nothing is a link."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _label(text: str) -> str:
    """Text that can stand between the brackets of a link, where no escape is allowed."""
    return text.replace("\\", "/").replace("[", "(").replace("]", ")") or "here"


def _step(step: Step, results: Results) -> Json:
    return {
        "physicalLocation": _place(step.location, results),
        "message": {"text": _literal(step.message) or "step"},
    }


def _place(location: Location, results: Results) -> Json:
    return {
        "artifactLocation": _artifact(location.path, results),
        "region": _region(results.in_file(location)),
    }


def _artifact(path: str, results: Results) -> Json:
    uri = quote(results.in_repository(path).encode("utf-8", "surrogateescape"), safe="/")
    # Above the repository's root there is nothing that the base could be joined with.
    return {"uri": uri} if uri.startswith("../") else {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _region(location: Location) -> Json:
    return {
        "startLine": location.line,
        "startColumn": location.column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    }


def _fix(finding: Finding, results: Results) -> Json:
    by_path: dict[str, list[Replacement]] = defaultdict(list)
    for edit in edits(finding):
        by_path[edit.location.path].append(edit)
    changes = [
        {
            "artifactLocation": _artifact(path, results),
            "replacements": [
                {"deletedRegion": _region(edit.location), "insertedContent": {"text": edit.content}}
                for edit in listed
            ],
        }
        for path, listed in by_path.items()
    ]
    description = finding.remedy[:1].upper() + finding.remedy[1:]
    return {"description": {"text": f"{_literal(description)}."}, "artifactChanges": changes}


def _hashes(results: Results) -> dict[Location, str]:
    """The line hash of each finding's location; a notebook's lines are not those of its file."""
    by_path: dict[str, list[Location]] = defaultdict(list)
    for finding in results.findings:
        if not finding.location.path.endswith(".ipynb"):
            by_path[finding.location.path].append(finding.location)
    hashes: dict[Location, str] = {}
    for path, locations in by_path.items():
        text = results.sources.raw(path)
        if text is None:
            continue
        of_lines = line_hashes(text, (location.line for location in locations))
        hashes |= {at: of_lines[at.line] for at in locations if at.line in of_lines}
    return hashes


def _short(text: str) -> str:
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 3] + "..."
