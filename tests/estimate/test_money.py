"""Figures pretend no more precision than they have."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.estimate import format_usd, format_usd_range
from batchlint.estimate.money import format_percent, format_rate
from batchlint.finding import Range


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (6750, "$6,750"),
        (3375.0, "$3,375"),
        (40500, "$40,500"),
        (99.996, "$100"),
        (12.5, "$12.50"),
        (3, "$3"),
        (0.5, "$0.50"),
        (0.0449, "$0.045"),
        (0.000012, "$0.000012"),
        (0, "$0"),
        (-0.2, "−$0.20"),  # noqa: RUF001 (a minus sign)
        (-1e-12, "$0"),
    ],
)
def test_a_known_figure(value: float, text: str) -> None:
    assert format_usd(value) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (3375, 3375, "$3,375"),
        (1234, 5678, "$1,200–$5,700"),  # noqa: RUF001 (an en dash)
        (1.834, 11.2, "$1.8–$11"),  # noqa: RUF001
        (101, 104, "about $100"),
        (0.0015, 0.008, "$0.0015–$0.0080"),  # noqa: RUF001
        (-0.53, 4.3, "−$0.53–$4.3"),  # noqa: RUF001
    ],
)
def test_an_estimate(low: float, high: float, text: str) -> None:
    assert format_usd_range(Range(low, high)) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(3, "$3"), (2.5, "$2.50"), (0.125, "$0.125"), (0.02, "$0.02"), (15, "$15")]
)
def test_a_rate_is_shown_in_full(rate: float, text: str) -> None:
    assert format_rate(rate) == text


def test_a_share() -> None:
    assert format_percent(0.5) == "50 %"


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_no_figure_is_off_by_more_than_its_precision(value: float) -> None:
    for text, error in ((format_usd(value), 0.051), (format_usd_range(Range(value, value * 40)), 0.051)):
        shown = float(re.sub(r"[$,]", "", text.split("–")[0].removeprefix("about ")))  # noqa: RUF001
        assert abs(shown - value) <= error * value


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_only_a_minus_sign_tells_a_loss_from_a_saving(value: float) -> None:
    if abs(value) >= 1e-6:
        assert format_usd(value).removeprefix("−") == format_usd(abs(value))  # noqa: RUF001
