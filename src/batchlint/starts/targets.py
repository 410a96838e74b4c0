"""From the words that name code (`jobs/a.py`, `pkg.mod:app`, `pkg.mod.handler`) to targets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batchlint.catalog.model import Wait
from batchlint.starts.model import ROOT, UNKNOWN, Target, TargetKind
from batchlint.starts.places import Places, is_outside, join

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_IMPORT = re.compile(rf"({_DOTTED.pattern})(?::({_DOTTED.pattern})(?:\(.*\))?)?")
_FILE = re.compile(r"(.+?\.(?:py|ipynb))(?:(?:::|:|@)([A-Za-z_][\w.]*)(?:\(.*\))?)?")
# Words of letters only: sub-commands of a command-line program, never values or secrets.
_SUBCOMMAND = re.compile(r"[A-Za-z][A-Za-z_-]{0,30}")
_SUBCOMMANDS_MAX = 3


@dataclass(frozen=True, slots=True)
class Spot:
    """Where and how a command runs, for the targets it names."""

    places: Places
    directory: str = ""
    python_path: tuple[str, ...] = ()
    runner: str = "python"
    wait: Wait | None = None
    in_loop: bool = False

    @property
    def module_directories(self) -> tuple[str, ...]:
        """Where Python would look for a module: the folder it runs in, then PYTHONPATH."""
        return (self.directory, *(join(self.directory, entry) for entry in self.python_path))

    @property
    def shown_directory(self) -> str | None:
        """The root-relative folder, None where it is outside."""
        return None if is_outside(self.directory) or UNKNOWN in self.directory else self.directory


def script_target(path: str, spot: Spot, rest: Sequence[str] = ()) -> Target | None:
    """The target of a script path; None if nothing of the path is known."""
    found = spot.places.find(path, spot.directory)
    name = found or join("", path.removeprefix(ROOT).rsplit(UNKNOWN, 1)[-1].lstrip("/"))
    if not name or "*" in name or (UNKNOWN in path and found is None and "/" not in path):
        return None
    return _target(TargetKind.SCRIPT, name, spot, paths=_found(found), rest=rest)


def module_target(dotted: str, spot: Spot, rest: Sequence[str] = ()) -> Target | None:
    """The target of a dotted module; None if the text is none."""
    if not _DOTTED.fullmatch(dotted):
        return None
    paths = spot.places.find_module(dotted, spot.module_directories)
    return _target(TargetKind.MODULE, dotted, spot, paths=paths, rest=rest)


def attribute_target(module: str, attribute: str, spot: Spot) -> Target:
    """The target of an attribute of a dotted module."""
    paths = spot.places.find_module(module, spot.module_directories)
    return _target(TargetKind.ATTRIBUTE, module, spot, attribute=attribute, paths=paths)


def file_attribute_target(path: str, attribute: str, spot: Spot) -> Target:
    """The target of an attribute of a module that is named by its file."""
    found = spot.places.find(path, spot.directory)
    module = (found or path).rsplit(".", 1)[0].strip("./").replace("/", ".").removesuffix(".__init__")
    return _target(TargetKind.ATTRIBUTE, module, spot, attribute=attribute, paths=_found(found))


def named_target(text: str, spot: Spot, rest: Sequence[str] = (), *, dotted: bool = False) -> Target | None:
    """The target of `pkg.mod:attr`, `pkg.mod`, `path.py` or `path.py:attr`; None if the text is none.

    The last name of `pkg.mod.attr` is an attribute if only `pkg.mod` is a module, or if the text is
    `dotted`: known to end in an attribute.
    """
    if match := _FILE.fullmatch(text):
        if match[2]:
            return file_attribute_target(match[1], match[2], spot)
        return script_target(match[1], spot, rest)
    match = _IMPORT.fullmatch(text)
    if match is None:
        return None
    if match[2]:
        return attribute_target(match[1], match[2], spot)
    module, dot, attribute = match[1].rpartition(".")
    is_module = not dot or bool(spot.places.find_module(match[1], spot.module_directories))
    if not is_module and (dotted or spot.places.find_module(module, spot.module_directories)):
        return attribute_target(module, attribute, spot)
    return module_target(match[1], spot, rest)


def handler_target(handler: str, spot: Spot) -> Target | None:
    """The target of a handler: `pkg.mod.handler`, `folder/mod.handler` or `folder/mod.py:f`."""
    if ".py" in handler:
        return named_target(handler, spot)
    path, dot, attribute = handler.rpartition(".")
    if not dot or not attribute.isidentifier():
        return None
    module = path.strip("./").replace("/", ".")
    return attribute_target(module, attribute, spot) if _DOTTED.fullmatch(module) else None


def tests_target(paths: Sequence[str], spot: Spot) -> Target:
    """The target of a test runner over `paths`; none found means the whole folder it runs in."""
    found = (spot.places.find(path.partition("::")[0], spot.directory) for path in paths)
    return _target(TargetKind.PYTEST, "", spot, paths=tuple(dict.fromkeys(path for path in found if path)))


def command_target(name: str, spot: Spot, rest: Sequence[str] = ()) -> Target:
    """The target of a console script by name."""
    return _target(TargetKind.CONSOLE_SCRIPT, name, spot, rest=rest)


def management_target(name: str, spot: Spot) -> Target:
    """The target of a management command of Django or a command of Flask (`spot.runner`)."""
    return _target(TargetKind.MANAGEMENT_COMMAND, name, spot)


def route_target(path: str) -> Target:
    """The target of a URL path that is called."""
    return Target(TargetKind.ROUTE, path, directory=None, runner="http")


def python_path(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The folders in PYTHONPATH that are known."""
    entries = variables.get("PYTHONPATH", "").split(":")
    return tuple(entry for entry in entries if entry and entry != UNKNOWN)


def _target(
    kind: TargetKind,
    name: str,
    spot: Spot,
    *,
    attribute: str = "",
    paths: tuple[str, ...] = (),
    rest: Sequence[str] = (),
) -> Target:
    return Target(
        kind,
        name,
        attribute=attribute,
        paths=paths,
        directory=spot.shown_directory,
        subcommands=_subcommands(rest),
        runner=spot.runner,
        wait=spot.wait,
        in_loop=spot.in_loop,
    )


def _found(path: str | None) -> tuple[str, ...]:
    return () if path is None else (path,)


def _subcommands(words: Sequence[str]) -> tuple[str, ...]:
    """The plain words before the first option or value."""
    found: list[str] = []
    for word in words[:_SUBCOMMANDS_MAX]:
        if not _SUBCOMMAND.fullmatch(word):
            break
        found.append(word)
    return tuple(found)
