"""`batchlint sites`: the inventory as tables, one per verdict, what can be saved first."""

from batchlint.finding import Failure, Site, Verdict
from batchlint.money import headline, monthly
from batchlint.report.ansi import paint
from batchlint.report.escape import printable
from batchlint.report.results import Results
from batchlint.report.summary import plural

_TITLES = {
    Verdict.ELIGIBLE: "eligible: nobody waits, a batch could carry the requests",
    Verdict.MIXED: "mixed: an offline path and waiting callers share the call",
    Verdict.SEQUENTIAL: "sequential: nobody waits, but each request needs an earlier answer",
    Verdict.REALTIME: "realtime: somebody waits",
    Verdict.UNSUPPORTED: "unsupported: no batch route",
    Verdict.UNCLEAR: "unclear: nothing in the program says who calls it",
}
_HEADER = ("where", "call", "model", "confidence", "reached from", "saves")


def render(sites: tuple[Site, ...], failures: tuple[Failure, ...], results: Results) -> str:
    """The inventory; of `results` only what concerns paths and colour is read."""
    lines = []
    for verdict, title in _TITLES.items():
        group = sorted((s for s in sites if s.verdict is verdict), key=lambda s: -monthly(s.savings))
        if group:
            lines += [paint(f"{title} ({len(group)})", "bold", results.color), *_table(group, results), ""]
    files = len({site.location.path for site in sites})
    lines.append(f"{plural(len(sites), 'call site')} in {plural(files, 'file')}.")
    if failures:
        lines.append(f"{plural(len(failures), 'file')} could not be read:")
        lines += [f"  {results.place(f.location)}: {printable(f.message)}" for f in failures]
    return "\n".join(lines) + "\n"


def _table(sites: list[Site], results: Results) -> list[str]:
    """The rows under their header, columns aligned."""
    rows = [_HEADER, *(_row(site, results) for site in sites)]
    used = [i for i in range(len(_HEADER)) if any(row[i] for row in rows[1:])]
    widths = {i: max(len(row[i]) for row in rows) for i in used}
    lines = ["  " + "  ".join(f"{row[i]:<{widths[i]}}" for i in used).rstrip() for row in rows]
    return [paint(lines[0], "dim", results.color), *lines[1:]]


def _row(site: Site, results: Results) -> tuple[str, ...]:
    return (
        results.place(site.location),
        printable(f"{site.provider} {site.operation}"),
        printable(site.model or ""),
        site.confidence,
        printable(site.witness[0].message) if len(site.witness) > 1 else "",
        headline(site.savings) or "",
    )
