"""`html`: the inventory as one self-contained page, to hand to whoever decides what gets migrated.

Nothing is loaded: styles and script stand in the page, and its content security policy allows those two,
by their hashes, and nothing else. Without JavaScript everything can be read and opened; the script adds
sorting, filters and search. All text from the linted project is escaped, and source lines are shown as
the terminal formats show them, long string literals left out.
"""

import os
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from batchlint.estimate.totals import Totals, rank, totals
from batchlint.finding import Category, Failure, FixKind, Range, Site, Verdict
from batchlint.money import headline, percent, usd_range
from batchlint.report.html_charts import before_and_after, panels, verdict_stack
from batchlint.report.html_site import rows
from batchlint.report.html_text import count, place, text
from batchlint.report.sources import Sources

FIRST_MAX = 5
_YEAR = Range(12, 12)
_FOLDER = Path(__file__).parent
_COLUMNS = (
    ("Verdict", ""),
    ("Where", ""),
    ("Call", ""),
    ("Kind of work", ""),
    ("Saves a month", "num"),
    ("Per 1,000", "num"),
    ("Fix", ""),
)


def render(
    sites: Sequence[Site], root: str, sources: Sources, version: str, failures: Sequence[Failure] = ()
) -> str:
    """The page for the call sites of the project at `root`; `failures` are files that were not read."""
    ordered = sorted(sites, key=lambda site: (list(Verdict).index(site.verdict), rank(site)))
    summary = totals(ordered)
    name = os.path.basename(os.path.abspath(root)) or root
    body = (
        _top(name, ordered, version),
        "<main>",
        _hero(ordered, summary),
        panels(summary),
        _matrix(ordered),
        _table(ordered, sources),
        "</main>",
        _footer(failures),
    )
    return _document(f"LLM calls of {name}", "\n".join(part for part in body if part))


