"""What a site costs, what its cheaper route costs, and the words for both."""

from dataclasses import replace

import pytest

from batchlint.catalog.model import Kind
from batchlint.estimate import (
    DynamicKind,
    DynamicPart,
    EstimateInput,
    OutputLimits,
    Prices,
    PromptText,
    Quantity,
    StaticPart,
    Volume,
    declared_volume,
    estimate,
    load_assumptions,
    load_prices,
    parse_volumes,
    volume_of,
)
from batchlint.finding import Range, Route, Savings
from batchlint.money import usd_range

SENTENCE = "You are a careful assistant who answers in one word. "


def declared(**row: object) -> EstimateInput:
    """A Claude Sonnet 4.5 site with a declared volume row."""
    rows = parse_volumes({"app.nightly": {key.replace("_", "-"): value for key, value in row.items()}})
    found = declared_volume(rows, "app.nightly", "app.py")
    assert found is not None
    return EstimateInput(
        Kind.CHAT,
        "anthropic",
        "claude-sonnet-4-5-20250929",
        declared=found,
        volume=volume_of([None], None, found),
        discount=0.5,
    )


def sized(vendor: str, model: str | None, **changes: object) -> EstimateInput:
    """A site that sends 2,000 tokens and gets 500."""
    site = declared(input_tokens=2000, output_tokens=500)
    return replace(site, vendor=vendor, model=model, **changes)  # type: ignore[arg-type]


def words(savings: Savings) -> str:
    return "\n".join(savings.basis)


def test_the_published_worked_example(prices: Prices) -> None:
    """500,000 documents a month, 2,000 tokens in, 500 out, Claude Sonnet 4.5."""
    site = declared(requests_per_month=500_000, input_tokens=2000, output_tokens=500)
    savings = estimate(site, prices)
    assert savings.realtime_usd_per_month == Range(6750, 6750)
    assert savings.batch_usd_per_month == Range(3375, 3375)
    assert savings.per_month == Range(3375, 3375)
    assert savings.per_1k == Range(6.75, 6.75)
    assert savings.per_month is not None
    assert usd_range(savings.per_month) == "$3,375"
    assert usd_range(savings.per_month * Range(12, 12)) == "$40,500"
    assert savings.basis == (
        "Anthropic claude-sonnet-4-5 (`claude-sonnet-4-5-20250929`): $3 in, $15 out per million tokens in "
        f"real time ({prices.origin})",
        "batch: $1.50 in, $7.50 out per million tokens, published",
        "2,000 input tokens a request, as configured for `app.nightly`",
        "500 output tokens a request, as configured for `app.nightly`",
        "500,000 requests a month, as configured for `app.nightly`",
    )


def test_an_unknown_model_keeps_the_discount_and_names_the_remedy(prices: Prices) -> None:
    savings = estimate(sized("openai", "gpt-99"), prices)
    assert savings.per_1k is savings.per_month is savings.realtime_usd_per_1k is None
    assert savings.discount == 0.5
    assert "no price for `gpt-99` of openai" in words(savings)
    assert "[tool.batchlint.prices]" in words(savings)
    assert "50 %" in words(savings)


def test_a_model_the_code_does_not_name(prices: Prices) -> None:
    savings = estimate(replace(sized("openai", "x"), model=None), prices)
    assert savings.per_1k is None
    assert savings.discount == 0.5
    assert savings.basis[0] == "the model is not known from the code"


def test_an_azure_deployment_asks_for_its_model(prices: Prices) -> None:
    site = sized("azure", "prod-chat")
    assert "[tool.batchlint.deployments]" in words(estimate(site, prices))
    mapped = estimate(site, prices, deployments={"prod-chat": "gpt-4.1"})
    assert mapped.per_1k == Range(4.0, 4.0)
    assert "50 % that Azure OpenAI takes off" in words(mapped)


def test_an_unknown_volume_leaves_the_month_open(prices: Prices) -> None:
    savings = estimate(sized("openai", "gpt-4o"), prices)
    assert savings.per_1k == Range(5.0, 5.0)
    assert savings.per_month is savings.batch_usd_per_month is None
    assert savings.basis[-1].startswith("how many requests this sends is not known")


