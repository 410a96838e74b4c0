"""From sites to findings: the most specific rule, suppressions, and findings about comments and files."""

from dataclasses import replace
from typing import Any

import pytest
from finding_samples import NIGHTLY, SHARED, Inventory, found, site

from batchlint.config import Config
from batchlint.finding import (
    Category,
    Confidence,
    Failure,
    Finding,
    Obstacle,
    ObstacleCode,
    Severity,
    Shape,
    Site,
    Verdict,
)
from batchlint.rules import findings
from batchlint.suppress import parse_suppressions
from batchlint.text import Location

PLAIN = {"roots": ("script",), "category": Category.SCRIPT, "shape": Shape.INLINE_LOOP}
SEQUENTIAL = {**PLAIN, "verdict": Verdict.SEQUENTIAL}


def rule_of(**changes: Any) -> str | None:
    items = found(site(**changes))
    assert len(items) <= 1
    return items[0].rule if items else None


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        (PLAIN, "BL101"),
        ({**PLAIN, "shape": Shape.DATAFRAME_APPLY}, "BL101"),
        ({**PLAIN, "roots": ("scheduled",)}, "BL102"),
        ({**PLAIN, "roots": ("script", "workflow")}, "BL102"),
        ({**PLAIN, "roots": ("ci",)}, "BL102"),
        ({**PLAIN, "category": Category.EVAL}, "BL103"),
        ({**PLAIN, "category": Category.AB_TEST_SCORING}, "BL103"),
        ({**PLAIN, "roots": ("eval",)}, "BL103"),
        ({**PLAIN, "shape": Shape.PER_TASK, "roots": ("task-queue",)}, "BL104"),
        ({**PLAIN, "shape": Shape.EXECUTOR_MAP}, "BL105"),
        ({**PLAIN, "shape": Shape.ASYNCIO_GATHER}, "BL105"),
        ({**PLAIN, "fan_out": True}, "BL105"),
        ({**PLAIN, "verdict": Verdict.MIXED}, "BL106"),
        (SEQUENTIAL, "BL201"),
        ({**SEQUENTIAL, "verdict": Verdict.UNSUPPORTED}, "BL201"),
    ],
)
def test_each_rule_has_its_sites(changes: dict[str, Any], rule: str) -> None:
    assert rule_of(**changes) == rule


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        # What a site is for comes before how it is written.
        ({"category": Category.EVAL, "shape": Shape.EXECUTOR_MAP}, "BL103"),
        ({"category": Category.EVAL, "roots": ("scheduled",)}, "BL103"),
        ({"roots": ("scheduled",), "shape": Shape.ASYNCIO_GATHER}, "BL102"),
        ({"roots": ("scheduled", "task-queue"), "shape": Shape.PER_TASK}, "BL104"),
        ({"category": Category.EVAL, "verdict": Verdict.MIXED}, "BL106"),
    ],
)
def test_one_finding_per_site_from_the_most_specific_rule(changes: dict[str, Any], rule: str) -> None:
    assert rule_of(**changes) == rule


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": Verdict.REALTIME},
        {"verdict": Verdict.UNCLEAR},
        {"verdict": Verdict.UNSUPPORTED, "flex": False},
        {**SEQUENTIAL, "flex": False},
        {**SEQUENTIAL, "is_streaming": True},
        {**SEQUENTIAL, "roots": ()},
    ],
)
def test_silence(changes: dict[str, Any]) -> None:
    assert rule_of(**changes) is None


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        (ObstacleCode.AGENT_LOOP, "BL201"),
        (ObstacleCode.SINGLE_REQUEST, "BL201"),
        (ObstacleCode.LIVE_ROOT, None),
        (ObstacleCode.LOCAL_MODEL, None),
        (ObstacleCode.RESULT_POLLED, None),
    ],
)
def test_flex_is_no_way_out_where_somebody_waits_or_nothing_is_paid(
    code: ObstacleCode, rule: str | None
) -> None:
    obstacle = Obstacle(code, "because", NIGHTLY.location)
    assert rule_of(**SEQUENTIAL, obstacles=(obstacle,)) == rule


def test_the_message_names_provider_operation_and_root() -> None:
    (finding,) = found(NIGHTLY)
    assert finding.message == (
        "real-time OpenAI call runs in a scheduled job and nobody waits for it: "
        "'chat.completions.create' is reached from Celery beat task 'nightly'"
    )


def test_the_message_of_a_site_that_is_its_own_root() -> None:
    (finding,) = found(site(witness=NIGHTLY.witness[-1:], **PLAIN))
    assert finding.message == (
        "real-time OpenAI call runs once per record and nobody waits for it: "
        "'chat.completions.create' in 'app.llm.summarize'"
    )


def test_ignoring_a_rule_does_not_bring_up_the_next_one() -> None:
    from batchlint.config import Selection

    evaluation = site(category=Category.EVAL)
    assert found(evaluation, selections=(Selection("x", ignore=("BL103",)),)) == ()


def test_confidence_filters() -> None:
    low = site(confidence=Confidence.LOW)
    assert [len(found(low, min_confidence=level)) for level in Confidence] == [0, 0, 1]
    assert len(found(NIGHTLY, min_confidence=Confidence.HIGH)) == 1


def test_severity_is_configured_per_rule() -> None:
    (finding,) = found(NIGHTLY, severity={"BL102": Severity.ERROR})
    assert finding.severity is Severity.ERROR


def test_findings_are_in_order() -> None:
    late = site(location=replace(NIGHTLY.location, path="z.py"))
    assert [finding.location.path for finding in found(late, SHARED, NIGHTLY)] == [
        "app/llm.py",
        "app/llm.py",
        "z.py",
    ]


