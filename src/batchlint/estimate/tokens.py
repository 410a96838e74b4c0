"""How many tokens a request has, without a tokenizer.

The rule: split text into words (broken at case changes), digit groups, punctuation, line breaks, and
letters of other scripts, and weigh each class with a coefficient fitted to a tokenizer
(`data/tokenizers.toml`). Real vocabularies are megabytes or have to be downloaded; this is one regular
expression and a dozen numbers. Measured on text it was not fitted to (English, German, French, Chinese,
Japanese, Russian, Python, Markdown, JSON) in pieces of 500 and of 3,000 characters, nine in ten pieces of
every kind lie within the error that the file states: 15 % for OpenAI's current vocabulary, 20 % for
Claude's up to Opus 4.6, 25 % for its successor, 22 % for Mistral's. The error of many texts together is
at most 6 % (French) for OpenAI and 10 % (JSON) for Claude. `python benchmarks/token_rule.py` measures
it, `--fit` fits it again. Every count is therefore a pair of bounds.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from batchlint.estimate.terms import Assumptions
from batchlint.finding import Range
from batchlint.money import counted, percent

_DATA = Path(__file__).parent / "data" / "tokenizers.toml"
_ONE = Range(1.0, 1.0)
# Longer texts are counted by their beginning and extrapolated.
_SAMPLE_CHARACTERS = 200_000

CLASSES = ("word", "long", "foreign", "digits", "script", "han", "kana", "blank", "punct", "more", "other")
_PIECES = re.compile(
    r"(?P<word>[A-Z]?[a-z]+|[A-Z]+)"
    r"|(?P<digits>[0-9]{1,3})"
    r"|(?P<accented>[\u00aa-\u024f\u1e00-\u1eff]+)"
    r"|(?P<script>[\u0370-\u1cff\u1f00-\u1fff]+)"
    r"|(?P<han>[\u2e80-\u2fff\u3400-\u9fff\uf900-\ufaff]+)"
    r"|(?P<kana>[\u3000-\u30ff\uac00-\ud7af\uff00-\uffef]+)"
    r"|(?P<blank>[ \t]*\n\s*|[ \t]{2,})"
    r"|(?P<space> )"
    r"|(?P<punct>[!-/:-@\[-`{-~]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_LONG_WORD = 6
# A text with more than one accented letter in this many words is not taken for English.
_WORDS_PER_ACCENT = 60


def classes(text: str) -> dict[str, int]:
    """How often each class of the rule occurs in a text.

    `word`, `blank` and `digits` count runs, `punct` too, `more` the characters of punctuation runs after
    the first, `long` the letters of words after the sixth, `foreign` the letters of words in a text
    that its accents show not to be English, the others characters. Accented letters only split words.
    """
    counts = dict.fromkeys(CLASSES, 0)
    letters = accents = 0
    for piece in _PIECES.finditer(text):
        kind, length = piece.lastgroup, piece.end() - piece.start()
        if kind == "word":
            counts["word"] += 1
            letters += length
            counts["long"] += max(0, length - _LONG_WORD)
        elif kind == "punct":
            counts["punct"] += 1
            counts["more"] += length - 1
        elif kind in ("digits", "blank"):
            counts[kind] += 1
        elif kind == "accented":
            accents += length
        elif kind is not None and kind != "space":
            counts[kind] += length
    if accents * _WORDS_PER_ACCENT > counts["word"]:
        counts["foreign"] = letters
    return counts


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """The rule's weights for one family of tokenizers, and its error as a fraction."""

    name: str
    title: str
    models: tuple[str, ...]
    error: float
    weights: Mapping[str, float]

    def count(self, text: str) -> Range:
        """The tokens of a text, as bounds."""
        sample = text[:_SAMPLE_CHARACTERS]
        weighed = sum(self.weights[name] * count for name, count in classes(sample).items())
        tokens = weighed * (len(text) / len(sample)) if sample else 0.0
        return Range(round(tokens / (1 + self.error)), round(tokens / (1 - self.error)))


@cache
def tokenizers() -> tuple[Tokenizer, ...]:
    """The families in the order in which they are tried."""
    import tomllib

    table = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    return tuple(
        Tokenizer(name, row["title"], tuple(row["models"]), row["error"], row["weights"])
        for name, row in table.items()
    )


