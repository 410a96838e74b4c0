"""What one request costs on each route, with the prompt cache in the reckoning.

A provider that caches the start of a prompt makes real-time calls cheaper, and a batch may or may not
profit as much. How many calls find the cache warm is not in the code, so the cost is worked out at the
corners: few and many tokens, no and all hits, on each route by itself. Costs rise with every one of
them, so the corners are the bounds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from batchlint.estimate.prices import Rate, Rates
from batchlint.finding import Range

_NONE = Range(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Request:
    """The size of one request: input, output, the leading input that can be cached, document pages.

    `asks` says that the call asks for caching, in which case what is not found is written at the
    provider's cache-write rate.
    """

    input_tokens: Range
    output_tokens: Range
    cacheable: Range = _NONE
    asks: bool = False
    pages: Range = _NONE


@dataclass(frozen=True, slots=True)
class Costs:
    """USD per request in real time, on the other route (None: no route), and what it saves."""

    realtime: Range
    route: Range | None
    saved: Range | None


def costs(
    request: Request, realtime: Rates, realtime_hits: Range, route: Rates | None, route_hits: Range
) -> Costs:
    """The bounds of cost and saving; the hits are shares of the cacheable tokens."""
    before, after, saved = [], [], []
    for size in _sizes(request):
        now = [_cost(realtime, request, size, hits) for hits in _corners(realtime_hits)]
        before += now
        if route is not None:
            then = [_cost(route, request, size, hits) for hits in _corners(route_hits)]
            after += then
            saved += [live - other for live, other in product(now, then)]
    return Costs(_bounds(before), _bounds(after) if after else None, _bounds(saved) if saved else None)


@dataclass(frozen=True, slots=True)
class _Size:
    input_tokens: float
    output_tokens: float
    cacheable: float
    pages: float


def _sizes(request: Request) -> Iterator[_Size]:
    small_input, large_input = (
        (request.input_tokens.low, request.cacheable.low, request.pages.low),
        (request.input_tokens.high, request.cacheable.high, request.pages.high),
    )
    for (tokens, cacheable, pages), output in product(
        (small_input, large_input), _corners(request.output_tokens)
    ):
        yield _Size(tokens, output, min(cacheable, tokens), pages)


def _cost(rates: Rates, request: Request, size: _Size, hits: float) -> float:
    """USD of one request of a definite size with a definite share of its cacheable tokens cached."""
    cacheable = 0.0 if rates.cached is None else size.cacheable
    cached = cacheable * hits
    written = cacheable - cached if request.asks and rates.cache_write is not None else 0.0
    tokens = (
        _usd(rates.input, size, size.input_tokens - cached - written)
        + _usd(rates.cached, size, cached)
        + _usd(rates.cache_write, size, written)
        + _usd(rates.output, size, size.output_tokens)
    )
    pages = 0.0 if rates.pages is None else rates.pages.base * size.pages / 1_000
    return tokens + pages


def _usd(rate: Rate | None, size: _Size, tokens: float) -> float:
    return 0.0 if rate is None else rate.at(size.input_tokens) * tokens / 1_000_000


def _corners(bounds: Range) -> tuple[float, ...]:
    return (bounds.low,) if bounds.exact else (bounds.low, bounds.high)


def _bounds(values: list[float]) -> Range:
    return Range(min(values), max(values))