def test_a_failure_is_a_finding() -> None:
    at = Location("bad.py", 3, 1, 3, 1)
    (finding,) = found(failures=(Failure(at, "cannot be parsed"),))
    assert (finding.rule, finding.location, finding.message) == ("BL901", at, "cannot be parsed")


class TestFingerprints:
    def test_they_do_not_depend_on_lines_or_prompts(self) -> None:
        moved = site(location=replace(NIGHTLY.location, line=90, end_line=95), model="gpt-4o")
        assert found(NIGHTLY)[0].fingerprint == found(moved)[0].fingerprint

    def test_they_depend_on_what_the_finding_is_about(self) -> None:
        variants = [
            NIGHTLY,
            site(function="app.llm.other"),
            site(operation="responses.create"),
            site(category=Category.EVAL),
            site(location=replace(NIGHTLY.location, path="other.py")),
        ]
        assert len({found(variant)[0].fingerprint for variant in variants}) == len(variants)

    def test_equal_ones_are_counted(self) -> None:
        second = site(location=replace(NIGHTLY.location, line=30, end_line=30))
        one, two = (finding.fingerprint for finding in found(NIGHTLY, second))
        assert one.removesuffix(":1") == two.removesuffix(":2")

    def test_they_do_not_depend_on_what_else_is_reported(self) -> None:
        first = site(confidence=Confidence.LOW)
        second = site(location=replace(NIGHTLY.location, line=30, end_line=30))
        _, wide = found(first, second)
        (narrow,) = found(first, second, min_confidence=Confidence.HIGH)
        assert narrow == wide


def with_comments(*sites: Site, **config: Any) -> tuple[Finding, ...]:
    """Findings of the sites, with comments on two lines of the sources' text."""
    comments = config.pop("comments")
    suppressions = {path: parse_suppressions(text.encode()) for path, text in comments.items()}
    return findings(Inventory(sites, (), suppressions), Config(**config))


def lines(**comments: str) -> str:
    """A source with comments at the ends of the given lines: `lines(l3="...")`."""
    numbered = {int(name[1:]): text for name, text in comments.items()}
    return "".join(f"x = {n}{'  # ' + numbered[n] if n in numbered else ''}\n" for n in range(1, 30))


class TestSuppressions:
    def test_on_the_line_of_the_call(self) -> None:
        text = lines(l9="batchlint: ignore[BL102] the rate is negotiated")
        assert with_comments(NIGHTLY, comments={"app/llm.py": text}) == ()

    def test_on_any_line_of_the_call(self) -> None:
        text = lines(l16="batchlint: ignore[offline-path-through-live-helper]")
        assert with_comments(SHARED, comments={"app/llm.py": text}) == ()

    def test_on_the_line_of_a_related_location(self) -> None:
        text = lines(l12="batchlint: ignore[BL102]")
        assert with_comments(NIGHTLY, comments={"app/tasks.py": text}) == ()

    def test_for_the_whole_file(self) -> None:
        text = lines(l29="batchlint: file-ignore[BL102, BL106]")
        assert with_comments(NIGHTLY, SHARED, comments={"app/llm.py": text}) == ()

    def test_for_a_file_that_the_way_only_leads_through(self) -> None:
        text = lines(l29="batchlint: file-ignore[BL102]")
        rules = [f.rule for f in with_comments(NIGHTLY, comments={"app/tasks.py": text})]
        assert rules == ["BL102", "BL900"]

    def test_another_rule_is_not_silenced_and_the_comment_is_unused(self) -> None:
        text = lines(l9="batchlint: ignore[BL101]")
        rules = {f.rule for f in with_comments(NIGHTLY, comments={"app/llm.py": text})}
        assert rules == {"BL102", "BL900"}

    def test_only_the_unused_codes_are_named(self) -> None:
        text = lines(l9="batchlint: ignore[BL101, BL102]")
        (finding,) = with_comments(NIGHTLY, comments={"app/llm.py": text})
        assert finding.message == "unused suppression of BL101"
        assert (finding.location.line, finding.location.column) == (9, 8)

    @pytest.mark.parametrize("config", [{"min_confidence": Confidence.HIGH}, {"selections": ()}])
    def test_a_narrow_run_does_not_make_comments_stale(self, config: dict[str, Any]) -> None:
        text = lines(l13="batchlint: ignore[BL106]")
        assert with_comments(SHARED, comments={"app/llm.py": text}, **config) == ()

    def test_an_unknown_code(self) -> None:
        text = lines(l9="batchlint: ignore[BL1O2]")
        first, second = with_comments(NIGHTLY, comments={"app/llm.py": text})
        assert {first.rule, second.rule} == {"BL102", "BL902"}
        unknown = first if first.rule == "BL902" else second
        assert unknown.message == "suppression of an unknown rule 'BL1O2'; did you mean \"BL102\"?"

    @pytest.mark.parametrize(
        ("comment", "message"),
        [
            ("batchlint: ignore", "names no rule"),
            ("batchlint: ignroe[BL102]", "'ignroe' is none of"),
            ("batchlint: ignore[]", "names no rule"),
        ],
    )
    def test_a_comment_that_cannot_be_read_is_reported(self, comment: str, message: str) -> None:
        (finding,) = with_comments(comments={"app/llm.py": lines(l9=comment)})
        assert finding.rule == "BL902"
        assert message in finding.message

    def test_findings_about_comments_can_be_silenced(self) -> None:
        text = lines(l9="batchlint: ignore[BL101, BL900] kept for the next release")
        assert with_comments(comments={"app/llm.py": text}) == ()
