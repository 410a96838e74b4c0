"""Amounts are rounded to what is known of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.finding import Range, Route, Savings
from batchlint.money import headline, monthly, percent, usd, usd_range, usd_rate


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (6750, "$6,750"),
        (3375.0, "$3,375"),
        (40_500, "$40,500"),
        (99.996, "$100"),
        (12.5, "$12.50"),
        (6.75, "$6.75"),
        (3, "$3"),
        (0.5, "$0.50"),
        (0.0999, "$0.10"),
        (0.0421, "$0.042"),
        (0.000012, "$0.000012"),
        (0, "$0"),
        (-1e-12, "$0"),
        (-0.2, "-$0.20"),
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
        (1.834, 11.2, "$1.80 to $11"),
        (0.123, 4.56, "$0.12 to $4.60"),
        (0.0015, 0.008, "$0.0015 to $0.0080"),
        (-0.53, 4.3, "-$0.53 to $4.30"),
        (0, 5, "up to $5"),
        (101, 104, "about $100"),
    ],
)
def test_bounds_are_rounded_to_two_digits(low: float, high: float, text: str) -> None:
    assert usd_range(Range(low, high)) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(3, "$3"), (2.5, "$2.50"), (0.125, "$0.125"), (0.02, "$0.02"), (15, "$15")]
)
def test_a_rate_is_shown_in_full(rate: float, text: str) -> None:
    assert usd_rate(rate) == text


def test_a_share() -> None:
    assert percent(0.5) == "50 %"


def test_the_monthly_figure_is_preferred() -> None:
    assert headline(Savings(1.0, 1.0, 20.0, 20.0, ("b",))) == "$20 per month"
    assert headline(Savings(1.0, 1.0, None, None, ("b",))) == "$1 per 1,000 requests"
    assert headline(Savings(None, None, None, None, ("b",), discount=0.5)) == "50 % of the price"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.0005, 0.013, "up to $0.013 per month"),
        (0.0005, 0.0013, "less than $0.01 per month"),
        (0.0, 0.0, "$0 per month"),
        (-0.5, 3.0, "-$0.50 to $3 per month"),
    ],
)
def test_fractions_of_a_cent_a_month_say_nothing(low: float, high: float, text: str) -> None:
    assert headline(Savings(1.0, 1.0, low, high, ("b",))) == text


def test_nothing_known_is_nothing_said() -> None:
    assert headline(None) is None
    assert headline(Savings(None, None, None, None, ("b",))) is None
    assert headline(Savings(None, None, None, None, ("b",), route=Route.NONE, discount=0.5)) is None
    assert monthly(None) == 0.0


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_no_figure_is_off_by_more_than_its_precision(value: float) -> None:
    for text, error in ((usd(value), 0.051), (usd_range(Range(value, value * 40)), 0.051)):
        shown = float(re.sub(r"[$,]", "", text.split(" to ")[0].removeprefix("about ")))
        assert abs(shown - value) <= error * value


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_only_a_minus_sign_tells_a_loss_from_a_saving(value: float) -> None:
    if abs(value) >= 1e-6:
        assert usd(value).startswith("-") == (value < 0)
        assert usd(-value).removeprefix("-") == usd(value).removeprefix("-")


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_any_bounds_read_as_money(one: float, other: float) -> None:
    text = usd_range(Range(min(one, other), max(one, other)))
    assert "$" in text
    assert "e" not in text
    assert "inf" not in text
