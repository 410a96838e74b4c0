"""What a model costs: the packaged price table, the vendors' terms, and negotiated rates on top.

`load_prices` reads the table (see `snapshot` for its origin and format) in a few milliseconds.
`Prices.price` answers for one resolved model: the real-time rates, and the batch and flex rates where
the source publishes them. A model that the source lists without a batch rate has none here either:
deriving one from a discount is a decision of the estimate, which says so in its basis.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from batchlint.estimate.overrides import Negotiated, parse_overrides, read_overrides

_DATA = Path(__file__).parent / "data" / "prices.json"


@dataclass(frozen=True, slots=True)
class Rate:
    """USD per million tokens. Above a tier's start in input tokens, all tokens cost that tier's rate."""

    base: float
    tiers: tuple[tuple[int, float], ...] = ()

    def at(self, input_tokens: float) -> float:
        """The rate of a request with that many input tokens."""
        rate = self.base
        for start, tier in self.tiers:
            if input_tokens > start:
                rate = tier
        return rate

    def times(self, factor: float) -> "Rate":
        """The same rate at every tier, multiplied."""
        return Rate(self.base * factor, tuple((start, rate * factor) for start, rate in self.tiers))


@dataclass(frozen=True, slots=True)
class Rates:
    """One way of processing, priced; a rate that does not exist is None.

    `images` is for the tokens of generated images where they cost more than those of text; `pages` is USD
    per 1,000 document pages. `other_units` names what the model is sold by when it is
    neither (audio hours, characters).
    """

    input: Rate | None = None
    output: Rate | None = None
    cached: Rate | None = None
    cache_write: Rate | None = None
    images: Rate | None = None
    pages: Rate | None = None
    other_units: tuple[str, ...] = ()

    def for_images(self) -> "Rates":
        """The rates of a request whose output is images."""
        return replace(self, output=self.images or self.output)

    @property
    def free(self) -> bool:
        """Whether the source lists the model without any price."""
        rates = (self.input, self.output, self.cached, self.cache_write, self.pages)
        return not self.other_units and all(rate is None or rate == Rate(0.0) for rate in rates)

    def overlaid(self, top: "Rates") -> "Rates":
        """These rates with those of `top` in their place, where it has any."""
        return Rates(
            input=top.input or self.input,
            output=top.output or self.output,
            cached=top.cached or self.cached,
            cache_write=top.cache_write or self.cache_write,
            images=top.images or self.images,
            pages=top.pages or self.pages,
            other_units=self.other_units,
        )


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """What one model costs. `origin` says where the rates are from, for the basis of a figure.

    `discount` is a negotiated batch discount; `hourly` says that the vendor has other rates at some
    hours of the day, which are left out.
    """

    realtime: Rates
    batch: Rates | None
    flex: Rates | None
    origin: str
    negotiated: bool = False
    discount: float | None = None
    hourly: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One model of the table: the provider that lists it and its raw row.

    `foreign` marks a model found in another provider's list: only its real-time rates hold.
    """

    provider: str
    row: Mapping[str, Any]
    foreign: bool

    @property
    def id(self) -> str:
        """The source's name of the model."""
        return str(self.row["id"])


class Prices:
    """The price table on a given day, with the negotiated rates of the configuration."""

    __slots__ = ("_negotiated", "_on", "_table")

    def __init__(self, table: Mapping[str, Any], negotiated: tuple[Negotiated, ...], on: date) -> None:
        self._table = table
        self._negotiated = negotiated
        self._on = on.isoformat()

    @property
    def origin(self) -> str:
        """The source with its version and the day the snapshot was taken."""
        return f"{self._table['source']} {self._table['version']} of {self._table['taken']}"

    def has_provider(self, provider: str) -> bool:
        """Whether the source lists such a provider."""
        return provider in self._table["providers"]

    def infer_provider(self, model: str) -> str | None:
        """The provider whose own models are named like this one (`gpt-…`, `claude…`)."""
        model = model.lower()
        for name, provider in self._table["providers"].items():
            if "match" in provider and _matches(provider["match"], model):
                return str(name)
        return None

    def find(self, provider: str, model: str) -> Row | None:
        """The model of a provider by any name that the source knows it under."""
        model = model.lower()
        listed = self._table["providers"].get(provider)
        if listed is None:
            return None
        for row in listed["models"]:
            if _matches(row["match"], model):
                return Row(provider, row, foreign=False)
        for other in listed.get("fallback", ()):
            for row in self._table["providers"][other]["models"]:
                if _matches(row["match"], model):
                    return Row(provider, row, foreign=True)
        return None

    def negotiated(self, *names: str) -> Negotiated | None:
        """The negotiated rates for a model that goes by these names, the exact name before a glob."""
        lowered = [name.lower() for name in names]
        exact = (rates for rates in self._negotiated if rates.pattern in lowered)
        globs = (rates for rates in self._negotiated if any(rates.matches(name) for name in lowered))
        return next(exact, None) or next(globs, None)

    def price(self, row: Row | None, *names: str) -> ModelPrice | None:
        """The price of a model of the table (or of none), its negotiated rates applied."""
        listed = None if row is None else self._listed(row)
        rates = self.negotiated(*names)
        return listed if rates is None else _negotiate(listed, rates)

    def _listed(self, row: Row) -> ModelPrice:
        raw = row.row
        realtime = _rates(self._standard(raw["rates"]))
        variants = {} if row.foreign else raw
        return ModelPrice(
            realtime=realtime,
            batch=self._variant(variants.get("batch"), realtime),
            flex=self._variant(variants.get("flex"), realtime),
            origin=self.origin,
            hourly=raw.get("hourly", False),
        )

    def _standard(self, dated: list[list[Any]]) -> Mapping[str, Any]:
        """The last active of the dated rates, the first where none is: the source's own rule."""
        active = [rates for start, rates in dated if start is None or start <= self._on]
        found: Mapping[str, Any] = active[-1] if active else dated[0][1]
        return found

    def _variant(self, dated: list[list[Any]] | None, realtime: Rates) -> Rates | None:
        """The active variants laid over the standard rates, the first of them on top."""
        active = [rates for start, rates in dated or () if start is None or start <= self._on]
        if not active:
            return None
        merged: dict[str, Any] = {}
        for rates in active:
            merged = {**rates, **merged}
        return realtime.overlaid(_rates(merged))


