"""What `--fix` can do for each call site, planned anew or known from an earlier run on the same text."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from batchlint.cli.session import Session
from batchlint.finding import FixKind, Replacement, Verdict
from batchlint.text import Location

if TYPE_CHECKING:
    from batchlint.engine import Report

REWRITTEN = frozenset({Verdict.ELIGIBLE, Verdict.MIXED})
"""Verdicts of call sites that a rewrite is planned for."""
Fixes = dict[Location, tuple[FixKind, tuple[Replacement, ...]]]


def with_fixes(session: Session, report: "Report", afresh: "Callable[[], Report]") -> "Report":
    """The report with the kind of fix that each of its call sites has."""
    if not any(site.verdict in REWRITTEN for site in report.sites):
        return report
    known = fixes(session, report, afresh)
    sites = (
        replace(site, fix=known[site.location][0]) if site.location in known else site
        for site in report.sites
    )
    return replace(report, sites=tuple(sites))


def fixes(session: Session, report: "Report", afresh: "Callable[[], Report]") -> Fixes:
    """The kind of fix and its edits by the location of each call site that can be planned for.

    A report of an earlier run has nothing to plan from; `afresh` gives that of this one.
    """
    store = session.store() if report.key else None
    if store is not None and isinstance(known := store.get("fixes", report.key), dict):
        return known
    from batchlint.fix import marked, replacements

    analysed = report if report.analysis is not None else afresh()
    _, plans = marked(session.root, analysed, session.config.fix.helper)
    found = {place: (plan.kind, replacements(session.root, plan)) for place, plan in plans.items()}
    if store is not None and analysed.key == report.key:
        store.put("fixes", report.key, value=found)
    return found
