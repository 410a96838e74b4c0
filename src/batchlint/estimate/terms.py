"""What the price source does not say: vendors' billing terms and the assumptions of an estimate.

Both are data files (`data/terms.toml`, `data/assumptions.toml`) with their sources beside the facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from batchlint.estimate.errors import EstimateError
from batchlint.estimate.tables import bounds
from batchlint.finding import Range

_DATA = Path(__file__).parent / "data"
_ANY_SHARE = Range(0.0, 1.0)


class CacheInBatch(StrEnum):
    """What a cached input token costs inside a batch where no such rate is published."""

    DISCOUNTED = "discounted"  # the batch discount on top of the cached rate
    LIVE = "live"  # the real-time cached rate: the discounts do not add up
    FULL = "full"  # the batch input rate: batches are not cached


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor's terms; the fields are those that `data/terms.toml` explains."""

    name: str
    title: str
    provider: str
    default_models: Mapping[str, str]
    cache_minimum: int | None = None
    cache_models: tuple[str, ...] = ("*",)
    cache_in_batch: CacheInBatch = CacheInBatch.LIVE
    cache_hits: Range = _ANY_SHARE
    cache_source: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ModelTerms:
    """An exception for some models of a vendor: no batch (`batch` false), or another discount."""

    vendor: str
    match: tuple[str, ...]
    batch: bool
    discount: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Terms:
    """All vendors by name, the other names they go by, and the exceptions in order."""

    vendors: Mapping[str, Vendor]
    names: Mapping[str, str]
    models: tuple[ModelTerms, ...]

    def vendor(self, name: str | None) -> Vendor | None:
        """The vendor of that name or alias; None for a wrapper library or a stranger."""
        return None if name is None else self.vendors.get(self.names.get(name.lower(), ""))

    def exception(self, vendor: str, model: str) -> ModelTerms | None:
        """The first exception that a vendor makes for a model, written without its vendor prefix."""
        model = model.lower()
        for row in self.models:
            if row.vendor == vendor and any(fnmatchcase(model, pattern) for pattern in row.match):
                return row
        return None


@cache
def load_terms() -> Terms:
    """The packaged terms."""
    table = _toml("terms.toml")
    vendors = {name: _vendor(name, row) for name, row in table["vendors"].items()}
    names = {alias: name for name, row in table["vendors"].items() for alias in (*row["names"], name)}
    rows = tuple(
        ModelTerms(
            vendor=row["vendor"],
            match=tuple(row["match"]),
            batch=row.get("batch", True),
            discount=row.get("discount"),
            source=row["source"],
        )
        for row in table["models"]
    )
    return Terms(vendors, names, rows)


def _vendor(name: str, row: Mapping[str, Any]) -> Vendor:
    low, high = row.get("cache_hits", (0.0, 1.0))
    return Vendor(
        name=name,
        title=row["title"],
        provider=row["provider"],
        default_models=row.get("default_models", {}),
        cache_minimum=row.get("cache_minimum"),
        cache_models=tuple(row.get("cache_models", ("*",))),
        cache_in_batch=CacheInBatch(row.get("cache_in_batch", "live")),
        cache_hits=Range(low, high),
        cache_source=row.get("cache_source"),
        note=row.get("note"),
    )


@dataclass(frozen=True, slots=True)
class Assumption:
    """A quantity taken for granted: its bounds, and what it stands for."""

    name: str
    bounds: Range
    means: str
    configured: bool = False


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Every assumption by name, and which models think before they answer."""

    by_name: Mapping[str, Assumption]
    reasoning: tuple[str, ...]
    not_reasoning: tuple[str, ...]

    def __getitem__(self, name: str) -> Assumption:
        return self.by_name[name]

    def reasons(self, model: str) -> bool:
        """Whether a model, named without its vendor, spends hidden output on reasoning by default."""
        model = model.lower().rpartition("/")[2]
        return any(fnmatchcase(model, glob) for glob in self.reasoning) and not any(
            fnmatchcase(model, glob) for glob in self.not_reasoning
        )


@cache
def _packaged_assumptions() -> Assumptions:
    table = _toml("assumptions.toml")
    by_name = {
        name: Assumption(name, Range(*row["bounds"]), row["means"])
        for group in ("tokens", "output", "other")
        for name, row in table[group].items()
    }
    return Assumptions(by_name, tuple(table["reasoning"]["models"]), tuple(table["reasoning"]["except"]))


def load_assumptions(overrides: Mapping[str, object] | None = None, where: str = "") -> Assumptions:
    """The packaged assumptions with the configuration's own in their place.

    `overrides` maps an assumption's name to a number or to `[low, high]`; `where` names the table for
    messages. Raises `EstimateError` for an unknown name or bounds that are none.
    """
    assumptions = _packaged_assumptions()
    if not overrides:
        return assumptions
    by_name = dict(assumptions.by_name)
    for name, value in overrides.items():
        if name not in by_name:
            known = ", ".join(sorted(by_name))
            raise EstimateError(f"{where}: unknown assumption `{name}`; known are {known}")
        parsed = bounds(value)
        if parsed is None:
            raise EstimateError(
                f"{where}: `{name}` must be a number or two of them, low first: "
                f"`{name} = 500` or `{name} = [200, 2000]`"
            )
        by_name[name] = replace(by_name[name], bounds=parsed, configured=True)
    return replace(assumptions, by_name=by_name)


def _toml(name: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads((_DATA / name).read_text(encoding="utf-8"))
