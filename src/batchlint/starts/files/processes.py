"""Lists of processes: Procfiles and supervisor configurations."""

import configparser
import re
from collections.abc import Iterator

from batchlint.catalog.model import Wait
from batchlint.starts.model import Launch, Script, StartKind, UnreadableError
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
    text = tree.required(path)
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, inline_comment_prefixes=(";",))
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise UnreadableError(
            "is not a valid supervisor configuration", getattr(error, "lineno", 1)
        ) from None
    folder = folder_of(path)
    for section in parser.sections():
        command = parser.get(section, "command", fallback=None)
        if not section.startswith("program:") or not command:
            continue
        line = _line_of(text, f"[{section}]", "command")
        directory = parser.get(section, "directory", fallback=None) or folder
        script = Script(command, path, (line,), directory, folder)
        name = section.partition(":")[2]
        yield Launch(StartKind.SUPERVISOR, f"supervisor program {name!r}", path, script)


def _line_of(text: str, header: str, key: str) -> int:
    """The line of a key in a section, else of the section."""
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if line.strip() == header), 0)
    for number in range(start + 1, len(lines)):
        if lines[number].startswith("["):
            break
        if re.match(rf"\s*{key}\s*[=:]", lines[number]):
            return number + 1
    return start + 1
