"""Names from the linted project can hold anything; no reader of an output may obey them."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from finding_samples import NIGHTLY, found, hostile, results, site
from hypothesis import given
from hypothesis import strategies as st

from batchlint.finding import Step
from batchlint.report import FORMATS, render, sites_text, summary
from batchlint.report.escape import printable

# What a terminal may obey, but for the newline that ends our own lines.
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_control_character_and_no_undecodable_byte_reaches_the_output(name: str) -> None:
    text = render(name, results(hostile(found(NIGHTLY)[0])))
    assert not CONTROLS.search(text)
    text.encode("utf-8")


@pytest.mark.parametrize("name", ["github", "azure", "concise"])
def test_a_finding_stays_on_one_line(name: str) -> None:
    """So that no name can start a line, which is where runners look for commands."""
    text = render(name, results(hostile(found(NIGHTLY)[0])))
    assert len(text.splitlines()) == 1


def test_github_properties_cannot_be_added() -> None:
    text = render("github", results(hostile(found(NIGHTLY)[0])))
    properties = text.split("::")[1]
    names = [item.split("=")[0] for item in properties.removeprefix("warning ").split(",")]
    assert names == ["title", "file", "line", "endLine", "col", "endColumn"]
    file = re.search("file=([^,]*)", properties)
    assert file
    assert ":" not in file[1]


def test_azure_properties_cannot_be_closed() -> None:
    text = render("azure", results(hostile(found(NIGHTLY)[0])))
    head = text[: text.index("]")]
    assert head.count(";") == 5
    assert text.count("##vso[") == 1  # the command; in a message it is escaped
    assert text.startswith("##vso[task.logissue ")


def test_markdown_neither_links_nor_calls_anyone() -> None:
    text = render("markdown", results(hostile(found(NIGHTLY)[0])))
    assert "@everyone" not in text
    assert "[x](http://e)" not in text
    assert "<b>" not in text
    row = next(line for line in text.splitlines() if "BL102" in line and line.startswith("|"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 5


def test_junit_stays_well_formed() -> None:
    root = ElementTree.fromstring(render("junit", results(hostile(found(NIGHTLY)[0]))))
    assert len(root.findall("testsuite/testcase/failure")) == 1


def test_json_keeps_the_name_as_it_is() -> None:
    """JSON escapes by itself, and its reader wants to open the file."""
    finding = hostile(found(NIGHTLY)[0])
    (item,) = json.loads(render("json", results(finding)))
    assert item["filename"] == finding.location.path


def test_sarif_percent_encodes_paths() -> None:
    log = json.loads(render("sarif", results(hostile(found(NIGHTLY)[0]))))
    uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9%._/~-]+", uri)
    assert "%0A" in uri
    assert uri.endswith("%80.py")  # the undecodable byte, not its surrogate


def test_the_inventory_and_the_summary_are_escaped_too(tmp_path: Path) -> None:
    finding = hostile(found(NIGHTLY)[0])
    bad = site(
        location=finding.location, witness=(Step(finding.location, finding.message),), model="m\x1b[2J"
    )
    shown = results(finding)
    text = sites_text.render((bad,), (), shown) + summary.render(shown)
    assert not CONTROLS.search(text)


@given(st.text())
def test_printable_is_one_harmless_line_and_idempotent(text: str) -> None:
    safe = printable(text)
    assert len(safe.splitlines()) <= 1
    assert not CONTROLS.search(safe)
    assert printable(safe) == safe
    safe.encode("utf-8")


@given(st.text(st.characters(blacklist_categories=["Cc", "Cf", "Zl", "Zp", "Cs"])))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert printable(text) == text