def load_prices(
    overrides: Mapping[str, object] | Path | None = None,
    *,
    on: date | None = None,
    where: str = "[tool.batchlint.prices]",
) -> Prices:
    """The packaged prices as they are on a day (default: today), negotiated rates on top.

    `overrides` is the configuration's table, or the path of a TOML or JSON file that holds one; `where`
    names the table for messages. Raises `EstimateError` naming file, key and remedy.
    """
    if isinstance(overrides, Path):
        negotiated = read_overrides(overrides)
    else:
        negotiated = parse_overrides({} if overrides is None else overrides, where)
    return Prices(_table(), negotiated, on or datetime.now(UTC).date())


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(_DATA.read_bytes())
    return table


def _matches(clause: Any, text: str) -> bool:
    """Whether a match clause of the table (see `snapshot`) holds of a lower-case name."""
    if isinstance(clause, list):
        results: Iterator[bool] = (_matches(part, text) for part in clause[1:])
        return any(results) if clause[0] == "|" else all(results)
    how, what = clause[0], clause[1:]
    if how == "=":
        return bool(text == what)
    if how == "^":
        return text.startswith(what)
    if how == "$":
        return text.endswith(what)
    if how == "~":
        return what in text
    return re.search(what, text) is not None


def _rates(raw: Mapping[str, Any]) -> Rates:
    return Rates(
        input=_rate(raw.get("i")),
        output=_rate(raw.get("o")),
        cached=_rate(raw.get("c")),
        cache_write=_rate(raw.get("w")),
        images=_rate(raw.get("g")),
        pages=_rate(raw.get("p")),
        other_units=tuple(raw.get("u", ())),
    )


def _rate(raw: Any) -> Rate | None:
    if raw is None:
        return None
    if isinstance(raw, list):
        return Rate(float(raw[0]), tuple(zip(raw[1::2], raw[2::2], strict=True)))
    return Rate(float(raw))


def _negotiate(listed: ModelPrice | None, own: Negotiated) -> ModelPrice | None:
    """Negotiated rates over the listed ones.

    A negotiated real-time rate without its batch rate keeps the listed discount: a contract that takes
    a fifth off the list price takes it off both.
    """
    realtime = Rates(_own(own, "input"), _own(own, "output"), _own(own, "cached-input"))
    if listed is None and realtime.input is None:
        return None
    base = listed or ModelPrice(Rates(), None, None, own.where)
    return ModelPrice(
        realtime=base.realtime.overlaid(realtime),
        batch=_negotiated_variant(base.batch, base.realtime, own, "batch"),
        flex=_negotiated_variant(base.flex, base.realtime, own, "flex"),
        origin=own.where,
        negotiated=True,
        discount=own.discount,
        hourly=base.hourly,
    )


def _negotiated_variant(variant: Rates | None, realtime: Rates, own: Negotiated, way: str) -> Rates | None:
    if way == "batch" and own.discount is not None:
        return None  # derived from the negotiated discount by the estimate
    given = Rates(_own(own, f"{way}-input"), _own(own, f"{way}-output"), _own(own, f"{way}-cached-input"))
    if variant is None:
        return None if given == Rates() else given
    scaled = Rates(
        input=_scaled(variant.input, realtime.input, _own(own, "input")),
        output=_scaled(variant.output, realtime.output, _own(own, "output")),
        cached=_scaled(variant.cached, realtime.cached, _own(own, "cached-input")),
        cache_write=variant.cache_write,
        images=variant.images,
        pages=variant.pages,
        other_units=variant.other_units,
    )
    return scaled.overlaid(given)


def _scaled(variant: Rate | None, listed: Rate | None, own: Rate | None) -> Rate | None:
    if variant is None or listed is None or own is None or not listed.base:
        return variant
    return own.times(variant.base / listed.base)


def _own(own: Negotiated, key: str) -> Rate | None:
    value = own.rates.get(key)
    return None if value is None else Rate(value)
