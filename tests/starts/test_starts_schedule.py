"""How often schedules happen: known texts, and random cron expressions against a count by brute force."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlint.starts import runs_per_month

DAYS = 30.44
KNOWN = {
    # cron and its presets
    "0 6 * * *": DAYS,
    "*/5 * * * *": 288 * DAYS,
    "0 9 * * MON-FRI": 5 / 7 * DAYS,
    "0 9 * * monday,thu": 2 / 7 * DAYS,
    "0 9 * * FRI-MON": 4 / 7 * DAYS,
    "0 22-2 * * *": 5 * DAYS,
    "0 0 1 * *": 1,
    "0 0 1 jan *": 1 / 12,
    "0 0 L * *": 1,
    "0 9 * * 1#1": 1,
    "CRON_TZ=Europe/Berlin 0 6 * * *": DAYS,
    "H/15 H(2-5) * * *": 4 * DAYS,
    "@hourly": 24 * DAYS,
    "@daily": DAYS,
    "@weekly": DAYS / 7,
    "@monthly": 1,
    "@quarterly": 1 / 3,
    "@yearly": 1 / 12,
    "@every 1h30m": 16 * DAYS,
    # seconds first (Azure, Spring), Quartz
    "0 */5 * * * *": 288 * DAYS,
    "0 0 12 * * ?": DAYS,
    "0 15 10 ? * MON-FRI": 5 / 7 * DAYS,
    "0 15 10 ? * 2-6 *": 5 / 7 * DAYS,
    "0 0 12 15W * ?": 1,
    # AWS
    "cron(0 12 * * ? *)": DAYS,
    "cron(0 18 ? * MON-FRI *)": 5 / 7 * DAYS,
    "cron(0 9 ? * 2 *)": DAYS / 7,
    "cron(0 9 ? * 2#1 *)": 1,
    "cron(0 9 ? * 6L *)": 1,
    "cron(0 9 ? * L *)": DAYS / 7,
    "cron(0 9 L * ? *)": 1,
    "0 12 * * ? *": DAYS,
    "rate(5 minutes)": 288 * DAYS,
    "rate(1 hour)": 24 * DAYS,
    "rate(7 days)": DAYS / 7,
    # systemd
    "daily": DAYS,
    "hourly": 24 * DAYS,
    "semiannually": 1 / 6,
    "06:00": DAYS,
    "*:0/15": 96 * DAYS,
    "Mon..Fri *-*-* 06:00:00": 5 / 7 * DAYS,
    "Mon,Thu 10:00 Europe/Berlin": 2 / 7 * DAYS,
    "*-*-01,15 03:00": 2,
    "*-*~01 03:00": 1,
    "Mon *-*~07/1 12:00": 1,
    "Sat *-*-1..7 18:00": 1,
    "2030-*-1 00:00": 1,
    # durations
    "15min": 96 * DAYS,
    "1h 30min": 16 * DAYS,
    "2 weeks": DAYS / 14,
    "PT15M": 96 * DAYS,
    "P1D": DAYS,
    "R/2024-01-01T00:00:00Z/PT1H": 24 * DAYS,
    "1 day, 0:00:00": DAYS,
    "30.0": 2880 * DAYS,
    # Python calls
    "timedelta(minutes=5)": 288 * DAYS,
    "datetime.timedelta(1)": DAYS,
    "IntervalTrigger(hours=2)": 12 * DAYS,
    "crontab()": 1440 * DAYS,
    "crontab(minute=0, hour='*/3')": 8 * DAYS,
    "crontab(0, 7, day_of_week=1)": DAYS / 7,
    "crontab(minute=0, hour=0, day_of_month='1-7', day_of_week='mon')": 1,
    "crontab(minute=0, hour=[6, 18])": 2 * DAYS,
    "CronTrigger(hour=9, day_of_week='mon-fri', timezone=zone)": 5 / 7 * DAYS,
    "CronTrigger(day_of_week=0, hour=9)": DAYS / 7,
    "CronTrigger(minute='*/10')": 144 * DAYS,
    # words
    "every 5 minutes": 288 * DAYS,
    "every 24 hours": DAYS,
    "every 2 hours from 10:00 to 14:00": 3 * DAYS,
    "every day 09:00": DAYS,
    "every day at 09:00 and 18:00": 2 * DAYS,
    "every mon,wed 10:00": 2 / 7 * DAYS,
    "every weekday at 9am": 5 / 7 * DAYS,
    "1st monday of month 09:00": 1,
    "2nd,third mon,wed,thu of march 17:00": 0.5,
    "1,15 of jan,apr,jul,oct 09:00": 8 / 12,
    "twice a day": 2 * DAYS,
    "3 times per week": 3 / 7 * DAYS,
}


@pytest.mark.parametrize("text", KNOWN)
def test_known_schedules(text: str) -> None:
    assert runs_per_month(text) == pytest.approx(KNOWN[text], rel=1e-3)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "@reboot", "@once", "@continuous", "None", "garbage", "at(2026-01-01T00:00:00)", "61 * * * *",
     "0 0 30 2 *", "* * *", "2026-01-01 06:00", "PT0S", "rate(0 hours)", "every 0 minutes", "crontab(hour=x)",
     "cron()", "timedelta()", "x" * 1000, "0 0 * * " + "1," * 80],
)  # fmt: skip
def test_what_is_no_rhythm_is_none(text: str) -> None:
    assert runs_per_month(text) is None


FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


@st.composite
def field(draw: st.DrawFn, low: int, high: int) -> str:
    """A field of a cron expression: `*`, steps, ranges, lists."""
    value = st.integers(low, high)
    shape = draw(st.sampled_from(("*", "*", "*/n", "a", "a-b", "a-b/n", "list")))
    if shape == "list":
        return ",".join(map(str, draw(st.lists(value, min_size=1, max_size=4))))
    first, last = sorted((draw(value), draw(value)))
    step = draw(st.integers(1, high))
    return shape.replace("a", str(first)).replace("b", str(last)).replace("n", str(step))


crons = st.tuples(*(field(low, high) for low, high in FIELDS))


def values(text: str, low: int, high: int) -> set[int]:
    """The values of a field, read independently of the product and of its library."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, last = (low, high) if span == "*" else (int(span.split("-")[0]), int(span.split("-")[-1]))
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def runs_in(cron: tuple[str, ...], first: date, end: date) -> int:
    """The runs between two days, by going through them: either day field, or both if one is a star."""
    minutes, hours, days, months, weekdays = (
        values(text, *bounds) for text, bounds in zip(cron, FIELDS, strict=True)
    )
    both = cron[2].startswith("*") or cron[4].startswith("*")
    runs = 0
    for offset in range((end - first).days):
        day = first + timedelta(days=offset)
        matches = day.day in days, (day.weekday() + 1) % 7 in weekdays
        if day.month in months and (all(matches) if both else any(matches)):
            runs += len(minutes) * len(hours)
    return runs


