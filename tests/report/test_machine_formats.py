"""json, json-lines, github, gitlab, junit, rdjson, azure and markdown, as their readers read them."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from finding_samples import NIGHTLY, PROJECT, SHARED, found, replacement, results, site

from batchlint.finding import Finding, FixKind, Severity
from batchlint.report import FORMATS, render
from batchlint.rules import base


@pytest.fixture
def both() -> tuple[Finding, ...]:
    return found(NIGHTLY, SHARED)


def test_json_has_ruffs_keys_and_ours(both: tuple[Finding, ...]) -> None:
    first, second = json.loads(render("json", results(*both)))
    assert (first["code"], first["name"]) == ("BL102", "realtime-call-in-scheduled-job")
    assert first["filename"] == "app/llm.py"
    assert first["location"] == {"row": 9, "column": 12}
    assert first["end_location"]["row"] == 9
    assert [step["line"] for step in first["witness"]] == [10, 12, 13, 9]
    assert first["savings"]["usd_per_month_low"] == 3375.0
    assert first["fix"]["applicability"] == "safe"
    assert second["obstacles"] == [
        {
            "code": "live-root",
            "message": "FastAPI route 'post_comment' waits",
            "path": "app/api.py",
            "line": 10,
            "column": 12,
        }
    ]


def test_json_shows_the_edits_of_a_fix(both: tuple[Finding, ...]) -> None:
    (item,) = json.loads(render("json", results(replacement(both[0], "response"))))
    (edit,) = item["fix"]["edits"]
    assert edit["content"] == "response"
    assert edit["location"] == item["location"]


def test_no_fix_is_null() -> None:
    (item,) = json.loads(render("json", results(*found(site(fix=FixKind.NONE)))))
    assert item["fix"] is None


def test_json_lines_are_the_records_of_json(both: tuple[Finding, ...]) -> None:
    shown = results(*both)
    lines = render("json-lines", shown).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(render("json", shown))


def test_github_gives_columns_only_on_one_line(both: tuple[Finding, ...]) -> None:
    first, second = render("github", results(*both)).splitlines()
    assert re.match(r"::warning title=batchlint \(BL102\),file=app/llm.py,line=9,endLine=9,col=12,", first)
    assert first.endswith("::app/llm.py:9:12: BL102 " + both[0].message)
    assert "line=13,endLine=17::" in second


@pytest.mark.parametrize(
    ("severity", "github", "gitlab", "azure"),
    [
        (Severity.ERROR, "error", "major", "error"),
        (Severity.WARNING, "warning", "minor", "warning"),
        (Severity.NOTE, "notice", "info", "warning"),
    ],
)
def test_severities(severity: Severity, github: str, gitlab: str, azure: str) -> None:
    shown = results(*found(NIGHTLY, severity={"BL102": severity}))
    assert render("github", shown).startswith(f"::{github} ")
    assert json.loads(render("gitlab", shown))[0]["severity"] == gitlab
    assert f"type={azure};" in render("azure", shown)


def test_ci_paths_are_relative_to_the_repository(both: tuple[Finding, ...]) -> None:
    """A service in a monorepo is its own project, and CI speaks of the repository."""
    shown = results(*both[:1], repository=str(PROJECT.parent))
    assert "file=project/app/llm.py," in render("github", shown)
    assert json.loads(render("gitlab", shown))[0]["location"]["path"] == "project/app/llm.py"
    assert "sourcepath=project/app/llm.py;" in render("azure", shown)
    rdjson = json.loads(render("rdjson", shown))
    assert rdjson["diagnostics"][0]["location"]["path"] == "project/app/llm.py"


def test_gitlab_fingerprints_are_unique() -> None:
    twice = found(NIGHTLY, replace(NIGHTLY, location=replace(NIGHTLY.location, line=20, end_line=20)))
    issues = json.loads(render("gitlab", results(*twice)))
    assert len({issue["fingerprint"] for issue in issues}) == 2
    assert issues[0]["location"]["lines"]["begin"] == 9


def test_junit_has_one_failure_per_finding(both: tuple[Finding, ...]) -> None:
    root = ElementTree.fromstring(render("junit", results(*both)))
    assert (root.get("tests"), root.get("failures")) == ("2", "2")
    (suite,) = root
    assert suite.get("name") == "app/llm.py"
    assert [case[0].get("type") for case in suite] == ["BL102", "BL106"]
    assert suite[0][0].get("message") == both[0].message


def test_junit_without_findings_has_a_passed_test() -> None:
    root = ElementTree.fromstring(render("junit", results()))
    assert (root.get("tests"), root.get("failures")) == ("1", "0")
    assert root.find("testsuite/testcase/failure") is None


def test_rdjson_counts_columns_in_bytes(both: tuple[Finding, ...]) -> None:
    source = 'x = "日本", call()\n'.encode()
    from batchlint.report.sources import Sources

    at = replace(both[0].location, path="wide.py", line=1, column=11, end_line=1, end_column=17)
    shown = results(replace(both[0], location=at), sources=Sources("", {"wide.py": source}))
    (diagnostic,) = json.loads(render("rdjson", shown))["diagnostics"]
    start, end = (diagnostic["location"]["range"][key]["column"] for key in ("start", "end"))
    assert source[start - 1 : end - 1] == b"call()"


def test_rdjson_suggests_a_fix_within_the_file(both: tuple[Finding, ...]) -> None:
    shown = results(replacement(both[0], "response"))
    (diagnostic,) = json.loads(render("rdjson", shown))["diagnostics"]
    assert diagnostic["suggestions"][0]["text"] == "response"
    assert len(diagnostic["related_locations"]) == 3


def test_markdown_ranks_by_saving_and_opens_the_witness(both: tuple[Finding, ...]) -> None:
    text = render("markdown", results(*reversed(both)))
    assert text.startswith("## batchlint: 2 findings, about $3,375 per month to save\n")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "BL1" in line]
    assert rows[0].startswith("| $3,375 per month | `app/llm.py:9` | BL102 real-time OpenAI call ")
    assert "1. `app/tasks.py:10` Celery beat task 'nightly'" in text
    assert text.count("<details>") == text.count("</details>") == 1


def test_markdown_leaves_out_what_a_comment_cannot_hold() -> None:
    many = found(*(site(function=f"app.f{i}") for i in range(60)))
    text = render("markdown", results(*many))
    assert "... and 10 more." in text
    assert len(text.encode()) < 64 * 1024


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_renders_nothing_found(name: str) -> None:
    text = render(name, results())
    assert text == "" or text.endswith("\n")
    if name in ("json", "gitlab"):
        assert json.loads(text) == []


def test_no_output_links_to_documentation_that_is_not_published(both: tuple[Finding, ...]) -> None:
    for name in ("json", "sarif", "rdjson", "markdown"):
        text = render(name, results(*both))
        assert "/rules/" not in text
        assert "None" not in text


def test_every_output_links_to_documentation_that_is_published(
    both: tuple[Finding, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "DOCS_URL", "https://docs.example.org/batchlint")
    for name in ("json", "sarif", "rdjson", "markdown"):
        page = "https://docs.example.org/batchlint/rules/realtime-call-in-scheduled-job/"
        assert page in render(name, results(*both))
