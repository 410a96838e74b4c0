"""From shell text to targets, through every file the commands lead to.

`make nightly` leads to a recipe, the recipe to a script, the script to a module. The way is kept as
the places it passes; a command that leads back to itself, and ways longer than `DEPTH_MAX`, end there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from batchlint.starts.command import Nested, Outcome, read_command
from batchlint.starts.files import load
from batchlint.starts.inline import inline_targets
from batchlint.starts.model import Script, Target, TargetKind, UnreadableError
from batchlint.starts.places import Places, Tree
from batchlint.starts.references import Reference, ReferenceKind
from batchlint.starts.shell import walk
from batchlint.starts.targets import Spot, python_path
from batchlint.text import Location

DEPTH_MAX = 12
SCRIPTS_MAX = 300
SCRIPTS_TOTAL_MAX = 20_000


_Follow = Callable[[Reference, Tree, Places], Iterator[Script | Target]]

# In order: `task NAME` is go-task's where there is a Taskfile, else taskipy's.
_FOLLOWERS: Mapping[ReferenceKind, tuple[str, ...]] = {
    ReferenceKind.SHELL: ("shellfile:follow_shell",),
    ReferenceKind.MAKE: ("make:follow_make",),
    ReferenceKind.JUST: ("just:follow_just",),
    ReferenceKind.TASK: ("just:follow_task", "packaging:follow_project_task"),
    ReferenceKind.PROJECT_TASK: ("packaging:follow_project_task",),
    ReferenceKind.PACKAGE: ("node:follow_package",),
    ReferenceKind.COMPOSE: ("compose:follow_compose",),
    ReferenceKind.PROCFILE: ("processes:follow_procfile",),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A target, and the places on the way to it: the first is where the start stands."""

    target: Target
    way: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """A console script of the project: what it starts and where that is written."""

    target: Target
    location: Location


class Follower:
    """Follows scripts of one tree.

    `declared` are the project's console scripts by name. Without it every unknown command is a target
    for the caller to look up; with it, commands that are no console script start nothing.
    """

    def __init__(self, tree: Tree, declared: Mapping[str, Declared] | None = None) -> None:
        self._tree = tree
        self._declared = declared
        self._left = 0
        self._total = SCRIPTS_TOTAL_MAX
        self._known: dict[tuple[Reference, Places], list[Script | Target]] = {}

    def follow(self, script: Script, way: tuple[Location, ...] = ()) -> tuple[Found, ...]:
        """The targets a script starts, each once per way."""
        self._left = min(SCRIPTS_MAX, self._total)
        return tuple(dict.fromkeys(self._script(script, way, frozenset(), in_loop=False)))

    def _script(
        self, script: Script, way: tuple[Location, ...], active: frozenset[tuple[str, str]], *, in_loop: bool
    ) -> Iterator[Found]:
        self._left -= 1
        self._total -= 1
        # Arguments and folders do not make a command that leads back to itself a new one.
        key = (script.path, script.text)
        if key in active or len(active) >= DEPTH_MAX or self._left < 0:
            return
        places = Places(self._tree.exists, script.folder, script.mounts)
        if script.is_python:
            here = (*way, self._tree.place(script.path, script.file_line(1)))
            spot = Spot(places, script.directory, python_path(dict(script.variables)), in_loop=in_loop)
            yield from (Found(target, here) for target in inline_targets(script.text, spot))
            return
        for invocation in walk(script):
            for outcome in read_command(invocation, places):
                here = (*way, self._tree.place(script.path, script.file_line(invocation.line)))
                # Text inside a command stands in the same place as the command.
                onward = way if isinstance(outcome, Nested) else here
                for what in self._led_to(outcome, script, invocation.line, places):
                    if isinstance(what, Target):
                        yield from self._target(what, here, in_loop=in_loop)
                    else:
                        repeats = in_loop or (not isinstance(outcome, Target) and outcome.in_loop)
                        yield from self._script(what, onward, active | {key}, in_loop=repeats)

    def _led_to(
        self, outcome: Outcome, script: Script, line: int, places: Places
    ) -> tuple[Script | Target, ...]:
        """What an outcome of the command on a line of a script leads to."""
        match outcome:
            case Target():
                return (outcome,)
            case Nested(text, directory, variables, _, arguments):
                lines = script.lines[line - 1 :] or script.lines[-1:]
                inner = replace(script, text=text, lines=lines, directory=directory, arguments=arguments)
                return (replace(inner, variables=tuple(variables.items())),)
            case Reference():
                found = self._elsewhere(outcome, places)
                return tuple(self._in_container(what, script) for what in found[: max(self._left, 0)])

    def _elsewhere(self, reference: Reference, places: Places) -> list[Script | Target]:
        """The commands another file holds."""
        key = (reference, places)
        if key not in self._known:
            self._known[key] = self._read(reference, places)
        return self._known[key]

    def _read(self, reference: Reference, places: Places) -> list[Script | Target]:
        """What a reference leads to; a file that does not parse is reported where it is read."""
        for name in _FOLLOWERS[reference.kind]:
            follow: _Follow = load(name)
            try:
                found = [*follow(reference, self._tree, places)]
            except UnreadableError:
                continue
            if found:
                return found
        return []

    @staticmethod
    def _in_container(what: Script | Target, caller: Script) -> Script | Target:
        """A script that another one calls runs in the same container."""
        if isinstance(what, Script) and not what.mounts:
            return replace(what, mounts=caller.mounts)
        return what

    def _target(self, target: Target, way: tuple[Location, ...], *, in_loop: bool) -> Iterator[Found]:
        target = replace(target, in_loop=target.in_loop or in_loop)
        if target.kind is not TargetKind.CONSOLE_SCRIPT or self._declared is None:
            yield Found(target, way)
        elif declared := self._declared.get(target.name):
            known = replace(declared.target, subcommands=target.subcommands, in_loop=target.in_loop)
            yield Found(known, (*way, declared.location))
