"""systemd units: services, and the timers that start them."""

from collections.abc import Iterator

from batchlint.catalog.model import Wait
from batchlint.starts.files.pieces import schedule_of
from batchlint.starts.model import Launch, Script, StartKind
from batchlint.starts.places import Tree, folder_of, join

_Unit = dict[str, list[tuple[int, str]]]
_REPEATING = ("OnUnitActiveSec", "OnUnitInactiveSec")


def read_timer(path: str, tree: Tree) -> Iterator[Launch]:
    """The starts of the service that a timer unit names (by default its own name's)."""
    timer = _unit(tree.required(path))
    calendars = [value for _, value in timer.get("OnCalendar", ()) if value]
    spans = [value for name in _REPEATING for _, value in timer.get(name, ()) if value]
    schedule = schedule_of([*calendars, *spans])
    unit = (
        next((value for _, value in timer.get("Unit", ())), "") or path.rsplit("/", 1)[-1][:-6] + ".service"
    )
    service = join(folder_of(path), unit)
    text = tree.text(service) or tree.text(service.replace(".service", "@.service"))
    line = min((line for name in ("OnCalendar", *_REPEATING) for line, _ in timer.get(name, ())), default=1)
    if text is not None:
        origin = f"systemd timer {schedule.text!r}" if schedule else "systemd timer"
        for script in _commands(service, text):
            yield Launch(StartKind.SYSTEMD, origin, path, script, line, Wait.OFFLINE, schedule)


def read_service(path: str, tree: Tree) -> Iterator[Launch]:
    """The starts of a service unit that no timer beside it starts."""
    text = tree.required(path)
    timer = path.removesuffix(".service").removesuffix("@") + ".timer"
    if tree.exists(timer):
        return
    is_oneshot = any(value == "oneshot" for _, value in _unit(text).get("Type", ()))
    for script in _commands(path, text):
        wait = Wait.OFFLINE if is_oneshot else None
        yield Launch(StartKind.SYSTEMD, "systemd service", path, script, wait=wait)


def _commands(path: str, text: str) -> Iterator[Script]:
    unit = _unit(text)
    folder = folder_of(path)
    directory = next((value for _, value in unit.get("WorkingDirectory", ())), "").lstrip("-") or folder
    pairs = [word.strip("\"'") for _, value in unit.get("Environment", ()) for word in value.split()]
    variables = tuple((name, value) for name, _, value in (pair.partition("=") for pair in pairs))
    for key in ("ExecStartPre", "ExecStart", "ExecStartPost"):
        for line, command in unit.get(key, ()):
            # Prefixes of a command say how failures and privileges are handled; `%` starts a specifier.
            yield Script(command.lstrip("@-:+!"), path, (line,), directory, folder, variables=variables)


def _unit(text: str) -> _Unit:
    """The settings of a unit by name, each with its lines; lines ending in a backslash are joined."""
    settings: _Unit = {}
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        start = start if pending else number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        whole, pending = pending + line, ""
        name, equals, value = whole.partition("=")
        if equals and not name.lstrip().startswith(("#", ";")):
            settings.setdefault(name.strip(), []).append((start, value.strip()))
    return settings