def test_a_run_of_known_size_without_a_schedule(prices: Prices) -> None:
    volume = volume_of([Quantity(Range(250, 250), "data.csv has 250 rows")], None)
    savings = estimate(sized("openai", "gpt-4o", volume=volume), prices)
    assert savings.requests_per_run == Range(250, 250)
    assert savings.per_month is None
    assert savings.basis[-2:] == (
        "data.csv has 250 rows",
        "how often this runs is not known; set it in [tool.batchlint.volumes]",
    )


def test_a_negotiated_price_keeps_the_listed_discount() -> None:
    prices = load_prices({"gpt-4o": {"input": 2.0, "output": 8.0}})
    savings = estimate(sized("openai", "gpt-4o-2024-08-06"), prices)
    assert savings.realtime_usd_per_1k == Range(8.0, 8.0)
    assert savings.batch_usd_per_1k == Range(4.0, 4.0)
    assert "[tool.batchlint.prices]" in savings.basis[0]


def test_a_negotiated_discount_wins_over_the_published_rate() -> None:
    prices = load_prices({"gpt-4o*": {"batch-discount": 0.6}})
    savings = estimate(sized("openai", "gpt-4o"), prices)
    assert savings.batch_usd_per_1k == Range(4.0, 4.0)
    assert savings.discount == 0.6
    assert "negotiated discount of 60 %" in words(savings)


def test_a_price_for_a_model_nobody_lists() -> None:
    prices = load_prices({"acme-large": {"input": 1.0, "output": 2.0, "batch-input": 0.4, "batch-output": 1}})
    savings = estimate(sized("acme", "acme-large"), prices)
    assert savings.realtime_usd_per_1k == Range(3.0, 3.0)
    assert savings.batch_usd_per_1k == Range(1.3, 1.3)


@pytest.mark.parametrize("model", ["omni-moderation-latest", None])
def test_moderation_is_free_and_has_nothing_to_save(model: str | None, prices: Prices) -> None:
    site = sized("openai", model, kind=Kind.MODERATION, volume=Volume(None, Range(9, 9)))
    savings = estimate(site, prices)
    assert savings.per_1k == savings.per_month == Range(0, 0)
    assert savings.route is Route.NONE
    assert "free of charge" in words(savings)


def test_moderation_that_is_sold_by_the_token_has_no_output() -> None:
    prices = load_prices({"acme-guard": {"input": 1.0, "output": 9.0}})
    savings = estimate(sized("acme", "acme-guard", kind=Kind.MODERATION), prices)
    assert savings.realtime_usd_per_1k == Range(2.0, 2.0)


def test_a_provider_without_batch_still_has_a_cost(prices: Prices) -> None:
    site = sized(
        "deepseek", "deepseek-chat", discount=None, no_batch="DeepSeek has no batch API", route=Route.NONE
    )
    savings = estimate(site, prices)
    assert savings.realtime_usd_per_1k is not None
    assert savings.realtime_usd_per_1k.low > 0
    assert savings.per_1k is savings.batch_usd_per_1k is savings.discount is None
    assert savings.route is Route.NONE
    assert "no batch: DeepSeek has no batch API" in savings.basis
    assert any("other rates at some hours" in line for line in savings.basis)


def test_a_vendor_that_publishes_no_discount_promises_none(prices: Prices) -> None:
    savings = estimate(sized("cohere", "command-a", discount=0.0), prices)
    assert savings.per_1k is None
    assert savings.route is Route.NONE
    assert "no batch discount of Cohere is published" in words(savings)


def test_xai_takes_a_fifth_off_some_models_and_nothing_off_others(prices: Prices) -> None:
    savings = estimate(sized("xai", "grok-4.3", discount=0.2), prices)
    assert savings.discount == 0.2
    assert savings.realtime_usd_per_1k == Range(3.75, 3.75)
    assert savings.per_1k == Range(0.75, 0.75)
    other = estimate(sized("xai", "grok-3", discount=0.2), prices)
    assert other.per_1k is other.discount is None
    assert "grok-3 has no batch rate" in words(other)


def test_bedrock_takes_the_discount_that_the_catalog_knows(prices: Prices) -> None:
    savings = estimate(sized("bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0"), prices)
    assert savings.realtime_usd_per_1k == Range(4.95, 4.95)  # a regional endpoint costs a tenth more
    assert savings.batch_usd_per_1k == Range(2.475, 2.475)
    assert "no rate is published for the model" in words(savings)
    gemma = estimate(sized("bedrock", "google.gemma-3-27b-it"), prices)
    assert gemma.discount == 0.48


