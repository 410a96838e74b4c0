"""How often a systemd calendar expression (`OnCalendar=`) elapses; grammar: systemd.time(7)."""

import re

from batchlint.starts.when.cron import fields_runs

_WEEKDAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_EXPRESSION = re.compile(
    rf"(?P<weekdays>{_WEEKDAY}(?:(?:,|\.\.|-){_WEEKDAY})*,?)?\s*"
    r"(?:(?:(?P<year>[\d*,./]+)-)?(?P<month>[\d*,./]+)(?P<end>[-~])(?P<day>[\d*,./]+))?[\sT]*"
    r"(?:(?P<hour>[\d*,./]+):(?P<minute>[\d*,./]+)(?::(?P<second>[\d*,./]+))?)?"
    r"(?:\s+(?P<zone>[A-Za-z_]+(?:/[A-Za-z_+\-\d]+)*))?",
    re.IGNORECASE,
)


def calendar_runs(text: str) -> float | None:
    """Elapses in an average month of a systemd calendar expression; None where the text is none."""
    match = _EXPRESSION.fullmatch(text.strip())
    if match is None or not (match["weekdays"] or match["day"] or match["hour"]):
        return None
    if (match["year"] or "*").isdecimal() and (match["month"] or "*").isdecimal():
        return None  # a date, not a rhythm
    weekdays = match["weekdays"] or "*"
    day = match["day"] or "*"
    if match["end"] == "~":
        # `~07/1` with weekdays is the last such weekday; otherwise each listed day from the end is one day.
        if day.lstrip("0") == "7/1" and match["weekdays"]:
            return _last_weekdays(weekdays)
        day = _from_the_end(day)
    time = (match["second"], match["minute"], match["hour"])
    fields = [_field(value or "0") for value in time]
    return fields_runs(
        (fields[0], fields[1], fields[2], _field(day), _field(match["month"] or "*"), _days(weekdays)),
        weekday_and_date=True,
    )


def _field(value: str) -> str:
    """A component in cron's spelling; fractions of a second are dropped."""
    value = re.sub(r"(\d)\.\d+", r"\1", value.replace("..", "-"))
    return re.sub(r"\b0+(?=\d)", "", value)


def _days(weekdays: str) -> str:
    names = re.sub(r"[a-z]+", lambda m: m[0][:3], weekdays.lower().strip(","))
    return names.replace("..", "-")


def _from_the_end(day: str) -> str:
    """Days of a month that are as many as the listed days from its end."""
    return ",".join(str(n + 1) for n in range(day.count(",") + 1))


def _last_weekdays(weekdays: str) -> float:
    return float(len(re.findall(_WEEKDAY, weekdays, re.IGNORECASE)))
