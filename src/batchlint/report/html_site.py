"""One call site of the HTML page: its row, and under it the way that leads to it and what speaks against."""

from collections.abc import Sequence

from batchlint.finding import Confidence, Range, Route, Savings, Site, Step, Verdict
from batchlint.money import usd_range
from batchlint.report.html_text import place, prose, text
from batchlint.report.snippet import Snippet, snippet
from batchlint.report.sources import Sources

_FIXES = {"safe": "safe fix", "unsafe": "unsafe fix", "display": "diff only", "none": ""}


def rows(sites: Sequence[Site], sources: Sources) -> str:
    """A table body of two rows per site, in the given order."""
    return "\n".join(_body(site, number, sources) for number, site in enumerate(sites, start=1))


def _body(site: Site, number: int, sources: Sources) -> str:
    return (
        f'<tbody id="s{number}" data-verdict="{site.verdict}"><tr class="site">{_cells(site)}</tr>'
        f'<tr class="how"><td colspan="7"><details><summary>{_way(site)}</summary>'
        f"{_detail(site, sources)}</details></td></tr></tbody>"
    )


def _cells(site: Site) -> str:
    model = (site.savings.model if site.savings else None) or site.model
    model_of = f"{text(site.title or site.provider)} · <span>{text(model or 'model not known')}</span>"
    verdict = list(Verdict).index(site.verdict) * 10 + list(Confidence).index(site.confidence)
    return "".join(
        (
            f'<td data-sort="{verdict}"><span class="badge {site.verdict}">{site.verdict}</span>'
            f"<small>{site.confidence} confidence</small></td>",
            f"<td><code>{place(site.location)}</code><small>{text(site.function)}</small></td>",
            f"<td><code>{text(site.operation)}</code><small>{model_of}</small></td>",
            f"<td>{text(site.category or '')}</td>",
            _money(site.savings, site.savings.per_month if site.savings else None, "a month"),
            _money(site.savings, site.savings.per_1k if site.savings else None, "per 1,000"),
            f"<td>{_FIXES[site.fix]}</td>",
        )
    )


def _money(savings: Savings | None, amount: Range | None, unit: str) -> str:
    """A figure that sorts by its middle; unknown ones sort last."""
    if amount is None:
        return '<td class="num" data-sort="-1e99"></td>'
    flex = "<small>flex tier</small>" if savings and savings.route is Route.FLEX else ""
    middle = (amount.low + amount.high) / 2
    figure = f'<b data-unit="{unit}">{text(usd_range(amount))}</b>'
    return f'<td class="num" data-sort="{middle:.9g}">{figure}{flex}</td>'


def _way(site: Site) -> str:
    """The witness in one line."""
    return " → ".join(text(step.message) for step in _steps(site)) or "what is known about it"


def _detail(site: Site, sources: Sources) -> str:
    left = f"<section><h3>How it is reached</h3>{_witness(site, sources)}</section>"
    right = _obstacles(site) + _savings(site.savings)
    return f'<div class="detail"><div>{left}</div><div>{right}</div></div>'


def _steps(site: Site) -> list[Step]:
    """The witness without steps that repeat the one before."""
    steps: list[Step] = []
    for step in site.witness:
        if not steps or step != steps[-1]:
            steps.append(step)
    return steps


def _witness(site: Site, sources: Sources) -> str:
    steps = _steps(site)
    items = [_step(step, site, sources, step.location == site.location) for step in steps]
    if not any(step.location == site.location for step in steps):
        items.append(_step(Step(site.location, f"{site.operation} is called"), site, sources, is_call=True))
    return f'<ol class="witness">{"".join(items)}</ol>'


def _step(step: Step, site: Site, sources: Sources, is_call: bool) -> str:
    index = sources.index(step.location.path)
    line = snippet(index, step.location, site.model) if index else None
    code = f"<pre><code>{_marked(line)}</code></pre>" if line else ""
    kind = f' class="call {site.verdict}"' if is_call else ""
    where = f'<span class="place"><code>{place(step.location)}</code></span>'
    return f"<li{kind}>{prose(step.message)} {where}{code}</li>"


def _marked(line: Snippet) -> str:
    """The source line with the place marked; columns are characters only where none is wide."""
    if not line.text.isascii():
        return text(line.text.strip())
    start, end = line.start, line.start + line.width
    before = line.text[:start].lstrip() if line.text[:start].strip() else ""
    return f"{text(before)}<mark>{text(line.text[start:end])}</mark>{text(line.text[end:])}"


def _obstacles(site: Site) -> str:
    if not site.obstacles:
        return ""
    items = "".join(
        f"<li><b>{prose(o.message)}</b> <code>{place(o.location)}</code></li>" for o in site.obstacles
    )
    return f"<section><h3>What speaks against a batch</h3><ul>{items}</ul></section>"


def _savings(savings: Savings | None) -> str:
    """The costs of each route and what the figures rest on."""
    if savings is None:
        return ""
    basis = "".join(f"<li>{prose(line)}</li>" for line in savings.basis)
    return f"<section><h3>What it costs</h3>{_prices(savings)}<ul>{basis}</ul></section>"


def _prices(savings: Savings) -> str:
    known = [
        (name, each, month)
        for name, each, month in (
            ("real time", savings.realtime_usd_per_1k, savings.realtime_usd_per_month),
            ("batch", savings.batch_usd_per_1k, savings.batch_usd_per_month),
            ("flex", savings.flex_usd_per_1k, savings.flex_usd_per_month),
        )
        if each is not None
    ]
    if not known:
        return ""
    monthly = any(month is not None for _, _, month in known)
    head = "<td></td><th>per 1,000 requests</th>" + ("<th>per month</th>" if monthly else "")
    lines = "".join(
        f'<tr><th scope="row">{name}</th><td>{text(usd_range(each))}</td>'
        + (f"<td>{text(usd_range(month)) if month else ''}</td>" if monthly else "")
        + "</tr>"
        for name, each, month in known
    )
    return f'<table class="prices"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'
