"""`grouped`: the findings of each file under its name."""

from itertools import groupby

from batchlint.report.ansi import paint
from batchlint.report.concise import heading
from batchlint.report.results import Results


def render(results: Results) -> str:
    """The findings by file."""
    parts = []
    for path, group in groupby(results.findings, key=lambda finding: finding.location.path):
        of_file = list(group)
        places = [results.line(finding.location, column=True) for finding in of_file]
        width = max(map(len, places))
        parts.append(paint(results.shown(path), "bold", results.color) + ":\n")
        for place, finding in zip(places, of_file, strict=True):
            parts.append(f"  {place:>{width}} {heading(finding, results)}\n")
        parts.append("\n")
    return "".join(parts)
