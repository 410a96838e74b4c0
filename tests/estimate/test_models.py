"""Model strings as found in code name the model that is billed, and the vendor that bills it."""

import pytest

from batchlint.estimate import Prices, load_prices, resolve_model

RESOLVED = [
    # string, vendor as the code shows it, vendor billed, model in the price source
    ("gpt-4o-2024-08-06", "openai", "openai", "gpt-4o"),
    ("openai/gpt-4o", "openai", "openai", "gpt-4o"),
    ("openai/gpt-4o", "litellm", "openai", "gpt-4o"),
    ("litellm_proxy/gpt-4o", "litellm", "openai", "gpt-4o"),
    ("gpt-4.1-mini-20250414", None, "openai", "gpt-4.1-mini"),
    ("o3-mini", None, "openai", "o3-mini"),
    ("text-embedding-3-small", None, "openai", "text-embedding-3-small"),
    ("ft:gpt-4o-mini-2024-07-18:acme::abc", "openai", "openai", "ft:gpt-4o-mini"),
    ("openai:gpt-5", None, "openai", "gpt-5"),
    ("gateway/openai:gpt-5", "pydantic-ai", "openai", "gpt-5"),
    ("claude-sonnet-4-5-20250929", "anthropic", "anthropic", "claude-sonnet-4-5"),
    ("anthropic:claude-3-5-haiku-latest", None, "anthropic", "claude-3-5-haiku-latest"),
    ("claude-sonnet-4-5", None, "anthropic", "claude-sonnet-4-5"),
    ("models/gemini-2.5-flash", "gemini", "gemini", "gemini-2.5-flash"),
    ("models/gemini-2.5-flash", None, "gemini", "gemini-2.5-flash"),
    ("google-gla:gemini-2.5-pro", "pydantic-ai", "gemini", "gemini-2.5-pro"),
    ("google_genai:gemini-2.5-pro", "langchain", "gemini", "gemini-2.5-pro"),
    ("gemini-2.5-flash-001", "vertex", "vertex", "gemini-2.5-flash"),
    ("publishers/google/models/gemini-2.5-pro", "vertex", "vertex", "gemini-2.5-pro"),
    (
        "projects/p/locations/us/publishers/google/models/gemini-2.5-pro",
        "vertex",
        "vertex",
        "gemini-2.5-pro",
    ),
    ("claude-sonnet-4-5@20250929", "vertex", "vertex", "claude-sonnet-4-5"),
    ("vertex_ai/claude-sonnet-4-5@20250929", "litellm", "vertex", "claude-sonnet-4-5"),
    (
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "bedrock",
        "bedrock",
        "regional.anthropic.claude-haiku-4-5-20251001-v1:0",
    ),
    (
        "bedrock/converse/global.anthropic.claude-haiku-4-5-20251001-v1:0",
        "litellm",
        "bedrock",
        "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    ),
    (
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "bedrock",
        "bedrock",
        "regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ),
    ("bedrock:amazon.nova-lite-v1:0", None, "bedrock", "amazon.nova-lite-v1:0"),
    ("azure/gpt-4o", "litellm", "azure", "gpt-4o"),
    ("openrouter/anthropic/claude-sonnet-4.5", "litellm", "openrouter", "anthropic/claude-sonnet-4.5"),
    ("anthropic/claude-sonnet-4.5", "openrouter", "openrouter", "anthropic/claude-sonnet-4.5"),
    ("anthropic/claude-sonnet-4.5:nitro", "openrouter", "openrouter", "anthropic/claude-sonnet-4.5"),
    ("openai/gpt-oss-120b", "groq", "groq", "openai/gpt-oss-120b"),
    ("groq/openai/gpt-oss-120b", "litellm", "groq", "openai/gpt-oss-120b"),
    ("mistral/mistral-small-latest", None, "mistral", "mistral-small-latest"),
    ("xai/grok-4.3", None, "xai", "grok-4.3"),
    ("deepseek/deepseek-chat", "litellm", "deepseek", "deepseek-chat"),
    (
        "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo",
        None,
        "together",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    ),
]


@pytest.mark.parametrize(("model", "vendor", "billed", "listed"), RESOLVED)
def test_a_known_string_resolves(
    model: str, vendor: str | None, billed: str, listed: str, prices: Prices
) -> None:
    found = resolve_model(model, vendor, prices)
    assert found is not None
    assert (found.vendor, found.id) == (billed, listed)


@pytest.mark.parametrize(
    ("model", "vendor"),
    [
        ("gpt-99", "openai"),
        ("", "openai"),
        ("  ", None),
        ("llama3:8b", None),
        ("/", "litellm"),
        ("prod-chat", "azure"),
        ("ollama/llama3", "litellm"),
        ("openai/gpt-4o", "groq"),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2c3", "bedrock"),
    ],
)
def test_a_stranger_stays_unknown(model: str, vendor: str | None, prices: Prices) -> None:
    assert resolve_model(model, vendor, prices) is None


@pytest.mark.parametrize(
    ("model", "vendor", "billed"),
    [("prod-chat", "azure", "azure"), ("azure/prod-chat", "litellm", "azure"), ("prod-chat", None, "openai")],
)
def test_a_deployment_is_the_model_behind_it(model: str, vendor: str | None, billed: str) -> None:
    found = resolve_model(model, vendor, deployments={"prod-chat": "gpt-4.1"})
    assert found is not None
    assert (found.asked, found.vendor, found.id) == (model, billed, "gpt-4.1")


def test_a_model_that_only_the_configuration_prices_resolves() -> None:
    prices = load_prices({"acme-large": {"input": 1.0, "output": 2.0}})
    found = resolve_model("acme-large", "acme", prices)
    assert found is not None
    assert found.row is None
    price = found.price(prices)
    assert price is not None
    assert price.negotiated


def test_another_clouds_copy_of_a_model_has_no_batch_rate_of_the_maker(prices: Prices) -> None:
    """The source answers OpenAI's batch rates for no cloud but OpenAI's own."""
    for vendor, expected in (("openai", True), ("azure", False)):
        found = resolve_model("gpt-4.1", vendor, prices)
        assert found is not None
        price = found.price(prices)
        assert price is not None
        assert (price.batch is not None) is expected
