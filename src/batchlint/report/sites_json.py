"""`batchlint sites --output-format json`: the inventory, one JSON object (version 1)."""

import json
from collections import Counter
from collections.abc import Mapping

from batchlint.finding import Failure, Site
from batchlint.report.json_findings import Json, plain, step_record

VERSION = 1


def render(
    root: str, sites: tuple[Site, ...], failures: tuple[Failure, ...], statistics: Mapping[str, int | float]
) -> str:
    """All call sites with their verdicts; paths relative to the root, lines and columns 1-based."""
    verdicts = Counter(site.verdict for site in sites)
    inventory = {
        "version": VERSION,
        "root": root,
        "sites": [record(site) for site in sites],
        "errors": [
            {
                "path": f.location.path,
                "line": f.location.line,
                "column": f.location.column,
                "message": f.message,
            }
            for f in failures
        ],
        "statistics": {
            "sites": len(sites),
            "verdicts": {verdict.value: number for verdict, number in sorted(verdicts.items())},
            **statistics,
        },
    }
    return json.dumps(inventory, indent=2) + "\n"


def record(site: Site) -> Json:
    """One call site."""
    at = site.location
    return {
        "path": at.path,
        "line": at.line,
        "column": at.column,
        "end_line": at.end_line,
        "end_column": at.end_column,
        "function": site.function,
        "provider": site.provider,
        "vendor": site.vendor,
        "operation": site.operation,
        "is_async": site.is_async,
        "is_streaming": site.is_streaming,
        "model": site.model,
        "verdict": site.verdict,
        "confidence": site.confidence,
        "category": site.category,
        "shape": site.shape,
        "roots": list(site.roots),
        "witness": [step_record(step) for step in site.witness],
        "obstacles": [plain(obstacle) for obstacle in site.obstacles],
        "savings": plain(site.savings),
        "fix": site.fix,
    }
