"""The corners hold every cost in between."""

from hypothesis import given
from hypothesis import strategies as st

from batchlint.estimate.costs import Request, costs
from batchlint.estimate.prices import Rate, Rates
from batchlint.finding import Range

share = st.floats(min_value=0, max_value=1)
tokens = st.integers(min_value=0, max_value=400_000)
usd = st.floats(min_value=0.001, max_value=100)


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    low, high = sorted((draw(tokens), draw(tokens)))
    return Range(low, high)


@st.composite
def rates(draw: st.DrawFn) -> Rates:
    price = draw(usd)
    tier = ((200_000, price * 2),) if draw(st.booleans()) else ()
    return Rates(
        input=Rate(price, tier),
        output=Rate(draw(usd)),
        cached=Rate(price / 10) if draw(st.booleans()) else None,
        cache_write=Rate(price * 1.25) if draw(st.booleans()) else None,
    )


def within(point: float, bounds: Range) -> bool:
    slack = 1e-9 + 1e-9 * abs(point)
    return bounds.low - slack <= point <= bounds.high + slack


@given(ranges(), ranges(), rates(), st.data())
def test_a_request_inside_the_bounds_costs_inside_the_bounds(
    size: Range, answer: Range, realtime: Rates, data: st.DataObject
) -> None:
    request = Request(size, answer)
    outer = costs(request, realtime, Range(0, 0), None, Range(0, 0))
    inside = Request(
        *(
            Range(point, point)
            for bounds in (size, answer)
            for point in [data.draw(st.integers(int(bounds.low), int(bounds.high)))]
        )
    )
    point = costs(inside, realtime, Range(0, 0), None, Range(0, 0)).realtime
    assert within(point.low, outer.realtime)


@given(ranges(), rates(), rates(), share, share)
def test_any_share_of_hits_saves_inside_the_bounds(
    size: Range, realtime: Rates, batch: Rates, live: float, there: float
) -> None:
    request = Request(size, Range(100, 100), cacheable=Range(size.low, size.low), asks=True)
    outer = costs(request, realtime, Range(0, 1), batch, Range(0, 1))
    inner = costs(request, realtime, Range(live, live), batch, Range(there, there))
    assert outer.saved is not None
    assert inner.saved is not None
    assert within(inner.saved.low, outer.saved)
    assert within(inner.saved.high, outer.saved)


def test_a_route_that_does_not_exist_saves_nothing_known() -> None:
    found = costs(Request(Range(1, 1), Range(1, 1)), Rates(input=Rate(1)), Range(0, 0), None, Range(0, 0))
    assert found.route is found.saved is None


def test_no_more_is_cached_than_is_sent() -> None:
    request = Request(Range(1000, 1000), Range(0, 0), cacheable=Range(5000, 5000))
    found = costs(request, Rates(input=Rate(10), cached=Rate(1)), Range(1, 1), None, Range(0, 0))
    assert found.realtime == Range(0.001, 0.001)
