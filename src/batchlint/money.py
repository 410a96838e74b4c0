"""Figures in words: dollars, counts and shares that pretend no more precision than they have."""

from batchlint.finding import Range, Route, Savings

DASH = "\N{EN DASH}"
# Below this many dollars a month nobody migrates anything.
_CENT = 0.01
_TINY = 1e-9


def usd(amount: float) -> str:
    """An amount that is known: whole dollars from $100, cents below, two digits under ten cents."""
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    if size < _TINY:
        return "$0"
    if size >= 99.995:
        return f"{sign}${size:,.0f}"
    if size >= 0.0995:
        return f"{sign}${size:.2f}".removesuffix(".00")
    return f"{sign}${_small(size)}"


def usd_range(amount: Range) -> str:
    """An amount within bounds, to two digits: `$1.20 to $3.40`; `up to $5` where it may be nothing."""
    if amount.exact:
        return usd(amount.high)
    high = usd(_two_digits(amount.high))
    if abs(amount.low) < _TINY < amount.high:
        return f"up to {high}"
    low = usd(_two_digits(amount.low))
    return f"about {low}" if low == high else f"{low} to {high}"


def usd_rate(amount: float) -> str:
    """A price as a list shows it: `$3`, `$2.50`, `$0.0375`."""
    text = f"{amount:.6f}".rstrip("0").rstrip(".")
    return f"${text}0" if text[-2:-1] == "." else f"${text}"


def counted(value: Range) -> str:
    """A count: one number, or both bounds."""
    low, high = f"{value.low:,.0f}", f"{value.high:,.0f}"
    return low if low == high else f"{low}{DASH}{high}"


def percent(fraction: float) -> str:
    """A share in whole per cent."""
    return f"{fraction * 100:.0f} %"


def headline(savings: Savings | None) -> str | None:
    """The best-known saving in one phrase, None where nothing is known."""
    if savings is None:
        return None
    if savings.per_month is not None:
        return f"{_month(savings.per_month)} per month"
    if savings.per_1k is not None:
        return f"{usd_range(savings.per_1k)} per 1,000 requests"
    if savings.discount and savings.route is not Route.NONE:
        return f"{percent(savings.discount)} of the price"
    return None


def monthly(savings: Savings | None) -> float:
    """What findings are ranked by: the middle of the monthly saving, 0 where it is unknown."""
    if savings is None or savings.per_month is None:
        return 0.0
    return (savings.per_month.low + savings.per_month.high) / 2


def _month(amount: Range) -> str:
    """A monthly amount, in which fractions of a cent say nothing."""
    if 0 < amount.high < _CENT and amount.low >= 0:
        return "less than $0.01"
    return usd_range(Range(0.0, amount.high) if 0 <= amount.low < _CENT < amount.high else amount)


def _two_digits(amount: float) -> float:
    return float(f"{amount:.2g}")


def _small(amount: float) -> str:
    """An amount below ten cents to two digits, without an exponent."""
    exponent = int(f"{amount:.1e}".partition("e-")[2])
    return f"{amount:.{exponent + 1}f}"
