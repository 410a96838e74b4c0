"""What the fake providers answer: a function of the request, with directives in the prompt.

``[400]``, ``[404]``, ``[429]``, ``[500]``: fail with this status, always. ``[429 x2]``: fail so the first
two times, then answer. In a batch only: ``[expire x1]``, ``[missing x1]``, ``[cancel]``,
``[malformed x1]``. ``[tool]``: answer with a tool call. ``[odd]``: a field and a literal no SDK knows.
``[u2028]``: an answer with line separators in it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

MESSAGES = {
    400: "the request is malformed",
    404: "no such model",
    429: "too many requests",
    500: "the server had an error",
    413: "the request is too large",
}
DIRECTIVE = re.compile(r"\[(expire|missing|cancel|malformed|400|404|413|429|500)(?: x(\d+))?\]")


@dataclass(frozen=True)
class Answer:
    """What an item does: ``kind`` is answer, error, expire, missing, cancel or malformed."""

    kind: str
    status: int = 200


def canonical(endpoint: str, body: Any) -> str:
    """Name a request by its content."""
    return f"{endpoint} {json.dumps(body, sort_keys=True)}"


def prompt_of(body: Any) -> str:
    """Return everything a request says, as text."""
    return json.dumps(body, ensure_ascii=False)


def digest(body: Any) -> int:
    """Return a number that depends on what the request asks, not on how it is spelled."""
    asked = {name: value for name, value in body.items() if name not in {"stream", "encoding_format"}}
    return int(hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:8], 16)


def decide(name: str, text: str, tries: Counter[str], *, in_batch: bool) -> Answer:
    """Decide what becomes of one execution of a request, counting its tries."""
    for kind, times in DIRECTIVE.findall(text):
        if kind in {"expire", "missing", "cancel", "malformed"} and not in_batch:
            continue
        counter = f"{kind} {name}"
        tries[counter] += 1
        if times and tries[counter] > int(times):
            continue
        return Answer("error", int(kind)) if kind.isdigit() else Answer(kind)
    return Answer("answer")


def words(body: Any) -> str:
    """Return the answer's text."""
    text = f"answer {digest(body):08x}"
    return text + " one\u2028two\u0085three" if "[u2028]" in prompt_of(body) else text


def structured(schema: dict[str, Any], body: Any) -> str:
    """Return JSON text that fits a flat object schema."""
    number = digest(body)
    values = {
        "integer": number % 100,
        "number": number % 100 / 4,
        "boolean": bool(number % 2),
        "string": f"s{number % 1000}",
    }
    return json.dumps({name: values[field["type"]] for name, field in schema["properties"].items()})
