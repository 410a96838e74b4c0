"""Sites and findings over the sources of `testdata/report/project`, made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from batchlint.config import Config
from batchlint.finding import (
    Category,
    Confidence,
    Failure,
    Finding,
    FixKind,
    Obstacle,
    ObstacleCode,
    Replacement,
    Savings,
    Shape,
    Site,
    Step,
    Verdict,
)
from batchlint.report.results import Results
from batchlint.report.sources import Sources
from batchlint.rules import findings
from batchlint.suppress import Suppression, parse_suppressions
from batchlint.text import LineIndex, Location, Span

PROJECT = Path(__file__).parents[1] / "testdata" / "report" / "project"


def at(path: str, start: str, end: str | None = None) -> Location:
    """The place in a project file from the text `start` to the end of the text `end` (of `start`)."""
    text = (PROJECT / path).read_text("utf-8")
    first = text.index(start)
    last = text.index(end, first) + len(end) if end else first + len(start)
    lines = LineIndex(text.encode())
    before, through = text[:first], text[:last]
    return lines.location(
        path,
        Span(
            before.count("\n") + 1,
            len(before.rpartition("\n")[2].encode()),
            through.count("\n") + 1,
            len(through.rpartition("\n")[2].encode()),
        ),
    )


@dataclass(frozen=True, slots=True)
class Inventory:
    """What rules read of the engine's report."""

    sites: tuple[Site, ...] = ()
    failures: tuple[Failure, ...] = ()
    suppressions: dict[str, tuple[Suppression, ...]] = field(default_factory=dict)


SUMMARIZE = at("app/llm.py", "openai_client.chat", "}])")
IS_SPAM = at("app/llm.py", "anthropic_client.messages", "],\n    )")

NIGHTLY = Site(
    location=SUMMARIZE,
    function="app.llm.summarize",
    provider="openai",
    vendor="openai",
    operation="chat.completions.create",
    is_async=False,
    is_streaming=False,
    model="gpt-5-mini",
    verdict=Verdict.ELIGIBLE,
    confidence=Confidence.HIGH,
    category=Category.DOCUMENT_PROCESSING,
    shape=Shape.LOOP_VIA_FUNCTION,
    witness=(
        Step(at("app/tasks.py", '@app.task(name="nightly")'), "Celery beat task 'nightly'"),
        Step(at("app/tasks.py", "for document in documents"), "loop over 'documents'"),
        Step(at("app/tasks.py", "summarize(document)"), "'nightly' calls 'app.llm.summarize'"),
        Step(SUMMARIZE, "'chat.completions.create'"),
    ),
    obstacles=(),
    savings=Savings(6.75, 6.75, 3375.0, 3375.0, ("OpenAI list prices", "500,000 requests per month")),
    fix=FixKind.SAFE,
    roots=("scheduled",),
    title="OpenAI",
    flex=True,
)

SHARED = Site(
    location=IS_SPAM,
    function="app.llm.is_spam",
    provider="anthropic",
    vendor="anthropic",
    operation="messages.create",
    is_async=False,
    is_streaming=False,
    model="claude-haiku-4-5",
    verdict=Verdict.MIXED,
    confidence=Confidence.MEDIUM,
    category=Category.DATA_PIPELINE,
    shape=Shape.COMPREHENSION,
    witness=(
        Step(at("app/backfill.py", "def main(lines)"), "script 'app.backfill'"),
        Step(at("app/backfill.py", "is_spam(line) for line in lines"), "loop over 'lines'"),
        Step(IS_SPAM, "'messages.create'"),
    ),
    obstacles=(
        Obstacle(
            ObstacleCode.LIVE_ROOT, "FastAPI route 'post_comment' waits", at("app/api.py", "is_spam(text)")
        ),
    ),
    savings=Savings(0.4, 1.9, None, None, ("Anthropic list prices",)),
    fix=FixKind.UNSAFE,
    roots=("script",),
    title="Anthropic",
)


def site(**changes: Any) -> Site:
    """The nightly site with changes."""
    return replace(NIGHTLY, **changes)


def found(
    *sites: Site, suppress: bool = False, failures: tuple[Failure, ...] = (), **config: Any
) -> tuple[Finding, ...]:
    """The findings of sites, by default without the suppressions in the project's sources."""
    suppressions = {}
    if suppress:
        for path in sorted(PROJECT.rglob("*.py")):
            name = path.relative_to(PROJECT).as_posix()
            suppressions[name] = parse_suppressions(path.read_bytes())
    config.setdefault("min_confidence", Confidence.LOW)
    return findings(Inventory(sites, failures, suppressions), Config(**config))


def results(*items: Finding, **changes: Any) -> Results:
    """Findings as reporters get them, seen from the project's root."""
    root = str(PROJECT)
    return replace(Results(root, items, Sources(root), root, root, files=4), **changes)


def replacement(finding: Finding, content: str) -> Finding:
    """The finding with a fix that replaces its call."""
    return replace(finding, replacements=(Replacement(finding.location, content),))


def hostile(finding: Finding) -> Finding:
    """The finding in a file and with a step whose names a terminal, a runner or a parser might obey."""
    path = 'evil\n::error::x,%0A:;]|`"<&>\x1b[31m\u202e\udc80.py'
    location = replace(finding.location, path=path)
    step = Step(location, "task 'a\r\n##vso[task.complete]\x1b]0;x\x07 @everyone [x](http://e) <b>'")
    return replace(
        finding, location=location, message=f"message {step.message}", witness=(step,), related=(step,)
    )
