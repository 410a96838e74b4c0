"""`estimate`: what a call site costs now, what its cheaper route would cost, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from batchlint.catalog.model import Kind
from batchlint.estimate.costs import Costs, Request, costs
from batchlint.estimate.models import ResolvedModel, resolve_model
from batchlint.estimate.prices import ModelPrice, Prices, Rate, Rates, load_prices
from batchlint.estimate.routes import RouteRates, batch_rates, describe, flex_rates, no_batch_reason
from batchlint.estimate.terms import Assumptions, Vendor, load_assumptions, load_terms
from batchlint.estimate.tokens import (
    OutputLimits,
    PromptText,
    TokenCount,
    count_output,
    count_prompt,
    tokenizer_of,
)
from batchlint.estimate.volume import Volume, VolumeRow
from batchlint.finding import Range, Route, Savings
from batchlint.money import DASH, counted, percent, usd_rate

_ZERO = Range(0.0, 0.0)
_NO_PROMPT = PromptText()
_NO_LIMITS = OutputLimits()
_NO_VOLUME = Volume()
_TOKEN_KINDS = frozenset(
    {Kind.CHAT, Kind.COMPLETION, Kind.AGENT, Kind.EMBEDDING, Kind.MODERATION, Kind.IMAGE}
)
_WITHOUT_OUTPUT = frozenset({Kind.EMBEDDING, Kind.MODERATION})


@dataclass(frozen=True, slots=True)
class EstimateInput:
    """A call site as far as its cost goes.

    `vendor` and `model` are as `resolve_model` takes them. `route` is the cheaper way that is open to
    the site. `discount` is the vendor's batch discount in the catalog, `no_batch` the reason why this
    call has no batch form, `has_flex` whether the catalog lists a flex tier for the model. `declared`
    is the configuration's volume row for the site; `asks_caching` says that the call asks for prompt
    caching (`cache_control`, a cache point); `place` is the configuration's key for the model of this
    call (a function, an environment variable), for the remedy where the code names none.
    """

    kind: Kind
    vendor: str | None
    model: str | None
    route: Route = Route.BATCH
    prompt: PromptText = _NO_PROMPT
    output: OutputLimits = _NO_LIMITS
    volume: Volume = _NO_VOLUME
    declared: VolumeRow | None = None
    discount: float | None = None
    no_batch: str | None = None
    has_flex: bool = False
    asks_caching: bool = False
    place: str = ""


def estimate(
    site: EstimateInput,
    prices: Prices | None = None,
    assumptions: Assumptions | None = None,
    deployments: Mapping[str, str] | None = None,
) -> Savings:
    """The savings of a site, every assumption behind them in the basis.

    Never raises for a site: what is unknown is None and the basis says why. `prices` and `assumptions`
    default to the packaged ones; `deployments` maps deployment names to models.
    """
    prices = prices or load_prices()
    assumptions = assumptions or load_assumptions()
    name = site.model or _default_model(site)
    if name is None:
        return _unpriced(site, None, _no_model(site))
    model = resolve_model(name, site.vendor, prices, deployments)
    price = None if model is None else model.price(prices)
    if model is None or price is None:
        return _unpriced(site, None, _unknown_model(site, prices))
    if site.no_batch is None:
        site = replace(site, no_batch=no_batch_reason(model))
    if site.kind is Kind.IMAGE:
        price = _image_price(price)
    if price.realtime.free:
        return _free(site, model, price)
    if reason := _not_by_tokens(site.kind, price.realtime):
        return _unpriced(site, model, f"{model.id} {reason}")
    return _priced(site, model, price, assumptions)


def _image_price(price: ModelPrice) -> ModelPrice:
    """The price of requests whose output is images."""
    batch, flex = price.batch, price.flex
    return replace(
        price,
        realtime=price.realtime.for_images(),
        batch=None if batch is None else batch.for_images(),
        flex=None if flex is None else flex.for_images(),
    )


def _default_model(site: EstimateInput) -> str | None:
    """The model that the vendor takes where the call names none."""
    vendor = load_terms().vendor(site.vendor)
    return None if vendor is None else vendor.default_models.get(site.kind)


def _priced(
    site: EstimateInput, model: ResolvedModel, price: ModelPrice, assumptions: Assumptions
) -> Savings:
    batch = batch_rates(model, price, site.discount, site.no_batch)
    flex = flex_rates(model, price, site.has_flex)
    request, sizes = _request(site, model, assumptions)
    vendor = load_terms().vendors.get(model.vendor)
    cacheable = _cacheable(site, request, model, price, vendor)
    request = replace(request, cacheable=cacheable, asks=site.asks_caching)
    hits = assumptions["cache-hits"].bounds if cacheable.high else _ZERO
    batch_hits = vendor.cache_hits if vendor is not None and cacheable.high else _ZERO
    by_batch = costs(request, price.realtime, hits, batch.rates, batch_hits)
    by_flex = costs(request, price.realtime, hits, flex.rates, hits)
    chosen, taken = (flex, by_flex) if site.route is Route.FLEX else (batch, by_batch)
    caching = _caching_sentence(cacheable, price.realtime, batch.rates, hits, batch_hits, vendor)
    basis = (
        *_price_basis(site, model, price, request),
        *_route_basis(site, batch, flex),
        *sizes,
        *((caching,) if caching else ()),
        *site.volume.basis,
    )
    savings = _figures(site, taken, by_batch, by_flex, basis, chosen)
    return replace(savings, vendor=model.vendor, model=model.id, caching=caching)


def _figures(
    site: EstimateInput,
    taken: Costs,
    by_batch: Costs,
    by_flex: Costs,
    basis: tuple[str, ...],
    chosen: RouteRates,
) -> Savings:
    saved = None if site.route is Route.NONE else taken.saved
    per_1k, per_month = _per_1k(saved), _per_month(saved, site.volume)
    if site.volume.per_month is None:
        basis = (*basis, _unknown_volume(site.volume))
    return Savings(
        usd_per_1k_requests_low=None if per_1k is None else per_1k.low,
        usd_per_1k_requests_high=None if per_1k is None else per_1k.high,
        usd_per_month_low=None if per_month is None else per_month.low,
        usd_per_month_high=None if per_month is None else per_month.high,
        basis=basis,
        route=site.route if saved is not None else Route.NONE,
        discount=chosen.discount if site.route is not Route.NONE else None,
        realtime_usd_per_1k=_per_1k(taken.realtime),
        batch_usd_per_1k=_per_1k(by_batch.route),
        flex_usd_per_1k=_per_1k(by_flex.route),
        realtime_usd_per_month=_per_month(taken.realtime, site.volume),
        batch_usd_per_month=_per_month(by_batch.route, site.volume),
        flex_usd_per_month=_per_month(by_flex.route, site.volume),
        requests_per_month=site.volume.per_month,
        requests_per_run=site.volume.per_run,
    )


def _request(
    site: EstimateInput, model: ResolvedModel, assumptions: Assumptions
) -> tuple[Request, tuple[str, ...]]:
    """The size of one request and the words for it; declared tokens win over counted ones."""
    if site.kind is Kind.OCR:
        pages = assumptions["document-pages"]
        words = f"{counted(pages.bounds)} pages a document, assumed"
        return Request(_ZERO, _ZERO, pages=pages.bounds), (words,)
    declared = site.declared
    tokens = count_prompt(site.prompt, tokenizer_of(model.name), assumptions)
    if declared is not None and declared.input_tokens is not None:
        tokens = _declared(declared.input_tokens, "input", declared, tokens.prefix)
    if site.kind in _WITHOUT_OUTPUT:
        output = TokenCount(_ZERO, _ZERO, ())
    elif declared is not None and declared.output_tokens is not None:
        output = _declared(declared.output_tokens, "output", declared, _ZERO)
    elif site.kind is Kind.IMAGE:
        output = _image(assumptions)
    else:
        output = count_output(site.output, assumptions.reasons(model.name), assumptions)
    return Request(tokens.total, output.total, tokens.prefix), (*tokens.basis, *output.basis)


def _image(assumptions: Assumptions) -> TokenCount:
    """The tokens of a generated image."""
    image = assumptions["image-output"]
    how = "configured" if image.configured else "assumed"
    words = f"output: {counted(image.bounds)} tokens, {how} ({image.means})"
    return TokenCount(image.bounds, _ZERO, (words,))


def _declared(tokens: Range, side: str, row: VolumeRow, prefix: Range) -> TokenCount:
    words = f"{counted(tokens)} {side} tokens a request, as configured for `{row.pattern}`"
    return TokenCount(tokens, prefix, (words,))


def _cacheable(
    site: EstimateInput, request: Request, model: ResolvedModel, price: ModelPrice, vendor: Vendor | None
) -> Range:
    """The tokens at the start of every request that the provider would cache, none where it does not."""
    if price.realtime.cached is None or vendor is None:
        return _ZERO
    by_itself = (
        vendor.cache_minimum is not None
        and request.cacheable.high >= vendor.cache_minimum
        and any(fnmatchcase(model.name.lower(), glob) for glob in vendor.cache_models)
    )
    return request.cacheable if by_itself or site.asks_caching else _ZERO


def _caching_sentence(
    cacheable: Range,
    realtime: Rates,
    batch: Rates | None,
    hits: Range,
    batch_hits: Range,
    vendor: Vendor | None,
) -> str | None:
    """What prompt caching does to the saving, in one sentence; None where nothing is cached."""
    if not cacheable.high or realtime.cached is None or vendor is None:
        return None
    start = f"prompt caching: {counted(cacheable)} leading tokens can be cached"
    shares = f"hits {_share(hits)} in real time"
    if batch is None:
        return f"{start} ({shares})"
    shares += f", {_share(batch_hits)} in a batch"
    if batch.cached is None:
        effect = "a batch is not cached"
    elif batch.cached.base < realtime.cached.base:
        effect = "the batch discount applies to cached tokens too"
    else:
        effect = "cached tokens cost the same in a batch, so they save nothing"
    return f"{start}; {effect} ({shares}; {vendor.cache_source})"


def _share(hits: Range) -> str:
    low, high = percent(hits.low), percent(hits.high)
    return low if low == high else f"{low.removesuffix(' %')}{DASH}{high}"


def _price_basis(
    site: EstimateInput, model: ResolvedModel, price: ModelPrice, request: Request
) -> tuple[str, ...]:
    asked = "" if model.asked == model.id else f" (`{model.asked}`)"
    words = [f"{model.title} {model.id}{asked}: {describe(price.realtime)} in real time ({price.origin})"]
    for rate, side in ((price.realtime.input, "input"), (price.realtime.output, "output")):
        if rate is not None and (tier := rate.at(request.input_tokens.high)) != rate.base:
            words.append(f"{side} above {_start(rate, tier):,} input tokens: {usd_rate(tier)} per million")
    if price.hourly:
        words.append(f"{model.title} has other rates at some hours of the day; they are left out")
    return tuple(words)


def _start(rate: Rate, tier: float) -> int:
    """The input tokens from which a tier's rate holds."""
    return next(start for start, value in rate.tiers if value == tier)


