"""Output formats: one module each, loaded when asked for.

A format module has `render(results) -> str`, the whole output with its final newline, "" for nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchlint.report.results import Results

# Format name -> module, in the order of `--help`.
FORMATS = {
    "full": "full",
    "concise": "concise",
    "grouped": "grouped",
    "json": "json_findings",
    "json-lines": "json_lines",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "rdjson": "rdjson",
    "azure": "azure",
    "markdown": "markdown",
}

# Formats for people at a terminal: these are coloured and followed by a summary.
TEXT_FORMATS = frozenset({"full", "concise", "grouped"})


def render(name: str, results: "Results") -> str:
    """The findings in the format of that name."""
    module = import_module(f"batchlint.report.{FORMATS[name]}")
    return str(module.render(results))