def test_vertex_bills_gemini_at_published_and_claude_at_derived_rates(prices: Prices) -> None:
    gemini = estimate(sized("vertex", "gemini-2.5-flash"), prices)
    assert gemini.batch_usd_per_1k == Range(0.925, 0.925)
    assert "published" in gemini.basis[1]
    claude = estimate(sized("vertex", "claude-sonnet-4-5@20250929"), prices)
    assert claude.batch_usd_per_1k == Range(6.75, 6.75)
    assert "third-party information" in words(claude)
    opus = estimate(sized("vertex", "claude-opus-5-5"), prices)
    assert opus.discount == 0.375


def test_embeddings_have_no_output(prices: Prices) -> None:
    prompt = PromptText((DynamicPart(DynamicKind.PASSAGE, "chunk"),))
    site = EstimateInput(Kind.EMBEDDING, "openai", "text-embedding-3-small", prompt=prompt, discount=0.5)
    savings = estimate(site, prices)
    assert savings.realtime_usd_per_1k == Range(0.003, 0.016)
    assert savings.per_1k == Range(0.0015, 0.008)
    assert "output" not in words(savings)
    azure = estimate(replace(site, vendor="azure"), prices)
    assert azure.per_1k is None
    assert "no embeddings in batch deployments" in words(azure)


def test_pages_are_what_ocr_is_sold_by(prices: Prices) -> None:
    savings = estimate(sized("mistral", "mistral-ocr-latest", kind=Kind.OCR), prices)
    assert savings.realtime_usd_per_1k == Range(4, 40)
    assert savings.per_1k == Range(2, 20)


@pytest.mark.parametrize(
    ("kind", "model", "reason"),
    [
        (Kind.AUDIO, "whisper-1", "sold by audio_hours"),
        (Kind.VIDEO, "gpt-4o", "not estimated for video calls"),
    ],
)
def test_what_is_not_sold_by_text_is_not_estimated(
    kind: Kind, model: str, reason: str, prices: Prices
) -> None:
    savings = estimate(sized("openai", model, kind=kind), prices)
    assert savings.per_1k is None
    assert reason in words(savings)


def test_a_context_tier_raises_the_rate_of_every_token(prices: Prices) -> None:
    below = estimate(replace(declared(input_tokens=200_000, output_tokens=500)), prices)
    above = estimate(replace(declared(input_tokens=200_001, output_tokens=500)), prices)
    assert below.realtime_usd_per_1k == Range(607.5, 607.5)
    assert above.realtime_usd_per_1k == Range(1211.256, 1211.256)
    assert above.batch_usd_per_1k == Range(605.628, 605.628)
    assert "input above 200,000 input tokens: $6 per million" in above.basis
    assert "above" not in words(below)


def test_a_price_change_takes_effect_on_its_day() -> None:
    from datetime import date

    site = sized("gemini", "gemini-3.8-flash")
    autumn = estimate(site, load_prices(on=date(2026, 11, 25)))
    winter = estimate(site, load_prices(on=date(2027, 1, 1)))
    assert autumn.realtime_usd_per_1k == Range(3.375, 3.375)
    assert winter.realtime_usd_per_1k == Range(6.75, 6.75)
    assert winter.batch_usd_per_1k == Range(3.375, 3.375)


def test_a_published_batch_rate_without_a_discount_saves_nothing(prices: Prices) -> None:
    savings = estimate(sized("openai", "gpt-3.5-turbo-1106"), prices)
    assert savings.discount == 0
    assert savings.per_1k == Range(0, 0)


def test_flex_is_the_route_of_a_site_that_cannot_batch(prices: Prices) -> None:
    savings = estimate(sized("openai", "gpt-5-mini", route=Route.FLEX), prices)
    assert savings.route is Route.FLEX
    assert savings.flex_usd_per_1k == Range(0.75, 0.75)
    assert savings.per_1k == Range(0.75, 0.75)
    assert "flex: $0.125 in, $1 out per million tokens, published" in savings.basis
    assert "batch:" not in words(savings)


