"""What `batchlint rule` prints of a rule's documentation; the documentation site shows the same text."""

import json
from collections.abc import Sequence

from batchlint.rules.base import Rule


def render(rules: Sequence[Rule], form: str, *, as_list: bool) -> str:
    """The rules as `text`, `markdown` or `json`; `as_list` makes JSON a list even of one rule."""
    if form == "json":
        records = [record(rule) for rule in rules]
        return json.dumps(records if as_list else records[0], indent=2) + "\n"
    page = markdown if form == "markdown" else text
    return "\n".join(page(rule) for rule in rules)


def markdown(rule: Rule) -> str:
    """The page of a rule."""
    return f"# {rule.name} ({rule.code})\n\n{rule.documentation.markdown()}\n"


def text(rule: Rule) -> str:
    """The page of a rule for a terminal: headings underlined, code indented."""
    lines: list[str] = []
    in_code = False
    for line in markdown(rule).splitlines():
        if line.startswith("```"):
            in_code = not in_code
        elif in_code:
            lines.append(f"    {line}".rstrip())
        elif line.startswith("#"):
            title = line.lstrip("# ")
            lines += [title, ("=" if line.startswith("# ") else "-") * len(title)]
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def record(rule: Rule) -> dict[str, object]:
    """A rule as JSON."""
    documentation = rule.documentation
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": documentation.summary,
        "severity": rule.severity,
        "url": rule.url,
        "explanation": documentation.markdown(),
    }
