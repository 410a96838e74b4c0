"""Regenerates the packaged price table: `python -m batchlint.estimate.snapshot`.

The figures are genai-prices' (https://github.com/pydantic/genai-prices, MIT): its real-time rates, its
`processing: batch` and `service_tier: flex` variants, its cached-input rates, context tiers and dated
price changes, for every provider it lists. Nothing is added or corrected here. The snapshot exists
because importing the package costs a quarter of a second and a pydantic dependency; reading this file
costs milliseconds. With `--check` nothing is written and the exit code says whether the packaged table
still is what the installed genai-prices holds.

Rates are USD per million tokens under one-letter keys: `i` input, `o` output, `c` cached input, `w`
cache write, `g` generated images; `p` is USD per 1,000 document pages; `u` names the other units of a model
that is sold by none of these (audio hours, characters). A rate with context tiers is the list
`[base, start, rate, start, rate, …]`: above `start` input tokens all tokens cost that tier's rate.
Dated rates are `[first day or null, rates]` rows. A match clause is a string whose first character says
how it compares (`=` equals, `^` starts with, `$` ends with, `~` contains, `/` regular expression) or a
list that starts with `|` or `&`.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genai_prices.types import MatchLogic, ModelInfo, ModelPrice, Provider, StartDateConstraint

DATA = Path(__file__).parent / "data" / "prices.json"

RATE_KEYS = {
    "input_mtok": "i",
    "output_mtok": "o",
    "cache_read_mtok": "c",
    "cache_write_mtok": "w",
    "output_image_mtok": "g",
    "input_document_kpages": "p",
}
_CONTEXTS = {"batch": {"processing": "batch"}, "flex": {"service_tier": "flex"}}


def build() -> dict[str, Any]:
    """The table of the installed genai-prices; raises ImportError when it is not installed."""
    from importlib.metadata import version

    from genai_prices.data import providers

    return {
        "source": "genai-prices",
        "version": version("genai-prices"),
        "providers": {provider.id: _provider(provider) for provider in providers},
    }


def _provider(provider: "Provider") -> dict[str, Any]:
    row: dict[str, Any] = {"models": [_model(model) for model in provider.models]}
    if provider.model_match is not None:
        row["match"] = _clause(provider.model_match)
    if provider.fallback_model_providers:
        row["fallback"] = list(provider.fallback_model_providers)
    return row


def _model(model: "ModelInfo") -> dict[str, Any]:
    from genai_prices.types import ModelPrice

    row: dict[str, Any] = {"id": model.id, "match": _clause(model.match)}
    if isinstance(model.prices, ModelPrice):
        row["rates"] = [[None, _rates(model.prices)]]
    else:
        dated = [price for price in model.prices if not _is_hourly(price.constraint)]
        row["rates"] = [[_start(price.constraint), _rates(price.prices)] for price in dated]
        if len(dated) < len(model.prices):
            row["hourly"] = True
    for name, when in _CONTEXTS.items():
        variants = [variant for variant in model.price_variants or () if variant.when == when]
        if variants:
            row[name] = [[_start(variant.constraint), _rates(variant.prices)] for variant in variants]
    return row


def _rates(prices: "ModelPrice") -> dict[str, Any]:
    rates: dict[str, Any] = {}
    for name, key in RATE_KEYS.items():
        price = prices.__dict__.get(name)
        if price is None:
            continue
        if hasattr(price, "tiers"):
            steps = [part for tier in price.tiers for part in (tier.start, _number(tier.price))]
            rates[key] = [_number(price.base), *steps]
        else:
            rates[key] = _number(price)
    if not rates and (others := sorted(name for name, price in prices.__dict__.items() if price is not None)):
        rates["u"] = others
    return rates


def _number(value: Any) -> int | float:
    number = float(value)
    return int(number) if number.is_integer() else number


def _is_hourly(constraint: object) -> bool:
    from genai_prices.types import TimeOfDateConstraint

    return isinstance(constraint, TimeOfDateConstraint)


def _start(constraint: "StartDateConstraint | Any") -> str | None:
    return None if constraint is None else constraint.start_date.isoformat()


def _clause(clause: "MatchLogic") -> Any:
    from genai_prices import types

    if isinstance(clause, types.ClauseOr):
        return ["|", *(_clause(part) for part in clause.or_)]
    if isinstance(clause, types.ClauseAnd):
        return ["&", *(_clause(part) for part in clause.and_)]
    if isinstance(clause, types.ClauseRegex):
        return "/" + clause.regex
    if isinstance(clause, types.ClauseEquals):
        return "=" + clause.equals.lower()
    if isinstance(clause, types.ClauseStartsWith):
        return "^" + clause.starts_with.lower()
    if isinstance(clause, types.ClauseEndsWith):
        return "$" + clause.ends_with.lower()
    return "~" + clause.contains.lower()


def packaged() -> dict[str, Any]:
    """The packaged table as it lies on disk, its date included."""
    table: dict[str, Any] = json.loads(DATA.read_bytes())
    return table


def _text(table: dict[str, Any]) -> str:
    """The table as JSON with one model a line, so that a price change reads as one line of a diff."""

    def compact(value: object) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    head = "".join(f"{compact(key)}:{compact(table[key])},\n" for key in table if key != "providers")
    providers = []
    for name, provider in table["providers"].items():
        rest = "".join(f"{compact(key)}:{compact(provider[key])}," for key in provider if key != "models")
        models = ",\n".join(compact(model) for model in provider["models"])
        providers.append(f'{compact(name)}:{{{rest}"models":[\n{models}\n]}}')
    return "{" + head + '"providers":{\n' + ",\n".join(providers) + "\n}}\n"


def main(arguments: list[str]) -> int:
    """Write the table (or, with `--check`, compare it); returns the exit code."""
    table = build()
    if "--check" in arguments:
        current = packaged()
        current.pop("taken")
        if current == table:
            print(f"{DATA.name} is the table of {table['source']} {table['version']}.")
            return 0
        print(f"{DATA.name} differs from {table['source']} {table['version']}; run this without --check.")
        return 1
    DATA.write_text(_text({"taken": datetime.now(UTC).date().isoformat(), **table}), encoding="utf-8")
    models = sum(len(provider["models"]) for provider in table["providers"].values())
    print(f"wrote {models} models of {table['source']} {table['version']} to {DATA}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
