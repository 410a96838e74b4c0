"""How often a cron expression fires, in an average month.

cronsim parses the fields and decides which days match; the runs are counted as times of day times
matching days over 28 years, after which weekdays and leap days repeat. Dialects are rewritten to the
standard one first: Quartz and AWS (`?`, weekdays from 1 = Sunday, year), Jenkins (`H`), wrapped ranges.
"""

import re
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cronsim import CronSim

DAYS_PER_MONTH = 30.44

_YEARS = (2001, 2029)
_FIELDS_MAX = 7
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NUMBERS = {name: number for number, name in enumerate(_WEEKDAYS)} | {
    name: number for number, name in enumerate(_MONTHS, start=1)
}
# Lowest and highest value of the six fields, for ranges that wrap around.
_BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_WRAPPED = re.compile(r"(\w+)-(\w+)(?:/(\d+))?")
# cronsim takes `5-5/2` for `5/2`, which goes on to the end.
_SINGLE = re.compile(r"\b(\w+)-\1(?:/\d+)?\b")
_HASHED = re.compile(r"H(?:\((\d+)-\d+\))?(?!\w)")
_QUARTZ_DAY = re.compile(r"(?<![/#\w])([1-7])(?!\d)")


def cron_runs(text: str) -> float | None:
    """Runs in an average month of a cron expression of 5, 6 (seconds first) or 7 fields.

    A `?` tells Quartz (6 or 7 fields, seconds first) from AWS (6 fields, year last) by its place.
    None for what is no such expression.
    """
    fields = re.sub(r"^\s*(?:CRON_TZ|TZ)=\S+\s+", "", text).upper().split()
    is_aws = len(fields) == 6 and "?" in (fields[2], fields[4])
    if is_aws:
        return aws_cron_runs(text)
    if len(fields) == 5:
        fields = ["0", *fields]
    if not 6 <= len(fields) <= _FIELDS_MAX:
        return None
    if "?" in fields or len(fields) == _FIELDS_MAX:
        fields[5] = _standard_weekdays(fields[5])
    return _count(tuple(fields[:6]))


def aws_cron_runs(text: str) -> float | None:
    """Runs in an average month of the six fields inside an AWS `cron(...)`: minutes first, year last."""
    fields = text.upper().split()
    if len(fields) != 6:
        return None
    return _count(("0", *fields[:4], _standard_weekdays(fields[4])))


def fields_runs(fields: tuple[str, str, str, str, str, str], *, weekday_and_date: bool) -> float | None:
    """Runs in an average month of second, minute, hour, day, month and weekday fields.

    `weekday_and_date` says that both must match (systemd, Celery, APScheduler) instead of either.
    """
    if not weekday_and_date:
        return _count(fields)
    return _count((*fields[:5], "*"), weekdays=fields[5])


@cache
def _days() -> tuple[date, ...]:
    first, end = date(_YEARS[0], 1, 1), date(_YEARS[1], 1, 1)
    return tuple(first + timedelta(days=n) for n in range((end - first).days))


@cache
def _count(fields: tuple[str, ...], weekdays: str = "*") -> float | None:
    dates = _parse(fields)
    also = _parse(("0", "0", "0", "*", "*", weekdays))
    if dates is None or also is None:
        return None
    times = len(dates.seconds) * len(dates.minutes) * len(dates.hours)
    everyday = weekdays == "*"
    matching = sum(
        day.month in dates.months and dates.match_day(day) and (everyday or also.match_day(day))
        for day in _days()
    )
    return times * matching * DAYS_PER_MONTH / len(_days())


def _parse(fields: tuple[str, ...]) -> "CronSim | None":
    from cronsim import CronSim, CronSimError

    text = " ".join(_standard(field.upper(), position) for position, field in enumerate(fields))
    try:
        return CronSim(text, datetime(_YEARS[0], 1, 1))
    except (CronSimError, ValueError):
        return None


def _standard(field: str, position: int) -> str:
    """One field without the words, hashes and wrapped ranges that cronsim does not know."""
    low, high = _BOUNDS[position]
    field = field.replace("?", "*")
    if field.startswith("H"):
        field = re.sub(
            r"^H(\((\d+)-\d+\))?(?!\w)", lambda m: "*" if "/" in field else m[2] or str(low), field
        )
    if position in (4, 5):
        field = re.sub(r"[A-Z]{4,}", lambda m: m[0][:3], field)
    if position == 3:
        field = re.sub(r"\bL-\d+|(\d+)W\b", lambda m: m[1] or "L", field)
    return _WRAPPED.sub(lambda m: _unwrap(m, low, high), _SINGLE.sub(r"\1", field))


def _unwrap(match: re.Match[str], low: int, high: int) -> str:
    """`FRI-MON` and `22-2` as lists; anything else as it stands."""
    first, last = (_NUMBERS.get(word, int(word) if word.isdecimal() else None) for word in match.group(1, 2))
    if first is None or last is None or first <= last or first > high:
        return match[0]
    step = int(match[3] or 1)
    values = [*range(first, high + 1), *range(low, last + 1)]
    return ",".join(map(str, values[:: step or 1]))


def _standard_weekdays(field: str) -> str:
    """A Quartz or AWS weekday field (1 = Sunday) in cron's numbers (0 = Sunday)."""
    if field == "L":
        return "6"
    return _QUARTZ_DAY.sub(lambda m: str(int(m[1]) - 1), field)
