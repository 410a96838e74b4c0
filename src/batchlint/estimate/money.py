"""Figures in words: dollars and counts that pretend no more precision than they have."""

from math import floor, log10

from batchlint.finding import Range

DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def format_usd(value: float) -> str:
    """A figure that is known: whole dollars from $100, cents from $1, two digits below."""
    amount = abs(value)
    if amount >= 99.995:
        text = f"{amount:,.0f}"
    elif amount >= 0.995:
        text = f"{amount:,.2f}".removesuffix(".00")
    else:
        text = _digits(amount, 2)
    return f"{MINUS if value < 0 and text.strip('0.') else ''}${text}"


def format_usd_range(value: Range) -> str:
    """An estimate: one figure where it is known, else both bounds with two significant digits."""
    if value.exact:
        return format_usd(value.low)
    low, high = (_rounded(bound) for bound in (value.low, value.high))
    return f"about {low}" if low == high else f"{low}{DASH}{high}"


def format_rate(value: float) -> str:
    """A price as a list shows it: `$3`, `$2.50`, `$0.0375`."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return f"${text}0" if text[-2:-1] == "." else f"${text}"


def format_number(value: Range) -> str:
    """A count: one number, or both bounds."""
    low, high = f"{value.low:,.0f}", f"{value.high:,.0f}"
    return low if low == high else f"{low}{DASH}{high}"


def format_percent(fraction: float) -> str:
    """A share in whole per cent."""
    return f"{fraction * 100:.0f} %"


def _rounded(value: float) -> str:
    """Two significant digits with a dollar sign."""
    amount = abs(value)
    text = f"{round(amount, -floor(log10(amount)) + 1):,.0f}" if amount >= 10 else _digits(amount, 2)
    return f"{MINUS if value < 0 and text.strip('0.') else ''}${text}"


def _digits(amount: float, digits: int) -> str:
    """An amount below ten with that many significant digits and no exponent."""
    if amount < 1e-9:
        return "0"
    places = max(0, digits - 1 - floor(log10(amount)))
    text = f"{amount:.{places}f}"
    if amount >= 0.995 and text.endswith("0"):
        return text.rstrip("0").rstrip(".")
    return text
