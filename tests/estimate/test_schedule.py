"""Schedules as text become starts per month."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.estimate import every_seconds, runs_per_month

MONTH = 365.25 / 12


@pytest.mark.parametrize(
    ("schedule", "runs"),
    [
        ("0 3 * * *", MONTH),
        ("*/15 * * * *", MONTH * 96),
        ("* * * * *", MONTH * 1440),
        ("0 9-17 * * 1-5", MONTH * 9 * 5 / 7),
        ("0 0 1 * *", 1),
        ("0 0 1 1 *", 1 / 12),
        ("0 0 29 2 *", 1 / 48),
        ("0 0 * * MON", MONTH / 7),
        ("0 0 1,15 * *", 2),
        ("30 0 3 * * *", MONTH),
        ("TZ=Europe/Berlin 0 3 * * *", MONTH),
        ("cron(0 12 * * ? *)", MONTH),
        ("cron(0 12 ? * 2-6 *)", MONTH * 5 / 7),
        ("cron(0 12 ? * 1 *)", MONTH / 7),
        ("rate(5 minutes)", MONTH * 288),
        ("rate(1 day)", MONTH),
        ("every 12 hours", MONTH * 2),
        ("@daily", MONTH),
        ("@weekly", MONTH / 7),
        ("@quarterly", 1 / 3),
        ("@every 1h30m", MONTH * 16),
    ],
)
def test_a_schedule_has_a_frequency(schedule: str, runs: float) -> None:
    found = runs_per_month(schedule)
    assert found is not None
    assert found.exact
    assert found.low == pytest.approx(runs, rel=0.01)


@pytest.mark.parametrize(
    "schedule", ["", "soon", "@once", "61 * * * *", "0 0 31 2 *", "0 3 * *", "rate(0 minutes)", "cron()"]
)
def test_what_is_no_schedule_has_none(schedule: str) -> None:
    assert runs_per_month(schedule) is None


@given(st.text(max_size=30))
def test_any_text_is_a_schedule_or_none(text: str) -> None:
    found = runs_per_month(text)
    assert found is None or found.low > 0


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_an_interval_that_is_none(seconds: float) -> None:
    assert every_seconds(seconds) is None


def test_an_interval() -> None:
    found = every_seconds(3600)
    assert found is not None
    assert found.low == pytest.approx(MONTH * 24)
