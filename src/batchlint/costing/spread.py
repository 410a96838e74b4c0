"""One estimate out of several: a call site that may use any of a few models."""

from collections.abc import Sequence
from dataclasses import replace

from batchlint.finding import Range, Savings


def spread(estimates: Sequence[Savings]) -> Savings:
    """The estimate whose bounds hold all of the others; its basis says which models they are for.

    Figures that one of the estimates lacks are left out, for nothing is known of them.
    """
    first = estimates[0]
    if len(estimates) == 1:
        return first
    names = [name for e in estimates if (name := e.model)]
    words = f"one of {len(estimates)} models, the code leaves open which: {', '.join(dict.fromkeys(names))}"
    per_1k = _hull([e.per_1k for e in estimates])
    per_month = _hull([e.per_month for e in estimates])
    discounts = {e.discount for e in estimates}
    return replace(
        first,
        usd_per_1k_requests_low=None if per_1k is None else per_1k.low,
        usd_per_1k_requests_high=None if per_1k is None else per_1k.high,
        usd_per_month_low=None if per_month is None else per_month.low,
        usd_per_month_high=None if per_month is None else per_month.high,
        basis=(words, *dict.fromkeys(line for e in estimates for line in e.basis)),
        discount=discounts.pop() if len(discounts) == 1 else None,
        realtime_usd_per_1k=_hull([e.realtime_usd_per_1k for e in estimates]),
        batch_usd_per_1k=_hull([e.batch_usd_per_1k for e in estimates]),
        flex_usd_per_1k=_hull([e.flex_usd_per_1k for e in estimates]),
        realtime_usd_per_month=_hull([e.realtime_usd_per_month for e in estimates]),
        batch_usd_per_month=_hull([e.batch_usd_per_month for e in estimates]),
        flex_usd_per_month=_hull([e.flex_usd_per_month for e in estimates]),
        model=None,
        caching=None,
    )


def _hull(ranges: Sequence[Range | None]) -> Range | None:
    known = [each for each in ranges if each is not None]
    if len(known) < len(ranges):
        return None
    return Range(min(each.low for each in known), max(each.high for each in known))