def test_a_flex_tier_that_only_the_catalog_knows_is_half_price(prices: Prices) -> None:
    site = sized("bedrock", "amazon.nova-lite-v1:0", route=Route.FLEX, has_flex=True)
    savings = estimate(site, prices)
    assert savings.discount == 0.5
    assert "half the real-time price (none is published)" in words(savings)
    without = estimate(replace(site, has_flex=False), prices)
    assert without.per_1k is None
    assert without.route is Route.NONE
    assert "no flex tier is known for this model" in without.basis


def test_a_model_without_batch_has_no_flex_tier_of_its_namesake(prices: Prices) -> None:
    savings = estimate(sized("openai", "gpt-5-chat-latest"), prices)
    assert savings.batch_usd_per_1k is savings.flex_usd_per_1k is None


def cached(vendor: str, model: str, prices: Prices, **changes: object) -> Savings:
    """A long static prompt, then a record; one short answer."""
    prompt = PromptText((StaticPart(SENTENCE * 400), DynamicPart(DynamicKind.RECORD_FIELD, "title")))
    site = EstimateInput(
        Kind.CHAT, vendor, model, prompt=prompt, output=OutputLimits(max_tokens=5), discount=0.5
    )
    return estimate(replace(site, **changes), prices)  # type: ignore[arg-type]


def test_gpt_4o_pays_the_same_for_cached_input_in_a_batch(prices: Prices) -> None:
    savings = cached("openai", "gpt-4o", prices)
    assert savings.caching is not None
    assert "cached tokens cost the same in a batch, so they save nothing" in savings.caching
    assert savings.caching in savings.basis
    fixed = load_assumptions({"cache-hits": 1})
    site = EstimateInput(
        Kind.CHAT,
        "openai",
        "gpt-4o",
        prompt=PromptText((StaticPart(SENTENCE * 400),)),
        output=OutputLimits(max_tokens=5),
    )
    warm = estimate(site, prices, fixed)
    # All hits on both sides: only the output is discounted.
    assert warm.per_1k is not None
    assert warm.per_1k.low == pytest.approx(5 * 5 / 1000)


def test_gpt_5_halves_the_cached_rate_too_and_may_still_lose(prices: Prices) -> None:
    savings = cached("openai", "gpt-5", prices)
    assert savings.caching is not None
    assert "the batch discount applies to cached tokens too" in savings.caching
    assert savings.per_1k is not None
    assert savings.per_1k.low < 0 < savings.per_1k.high


def test_claude_is_cached_when_asked_and_the_discounts_multiply(prices: Prices) -> None:
    assert cached("anthropic", "claude-sonnet-4-5", prices).caching is None
    asked = cached("anthropic", "claude-sonnet-4-5", prices, asks_caching=True)
    assert asked.caching is not None
    assert "the batch discount applies to cached tokens too" in asked.caching
    assert "30–98 % in a batch" in asked.caching  # noqa: RUF001
    plain = cached("anthropic", "claude-sonnet-4-5", prices)
    assert asked.realtime_usd_per_1k is not None
    assert plain.realtime_usd_per_1k is not None
    assert asked.realtime_usd_per_1k.high > plain.realtime_usd_per_1k.high  # misses are written at 1.25


def test_bedrock_batches_are_not_cached(prices: Prices) -> None:
    model = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    savings = cached("bedrock", model, prices, asks_caching=True)
    assert savings.caching is not None
    assert "a batch is not cached" in savings.caching


def test_gemini_discounts_do_not_add_up(prices: Prices) -> None:
    savings = cached("gemini", "gemini-2.5-flash", prices)
    assert savings.caching is not None
    assert "cost the same in a batch" in savings.caching


def test_a_short_prompt_is_not_cached(prices: Prices) -> None:
    site = EstimateInput(
        Kind.CHAT, "openai", "gpt-4o", prompt=PromptText((StaticPart(SENTENCE),)), discount=0.5
    )
    assert estimate(site, prices).caching is None


def test_every_figure_has_a_basis_and_no_prompt_text_is_echoed(prices: Prices) -> None:
    for vendor, model in (("openai", "gpt-4o"), ("anthropic", "claude-opus-5"), ("nobody", "nothing")):
        savings = cached(vendor, model, prices)
        assert savings.basis
        assert "careful assistant" not in words(savings)


def test_the_packaged_prices_are_the_default() -> None:
    savings = estimate(declared(requests_per_month=1000, input_tokens=2000, output_tokens=500))
    assert savings.per_month == Range(6.75, 6.75)
