"""What `batchlint config` prints; the documentation site shows the same text."""

import json

from batchlint.config.keys import KEYS, json_schema, lookup
from batchlint.config.shapes import Key, ListOf, MapOf, Shape, Table


def render(name: str | None, form: str) -> str:
    """The key of that name, or all keys, as `text`, `json`, `markdown`, or as a JSON `schema`."""
    if form == "schema":
        return json.dumps(json_schema(), indent=2) + "\n"
    key = lookup(name) if name else None
    keys = (key,) if key else KEYS
    if form == "json":
        return json.dumps([_record(key) for key in keys], indent=2) + "\n"
    if form == "markdown":
        return "\n".join(markdown(key) for key in keys)
    return _text(key) if key else "".join(f"{key.name}\n" for key in keys)


def markdown(key: Key) -> str:
    """One key as a section of Markdown."""
    lines = [f"## `{key.name}`", "", key.doc, "", f"**Type**: {_code(key.shape.describe())}  "]
    lines += [f"**Default**: {_code(key.default) if key.default else 'none'}", ""]
    inner = _inner(key.shape)
    if inner:
        lines += ["| Key | Type | Default | Meaning |", "| --- | --- | --- | --- |"]
        lines += [_row(inner_key) for inner_key in inner]
        lines.append("")
    lines += ["```toml", *_example(key), "```"] if key.example else []
    return "\n".join(lines) + "\n"


def _row(key: Key) -> str:
    default = _code(key.default) if key.default else ""
    return f"| `{key.name}` | {_code(key.shape.describe())} | {default} | {key.doc} |"


def _text(key: Key) -> str:
    lines = [key.doc, "", f"Type: {key.shape.describe()}", f"Default: {key.default or 'none'}"]
    inner = _inner(key.shape)
    width = max((len(k.name) for k in inner), default=0)
    lines += [""] if inner else []
    lines += [f"  {k.name:<{width}}  {k.doc}" for k in inner]
    if key.example:
        lines += ["", "Example:", "", *(f"  {line}" for line in _example(key))]
    return "\n".join(lines) + "\n"


def _record(key: Key) -> dict[str, object]:
    return {
        "name": key.name,
        "doc": key.doc,
        "type": key.shape.describe(),
        "default": key.default or None,
        "example": "\n".join(_example(key)) if key.example else None,
        "keys": [_record(inner) for inner in _inner(key.shape)],
    }


def _example(key: Key) -> list[str]:
    """The example as it stands in a pyproject.toml."""
    lines = key.example.splitlines()
    return lines if lines[0].startswith("[") else ["[tool.batchlint]", *lines]


def _inner(shape: Shape) -> tuple[Key, ...]:
    """The keys of the table in a shape, where there is one."""
    while isinstance(shape, ListOf | MapOf):
        shape = shape.item if isinstance(shape, ListOf) else shape.value
    return shape.keys if isinstance(shape, Table) else ()


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"
