"""Savings added up: per provider, category and model, and the sites in the order to migrate them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from batchlint.estimate.terms import load_terms
from batchlint.finding import Range, Route, Site

_ZERO = Range(0.0, 0.0)
_MODEL_UNKNOWN = "unknown model"


@dataclass(frozen=True, slots=True)
class Total:
    """One group of sites that have a cheaper route.

    `cost` (now), `after` (on the cheaper route) and `saved` are USD per month over the `counted` sites
    whose price and volume are both known (None where there are none); the group has `sites` in all, of
    which `unpriced` have no price.
    """

    name: str
    sites: int
    counted: int
    unpriced: int
    cost: Range | None
    after: Range | None
    saved: Range | None


@dataclass(frozen=True, slots=True)
class Totals:
    """All sites with a cheaper route, added up; every list has the largest saving first."""

    all: Total
    providers: tuple[Total, ...]
    categories: tuple[Total, ...]
    models: tuple[Total, ...]
    ranked: tuple[Site, ...]


def totals(sites: Iterable[Site]) -> Totals:
    """Add up the savings of the sites that have a cheaper route."""
    saving = [site for site in sites if site.savings is not None and site.savings.route is not Route.NONE]
    ranked = tuple(sorted(saving, key=rank))
    return Totals(
        all=_total("all", ranked),
        providers=_groups(ranked, _provider),
        categories=_groups(ranked, lambda site: site.category.value if site.category else "other"),
        models=_groups(ranked, _model),
        ranked=ranked,
    )


def rank(site: Site) -> tuple[float, float, str, int, int]:
    """A sort key: the largest saving a month first, then per request, unknown ones last, then by place."""
    savings = site.savings
    month = None if savings is None else savings.per_month
    each = None if savings is None else savings.per_1k
    return (-_middle(month), -_middle(each), site.location.path, site.location.line, site.location.column)


def _middle(value: Range | None) -> float:
    return float("-inf") if value is None else (value.low + value.high) / 2


def _provider(site: Site) -> str:
    """The vendor that is billed, as people write it."""
    savings = site.savings
    name = (savings.vendor if savings else None) or site.vendor or site.provider
    vendor = load_terms().vendor(name)
    return name if vendor is None else vendor.title


def _model(site: Site) -> str:
    return (site.savings.model if site.savings else None) or site.model or _MODEL_UNKNOWN


def _groups(sites: Iterable[Site], key: Callable[[Site], str]) -> tuple[Total, ...]:
    groups: Mapping[str, list[Site]] = defaultdict(list)
    for site in sites:
        groups[key(site)].append(site)
    rows = [_total(name, group) for name, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-_middle(row.saved), -row.sites, row.name)))


def _total(name: str, sites: Iterable[Site]) -> Total:
    savings = [site.savings for site in sites if site.savings is not None]
    counted = [s for s in savings if s.per_month is not None]
    cost = after = saved = _ZERO
    for s in counted:
        cost += s.realtime_usd_per_month or _ZERO
        after += (s.flex_usd_per_month if s.route is Route.FLEX else s.batch_usd_per_month) or _ZERO
        saved += s.per_month or _ZERO
    return Total(
        name=name,
        sites=len(savings),
        counted=len(counted),
        unpriced=sum(s.per_1k is None for s in savings),
        cost=cost if counted else None,
        after=after if counted else None,
        saved=saved if counted else None,
    )
