"""SARIF: valid by the official schema, and what GitHub code scanning needs to show it well."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from finding_samples import NIGHTLY, PROJECT, SHARED, found, hostile, replacement, results

from batchlint.finding import Failure, Finding, Severity
from batchlint.report import render, sarif
from batchlint.report.line_hash import line_hashes
from batchlint.rules.registry import RULES
from batchlint.text import Location

SCHEMA = Path(__file__).parents[2] / "testdata" / "sarif" / "sarif-2.1.0-rtm.5.json"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text("utf-8")))


@pytest.fixture
def both() -> tuple[Finding, ...]:
    return found(NIGHTLY, SHARED)


def run_of(*items: Finding, **changes: Any) -> Any:
    log = json.loads(render("sarif", results(*items, **changes)))
    (run,) = log["runs"]
    return run


def test_the_official_schema_accepts_it(
    validator: jsonschema.Draft4Validator, both: tuple[Finding, ...]
) -> None:
    failure = Failure(Location("app/api.py", 1, 1, 1, 1), "cannot be parsed")
    cases = {
        "empty": (),
        "both": both,
        "fixed": (replacement(both[0], "response"),),
        "hostile": (hostile(both[0]),),
        "failure": found(failures=(failure,)),
    }
    for name, items in cases.items():
        log = json.loads(render("sarif", results(*items)))
        assert [error.message for error in validator.iter_errors(log)] == [], name


def test_every_rule_is_described_for_github() -> None:
    rules = run_of()["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in RULES]
    for rule in rules:
        assert rule["name"].isalnum()
        assert rule["name"][0].isupper()
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert "## Why it costs" in rule["help"]["markdown"]
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
        assert rule["properties"]["problem.severity"] in ("error", "warning", "recommendation")
        assert 0 < len(rule["properties"]["tags"]) <= 10


def test_a_cost_is_never_a_security_alert(both: tuple[Finding, ...]) -> None:
    assert "security" not in render("sarif", results(*both))


def test_a_result_has_four_region_numbers_and_a_relative_uri(both: tuple[Finding, ...]) -> None:
    first = run_of(*both)["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "app/llm.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 9, "startColumn": 12, "endLine": 9, "endColumn": 134}
    assert (first["ruleId"], RULES[first["ruleIndex"]].code) == ("BL102", "BL102")


def test_uris_are_relative_to_the_repository(both: tuple[Finding, ...]) -> None:
    first = run_of(*both, repository=str(PROJECT.parent))["results"][0]
    artifact = first["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"] == "project/app/llm.py"


def test_the_witness_is_a_code_flow_that_ends_at_the_call(both: tuple[Finding, ...]) -> None:
    first = run_of(*both)["results"][0]
    ((flow,),) = [code_flow["threadFlows"] for code_flow in first["codeFlows"]]
    steps = [step["location"] for step in flow["locations"]]
    assert steps[0]["message"]["text"] == "Celery beat task 'nightly'"
    assert steps[-1]["physicalLocation"] == first["locations"][0]["physicalLocation"]


def test_related_locations_are_linked_in_the_message(both: tuple[Finding, ...]) -> None:
    first = run_of(*both)["results"][0]
    assert [location["id"] for location in first["relatedLocations"]] == [1, 2, 3]
    text = first["message"]["text"]
    assert "[Celery beat task 'nightly'](1), [loop over 'documents'](2)" in text
    assert "Saves $3,375 per month." in text


def test_a_name_in_a_message_is_no_link() -> None:
    finding = replace(found(NIGHTLY)[0], message="reached from '[x](1)'")
    assert "\\[x\\](1)" in run_of(finding)["results"][0]["message"]["text"]


def test_fingerprints(both: tuple[Finding, ...]) -> None:
    first = run_of(*both)["results"][0]["partialFingerprints"]
    text = (PROJECT / "app/llm.py").read_text("utf-8")
    assert first["primaryLocationLineHash"] == line_hashes(text, [9])[9]
    assert first["batchlint/v1"] == both[0].fingerprint


def test_a_source_that_is_gone_has_no_line_hash(both: tuple[Finding, ...]) -> None:
    moved = replace(both[0], location=replace(both[0].location, path="gone.py"))
    assert list(run_of(moved)["results"][0]["partialFingerprints"]) == ["batchlint/v1"]


def test_a_notebook_has_no_line_hash(tmp_path: Path, both: tuple[Finding, ...]) -> None:
    """Its locations speak of the code cells, the hash would be of the JSON around them."""
    (tmp_path / "n.ipynb").write_text("{}\n" * 20)
    moved = replace(both[0], location=replace(both[0].location, path="n.ipynb"))
    shown = run_of(moved, root=str(tmp_path), sources=type(results().sources)(str(tmp_path)))
    assert list(shown["results"][0]["partialFingerprints"]) == ["batchlint/v1"]


def test_fixes_carry_the_edits(both: tuple[Finding, ...]) -> None:
    (fix,) = run_of(replacement(both[0], "response"))["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "app/llm.py"
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 9, "startColumn": 12, "endLine": 9, "endColumn": 134},
            "insertedContent": {"text": "response"},
        }
    ]


def test_uploads_of_one_commit_are_told_apart() -> None:
    assert run_of()["automationDetails"]["id"] == "batchlint/"


def test_the_level_follows_the_configured_severity() -> None:
    items = found(NIGHTLY, severity={"BL102": Severity.ERROR})
    assert run_of(*items)["results"][0]["level"] == "error"


def test_the_limit_of_results_is_kept_and_said(
    monkeypatch: pytest.MonkeyPatch, validator: jsonschema.Draft4Validator, both: tuple[Finding, ...]
) -> None:
    monkeypatch.setattr(sarif, "RESULTS_MAX", 1)
    log = json.loads(render("sarif", results(*both)))
    (run,) = log["runs"]
    assert len(run["results"]) == 1
    assert "1 results left out" in json.dumps(run["invocations"])
    assert not list(validator.iter_errors(log))
