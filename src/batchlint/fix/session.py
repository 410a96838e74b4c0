"""A whole `--fix`: plan, apply what fits together, verify by analysing anew, until nothing is left to do.

Nothing is written here; the result holds the new text of every file.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from batchlint.engine import Report
from batchlint.finding import FixKind, Replacement, Site
from batchlint.fix.decline import Obstacle, Reason
from batchlint.fix.edits import Edit, apply, is_outside_kept
from batchlint.fix.plan import Plan, Planner, plans
from batchlint.text import Location

PASSES_MAX = 20

Analyse = Callable[[Mapping[str, bytes]], Report]
Wanted = Callable[[Report], Collection[Location]]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What `--fix` comes to: the new text of changed and added files by root-relative path, the sites that
    were rewritten, the plans that were left, and the report on the program as it is then.

    `has_unsafe` says that an unsafe plan is among those applied.
    """

    files: Mapping[str, bytes]
    fixed: tuple[Site, ...]
    left: tuple[Plan, ...]
    report: Report
    has_unsafe: bool


def rewrite(
    root: Path, analyse: Analyse, wanted: Wanted, *, unsafe: bool, helper: str | None = None
) -> Rewrite:
    """Rewrite all record loops that lead to wanted sites, as far as it is safe, or `unsafe` where asked for.

    `analyse` gives the report on the program with some files' text replaced; `wanted` the locations of
    the sites that a report's findings speak of; `helper` the folder for the batch helpers, None for the
    nearest that fits.
    """
    kinds = {FixKind.SAFE, FixKind.UNSAFE} if unsafe else {FixKind.SAFE}
    files: dict[str, bytes] = {}
    fixed: list[Site] = []
    failed: set[tuple[str, str, int]] = set()
    has_unsafe = False
    report = analyse(files)
    for _ in range(PASSES_MAX):
        if report.analysis is None:
            break
        planner = Planner(root, report.analysis, files, helper)
        found = _plans(planner, wanted(report), failed)
        ready = [plan for plan in found if plan.kind in kinds]
        if not ready:
            return Rewrite(files, tuple(fixed), tuple(found), report, has_unsafe)
        for candidates in (ready, ready[:1]):
            chosen, new = _applied(root, files, planner, candidates)
            after = analyse(new)
            if is_verified(report, after, chosen, wanted):
                files, report = new, after
                fixed += [site for plan in chosen for site in plan.sites]
                has_unsafe |= any(plan.kind is FixKind.UNSAFE for plan in chosen)
                break
        else:
            failed |= {_identity(site) for site in ready[0].sites}
    return Rewrite(files, tuple(fixed), (), report, has_unsafe)


def marked(root: Path, report: Report, helper: str | None = None) -> tuple[Report, dict[Location, Plan]]:
    """The report with the kind of fix that each site has, and the plans by the sites' locations."""
    if report.analysis is None:
        return report, {}
    by_site = {
        site.location: plan for plan in plans(root, report.analysis, {}, helper) for site in plan.sites
    }
    sites = tuple(
        replace(site, fix=by_site[site.location].kind) if site.location in by_site else site
        for site in report.sites
    )
    return replace(report, sites=sites), by_site


def replacements(root: Path, plan: Plan) -> tuple[Replacement, ...]:
    """The edits of a plan as outputs show them."""
    found: list[Replacement] = []
    for path, edits in sorted(plan.edits.items()):
        text = (root / path).read_bytes()
        found += [Replacement(_location(path, text, edit), edit.text) for edit in sorted(edits)]
    return tuple(found)


def _location(path: str, text: bytes, edit: Edit) -> Location:
    def place(offset: int) -> tuple[int, int]:
        line = text.count(b"\n", 0, offset) + 1
        start = text.rfind(b"\n", 0, offset) + 1
        return line, len(text[start:offset].decode().removeprefix("\ufeff")) + 1

    return Location(path, *place(edit.start), *place(edit.end))


def _plans(planner: Planner, wanted: Collection[Location], failed: set[tuple[str, str, int]]) -> list[Plan]:
    """The plans for wanted sites; those whose rewrite failed its verification are declined."""
    found: list[Plan] = []
    for plan in planner.plans():
        if not any(site.location in wanted for site in plan.sites):
            continue
        if any(_identity(site) in failed for site in plan.sites):
            why = "the rewritten program was not found to be better"
            obstacle = Obstacle(Reason.VERIFY_FAILED, why, plan.sites[0].location)
            plan = Plan(FixKind.NONE, plan.sites, (obstacle,), {}, {})
        found.append(plan)
    return found


def _identity(site: Site) -> tuple[str, str, int]:
    return site.location.path, site.operation, site.location.line


def _applied(
    root: Path, files: Mapping[str, bytes], planner: Planner, candidates: list[Plan]
) -> tuple[list[Plan], dict[str, bytes]]:
    """The plans that fit together, and all texts with their edits made."""
    chosen, edits, added = planner.together(candidates)
    new = {**files, **added}
    for path, listed in edits.items():
        old = files.get(path) or (root / path).read_bytes()
        new[path] = apply(old, listed)
        assert is_outside_kept(old, new[path], listed)
    return chosen, new


def is_verified(before: Report, after: Report, chosen: list[Plan], wanted: Wanted) -> bool:
    """Whether the analysis of the new text shows that the rewritten calls are gone and nothing came up:
    no call site, no finding and no unreadable file that was not there before."""
    gone = Counter((site.location.path, site.operation) for plan in chosen for site in plan.sites)
    old = Counter((site.location.path, site.operation) for site in before.sites)
    new = Counter((site.location.path, site.operation) for site in after.sites)
    if new - (old - gone) or len(after.failures) > len(before.failures):
        return False
    return len(wanted(after)) < len(wanted(before))
