"""How often a schedule starts a job: cron expressions, presets, rates, intervals."""

import re
from datetime import datetime, timedelta

from batchlint.finding import Range

_DAYS_PER_MONTH = 365.25 / 12
_SECONDS_PER_MONTH = _DAYS_PER_MONTH * 86_400
# A leap year and three others, long enough for the rarest schedule ("29 February").
_SPAN = timedelta(days=4 * 365.25)
_STARTS = 2_000

# cron, Airflow, systemd and Kubernetes spell them alike; Airflow's `@once` runs once and is no schedule.
_PRESETS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@quarterly": "0 0 1 */3 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_LETTERS = {"s": 1, "m": 60, "h": 3_600}
# Modal's and EventBridge's `rate(5 minutes)`, App Engine's `every 12 hours`, Go's `@every 1h30m`.
_RATE = re.compile(r"(?:rate\(\s*|every\s+)(\d+(?:\.\d+)?)?\s*(second|minute|hour|day|week)s?\s*\)?", re.I)
_EVERY = re.compile(r"@every\s+((?:\d+(?:\.\d+)?[hms])+)")


def runs_per_month(schedule: str) -> Range | None:
    """The starts per average month of a schedule as text, or None when it is none that is understood.

    Takes cron expressions of five fields, of six with seconds first, EventBridge's `cron(…)` with a year
    last, the `@daily` presets, `@every 90m`, `rate(5 minutes)` and `every 12 hours`.
    """
    text = " ".join(schedule.split())
    if found := _RATE.fullmatch(text):
        return every_seconds(float(found[1] or 1) * _UNITS[found[2].lower()])
    if found := _EVERY.fullmatch(text):
        parts = re.findall(r"(\d+(?:\.\d+)?)([hms])", found[1])
        return every_seconds(
            sum(float(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in parts)
        )
    return _cron(_PRESETS.get(text.lower(), text))


def every_seconds(seconds: float) -> Range | None:
    """The starts per average month of a fixed interval; None for an interval that is none."""
    if not 0 < seconds < float("inf"):
        return None
    runs = _SECONDS_PER_MONTH / seconds
    return Range(runs, runs)


def _cron(expression: str) -> Range | None:
    """Starts per month, counted over four years, or over the first 2,000 starts where there are more."""
    from cronsim import CronSim, CronSimError

    begin = datetime(2024, 1, 1)
    try:
        simulation = CronSim(_fields(expression), begin)
    except CronSimError:
        return None
    starts, last = 0, begin
    for at in simulation:
        if at - begin > _SPAN:
            last = begin + _SPAN
            break
        starts, last = starts + 1, at
        if starts == _STARTS:
            break
    else:
        last = begin + _SPAN
    if not starts:
        return None
    runs = starts * _SECONDS_PER_MONTH / (last - begin).total_seconds()
    return Range(runs, runs)


def _fields(expression: str) -> str:
    """The expression in the form that the library reads: no time zone, no year, no `?`, Sunday 0."""
    expression = re.sub(r"^(CRON_TZ|TZ)=\S+ ", "", expression)
    found = re.fullmatch(r"cron\((.*)\)", expression, re.IGNORECASE)
    if not found:
        return expression.replace("?", "*")
    fields = found[1].replace("?", "*").split()[:5]
    if len(fields) == 5:
        fields[4] = re.sub(r"\d", lambda day: str((int(day[0]) - 1) % 7), fields[4])
    return " ".join(fields)