def _document(title: str, body: str) -> str:
    style, script = _asset("html_page.css"), _asset("html_page.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}; base-uri \'none\'">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


@cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def _top(name: str, sites: Sequence[Site], version: str) -> str:
    files = len({site.location.path for site in sites})
    offline = sum(site.verdict in (Verdict.ELIGIBLE, Verdict.MIXED) for site in sites)
    sentence = f"<b>{count(len(sites), 'LLM call site')}</b> in {count(files, 'file')}. "
    if offline:
        those = "One of them" if offline == 1 else f"{offline} of them"
        sentence += (
            f"<b>{those}</b> could go through a batch API: nobody waits for the answers, or not always."
        )
    elif sites:
        sentence += "None of them could go through a batch API."
    return (
        f'<header class="top"><p class="eyebrow">batchlint {text(version)} · call inventory</p>'
        f'<h1>{text(name)}</h1><p class="lede">{sentence}</p></header>'
    )


def _hero(sites: Sequence[Site], summary: Totals) -> str:
    first = _first(sites, summary)
    wide = "card hero span-7" if first else "card hero"
    return (
        f'<div class="grid"><section class="{wide}"><h3>Could be saved</h3>{_figure(summary)}'
        f"{before_and_after(summary.all)}{verdict_stack(sites)}</section>{first}</div>"
    )


def _figure(summary: Totals) -> str:
    """The sum of the known savings, or why there is none."""
    whole = summary.all
    if whole.saved is None or whole.cost is None:
        if not whole.sites:
            return '<p class="figure">$0</p><p class="note">No call site has a cheaper route.</p>'
        return (
            f'{_share(summary)}<p class="note">How often these calls run is not in the code. Say it in '
            "<code>[tool.batchlint.volumes]</code> for a sum; below, figures are per 1,000 requests.</p>"
        )
    left = whole.sites - whole.counted
    more = f" Another {count(left, 'site')} could save too; traffic or price unknown." if left else ""
    return (
        f'<p class="figure">{text(usd_range(whole.saved))} <small>a month</small></p>'
        f'<p class="note">of {text(usd_range(whole.cost))} that {count(whole.counted, "site")} '
        f"with known traffic cost{'s' if whole.counted == 1 else ''} now. "
        f"<b>{text(usd_range(whole.saved * _YEAR))} a year</b>.{more}</p>"
    )


def _share(summary: Totals) -> str:
    """What part of the price the cheaper routes take off, where no sum can be given."""
    shares = {site.savings.discount for site in summary.ranked if site.savings and site.savings.discount}
    if not shares:
        return '<p class="figure">Not known yet</p>'
    low, high = percent(min(shares)), percent(max(shares))
    words = low if low == high else f"{low.removesuffix(' %')} to {high}"
    return f'<p class="figure">{words} <small>of the price of {count(summary.all.sites, "site")}</small></p>'


def _first(sites: Sequence[Site], summary: Totals) -> str:
    """What to migrate first: the sites with the largest savings."""
    known = [site for site in summary.ranked if site.savings is not None and site.savings.per_1k is not None]
    if not known:
        return ""
    numbers = {id(site): number for number, site in enumerate(sites, start=1)}
    items = "".join(_first_item(site, numbers[id(site)]) for site in known[:FIRST_MAX])
    return f'<section class="card span-5"><h3>Start here</h3><ol class="first">{items}</ol></section>'


def _first_item(site: Site, number: int) -> str:
    savings = site.savings
    amount = (headline(savings) or "").partition(" per ")[0]
    unit = "a month" if savings and savings.per_month else "per 1,000 requests"
    return (
        f'<li><a href="#s{number}"><code>{place(site.location)}</code></a>'
        f"<b>{text(amount)}</b>"
        f'<small>{text(_why(site))}</small><small class="unit">{unit}</small></li>'
    )


def _why(site: Site) -> str:
    start = site.witness[0].message if site.witness else site.function
    fixes = {FixKind.SAFE: " · safe fix", FixKind.UNSAFE: " · unsafe fix"}
    return start + fixes.get(site.fix, "")


def _matrix(sites: Sequence[Site]) -> str:
    """How many sites of each kind of work have which verdict."""
    counts = Counter((site.category, site.verdict) for site in sites)
    verdicts = [verdict for verdict in Verdict if any(site.verdict is verdict for site in sites)]
    categories: list[Category | None] = [
        category for category in Category if any(site.category is category for site in sites)
    ]
    if not categories:
        return ""
    if any(site.category is None for site in sites):
        categories.append(None)
    head = "".join(f'<th scope="col" class="{verdict}">{verdict}</th>' for verdict in verdicts)
    body = ""
    for category in categories:
        cells = [counts[category, verdict] for verdict in verdicts]
        row = "".join(
            f'<td class="some {verdict}">{cell}</td>' if cell else '<td class="none">·</td>'
            for verdict, cell in zip(verdicts, cells, strict=True)
        )
        kind = category or "somebody waits, or unclear"
        body += f'<tr><th scope="row">{kind}</th>{row}<td>{sum(cells)}</td></tr>'
    return (
        '<h2>Kinds of work</h2><div class="card scroll"><table class="matrix"><thead><tr><td></td>'
        f'{head}<th scope="col">all</th></tr></thead><tbody>{body}</tbody></table></div>'
    )


def _table(sites: Sequence[Site], sources: Sources) -> str:
    if not sites:
        return '<p class="empty">No LLM call was found.</p>'
    verdicts = [verdict for verdict in Verdict if any(site.verdict is verdict for site in sites)]
    chips = "".join(
        f'<button type="button" class="{verdict}" data-verdict="{verdict}" aria-pressed="true">'
        f"{verdict}</button>"
        for verdict in verdicts
    )
    head = "".join(
        f'<th scope="col"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{title}</th>'
        for title, kind in _COLUMNS
    )
    return (
        '<h2>Every call site</h2><div class="tools" hidden>'
        '<input type="search" placeholder="Search path, function, model …" aria-label="Search">'
        f'{chips}<button type="button" data-all aria-expanded="false">Open all</button></div>'
        f'<div class="card sites" id="sites"><table><thead><tr>{head}</tr></thead>{rows(sites, sources)}'
        "</table></div>"
    )


def _footer(failures: Sequence[Failure]) -> str:
    unread = ""
    if failures:
        items = "".join(f"<li><code>{place(f.location)}</code> {text(f.message)}</li>" for f in failures)
        unread = (
            f"<details><summary>{count(len(failures), 'file')} could not be read and "
            f"{'is' if len(failures) == 1 else 'are'} missing here</summary><ul>{items}</ul></details>"
        )
    return (
        "<footer><p>Figures are bounds, in US dollars; what they rest on stands with each site. A verdict "
        "says whether somebody waits for the answer: <b>eligible</b> nobody does and the requests are "
        "independent, <b>mixed</b> some callers wait and some do not, <b>sequential</b> nobody waits but "
        "each request needs an earlier answer, <b>realtime</b> somebody waits, <b>unsupported</b> there is "
        f"no batch route, <b>unclear</b> the program does not say.</p>{unread}</footer>"
    )
