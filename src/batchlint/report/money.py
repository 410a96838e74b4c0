"""Amounts of money in words, rounded so that they do not pretend to more than is known."""

from batchlint.finding import Range, Route, Savings


def usd(amount: float) -> str:
    """An amount known exactly: whole dollars from 100 up, cents below, two digits under a cent."""
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    if size >= 100:
        return f"{sign}${size:,.0f}"
    if size >= 0.1 or size == 0:
        return f"{sign}${size:.2f}"
    return f"{sign}${size:.2g}" if size >= 0.0001 else f"{sign}$0.00"


def usd_range(amount: Range) -> str:
    """An amount within bounds, to two digits: `$1.2 to $3.4`; `up to $5` where it may be nothing."""
    if amount.exact:
        return usd(amount.high)
    high = _two_digits(amount.high)
    if amount.low <= 0 < amount.high:
        return f"up to {high}"
    low = _two_digits(amount.low)
    return low if low == high else f"{low} to {high}"


def headline(savings: Savings | None) -> str | None:
    """The best-known saving in one phrase, None where nothing is known."""
    if savings is None:
        return None
    if savings.per_month is not None:
        return f"{usd_range(savings.per_month)} per month"
    if savings.per_1k is not None:
        return f"{usd_range(savings.per_1k)} per 1,000 requests"
    if savings.discount and savings.route is not Route.NONE:
        return f"{savings.discount:.0%} of the price"
    return None


def monthly(savings: Savings | None) -> float:
    """What findings are ranked by: the middle of the monthly saving, 0 where it is unknown."""
    if savings is None or savings.per_month is None:
        return 0.0
    return (savings.per_month.low + savings.per_month.high) / 2


def _two_digits(amount: float) -> str:
    rounded = float(f"{amount:.2g}")
    return usd(rounded).removesuffix(".00") if abs(rounded) >= 10 else usd(rounded)
