"""Celery beat: tables whose entries name tasks in strings.

An entry is a mapping with a task and a schedule, wherever it stands: `app.conf.beat_schedule`, a settings
module's `CELERY_BEAT_SCHEDULE`, an argument of `conf.update`.
Source: https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html#entries
"""

from collections.abc import Iterator, Sequence

from batchlint.analysis.model import Root
from batchlint.analysis.places import Places
from batchlint.analysis.schedules import schedule_of
from batchlint.analysis.values import Values
from batchlint.catalog.model import RootKind, Wait
from batchlint.program.scopes import Scope
from batchlint.text import Location


def beat_roots(values: Values, places: Places, roots: Sequence[Root]) -> Iterator[Root]:
    """A root for each entry of a beat table whose task is among the queue tasks of `roots`."""
    names: dict[str, int] = {}
    for root in roots:
        if root.kind is RootKind.TASK_QUEUE:
            names.update((name, root.scope) for name in _names(values, places, root.scope))
    if not names:
        return
    for scope in values.linker.scopes.all:
        for entry in _entries(scope):
            for text in sorted(values.texts(entry["task"])):
                target = _target(text, names)
                if target is not None:
                    location = _location(values, places, entry["schedule"]) or places.definition(target)
                    message = f"Celery beat entry for {places.short(target)}"
                    schedule = schedule_of(values, entry["schedule"])
                    yield Root(target, Wait.OFFLINE, RootKind.SCHEDULED, location, message, schedule)


def _entries(scope: Scope) -> Iterator[dict[str, int]]:
    """The mappings of a scope that have a task and a schedule, as nodes by key."""
    values = scope.facts.values
    for value in values:
        if value.op == "dict":
            keys, given = value.operands[::2], value.operands[1::2]
            entry = {
                str(values[key].payload): scope.base + item
                for key, item in zip(keys, given, strict=True)
                if key >= 0 and values[key].op == "const"
            }
            if entry.keys() >= {"task", "schedule"}:
                yield entry


def _names(values: Values, places: Places, number: int) -> Iterator[str]:
    """The names that a task is registered by: its dotted name, unless its decorator says another."""
    scope = values.linker.scopes.all[number]
    outer = values.linker.scopes.all[scope.parent]
    given: set[str] = set()
    for decorator in scope.facts.decorators:
        context = values.linker.contexts.get(outer.base + decorator)
        name = context.argument(None, "name") if context is not None else None
        if name is not None:
            given |= values.texts(name)
    yield from given or {places.name(number)}


def _target(text: str, names: dict[str, int]) -> int | None:
    """The task of a name; a project's folder may be on the path under another root than ours."""
    if text in names:
        return names[text]
    if "." not in text:
        return None
    alike = {scope for name, scope in names.items() if name.endswith(f".{text}") or text.endswith(f".{name}")}
    return alike.pop() if len(alike) == 1 else None


def _location(values: Values, places: Places, schedule: int) -> Location | None:
    """Where a schedule is made; facts keep the places of calls only."""
    place = values.place(schedule)
    if place is None:
        return None
    scope, index = place
    for number, call in enumerate(scope.facts.calls):
        if call.value == index:
            return places.call(scope.number, number)
    return None
