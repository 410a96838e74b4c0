"""Places in notebooks: people read cell and line, programs that open the file get its beginning."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from finding_samples import NIGHTLY, found, results

from batchlint.report import render
from batchlint.report.results import Results
from batchlint.report.sources import Sources
from batchlint.text import Location


def code(*lines: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": [f"{line}\n" for line in lines]}


@pytest.fixture
def notebook(tmp_path: Path) -> Results:
    """A finding in the second line of the second code cell."""
    cells = [code("import openai"), {"cell_type": "markdown", "source": ["# Title"]}, code("", "label(row)")]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "n.ipynb").write_text(json.dumps(content))
    sources = Sources(str(tmp_path))
    index = sources.index("n.ipynb")
    assert index
    line = index.text[: index.text.index(b"label(row)")].count(b"\n") + 1
    at = Location("n.ipynb", line, 1, line, 11)
    finding = replace(found(NIGHTLY)[0], location=at)
    return results(
        finding, root=str(tmp_path), folder=str(tmp_path), repository=str(tmp_path), sources=sources
    )


def test_people_read_cell_and_line(notebook: Results) -> None:
    assert render("concise", notebook).startswith("n.ipynb:cell 2:2:1: BL102 ")
    assert "--> n.ipynb:cell 2:2:1\n  |\n2 | label(row)\n  | ^^^^^^^^^^\n" in render("full", notebook)


def test_json_counts_from_the_start_of_the_cell_as_ruff_does(notebook: Results) -> None:
    (item,) = json.loads(render("json", notebook))
    assert (item["cell"], item["location"], item["end_location"]) == (
        2,
        {"row": 2, "column": 1},
        {"row": 2, "column": 11},
    )


def test_ci_gets_the_beginning_of_the_file(notebook: Results) -> None:
    assert "file=n.ipynb,line=1,endLine=1," in render("github", notebook)
    assert json.loads(render("gitlab", notebook))[0]["location"]["lines"] == {"begin": 1, "end": 1}
    region = json.loads(render("sarif", notebook))["runs"][0]["results"][0]["locations"][0]
    assert region["physicalLocation"]["region"]["startLine"] == 1