def _route_basis(site: EstimateInput, batch: RouteRates, flex: RouteRates) -> tuple[str, ...]:
    """The words for the route that the site takes, or for why it takes none."""
    if site.route is Route.FLEX:
        return flex.basis or ("no flex tier is known for this model",)
    return batch.basis if site.route is Route.BATCH or site.no_batch else ()


def _free(site: EstimateInput, model: ResolvedModel, price: ModelPrice) -> Savings:
    """A call that costs nothing has nothing to save."""
    month = 0.0 if site.volume.per_month else None
    words = f"{model.title} {model.id}: free of charge, nothing to save ({price.origin})"
    return Savings(
        0.0, 0.0, month, month, (words,), Route.NONE, None, realtime_usd_per_1k=_ZERO,
        vendor=model.vendor, model=model.id,
    )  # fmt: skip


def _unpriced(site: EstimateInput, model: ResolvedModel | None, why: str) -> Savings:
    """A site without figures: why, and the discount as far as the catalog knows it."""
    has_batch = site.route is Route.BATCH and site.no_batch is None
    discount = site.discount if has_batch else None
    words = [why]
    if discount:
        words.append(f"the batch discount of the provider is {percent(discount)}")
    if site.no_batch is not None:
        words.append(f"no batch: {site.no_batch}")
    return Savings(
        None, None, None, None, (*words, *site.volume.basis),
        route=site.route if has_batch or site.route is Route.FLEX else Route.NONE,
        discount=discount,
        requests_per_month=site.volume.per_month,
        requests_per_run=site.volume.per_run,
        vendor=site.vendor if model is None else model.vendor,
        model=site.model if model is None else model.id,
    )  # fmt: skip


