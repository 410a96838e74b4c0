"""Helm templates as YAML: values of the chart put in, statements of the template language taken out."""

import re

from batchlint.starts.model import UNKNOWN
from batchlint.starts.nodes import EMPTY, Node, called_document
from batchlint.starts.places import Tree, folder_of

_LINE_MAX = 1_000

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_VALUE = re.compile(r"\.Values((?:\.[\w-]+)+)")
_DEFAULT = re.compile(r"default\s+(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_CONSTANT = re.compile(r"\"([^\"]*)\"|'([^']*)'")


def is_template(text: str) -> bool:
    """Whether the text has template actions."""
    return "{{" in text


def render(path: str, text: str, tree: Tree) -> str:
    """The template with known values filled in; line numbers stay."""
    values = _chart_values(path, tree)
    lines = []
    for line in text.split("\n"):
        if len(line) > _LINE_MAX:
            lines.append(line)
        elif "{{" in line and not _ACTION.sub("", line).strip() and not _yields_value(line):
            lines.append("")
        else:
            lines.append(_ACTION.sub(lambda match: _evaluate(match[1], values), line))
    return "\n".join(lines)


def _yields_value(line: str) -> bool:
    """A line that is one value stands for an item of a list or block text."""
    return bool(_VALUE.search(line)) and not re.search(r"\b(if|range|with|end|else|toYaml|include)\b", line)


def _evaluate(action: str, values: Node) -> str:
    if re.match(r"(if|else|end|range|with|define|include|template|block|/\*|\$\w+\s*:=)", action):
        return ""
    if match := _VALUE.search(action):
        found = values.get(*match[1].lstrip(".").split("."))
        if found.text is not None:
            return _quoted(found.text, action)
    if default := _DEFAULT.search(action):
        return _quoted(default[1] or default[2] or default[3] or "", action)
    if constant := _CONSTANT.fullmatch(action):
        return constant[1] or constant[2] or ""
    return _quoted(UNKNOWN, action)


def _quoted(text: str, action: str) -> str:
    """A value that the template quotes must be quoted: schedules start with `*`, which YAML reserves."""
    if re.search(r"\|\s*(quote|squote)\b|^\s*quote\b", action):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text


def _chart_values(path: str, tree: Tree) -> Node:
    """The `values.yaml` of the chart a template belongs to."""
    chart, separator, _ = path.rpartition("templates/")
    folder = chart if separator else folder_of(path) + "/"
    text = tree.text(f"{folder}values.yaml")
    return called_document(text) if text is not None else EMPTY
