"""From the inventory to findings: one rule per site, suppressions, and the rules about comments and files."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from batchlint.config import Config
from batchlint.finding import Confidence, Failure, Finding, Site
from batchlint.rules import unknown_suppression_code, unreadable_file, unused_suppression
from batchlint.rules.base import Rule
from batchlint.rules.registry import BY_CODE, BY_NAME, BY_SPECIFICITY, find
from batchlint.rules.selection import select
from batchlint.suppress import Suppression
from batchlint.text import Location

_RANK = {Confidence.LOW: 0, Confidence.MEDIUM: 1, Confidence.HIGH: 2}


class Inventory(Protocol):
    """What findings are made from: the part of the engine's report that rules read."""

    @property
    def sites(self) -> tuple[Site, ...]:
        """All call sites."""

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The files that could not be analysed."""

    @property
    def suppressions(self) -> Mapping[str, tuple[Suppression, ...]]:
        """The suppression comments of each file."""


class Key(NamedTuple):
    """What makes two findings the same: rule, path, function, and the call by its operation alone, so
    that a changed prompt does not make a known finding new."""

    rule: str
    path: str
    function: str
    call: str


@dataclass(slots=True)
class _Usage:
    """Which codes of which suppression silenced something; filled while findings are suppressed."""

    used: set[tuple[str, Suppression, str]]


def findings(report: Inventory, config: Config) -> tuple[Finding, ...]:
    """The findings to report, by path and line.

    A suppression counts as used when it silences a finding that the configuration would not have
    reported anyway, so that `--select` does not make comments stale. Raises `ConfigError` for a rule
    selector that matches no rule.
    """
    selected = select(config)
    usage = _Usage(set())
    found = [f for site in report.sites if (f := _of_site(site)) is not None]
    found += [_of_failure(failure) for failure in report.failures]
    # Fingerprints count equal findings, so they are given before anything is left out.
    found = _with_fingerprints(found)
    kept = [f for f in found if not _is_suppressed(f, report.suppressions, usage)]
    about_comments = [*_unknown_codes(report.suppressions), *_unused(report.suppressions, usage)]
    about_comments = _with_fingerprints(about_comments)
    kept += [f for f in about_comments if not _is_suppressed(f, report.suppressions, usage)]
    reported = [
        replace(finding, severity=config.severity.get(finding.rule, finding.severity))
        for finding in kept
        if selected.reports(finding.rule, finding.location.path)
        and _RANK[finding.confidence] >= _RANK[config.min_confidence]
    ]
    return tuple(sorted(reported, key=_place))


def _of_site(site: Site) -> Finding | None:
    """The finding of the most specific rule that applies to a site."""
    for rule in BY_SPECIFICITY:
        if rule.applies is None or rule.message is None or rule.remedy is None or not rule.applies(site):
            continue
        return Finding(
            rule=rule.code,
            location=site.location,
            message=rule.message(site),
            related=tuple(step for step in site.witness if step.location != site.location),
            witness=site.witness,
            severity=rule.severity,
            confidence=site.confidence,
            savings=site.savings,
            remedy=rule.remedy(site),
            fingerprint="",
            fix=site.fix,
            site=site,
        )
    return None


def _plain(rule: Rule, location: Location, message: str, remedy: str) -> Finding:
    """A finding that speaks of no call site."""
    return Finding(
        rule.code, location, message, (), (), rule.severity, Confidence.HIGH, None, remedy, fingerprint=""
    )


def _of_failure(failure: Failure) -> Finding:
    """BL901 for a file that could not be analysed."""
    return _plain(unreadable_file.RULE, failure.location, failure.message, unreadable_file.REMEDY)


def _is_suppressed(
    finding: Finding, suppressions: Mapping[str, tuple[Suppression, ...]], usage: _Usage
) -> bool:
    """Whether a comment silences a finding; every comment that does is marked as used."""
    silenced = False
    for location in (finding.location, *(step.location for step in finding.related)):
        for suppression in suppressions.get(location.path, ()):
            # A file-wide comment speaks of the findings in its file, not of those whose way leads through.
            if suppression.is_file and location is not finding.location:
                continue
            if suppression.problem is None and suppression.covers(location):
                for code in suppression.codes:
                    if (rule := find(code)) is not None and rule.code == finding.rule:
                        usage.used.add((location.path, suppression, code))
                        silenced = True
    return silenced


def _unknown_codes(suppressions: Mapping[str, tuple[Suppression, ...]]) -> Iterator[Finding]:
    """BL902 for codes that no rule has and comments that cannot be read."""
    rule = unknown_suppression_code.RULE
    known = (*BY_CODE, *BY_NAME)
    for path, suppression in _each(suppressions):
        location = _comment_location(path, suppression)
        if suppression.problem is not None:
            message = f"suppression cannot be read: {suppression.problem}"
            yield _plain(rule, location, message, unknown_suppression_code.REMEDY)
            continue
        for code in suppression.codes:
            if find(code) is None:
                message = unknown_suppression_code.message(code, known)
                yield _plain(rule, location, message, unknown_suppression_code.REMEDY)


def _unused(suppressions: Mapping[str, tuple[Suppression, ...]], usage: _Usage) -> Iterator[Finding]:
    """BL900 for codes that silenced nothing; codes of the BL9 group silence findings about comments,
    which come later, and are never called unused."""
    for path, suppression in _each(suppressions):
        if suppression.problem is not None:
            continue
        unused = tuple(
            code
            for code in suppression.codes
            if (rule := find(code)) is not None
            and not rule.code.startswith("BL9")
            and (path, suppression, code) not in usage.used
        )
        if unused:
            message = unused_suppression.message(unused)
            location = _comment_location(path, suppression)
            yield _plain(unused_suppression.RULE, location, message, unused_suppression.REMEDY)


def _each(suppressions: Mapping[str, tuple[Suppression, ...]]) -> Iterator[tuple[str, Suppression]]:
    """All suppressions with their paths."""
    for path, of_file in suppressions.items():
        for suppression in of_file:
            yield path, suppression


def _comment_location(path: str, suppression: Suppression) -> Location:
    """Where a comment stands."""
    line, (start, end) = suppression.span.line, suppression.columns
    return Location(path, line, start, line, end)


def _with_fingerprints(found: list[Finding]) -> list[Finding]:
    """The findings by place, each with its fingerprint: what it is about, and its number among equals."""
    seen: Counter[Key] = Counter()
    marked = []
    for finding in sorted(found, key=_place):
        identity = key(finding)
        seen[identity] += 1
        digest = hashlib.blake2b("\0".join(identity).encode("utf-8", "surrogatepass"), digest_size=12)
        marked.append(replace(finding, fingerprint=f"{digest.hexdigest()}:{seen[identity]}"))
    return marked


def _place(finding: Finding) -> tuple[Location, str, str]:
    return finding.location, finding.rule, finding.message


def key(finding: Finding) -> Key:
    """What a finding is about, without line numbers."""
    site = finding.site
    if site is None:
        return Key(finding.rule, finding.location.path, "", finding.message)
    return Key(finding.rule, finding.location.path, site.function, f"{site.provider}:{site.operation}")