def _no_model(site: EstimateInput) -> str:
    if not site.place:
        return "the model is not known from the code"
    remedy = f'name it in [tool.batchlint.deployments]: "{site.place}" = "MODEL"'
    return f"the model is not known from the code; {remedy}"


def _unknown_model(site: EstimateInput, prices: Prices) -> str:
    where = "" if site.vendor is None else f" of {site.vendor}"
    remedy = "set its rates in [tool.batchlint.prices]"
    if load_terms().vendor(site.vendor) == load_terms().vendors["azure"]:
        remedy = "name the model of this deployment in [tool.batchlint.deployments]"
    return f"no price for `{site.model}`{where} in {prices.origin}; {remedy}"


def _not_by_tokens(kind: Kind, realtime: Rates) -> str | None:
    """Why a call of this kind is not priced here, None where it is."""
    if kind is Kind.OCR and realtime.pages is not None:
        return None
    if kind in _TOKEN_KINDS and realtime.input is not None:
        return None
    if realtime.other_units:
        return f"is sold by {', '.join(realtime.other_units)}, which is not estimated"
    return f"is not estimated for {kind.value} calls, whose price is not by prompt and response text"


def _unknown_volume(volume: Volume) -> str:
    if volume.per_run is not None:
        return "how often this runs is not known; set it in [tool.batchlint.volumes]"
    return "how many requests this sends is not known; set it in [tool.batchlint.volumes]"


def _per_1k(usd: Range | None) -> Range | None:
    return None if usd is None else _clean(usd * Range(1_000, 1_000))


def _per_month(usd: Range | None, volume: Volume) -> Range | None:
    return None if usd is None or volume.per_month is None else _clean(usd * volume.per_month)


def _clean(usd: Range) -> Range:
    """Bounds without the noise of binary fractions."""
    return Range(float(f"{usd.low:.9g}"), float(f"{usd.high:.9g}"))
