"""Schedules written as Python calls: `crontab(hour=3)`, `CronTrigger(...)`, `timedelta(minutes=5)`."""

import ast

from batchlint.starts.pyast import parse_expression
from batchlint.starts.when.cron import fields_runs
from batchlint.starts.when.phrases import span_runs

_SPAN_CALLS = ("timedelta", "relativedelta", "IntervalTrigger", "interval", "duration")
_SPAN_UNITS = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds", "months", "years")
_TIMEDELTA_POSITIONS = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")
_CELERY_POSITIONS = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year")
# Fields of APScheduler's CronTrigger from coarse to fine: what is finer than the finest given starts at 0.
_TRIGGER_FIELDS = ("month", "day", "day_of_week", "hour", "minute", "second")
_TRIGGER_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def call_runs(text: str) -> float | None:
    """Runs in an average month of a schedule object written as a call of constants; None for others."""
    call = parse_expression(text)
    if not isinstance(call, ast.Call):
        return None
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "crontab":
        return _celery(_arguments(call, _CELERY_POSITIONS))
    if name == "CronTrigger":
        return _trigger(_arguments(call, ()))
    if name in _SPAN_CALLS:
        given = _arguments(call, _TIMEDELTA_POSITIONS)
        parts = [f"{given[unit]} {unit}" for unit in _SPAN_UNITS if given and unit in given]
        return span_runs(" ".join(parts)) if parts else None
    return None


def _arguments(call: ast.Call, positions: tuple[str, ...]) -> dict[str, str] | None:
    """The arguments by name as text; None if one is no constant."""
    given: dict[str, ast.expr] = dict(zip(positions, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    values: dict[str, str] = {}
    for name, value in given.items():
        match value:
            case ast.Constant(value=str() | int() | float() as constant):
                values[name] = str(constant)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items) if all(
                isinstance(item, ast.Constant) for item in items
            ):
                values[name] = ",".join(str(item.value) for item in items if isinstance(item, ast.Constant))
            case _ if name in ("timezone", "app", "nowfun", "start_date", "end_date", "jitter"):
                pass
            case _:
                return None
    return values


def _celery(given: dict[str, str] | None) -> float | None:
    if given is None:
        return None
    minute, hour, weekday, day, month = (given.get(name, "*").replace(" ", "") for name in _CELERY_POSITIONS)
    return fields_runs(("0", minute, hour, day, month, weekday), weekday_and_date=True)


def _trigger(given: dict[str, str] | None) -> float | None:
    if given is None:
        return None
    finest = max((n for n, name in enumerate(_TRIGGER_FIELDS) if name in given), default=-1)
    if finest < 0:
        return None
    values = {
        name: given.get(name, "*" if n <= finest or name == "day_of_week" else _least(name))
        for n, name in enumerate(_TRIGGER_FIELDS)
    }
    weekday = "".join(
        # APScheduler numbers weekdays from Monday = 0.
        _TRIGGER_WEEKDAYS[int(char)] if char in "0123456" else char
        for char in values["day_of_week"]
    )
    day = "L" if values["day"] == "last" else values["day"]
    fields = (values["second"], values["minute"], values["hour"], day, values["month"], weekday)
    return fields_runs(fields, weekday_and_date=True)


def _least(field: str) -> str:
    return "1" if field in ("month", "day") else "0"
