"""`json-lines`: the records of `json`, one a line."""

import json

from batchlint.report.json_findings import record
from batchlint.report.results import Results


def render(results: Results) -> str:
    """The findings, one JSON object a line."""
    return "".join(json.dumps(record(finding, results)) + "\n" for finding in results.findings)
