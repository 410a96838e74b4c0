"""Bars of the HTML page, as SVG whose numbers also stand beside it in words."""

from collections import Counter
from collections.abc import Sequence

from batchlint.estimate.totals import Total, Totals
from batchlint.finding import Range, Site, Verdict
from batchlint.money import usd_range
from batchlint.report.html_text import count, text

BARS_MAX = 6


def verdict_stack(sites: Sequence[Site]) -> str:
    """One bar with a stretch per verdict, and its legend."""
    counts = Counter(site.verdict for site in sites)
    if not counts:
        return ""
    stretches, items, at = "", "", 0.0
    for verdict in Verdict:
        if not counts[verdict]:
            continue
        width = 100 * counts[verdict] / len(sites)
        # A hairline of background parts the stretches.
        stretches += f'<rect class="{verdict}" x="{at:.2f}" width="{max(width - 0.4, 0.4):.2f}" height="10"/>'
        at += width
        items += f'<li><i class="dot {verdict}"></i><b>{counts[verdict]}</b> <span>{verdict}</span></li>'
    return (
        '<svg class="stack" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'{stretches}</svg><ul class="legend">{items}</ul>'
    )


def before_and_after(whole: Total) -> str:
    """Two bars: what the sites with known traffic cost now, and on their cheaper routes."""
    if whole.cost is None or whole.after is None or not whole.cost.high:
        return ""
    rows = "".join(
        f'<li><div class="row"><span class="name">{name}</span>'
        f'<span class="value">{text(usd_range(cost))}</span></div>'
        f"{_svg((kind, _middle(cost) / _middle(whole.cost)))}</li>"
        for name, cost, kind in (("Now", whole.cost, "now"), ("After", whole.after, "saved"))
    )
    return f'<ul class="bars compare">{rows}</ul>'


def panels(summary: Totals) -> str:
    """What is paid and could be saved by provider, kind of work and model; nothing where nothing can."""
    if not summary.all.sites:
        return ""
    groups = (
        ("By provider", summary.providers),
        ("By kind of work", summary.categories),
        ("By model", summary.models),
    )
    cards = "".join(
        f'<section class="card span-4"><h3>{title}</h3>{_bars(rows)}</section>' for title, rows in groups
    )
    return f'<h2>Where the money is</h2><div class="grid">{cards}</div>'


def _bars(rows: Sequence[Total]) -> str:
    longest = max((row.cost.high for row in rows if row.cost is not None), default=0.0)
    most = max(row.sites for row in rows)
    items = "".join(_bar(row, longest, most) for row in rows[:BARS_MAX])
    if len(rows) > BARS_MAX:
        items += f"<li><small>and {count(len(rows) - BARS_MAX, 'more')[:-1]}</small></li>"
    return f'<ul class="bars">{items}</ul>'


def _bar(row: Total, longest: float, most: int) -> str:
    """One group: its costs against the largest, what can be saved of them; or only how many sites it has."""
    note, kind, cost, saved = count(row.sites, "site"), "value", 0.0, 0.0
    if row.saved is None or row.cost is None or not longest:
        value, kind = "traffic unknown" if row.unpriced < row.sites else "price unknown", "value unknown"
    else:
        value = text(usd_range(row.saved))
        cost, saved = _middle(row.cost) / longest, max(_middle(row.saved), 0) / longest
        note += f", {text(usd_range(row.cost))} a month now"
        if row.counted < row.sites:
            note += f" ({row.counted} of them known)"
    if not longest:
        cost = row.sites / most
    return (
        f'<li><div class="row"><span class="name">{text(row.name)}</span>'
        f'<span class="{kind}">{value}</span></div>'
        f"{_svg(('cost', cost), ('saved', saved))}<small>{note}</small></li>"
    )


def _svg(*stretches: tuple[str, float]) -> str:
    """A bar: each stretch, named by its class, covers that share of it and what was drawn before."""
    drawn = "".join(
        f'<rect class="{kind}" width="{100 * share:.2f}" height="8"/>' for kind, share in stretches
    )
    return (
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="track" width="100" height="8"/>{drawn}</svg>'
    )


def _middle(value: Range) -> float:
    return (value.low + value.high) / 2
