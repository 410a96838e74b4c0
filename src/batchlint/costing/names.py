"""What a dynamic part of a prompt is, going by what the code calls it."""

import re
from typing import Final

from batchlint.estimate import DynamicKind

# In order: the first that matches decides. A name that none matches is one field of a record.
_WORDS: Final = (
    (DynamicKind.IMAGE, re.compile(r"image|img|photo|picture|screenshot|base64|b64|png|jpe?g")),
    (DynamicKind.HISTORY, re.compile(r"history|messages|conversation|dialog|thread|chat_log|transcripts?$")),
    (
        DynamicKind.DOCUMENT,
        re.compile(r"doc(ument)?(_?(text|content))?$|pdf|article|paper|transcript|html|markdown|page|email"
                   r"|report|contract|invoice|resume|source_code|file_?content|full_?text|body|book|letter"),
    ),
    (DynamicKind.PASSAGE, re.compile(r"chunk|passage|paragraph|context|snippet|excerpt|section|abstract")),
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
