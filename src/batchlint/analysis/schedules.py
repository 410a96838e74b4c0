"""Schedules as programs write them, put into the words that cron expressions and people use.

`crontab(minute=0, hour=3)` becomes `0 3 * * *`, `timedelta(minutes=5)` becomes `every 5 minutes`, a number of
seconds `every 300 seconds`, and so does `add_job(f, "interval", minutes=5)`.

A field that is not given means every minute (hour, …) to Celery, Huey and arq; to APScheduler it does so only
above the smallest field that is given, and the first minute (hour, …) below it.
Sources: https://docs.celeryq.dev/en/stable/reference/celery.schedules.html,
https://apscheduler.readthedocs.io/en/3.x/modules/triggers/cron.html
"""

from collections.abc import Sequence
from typing import Final

from batchlint.analysis.values import HOLE, Values
from batchlint.catalog.model import Argument
from batchlint.program.linker import CallContext

_UNITS: Final = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
# The fields of a cron expression by the names of the arguments that carry them, smallest unit first.
_FIELDS: Final = (
    ("minute", "minute"),
    ("hour", "hour"),
    ("day", "day_of_month"),
    ("month", "month_of_year"),
    ("day_of_week", "weekday"),
)
_CRON_CALLS: Final = frozenset({"crontab", "CronTrigger", "Cron", "cron"})
_LEAST_BELOW: Final = frozenset({"CronTrigger"})
_INTERVAL_CALLS: Final = frozenset({"timedelta", "IntervalTrigger", "Period", "schedule"})


def schedule_text(values: Values, context: CallContext, selectors: Sequence[Argument]) -> str | None:
    """The schedule that a registration carries, None where it has none that can be read."""
    node = values.argument(context, selectors)
    if node is None:
        return None
    texts = sorted(text for text in values.texts(node) if text and HOLE not in text)
    if texts and texts[0] in ("cron", "interval", "date"):  # APScheduler names the kind of trigger
        is_cron = texts[0] == "cron"
        return _cron(values, context, is_least_below=True) if is_cron else _interval(values, context)
    if texts:
        return texts[0]
    made = _made(values, node)
    if made is not None:
        return made
    if any(selector.keyword in _names() for selector in selectors):
        return _cron(values, context, is_least_below=False)
    return _every(values, node)


def schedule_of(values: Values, node: int) -> str | None:
    """The schedule that a value is: a text, a schedule object or a number of seconds."""
    texts = sorted(text for text in values.texts(node) if text and HOLE not in text)
    return texts[0] if texts else _made(values, node) or _every(values, node)


def _made(values: Values, node: int) -> str | None:
    """The schedule that a call makes: `crontab(...)`, `timedelta(...)`."""
    made = _maker(values, node)
    if made is None:
        return None
    name, inner = made
    if name in _CRON_CALLS:
        first = inner.argument(0, "expr")
        text = next(iter(sorted(values.texts(first))), None) if first is not None else None
        is_whole = text is not None and " " in text.strip()
        return text if is_whole else _cron(values, inner, is_least_below=name in _LEAST_BELOW)
    return _interval(values, inner) if name in _INTERVAL_CALLS else None


def _every(values: Values, node: int) -> str | None:
    """`every 300 seconds` of a number."""
    numbers = [c for c in values.constants(node) if isinstance(c, int | float) and not isinstance(c, bool)]
    return f"every {numbers[0]:g} seconds" if len(numbers) == 1 else None


def _names() -> frozenset[str]:
    """The names of arguments that are single fields of a schedule."""
    return frozenset(name for names in _FIELDS for name in names)


def _maker(values: Values, node: int) -> tuple[str, CallContext] | None:
    """The call that makes a schedule object: the last name of its callee, and its arguments."""
    place = values.place(node)
    if place is None:
        return None
    scope, index = place
    value = scope.facts.values[index]
    if value.op != "call":
        return None
    callee = scope.facts.values[scope.facts.calls[value.payload].callee]  # type: ignore[call-overload]
    payload = callee.payload
    name = payload[1] or payload[0] if isinstance(payload, tuple) else payload
    if callee.op == "free":
        name = _original(values, scope.base + scope.facts.calls[value.payload].callee) or name  # type: ignore[call-overload]
    context = values.linker.contexts.get(node)
    return (str(name), context) if context is not None else None


def _original(values: Values, node: int) -> str | None:
    """The name under which an imported callee is known where it comes from."""
    paths = [values.linker.objects.path(obj) for obj in values.linker.solver.pts[node]]
    return next((path[-1] for path in paths if path and path[-1] != "?"), None)


def _field(values: Values, context: CallContext, names: Sequence[str]) -> str | None:
    """One field of a cron schedule as cron writes it; None where it is not given, "" where unreadable."""
    for name in names:
        node = context.keywords.get(name)
        if node is not None:
            constants = sorted(str(c) for c in values.constants(node) if c is not None)
            return constants[0] if len(constants) == 1 else ""
    return None


def _cron(values: Values, context: CallContext, *, is_least_below: bool) -> str | None:
    """The cron expression of `crontab(minute=0, hour=3)`; `is_least_below` as in the module's docstring."""
    given = [_field(values, context, names) for names in _FIELDS]
    if "" in given or not any(field is not None for field in given):
        return None
    smallest = next(place for place, field in enumerate(given) if field is not None)
    least = ("0", "0", "1", "1", "*")
    fields = [
        field if field is not None else least[place] if is_least_below and place < smallest else "*"
        for place, field in enumerate(given)
    ]
    if is_least_below and smallest == 4:  # a weekday says nothing of days and months
        fields[2:4] = "*", "*"
    return " ".join(fields)


def _interval(values: Values, context: CallContext) -> str | None:
    """`every 2 hours` of `timedelta(hours=2)`."""
    seconds = 0.0
    for unit, size in _UNITS.items():
        node = context.keywords.get(unit)
        numbers = (
            {c for c in values.constants(node) if isinstance(c, int | float)} if node is not None else {0}
        )
        if len(numbers) != 1:
            return None
        seconds += size * next(iter(numbers))
    days = context.argument(0, None) if not context.keywords else None
    if days is not None:
        numbers = {c for c in values.constants(days) if isinstance(c, int | float)}
        seconds += 86_400 * next(iter(numbers)) if len(numbers) == 1 else 0
    if not seconds:
        return None
    unit = next((u for u in ("weeks", "days", "hours", "minutes") if seconds % _UNITS[u] == 0), "seconds")
    return f"every {seconds / _UNITS[unit]:g} {unit}"
