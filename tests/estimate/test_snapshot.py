"""The packaged price table is what the installed genai-prices says, read fast."""

import time
from datetime import UTC, date, datetime

import pytest

from batchlint.estimate import prices as prices_module
from batchlint.estimate import snapshot
from batchlint.estimate.prices import ModelPrice, Rate, load_prices

DAYS = (date(2026, 11, 25), date(2027, 1, 2), date(2025, 1, 1))
RATES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "cache_write",
    "input_document_kpages": "pages",
}


def test_the_table_is_that_of_the_installed_package() -> None:
    pytest.importorskip("genai_prices", reason="the development dependency genai-prices is not installed")
    packaged = snapshot.packaged()
    assert date.fromisoformat(packaged.pop("taken")) >= date(2026, 11, 25)
    assert packaged == snapshot.build(), "run `python -m batchlint.estimate.snapshot`"


def test_check_reports_whether_the_table_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("genai_prices", reason="the development dependency genai-prices is not installed")
    assert snapshot.main(["--check"]) == 0
    assert "is the table of genai-prices" in capsys.readouterr().out


@pytest.mark.parametrize("day", DAYS)
def test_every_rate_is_what_the_source_answers(day: date) -> None:
    """The source's own lookup and price resolution, for every model, against ours."""
    data_snapshot = pytest.importorskip("genai_prices.data_snapshot")
    from genai_prices.types import TimeOfDateConstraint

    ours = load_prices(on=day)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    compared = 0
    for provider in data_snapshot.get_snapshot().providers:
        for model in provider.models:
            hourly = isinstance(model.prices, list) and any(
                isinstance(price.constraint, TimeOfDateConstraint) for price in model.prices
            )
            row = ours.find(provider.id, model.id)
            if hourly or row is None or row.id != model.id:
                continue  # ids that their own match clause does not take stand for themselves nowhere
            found = ours.price(row, model.id)
            assert found is not None
            for context, rates in _contexts(found):
                theirs = model.get_prices(noon, context)
                for key, name in RATES.items():
                    assert _plain(getattr(rates, name)) == _source(theirs.__dict__.get(key)), (model.id, key)
            compared += 1
    assert compared > 1500


def _contexts(price: ModelPrice) -> list[tuple[dict[str, str] | None, object]]:
    contexts: list[tuple[dict[str, str] | None, object]] = [(None, price.realtime)]
    if price.batch is not None:
        contexts.append(({"processing": "batch"}, price.batch))
    if price.flex is not None:
        contexts.append(({"service_tier": "flex"}, price.flex))
    return contexts


def _plain(rate: Rate | None) -> tuple[float, ...] | None:
    return None if rate is None else (rate.base, *(part for tier in rate.tiers for part in tier))


def _source(price: object) -> tuple[float, ...] | None:
    if price is None:
        return None
    if hasattr(price, "tiers"):
        return (float(price.base), *(float(part) for t in price.tiers for part in (t.start, t.price)))
    return (float(price),)  # type: ignore[arg-type]


def test_a_name_resolves_to_the_model_that_the_source_finds() -> None:
    data_snapshot = pytest.importorskip("genai_prices.data_snapshot")
    theirs = data_snapshot.get_snapshot()
    ours = load_prices(on=DAYS[0])
    names = {
        "openai": ["gpt-4o-2024-08-06", "gpt-5.6", "ft:gpt-4o-mini-2024-07-18:a::b", "o3-2025-04-16"],
        "anthropic": ["claude-haiku-4-5-20251001", "claude-3-5-sonnet-latest", "claude-opus-5-20260101"],
        "aws": ["us.anthropic.claude-haiku-4-5-20251001-v1:0", "amazon.nova-lite-v1:0"],
        "google": ["gemini-2.5-pro-preview-06-05", "claude-sonnet-4-5@20250929", "gemini-2.5-flash-lite"],
        "azure": ["gpt-4.1", "o1", "text-embedding-3-small"],
        "mistral": ["mistral-small-latest", "codestral-2508"],
    }
    for provider, models in names.items():
        for name in models:
            found = ours.find(provider, name)
            assert found is not None, name
            assert found.id == theirs.find_provider_model(name, None, provider, None)[1].id


def test_the_table_loads_within_the_budget() -> None:
    best = 1.0
    for _ in range(5):
        prices_module._table.cache_clear()
        begin = time.perf_counter()
        load_prices()
        best = min(best, time.perf_counter() - begin)
    assert best < 0.020
