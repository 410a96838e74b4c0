"""From starter files and single command lines to starts: the two entry points of this package."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from batchlint.catalog.model import Wait
from batchlint.finding import Failure
from batchlint.starts.files import family_of
from batchlint.starts.model import (
    UNKNOWN,
    Launch,
    Script,
    Start,
    StartKind,
    Target,
    UnreadableError,
)
from batchlint.starts.places import TEXT_BYTES_MAX, Tree
from batchlint.text import Location

if TYPE_CHECKING:
    from batchlint.starts.follow import Declared, Follower

_JINJA_VALUE = re.compile(r"\{\{[^{}]{0,500}\}\}")
_JINJA_STATEMENT = re.compile(r"\{%.{0,500}?%\}", re.DOTALL)
_Read = Callable[[str], bytes | None]


def is_starter(path: str) -> bool:
    """Whether `read_starts` has a reader for files at such a root-relative path."""
    return family_of(path) is not None


def read_starts(
    root: Path,
    files: Iterable[str],
    read: _Read | None = None,
    on_failure: Callable[[Failure], None] | None = None,
    note: Callable[[str], None] = lambda path: None,
) -> tuple[Start, ...]:
    """What the given files start, ordered by place.

    `files` are root-relative paths with `/`; those of no known family start nothing. `read` gives the
    bytes of such a path or None (default: from disk, at most 1 MB). A file that does not parse is
    skipped, and `on_failure` told. `note` is told of every path that is read or asked for, before it is.
    """
    from batchlint.starts.follow import Follower

    wanted = sorted(set(files))
    tree = _tree(root, frozenset(wanted), read or _reader(root), note)
    launches: list[Launch] = []
    for path in wanted:
        family = family_of(path)
        if family is None:
            continue
        try:
            launches += [*family.read(path, tree)]
        except UnreadableError as error:
            if on_failure:
                place = Location(path, error.line, 1, error.line, 1)
                on_failure(Failure(place, f"{error.message}; what it starts is not known"))
    follower = Follower(tree, _declared(launches, tree))
    starts = (start for launch in launches for start in _starts(launch, tree, follower))
    return tuple(sorted(_shortest(starts), key=lambda start: (start.location, start.label)))


def parse_command(
    text: str,
    cwd: str,
    exists: Callable[[str], bool],
    read: _Read | None = None,
    console_scripts: Mapping[str, Target] | None = None,
) -> tuple[Target, ...]:
    """What a shell command line starts when it runs in the root-relative folder `cwd`.

    `exists` knows root-relative files and folders. With `read`, commands written in other files
    (`make x`, `bash run.sh`) are followed. `console_scripts` are the project's; without them every
    command that is no well-known tool is given as a CONSOLE_SCRIPT to look up. Templates
    (`{{ ds }}`) and unknown variables stand for unknown text.
    """
    from batchlint.starts.follow import Declared, Follower

    tree = Tree(read or (lambda path: None), exists)
    nowhere = Location(cwd, 1, 1, 1, 1)
    declared = None
    if console_scripts is not None:
        declared = {name: Declared(target, nowhere) for name, target in console_scripts.items()}
    plain = text.replace("\0", "")
    script = Script(_without_templates(plain), cwd, directory=cwd, folder=cwd)
    return tuple(dict.fromkeys(found.target for found in Follower(tree, declared).follow(script)))


def _without_templates(text: str) -> str:
    """Jinja expressions as unknown text, Jinja statements dropped."""
    return _JINJA_STATEMENT.sub("", _JINJA_VALUE.sub(UNKNOWN, text))


def _starts(launch: Launch, tree: Tree, follower: "Follower") -> Iterator[Start]:
    place = tree.place(launch.path, launch.line) if launch.line else None
    if isinstance(launch.what, Target):
        place = place or tree.place(launch.path, 1)
        yield _start(launch, launch.what, (place,))
        return
    for found in follower.follow(launch.what, (place,) if place else ()):
        # A task whose command stands on its own line passes that line once.
        way = found.way[1:] if found.way[:1] == found.way[1:2] else found.way
        yield _start(launch, found.target, way)


def _shortest(starts: Iterable[Start]) -> Iterable[Start]:
    """Each start once, with the shortest of its ways."""
    found: dict[Start, Start] = {}
    for start in starts:
        key = replace(start, via=())
        if key not in found or len(start.via) < len(found[key].via):
            found[key] = start
    return found.values()


def _start(launch: Launch, target: Target, way: tuple[Location, ...]) -> Start:
    wait = Wait.LIVE if target.wait is Wait.LIVE else launch.wait or target.wait
    label = f"{launch.origin} runs {target.shown}".replace(UNKNOWN, "…")
    schedule = launch.schedule
    if schedule and UNKNOWN in schedule.text:
        schedule = replace(schedule, text=schedule.text.replace(UNKNOWN, "…"))
    return Start(way[0], launch.kind, wait, target, schedule, label, way[1:])


def _declared(launches: Iterable[Launch], tree: Tree) -> "Mapping[str, Declared]":
    """The project's console scripts by name."""
    from batchlint.starts.follow import Declared

    return {
        launch.what.runner: Declared(launch.what, tree.place(launch.path, launch.line))
        for launch in launches
        if launch.kind is StartKind.CONSOLE_SCRIPT and isinstance(launch.what, Target)
    }


def _tree(root: Path, files: frozenset[str], read: _Read, note: Callable[[str], None]) -> Tree:
    """A tree that reads each file and asks for each path once."""
    contents: dict[str, bytes | None] = {}
    known: dict[str, bool] = {"": True}

    def read_once(path: str) -> bytes | None:
        if path not in contents:
            if _is_below(path):
                note(path)
            contents[path] = read(path)
        return contents[path]

    def exists(path: str) -> bool:
        if path not in known:
            known[path] = _is_below(path)
            if known[path]:
                note(path)
                known[path] = os.path.exists(os.path.join(root, path))
        return known[path]

    return Tree(read_once, exists, files)


def _reader(root: Path) -> _Read:
    def read(path: str) -> bytes | None:
        file = root / path
        try:
            if not _is_below(path) or not file.is_file() or file.stat().st_size > TEXT_BYTES_MAX:
                return None
            return file.read_bytes()
        except OSError:
            return None

    return read


def _is_below(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/") and "\0" not in path