@settings(max_examples=150, deadline=None)
@given(crons)
def test_random_cron_is_counted_as_by_brute_force(cron: tuple[str, ...]) -> None:
    # After 28 years (without a skipped leap year) dates fall on the same weekdays again.
    first, end = date(2001, 1, 1), date(2029, 1, 1)
    expected = runs_in(cron, first, end) * DAYS / (end - first).days
    assert (runs_per_month(" ".join(cron)) or 0) == pytest.approx(expected, rel=1e-9)


# With one of the date fields restricted; more leave a single year too few dates to be an average one.
yearly = st.one_of(
    st.tuples(field(0, 59), field(0, 23), st.just("*"), field(1, 12), st.just("*")),
    st.tuples(field(0, 59), field(0, 23), st.just("*"), st.just("*"), field(0, 6)),
)


@settings(max_examples=150, deadline=None)
@given(yearly, st.sampled_from((2023, 2025, 2026, 2027, 2029, 2030, 2031)))
def test_a_sample_year_has_about_the_runs(cron: tuple[str, ...], year: int) -> None:
    runs = runs_in(cron, date(year, 1, 1), date(year + 1, 1, 1))
    assert 12 * (runs_per_month(" ".join(cron)) or 0) == pytest.approx(runs, rel=0.02)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.text("0123456789*/,-#?LWHPTYMD @()=abcdeinorstuy:.", max_size=40)))
def test_any_text_gives_a_number_or_none(text: str) -> None:
    runs = runs_per_month(text)
    assert runs is None or runs >= 0
