"""full, concise, grouped and the closing summary: what a person at a terminal reads."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from finding_samples import NIGHTLY, PROJECT, SHARED, found, results, site

from batchlint.finding import Failure, Finding, FixKind, Savings
from batchlint.report import TEXT_FORMATS, render, summary
from batchlint.text import Location

GOLDEN = PROJECT.parent / "full.txt"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def both() -> tuple[Finding, ...]:
    return found(NIGHTLY, SHARED)


def test_full_shows_source_witness_saving_and_remedy(both: tuple[Finding, ...]) -> None:
    shown = results(*both)
    assert render("full", shown) + summary.render(shown) == GOLDEN.read_text("utf-8")


def test_prompts_and_keys_in_the_source_line_are_not_shown(both: tuple[Finding, ...]) -> None:
    text = render("full", results(*both))
    assert "Summarize" in (PROJECT / "app/llm.py").read_text("utf-8")
    assert "Summarize" not in text
    assert 'model="gpt-5-mini"' in text


def test_steps_are_numbered_with_the_root_first(both: tuple[Finding, ...]) -> None:
    text = render("full", results(both[0]))
    steps = re.findall(r"(\d)\. (\S+)", text)
    assert steps == [
        ("1", "app/tasks.py:10"),
        ("2", "app/tasks.py:12"),
        ("3", "app/tasks.py:13"),
        ("4", "app/llm.py:9"),
    ]


def test_the_obstacles_of_a_mixed_site_are_named(both: tuple[Finding, ...]) -> None:
    assert "but:    FastAPI route 'post_comment' waits (app/api.py:10)" in render("full", results(both[1]))


def test_concise_is_one_line_per_finding(both: tuple[Finding, ...]) -> None:
    first, second = render("concise", results(*both)).splitlines()
    assert first.startswith("app/llm.py:9:12: BL102 [*] real-time OpenAI call")
    assert first.endswith("(saves $3,375 per month)")
    assert second.startswith("app/llm.py:13:12: BL106 real-time Anthropic call")
    assert second.endswith("(saves $0.40 to $1.90 per 1,000 requests)")


def test_grouped_names_each_file_once(both: tuple[Finding, ...]) -> None:
    text = render("grouped", results(*both))
    assert text.startswith("app/llm.py:\n   9:12 BL102 ")
    assert text.count("app/llm.py") == 1


@pytest.mark.parametrize("name", sorted(TEXT_FORMATS))
def test_colour_changes_nothing_but_the_colour(name: str, both: tuple[Finding, ...]) -> None:
    plain, coloured = (render(name, results(*both, color=is_on)) for is_on in (False, True))
    assert "\x1b" not in plain
    assert coloured != plain
    assert ANSI.sub("", coloured) == plain


def test_paths_are_relative_to_the_working_directory(both: tuple[Finding, ...]) -> None:
    text = render("concise", results(*both, folder=str(PROJECT / "app")))
    assert text.startswith("llm.py:9:12: ")
    above = render("concise", results(*both, folder=str(PROJECT / "docs")))
    assert above.startswith(str(Path("..", "app", "llm.py")))


def test_a_source_that_is_gone_leaves_out_the_snippet(both: tuple[Finding, ...]) -> None:
    moved = replace(both[0], location=replace(both[0].location, path="gone.py"))
    text = render("full", results(moved))
    assert "--> gone.py:9:12\n  = path:" in text


class TestSummary:
    def test_nothing_found(self) -> None:
        assert summary.render(results()) == "All checks passed!\n"

    def test_the_largest_monthly_saving_comes_first(self) -> None:
        small = site(savings=Savings(1.0, 1.0, 10.0, 20.0, ("x",)), function="app.small")
        text = summary.render(results(*found(small, NIGHTLY)))
        first, second = re.findall(r"\d\. \S+  \S+  saves (.+)", text)
        assert (first, second) == ("$3,375 per month", "$10 to $20 per month")

    def test_no_ranking_without_monthly_figures(self) -> None:
        assert "first" not in summary.render(results(*found(SHARED)))

    def test_a_long_ranking_says_how_many_it_left_out(self) -> None:
        many = [site(function=f"app.f{i}") for i in range(8)]
        assert "... and 3 more with a known saving" in summary.render(results(*found(*many)))

    @pytest.mark.parametrize(
        ("kinds", "unsafe", "line"),
        [
            ([FixKind.SAFE, FixKind.SAFE], False, "[*] 2 fixable with `--fix`."),
            (
                [FixKind.SAFE, FixKind.UNSAFE],
                False,
                "[*] 1 fixable with `--fix` (1 more finding can be fixed with `--unsafe-fixes`).",
            ),
            ([FixKind.SAFE, FixKind.UNSAFE], True, "[*] 2 fixable with `--fix`."),
            (
                [FixKind.UNSAFE],
                False,
                "No fixes available (1 finding can be fixed with `--unsafe-fixes`).",
            ),
            ([FixKind.NONE, FixKind.DISPLAY], False, "Found 2 findings."),
        ],
    )
    def test_what_fix_can_do(self, kinds: list[FixKind], unsafe: bool, line: str) -> None:
        items = found(*(site(fix=kind, savings=None, function=f"f{i}") for i, kind in enumerate(kinds)))
        assert summary.render(results(*items, unsafe_fixes=unsafe)).splitlines()[-1] == line

    def test_known_findings_are_counted(self) -> None:
        assert "2 known findings in the baseline not shown." in summary.render(results(known=2))


def test_a_syntax_error_is_underlined_with_one_caret() -> None:
    failure = Failure(Location("app/api.py", 8, 4, 8, 4), "cannot be parsed")
    lines = render("full", results(*found(failures=(failure,)))).splitlines()
    assert lines[3:5] == ['8 | @api.post("/comments")', "  |    ^"]
