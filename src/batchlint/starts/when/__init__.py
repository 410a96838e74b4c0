"""Schedules as text: how often they happen in an average month."""

import re
from functools import cache

__all__ = ["runs_per_month"]

_TEXT_MAX = 200
# Airflow's, cron's and systemd's words for "not on a schedule".
_UNSCHEDULED = ("@reboot", "@once", "@continuous", "@none", "none", "null")
_AWS_CRON = re.compile(r"cron\s*\((.*)\)", re.IGNORECASE)
_AWS_RATE = re.compile(r"rate\s*\((.*)\)", re.IGNORECASE)


@cache
def runs_per_month(text: str) -> float | None:
    """How often a schedule happens in an average month of 30.44 days, or None if it is not understood.

    Understood are cron expressions (5 fields; 6 with seconds first; Quartz), AWS `cron()` and `rate()`,
    presets (`@daily`, `@every 5m`), systemd calendar expressions, durations (`15min`, `PT5M`, a bare
    number of seconds, `1 day, 0:00:00`), Python calls of constants (`crontab(hour=3)`, `CronTrigger()`,
    `timedelta(hours=1)`) and phrases ("every 5 minutes", "1st monday of month 09:00"). A bare time of
    day is systemd's: once a day. What happens once, or never by itself, is None.
    """
    # Most runs meet no schedule, and the readers of all their forms are many patterns.
    from batchlint.starts.when.calls import call_runs
    from batchlint.starts.when.cron import aws_cron_runs, cron_runs
    from batchlint.starts.when.oncalendar import calendar_runs
    from batchlint.starts.when.phrases import phrase_runs, span_runs

    text = text.strip()
    if not text or len(text) > _TEXT_MAX or text.lower() in _UNSCHEDULED:
        return None
    if match := _AWS_RATE.fullmatch(text):
        return span_runs(match[1])
    if match := _AWS_CRON.fullmatch(text):
        fields = match[1].strip().strip("'\"")
        return aws_cron_runs(fields) or cron_runs(fields)
    if text.lower().startswith("@every "):
        return span_runs(text[len("@every ") :])
    if "(" in text:
        runs = call_runs(text)
        if runs is not None:
            return runs
    for read in (cron_runs, calendar_runs, phrase_runs, span_runs):
        runs = read(text)
        if runs is not None:
            return runs
    return None
