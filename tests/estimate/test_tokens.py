"""Tokens are counted by a rule whose bounds hold the real count; the rest is assumed by kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.estimate import (
    DynamicKind,
    DynamicPart,
    EstimateError,
    PromptText,
    StaticPart,
    load_assumptions,
)
from batchlint.estimate.tokens import (
    OutputLimits,
    Tokenizer,
    classes,
    count_output,
    count_prompt,
    tokenizer_of,
)
from batchlint.finding import Range

ENGLISH = (
    "You are an experienced claims adjuster. Read the customer's letter below and decide which department "
    "should handle it. Consider the tone of the letter, the products it mentions and whether the customer "
    "asks for a refund, a repair or an explanation. If the letter mentions an injury, always choose the "
    "legal department, whatever else it says. Answer with the name of the department and one sentence that "
    "explains your choice. Do not repeat personal data from the letter in your answer."
)
GERMAN = (
    "Du bist eine erfahrene Sachbearbeiterin im Kundendienst. Lies das folgende Schreiben und entscheide, "
    "welche Abteilung zuständig ist. Berücksichtige den Tonfall, die genannten Produkte und ob eine "
    "Rückerstattung, eine Reparatur oder eine Erklärung verlangt wird. Erwähnt das Schreiben eine "
    "Verletzung, ist immer die Rechtsabteilung zuständig. Antworte mit dem Namen der Abteilung und einem "
    "Satz zur Begründung."
)
CHINESE = (
    "你是一位经验丰富的客服专员。请阅读下面的客户来信，判断应由哪个部门处理。请考虑来信的语气、提到的产品，"  # noqa: RUF001
    "以及客户要求的是退款、维修还是解释。如果来信提到人身伤害，无论其他内容如何，一律交给法务部门。"  # noqa: RUF001
    "请回答部门名称，并用一句话说明理由。"  # noqa: RUF001
)
SCHEMA = (
    '{"type": "object", "properties": {"department": {"type": "string", "enum": ["sales", "support", '
    '"legal"]}, "confidence": {"type": "number", "minimum": 0, "maximum": 1}, "reason": {"type": '
    '"string", "maxLength": 200}}, "required": ["department", "confidence", "reason"], '
    '"additionalProperties": false}'
)
CODE = (
    'def classify(letter: str, *, client: Client, model: str = "small") -> Department:\n'
    '    """Ask the model which department handles a letter."""\n'
    "    for attempt in range(MAX_ATTEMPTS):\n"
    "        response = client.complete(model=model, prompt=PROMPT.format(letter=letter))\n"
    "        if response.text in DEPARTMENTS:\n"
    "            return Department(response.text)\n"
    '        log.warning("attempt %d: unexpected answer %r", attempt, response.text)\n'
    "    raise ClassificationError(letter[:80])\n"
)

# Counted by bpe-openai 0.1.4 (o200k) and ctok 1.3.0 (Claude 4.5 and 5.0).
COUNTED = [
    (ENGLISH, 92, 93, 136),
    (GERMAN, 90, 147, 188),
    (CHINESE, 79, 121, 121),
    (SCHEMA, 86, 87, 119),
    (CODE, 100, 120, 172),
]


@pytest.mark.parametrize(("text", "openai", "claude", "claude_5"), COUNTED)
def test_the_bounds_hold_the_real_count(text: str, openai: int, claude: int, claude_5: int) -> None:
    for model, real in (("gpt-5", openai), ("claude-sonnet-4-5", claude), ("claude-opus-5", claude_5)):
        count = tokenizer_of(model).count(text)
        assert count.low <= real * 1.04, model  # single texts may lie a little outside
        assert count.high >= real * 0.93, model


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-4o-mini", "o200k"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "o200k"),
        ("gpt-4-turbo", "cl100k"),
        ("text-embedding-3-small", "cl100k"),
        ("claude-sonnet-4-5", "claude"),
        ("us.anthropic.claude-opus-4-20250514-v1:0", "claude"),
        ("claude-opus-4-7", "claude-4-7"),
        ("anthropic/claude-sonnet-5.5", "claude-4-7"),
        ("mistral-small-latest", "tekken"),
        ("gemini-2.5-pro", "unknown"),
        (None, "unknown"),
    ],
)
def test_each_model_is_counted_by_its_family(model: str | None, family: str) -> None:
    assert tokenizer_of(model).name == family


def test_a_text_longer_than_the_sample_is_extrapolated() -> None:
    tokenizer = tokenizer_of("gpt-5")
    once, often = tokenizer.count(ENGLISH), tokenizer.count(ENGLISH * 1000)
    assert often.low == pytest.approx(once.low * 1000, rel=0.02)


@given(st.text(max_size=300))
def test_any_text_has_a_count(text: str) -> None:
    count = tokenizer_of("gpt-5").count(text)
    assert 0 <= count.low <= count.high
    assert all(number >= 0 for number in classes(text).values())


@given(st.text(max_size=100), st.text(max_size=100))
def test_text_joined_at_a_line_break_counts_as_its_parts_do(left: str, right: str) -> None:
    rule = Tokenizer("", "", (), 0.0, dict.fromkeys(classes(""), 1.0) | {"foreign": 0.0})
    apart = rule.count(left).low + rule.count(right).low
    assert apart - 2 <= rule.count(f"{left}.\n{right}").low <= apart + 4


def test_static_text_is_counted_and_the_rest_assumed() -> None:
    prompt = PromptText(
        (
            StaticPart(ENGLISH),
            DynamicPart(DynamicKind.DOCUMENT, "letter.body"),
            DynamicPart(DynamicKind.IMAGE, "scans", Range(2, 2)),
        )
    )
    tokenizer = tokenizer_of("gpt-5")
    found = count_prompt(prompt, tokenizer, load_assumptions())
    static = tokenizer.count(ENGLISH)
    assert found.total == Range(static.low + 1000 + 2 * 258, static.high + 5000 + 2 * 1600)
    assert found.prefix == static
    assert [line.split(":")[0] for line in found.basis[1:]] == ["letter.body", "scans"]
    assert "assumed" in found.basis[1]
    assert "2 of them" in found.basis[2]
    assert ENGLISH[:20] not in "".join(found.basis)


def test_only_what_comes_before_the_first_dynamic_part_can_be_cached() -> None:
    prompt = PromptText((DynamicPart(DynamicKind.RECORD, "row"), StaticPart(ENGLISH)))
    assert count_prompt(prompt, tokenizer_of("gpt-5"), load_assumptions()).prefix == Range(0, 0)


def test_a_prompt_that_could_not_be_followed_is_assumed_whole() -> None:
    found = count_prompt(PromptText(), tokenizer_of(None), load_assumptions())
    assert found.total == Range(100, 2000)
    assert found.basis == (
        "the prompt: 100–2,000 tokens, assumed (a prompt, or a part of one, that could not be followed)",  # noqa: RUF001
    )


@pytest.mark.parametrize(
    ("limits", "reasons", "expected"),
    [
        (OutputLimits(), False, Range(100, 1000)),
        (OutputLimits(max_tokens=300), False, Range(100, 300)),
        (OutputLimits(max_tokens=10), False, Range(10, 10)),
        (OutputLimits(max_tokens=4096), False, Range(100, 1000)),
        (OutputLimits(schema_fields=3), False, Range(15, 120)),
        (OutputLimits(), True, Range(100, 3000)),
        (OutputLimits(max_tokens=2000), True, Range(100, 2000)),
    ],
)
def test_output_is_bounded_by_limit_schema_and_reasoning(
    limits: OutputLimits, reasons: bool, expected: Range
) -> None:
    assert count_output(limits, reasons, load_assumptions()).total == expected


def test_the_configuration_overrides_an_assumption() -> None:
    assumptions = load_assumptions({"document": 3000, "response": [50, 60]})
    prompt = PromptText((DynamicPart(DynamicKind.DOCUMENT, "doc"),))
    found = count_prompt(prompt, tokenizer_of("gpt-5"), assumptions)
    assert found.total == Range(3000, 3000)
    assert "configured" in found.basis[0]
    assert count_output(OutputLimits(), False, assumptions).total == Range(50, 60)
    assert load_assumptions()["document"].bounds == Range(1000, 5000)


@pytest.mark.parametrize("value", ["many", True, -1, [5, 1], [1, 2, 3], float("nan")])
def test_bounds_that_are_none_are_refused(value: object) -> None:
    with pytest.raises(EstimateError, match=r"pyproject.toml: `document` must be a number or two of them"):
        load_assumptions({"document": value}, "pyproject.toml")


def test_an_unknown_assumption_is_refused_with_the_known_ones() -> None:
    with pytest.raises(EstimateError, match=r"unknown assumption `dokument`; known are .*document"):
        load_assumptions({"dokument": 1}, "pyproject.toml")


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-5-mini", True),
        ("openai/o3", True),
        ("gpt-4o", False),
        ("gpt-5-chat-latest", False),
        ("grok-4.20-0309-non-reasoning", False),
    ],
)
def test_which_models_reason(model: str, expected: bool) -> None:
    assert load_assumptions().reasons(model) is expected
