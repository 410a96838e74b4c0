"""What the code calls a value, and what a dynamic part of a prompt is, going by that name."""

import re
from typing import Final

from batchlint.costing.trace import Trace, constant_text
from batchlint.estimate import DynamicKind
from batchlint.program.scopes import Scope

# In order: the first that matches decides. A name that none matches is one field of a record.
_WORDS: Final = (
    (
        DynamicKind.NUMBER,
        re.compile(r"^(len|int|float|round|sum|min|max|count|index|idx|i|j|k|n|num|number|now|today|date|year"
                   r"|strftime|isoformat)$|_(count|index|idx|number|num|id|date|year)$"),
    ),
    (DynamicKind.IMAGE, re.compile(r"image|img|photo|picture|screenshot|base64|b64|png|jpe?g")),
    (DynamicKind.HISTORY, re.compile(r"history|messages|conversation|dialog|thread|chat_log|transcripts?$")),
    (
        DynamicKind.DOCUMENT,
        re.compile(r"doc(ument)?(_?(text|content))?$|pdf|article|paper|transcript|html|markdown|page|email"
                   r"|report|contract|invoice|resume|source_code|file_?content|full_?text|body|book|letter"),
    ),
    (DynamicKind.PASSAGE, re.compile(r"chunk|passage|paragraph|context|snippet|excerpt|section|abstract")),
    (
        DynamicKind.TABLE,
        re.compile(r"^(df|dataframe|table|rows|records|items|entries)$|_(df|rows|records|table)$"
                   r"|^to_?(string|csv|markdown|json|dict|list|html)$"),
    ),
    (DynamicKind.RECORD, re.compile(r"^(row|record|item|example|sample|entry|data|obj)s?$|json|dumps")),
)  # fmt: skip
# A variable of such a name may hold anything; as a field of something it is a field.
_SAY_NOTHING: Final = frozenset(
    {"", "content", "contents", "data", "input", "inputs", "message", "prompt", "prompts", "query", "s",
     "string", "text", "texts", "user_input", "user_prompt", "value", "values", "x"}
)  # fmt: skip


def kind_of(name: str) -> DynamicKind:
    """The kind of a part with that name (`article_text`, `row.title`); its last word counts most."""
    if name.lower() in _SAY_NOTHING:
        return DynamicKind.UNKNOWN
    last = name.rpartition(".")[2].lower()
    for kind, words in _WORDS:
        if words.search(last):
            return kind
    return DynamicKind.RECORD_FIELD


def name_of(trace: Trace, scope: Scope, index: int) -> str:
    """What the code calls a value: a variable, `row.title`, `row["title"]`, the callee of a call."""
    value = scope.facts.values[index]
    match value.op:
        case "free":
            return str(value.payload)
        case "param":
            return scope.facts.parameters[index].name
        case "attr":
            base = name_of(trace, scope, value.operands[0])
            return f"{base}.{value.payload}" if base and base != "self" else str(value.payload)
        case "item":
            base = name_of(trace, scope, value.operands[0])
            key = constant_text(scope, value.operands[1])
            if key is None or not key.isidentifier():
                return base
            return f"{base}.{key}" if base else key
        case "slice":
            return name_of(trace, scope, value.operands[0])
        case "call":
            return trace.call(scope, value)[1]
    return _bound_name(scope, index)


def _bound_name(scope: Scope, index: int) -> str:
    """The variable that a scope binds to a value."""
    names = (name for name, versions in scope.facts.bindings.items() if index in versions)
    loops = (loop.names[0] for loop in scope.facts.loops if loop.target == index and loop.names)
    return next(names, None) or next(loops, "")
