"""Amounts are rounded to what is known of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.finding import Range, Route, Savings
from batchlint.report.money import headline, monthly, usd, usd_range


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (3375.0, "$3,375"),
        (40_500, "$40,500"),
        (6.75, "$6.75"),
        (0.5, "$0.50"),
        (0.0421, "$0.042"),
        (0, "$0.00"),
        (0.00001, "$0.00"),
        (-12.5, "-$12.50"),
    ],
)
def test_exact_amounts(amount: float, text: str) -> None:
    assert usd(amount) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (3375, 3375, "$3,375"),
        (1234, 5678, "$1,200 to $5,700"),
        (10, 20, "$10 to $20"),
        (0.123, 4.56, "$0.12 to $4.60"),
        (-3, 5, "up to $5.00"),
        (0, 5, "up to $5.00"),
        (100.1, 100.2, "$100"),
    ],
)
def test_bounds_are_rounded_to_two_digits(low: float, high: float, text: str) -> None:
    assert usd_range(Range(low, high)) == text


def test_the_monthly_figure_is_preferred() -> None:
    assert headline(Savings(1.0, 1.0, 20.0, 20.0, ("b",))) == "$20.00 per month"
    assert headline(Savings(1.0, 1.0, None, None, ("b",))) == "$1.00 per 1,000 requests"
    assert headline(Savings(None, None, None, None, ("b",), discount=0.5)) == "50% of the price"


def test_nothing_known_is_nothing_said() -> None:
    assert headline(None) is None
    assert headline(Savings(None, None, None, None, ("b",))) is None
    assert headline(Savings(None, None, None, None, ("b",), route=Route.NONE, discount=0.5)) is None
    assert monthly(None) == 0.0


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_any_bounds_read_as_money(one: float, other: float) -> None:
    text = usd_range(Range(min(one, other), max(one, other)))
    assert "$" in text
    assert "e" not in text
    assert "inf" not in text
