"""The rates of a site's cheaper routes: published, negotiated, or derived from a discount that is named."""

from dataclasses import dataclass

from batchlint.estimate.models import ResolvedModel
from batchlint.estimate.prices import ModelPrice, Rate, Rates
from batchlint.estimate.terms import CacheInBatch, ModelTerms, Vendor, load_terms
from batchlint.money import percent, usd_rate

# Flex tiers are priced at batch rates, which are half price wherever there is such a tier.
_FLEX_DISCOUNT = 0.5


@dataclass(frozen=True, slots=True)
class RouteRates:
    """What a route costs: its rates (None where there is none), its discount, and the words for both."""

    rates: Rates | None
    discount: float | None
    basis: tuple[str, ...]


def batch_rates(
    model: ResolvedModel, price: ModelPrice, discount: float | None, no_batch: str | None
) -> RouteRates:
    """The batch rates of a model.

    Published rates first, else the discount: a negotiated one, one documented for the model, the
    catalog's for the vendor (`discount`, 0 where none is published). None where the call has no batch
    form (`no_batch` says why).
    """
    if no_batch is not None:
        return RouteRates(None, None, (f"no batch: {no_batch}",))
    terms = load_terms()
    vendor = terms.vendors.get(model.vendor)
    exception = terms.exception(model.vendor, model.name)
    if price.discount is None and price.batch is not None:
        kind = "negotiated or list" if price.negotiated else "published"
        share = discount_of(price.realtime, price.batch)
        return RouteRates(price.batch, share, (f"batch: {describe(price.batch)}, {kind}",))
    return _derived(model, price, vendor, exception, discount)


def _derived(
    model: ResolvedModel,
    price: ModelPrice,
    vendor: Vendor | None,
    exception: ModelTerms | None,
    discount: float | None,
) -> RouteRates:
    if price.discount is not None:
        share = price.discount
        source = f"negotiated discount of {percent(share)}"
    elif exception is not None and exception.discount is not None:
        share = exception.discount
        source = f"discount of {percent(share)} for this model ({exception.source})"
    elif discount:
        share = discount
        source = f"{percent(share)} that {model.title} takes off (no rate is published for the model)"
    else:
        return RouteRates(None, None, (f"no batch discount of {model.title} is published",))
    rates = _discounted(price.realtime, share, vendor)
    notes = (vendor.note,) if vendor is not None and vendor.note is not None else ()
    return RouteRates(rates, share, (f"batch: {describe(rates)}, by the {source}", *notes))


def no_batch_reason(model: ResolvedModel) -> str | None:
    """Why a model cannot be batched, None where it can: facts of `data/terms.toml`."""
    exception = load_terms().exception(model.vendor, model.name)
    if exception is None or exception.batch:
        return None
    return f"{model.name} has no batch rate ({exception.source})"


def flex_rates(model: ResolvedModel, price: ModelPrice, has_flex: bool) -> RouteRates:
    """The flex rates of a model: published, else half the real-time price where it `has_flex`."""
    # The source gives a variant that no tier serves (gpt-5.1-codex) its base model's rates.
    if price.flex is not None and no_batch_reason(model) is None:
        share = discount_of(price.realtime, price.flex)
        return RouteRates(price.flex, share, (f"flex: {describe(price.flex)}, published",))
    if not has_flex:
        return RouteRates(None, None, ())
    rates = _scaled(price.realtime, 1 - _FLEX_DISCOUNT, price.realtime.cached)
    words = f"flex: {describe(rates)}, half the real-time price (none is published)"
    return RouteRates(rates, _FLEX_DISCOUNT, (words,))


def discount_of(realtime: Rates, route: Rates) -> float | None:
    """The share of the real-time price that a route takes off, by the input rate or the first there is."""
    for before, after in zip(_priced(realtime), _priced(route), strict=True):
        if before is not None and after is not None and before.base:
            return round(1 - after.base / before.base, 4)
    return None


def describe(rates: Rates) -> str:
    """The rates in words: `$3 in, $15 out per million tokens`."""
    if rates.pages is not None and rates.input is None:
        return f"{usd_rate(rates.pages.base)} per 1,000 pages"
    parts = [
        f"{usd_rate(rate.base)} {name}"
        for rate, name in ((rates.input, "in"), (rates.output, "out"))
        if rate is not None
    ]
    return f"{', '.join(parts)} per million tokens" if parts else "free of charge"


def _priced(rates: Rates) -> tuple[Rate | None, ...]:
    return (rates.input, rates.output, rates.pages)


def _discounted(realtime: Rates, share: float, vendor: Vendor | None) -> Rates:
    """Real-time rates less a discount; what a cached token then costs is the vendor's own rule."""
    rule = CacheInBatch.LIVE if vendor is None else vendor.cache_in_batch
    cached = realtime.cached
    if rule is CacheInBatch.DISCOUNTED and cached is not None:
        cached = cached.times(1 - share)
    elif rule is CacheInBatch.FULL:
        cached = None
    return _scaled(realtime, 1 - share, cached)


def _scaled(realtime: Rates, factor: float, cached: Rate | None) -> Rates:
    def scale(rate: Rate | None) -> Rate | None:
        return None if rate is None else rate.times(factor)

    return Rates(
        input=scale(realtime.input),
        output=scale(realtime.output),
        cached=cached,
        cache_write=scale(realtime.cache_write),
        images=scale(realtime.images),
        pages=scale(realtime.pages),
        other_units=realtime.other_units,
    )
