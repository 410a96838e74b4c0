"""`junit`: a JUnit XML report, one suite per file and one failed test per finding."""

import re
from itertools import groupby
from xml.sax.saxutils import quoteattr

from batchlint.finding import Finding
from batchlint.report.escape import printable
from batchlint.report.results import Results

# What XML 1.0 cannot hold, beyond what `printable` writes out.
_ILLEGAL = re.compile("[\ufffe\uffff]")


def render(results: Results) -> str:
    """The findings as one XML document; a run without findings has one test, which passed."""
    total, findings = len(results.findings), results.findings
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="batchlint" tests="{max(total, 1)}" failures="{total}" errors="0">',
    ]
    if not findings:
        lines += [
            '  <testsuite name="batchlint" tests="1" failures="0" errors="0">',
            '    <testcase name="no findings" classname="batchlint"/>',
            "  </testsuite>",
        ]
    for path, group in groupby(findings, key=lambda finding: finding.location.path):
        of_file = list(group)
        name = _attribute(results.in_repository(path))
        lines.append(f'  <testsuite name={name} tests="{len(of_file)}" failures="{len(of_file)}" errors="0">')
        for finding in of_file:
            lines += _case(finding, name, results)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _case(finding: Finding, classname: str, results: Results) -> list[str]:
    at = results.in_file(finding.location)
    name = _attribute(f"{finding.rule} line {at.line}, column {at.column}")
    message = _attribute(finding.message)
    return [
        f'    <testcase name={name} classname={classname} line="{at.line}" column="{at.column}">',
        f"      <failure type={_attribute(finding.rule)} message={message}/>",
        "    </testcase>",
    ]


def _attribute(text: str) -> str:
    return quoteattr(_ILLEGAL.sub("?", printable(text)))
