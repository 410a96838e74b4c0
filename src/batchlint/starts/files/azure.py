"""Azure Functions: `function.json` beside the code of each function."""

import re
from collections.abc import Iterator

from batchlint.catalog.model import Wait
from batchlint.starts.files.functions import Trigger, function_launches, trigger_wait
from batchlint.starts.model import Launch, Schedule, StartKind
from batchlint.starts.nodes import read_json
from batchlint.starts.places import Places, Tree, folder_of
from batchlint.starts.targets import Spot, file_attribute_target
from batchlint.starts.when import runs_per_month

_TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d\d):(\d\d)")


def read_function_json(path: str, tree: Tree) -> Iterator[Launch]:
    """The start of a function, by its trigger binding."""
    document = read_json(tree.required(path))
    folder = folder_of(path)
    file = document.string("scriptFile") or "__init__.py"
    if not file.endswith(".py") or not document.get("bindings"):
        return
    spot = Spot(Places(tree.exists, folder), folder, runner="azure-functions")
    target = file_attribute_target(file, document.string("entryPoint") or "main", spot)
    for binding in document.each("bindings"):
        kind = binding.string("type")
        wait = trigger_wait("azure", kind)
        if not kind.endswith("Trigger"):
            continue
        schedule = _schedule(binding.string("schedule")) if kind == "timerTrigger" else None
        name = folder.rsplit("/", 1)[-1] or "function"
        trigger = Trigger(wait or Wait.OFFLINE, schedule)
        yield from function_launches(StartKind.AZURE_FUNCTION, path, binding.line, name, target, [trigger])


def _schedule(text: str) -> Schedule:
    """An NCRONTAB expression, or a TimeSpan (`00:05:00`), which is an interval."""
    if match := _TIMESPAN.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return Schedule(text, None, runs_per_month(f"P{days}DT{hours}H{minutes}M{seconds}S"))
    return Schedule(text, None, runs_per_month(text))