def tokenizer_of(model: str | None) -> Tokenizer:
    """The family that counts for a model; the last one, with the widest error, for any other."""
    families = tokenizers()
    if model is None:
        return families[-1]
    name = model.lower().removeprefix("ft:")
    return next(family for family in families if any(fnmatchcase(name, glob) for glob in family.models))


class DynamicKind(StrEnum):
    """What a part of the prompt is that only the running program knows; each has an assumption."""

    NUMBER = "number"
    RECORD_FIELD = "record-field"
    RECORD = "record"
    PASSAGE = "passage"
    DOCUMENT = "document"
    TABLE = "table"
    IMAGE = "image"
    HISTORY = "history"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StaticPart:
    """Text that every request carries unchanged: system prompt, template, tools, schema, prompt file."""

    text: str


@dataclass(frozen=True, slots=True)
class DynamicPart:
    """A part that varies: its kind, how many of it there are, and what the code calls it."""

    kind: DynamicKind
    name: str = ""
    count: Range = _ONE


@dataclass(frozen=True, slots=True)
class PromptText:
    """Everything that a request sends, in the order it is sent; empty where nothing could be followed."""

    parts: tuple[StaticPart | DynamicPart, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenCount:
    """Tokens of one request with the words for them; `prefix` is the part that starts every request."""

    total: Range
    prefix: Range
    basis: tuple[str, ...]


def count_prompt(prompt: PromptText, tokenizer: Tokenizer, assumptions: Assumptions) -> TokenCount:
    """The input tokens of a request: static text counted, the rest assumed by kind."""
    parts = prompt.parts or (DynamicPart(DynamicKind.UNKNOWN, "the prompt"),)
    static = _sum(tokenizer.count(part.text) for part in parts if isinstance(part, StaticPart))
    dynamic = [part for part in parts if isinstance(part, DynamicPart)]
    basis = []
    if static.high:
        error = percent(tokenizer.error)
        basis.append(
            f"{_tokens(static)} of static prompt text, counted without a tokenizer "
            f"(\N{PLUS-MINUS SIGN}{error})"
        )
    total = static
    for part in dynamic:
        assumption = assumptions[part.kind.value]
        size = assumption.bounds * part.count
        total = total + size
        source = "configured" if assumption.configured else "assumed"
        times = "" if part.count == _ONE else f", {counted(part.count)} of them"
        basis.append(f"{part.name or part.kind.value}: {_tokens(size)}, {source} ({assumption.means}{times})")
    return TokenCount(total, _prefix(parts, tokenizer), tuple(basis))


def _prefix(parts: Iterable[StaticPart | DynamicPart], tokenizer: Tokenizer) -> Range:
    """The tokens of the static text before the first dynamic part."""
    leading = []
    for part in parts:
        if not isinstance(part, StaticPart):
            break
        leading.append(tokenizer.count(part.text))
    return _sum(leading)


@dataclass(frozen=True, slots=True)
class OutputLimits:
    """What the code says about the size of a response: a token limit, the fields of its schema."""

    max_tokens: int | None = None
    schema_fields: int | None = None


def count_output(limits: OutputLimits, reasons: bool, assumptions: Assumptions) -> TokenCount:
    """The output tokens of a response, hidden reasoning included where the model reasons."""
    assumption = assumptions["response"]
    size, means = assumption.bounds, assumption.means
    if limits.schema_fields is not None:
        assumption = assumptions["schema-field"]
        size = assumption.bounds * Range(limits.schema_fields, limits.schema_fields)
        noun = "field" if limits.schema_fields == 1 else "fields"
        means = f"{limits.schema_fields} {noun} of a structured response"
    basis = [f"output: {_tokens(size)}, {'configured' if assumption.configured else 'assumed'} ({means})"]
    if reasons:
        thinking = assumptions["reasoning"]
        size = size + thinking.bounds
        basis.append(f"reasoning: {_tokens(thinking.bounds)}, assumed ({thinking.means})")
    if limits.max_tokens is not None and limits.max_tokens < size.high:
        size = Range(min(size.low, limits.max_tokens), limits.max_tokens)
        basis = [f"output: {_tokens(size)}, bounded by the token limit of {limits.max_tokens:,}"]
    return TokenCount(size, Range(0.0, 0.0), tuple(basis))


def _sum(ranges: Iterable[Range]) -> Range:
    total = Range(0.0, 0.0)
    for item in ranges:
        total = total + item
    return total


def _tokens(size: Range) -> str:
    return f"{counted(size)} tokens"
