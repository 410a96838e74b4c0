"""Lists of processes: Procfiles and supervisor configurations."""

import re
from collections.abc import Iterator

from batchlint.catalog.model import Wait
from batchlint.starts.model import Launch, Script, StartKind
from batchlint.starts.nodes import read_ini
from batchlint.starts.places import Places, Tree, folder_of
from batchlint.starts.references import Reference

_PROCESS = re.compile(r"([A-Za-z0-9_-]+):\s*(.+)")
# Heroku's conventions: `web` serves, `release` runs once per release, the others work in the background.
_WAITS = {
    "web": Wait.LIVE,
    "worker": Wait.OFFLINE,
    "clock": Wait.OFFLINE,
    "beat": Wait.OFFLINE,
    "scheduler": Wait.OFFLINE,
    "release": Wait.OFFLINE,
    "postdeploy": Wait.OFFLINE,
}


def read_procfile(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per process type."""
    for name, script in _processes(path, tree.required(path)):
        wait = _WAITS.get(re.sub(r"[_-]?\d*$", "", name))
        yield Launch(StartKind.PROCFILE, f"Procfile process {name!r}", path, script, wait=wait)


def follow_procfile(reference: Reference, tree: Tree, places: Places) -> Iterator[Script]:
    """The processes that `honcho start NAMES` runs."""
    path = places.find(reference.file or "Procfile", reference.directory)
    text = tree.text(path) if path else None
    if path is None or text is None:
        return
    names = reference.name.split()
    for name, script in _processes(path, text):
        if not names or name in names:
            yield script


def _processes(path: str, text: str) -> Iterator[tuple[str, Script]]:
    folder = folder_of(path)
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _PROCESS.fullmatch(line.strip()):
            yield match[1], Script(match[2], path, (number,), folder, folder)


def read_supervisor(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per `[program:x]` section."""
    folder = folder_of(path)
    for section, settings in read_ini(tree.required(path)).pairs():
        command = settings.get("command")
        if not section.startswith("program:") or not command:
            continue
        lines = [line.partition(" ;")[0] for line in command.strings()]
        directory = settings.string("directory") or folder
        script = Script(" ".join(lines), path, (command.line,), directory, folder)
        name = section.partition(":")[2]
        yield Launch(StartKind.SUPERVISOR, f"supervisor program {name!r}", path, script)
