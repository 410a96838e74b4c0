"""`--show-settings`: every setting with the value that a run would use."""

import json
from collections.abc import Collection
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

from batchlint.cli.session import Session


def settings_text(session: Session, codes: Collection[str]) -> str:
    """The settings, one a line, as `key = value`."""
    config = session.config
    lines = [
        f"root = {json.dumps(str(session.root))}",
        f"config = {json.dumps(str(config.path) if config.path else None)}",
        f"rules = {json.dumps(sorted(codes))}",
    ]
    for field in fields(config):
        if field.name not in ("path", "selections"):
            value = _plain(getattr(config, field.name))
            lines.append(f"{field.name.replace('_', '-')} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def _plain(value: object) -> object:
    """A setting as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name.replace("_", "-"): _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
