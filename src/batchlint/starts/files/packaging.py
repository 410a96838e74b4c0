"""Python project files: console scripts, entry points, and the task tables of project tools."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from batchlint.starts.files.pieces import command_text, script_of
from batchlint.starts.model import Launch, Script, StartKind, Target
from batchlint.starts.nodes import Node, read_ini, read_toml
from batchlint.starts.places import Places, Tree, folder_of, join
from batchlint.starts.pyast import parse_module
from batchlint.starts.references import Reference
from batchlint.starts.targets import Spot, named_target

_DEPTH_MAX = 10
_SCRIPT_TABLES = (
    ("project", "scripts"),
    ("project", "gui-scripts"),
    ("tool", "poetry", "scripts"),
    ("tool", "flit", "scripts"),
)
_TASK_TABLES = (
    ("tool", "poe", "tasks"),
    ("tool", "pdm", "scripts"),
    ("tool", "taskipy", "tasks"),
    ("tool", "rye", "scripts"),
    ("tool", "pixi", "tasks"),
    ("tasks",),  # pixi.toml
)
# Entry-point groups are extension points of other programs, except these.
_ENTRY_POINT_GROUPS = ("console_scripts", "gui_scripts")
_CALL = re.compile(r"([\w.]+:[\w.]+)(?:\(.*\))?")


def read_pyproject(path: str, tree: Tree) -> Iterator[Launch]:
    """Console scripts and project tasks of `pyproject.toml` or `pixi.toml`."""
    document = read_toml(tree.required(path))
    places = Places(tree.exists, folder_of(path))
    for table in _SCRIPT_TABLES:
        for name, node in document.pairs(*table):
            yield from _console_script(path, name, _reference_text(node), node.place, places)
    for group, entries in document.pairs("project", "entry-points"):
        if group in _ENTRY_POINT_GROUPS:
            for name, node in entries.pairs():
                yield from _console_script(path, name, node.text or "", node.line, places)
    project = _Project(path, dict(_tasks(document)), tree)
    for name, task in project.tasks.items():
        for what in project.what(name):
            yield Launch(StartKind.PROJECT_TASK, f"project task {name!r}", path, what, task.line)


def follow_project_task(reference: Reference, tree: Tree, places: Places) -> Iterator[Script | Target]:
    """What a task of the nearest `pyproject.toml` or `pixi.toml` runs."""
    for file in ("pyproject.toml", "pixi.toml"):
        path = places.find(file, reference.directory)
        text = tree.text(path) if path else None
        if path is None or text is None:
            continue
        project = _Project(path, dict(_tasks(read_toml(text))), tree)
        if reference.name in project.tasks:
            yield from project.what(reference.name)
            return


def read_setup_cfg(path: str, tree: Tree) -> Iterator[Launch]:
    """Console scripts of `setup.cfg`."""
    entry_points = read_ini(tree.required(path)).get("options.entry_points")
    places = Places(tree.exists, folder_of(path))
    for group in _ENTRY_POINT_GROUPS:
        for entry in entry_points.each(group):
            name, _, reference = (part.strip() for part in (entry.text or "").partition("="))
            yield from _console_script(path, name, reference, entry.line, places)


def read_setup_py(path: str, tree: Tree) -> Iterator[Launch]:
    """Console scripts of `setup.py`, where `entry_points` and `scripts` are written as constants."""
    module = parse_module(tree.required(path))
    if module is None:
        return  # the reader of Python files reports it
    places = Places(tree.exists, folder_of(path))
    for keyword in (node for node in ast.walk(module) if isinstance(node, ast.keyword)):
        if keyword.arg == "entry_points":
            for line, entry in _entries(keyword.value):
                name, _, reference = (part.strip() for part in entry.partition("="))
                yield from _console_script(path, name, reference, line, places)


def _entries(value: ast.expr) -> Iterator[tuple[int, str]]:
    """The `name = module:attribute` texts of the groups that make commands, with their lines."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        group = ""
        for offset, line in enumerate(value.value.splitlines()):
            if header := re.fullmatch(r"\s*\[(.+)\]\s*", line):
                group = header[1].strip()
            elif group in _ENTRY_POINT_GROUPS and "=" in line:
                yield value.lineno + offset, line
    if not isinstance(value, ast.Dict):
        return
    for key, entries in zip(value.keys, value.values, strict=True):
        if not isinstance(key, ast.Constant) or key.value not in _ENTRY_POINT_GROUPS:
            continue
        for node in ast.walk(entries):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for offset, line in enumerate(node.value.splitlines()):
                    yield node.lineno + offset, line


def _console_script(path: str, name: str, reference: str, line: int, places: Places) -> Iterator[Launch]:
    """The launch of `name = "module:attribute"`; extras after the reference are dropped."""
    spot = Spot(places, folder_of(path), runner=name)
    target = named_target(reference.partition("[")[0].strip(), spot)
    if name and target:
        yield Launch(StartKind.CONSOLE_SCRIPT, f"console script {name!r}", path, target, line)


def _reference_text(node: Node) -> str:
    """Poetry writes a reference as text or as a table."""
    return node.text or node.string("reference") or node.string("callable")


def _tasks(document: Node) -> Iterator[tuple[str, Node]]:
    """The named tasks of every tool."""
    for table in _TASK_TABLES:
        yield from ((name, node) for name, node in document.pairs(*table) if name != "_")
    for _, hatch in document.pairs("tool", "hatch", "envs"):
        yield from hatch.pairs("scripts")


@dataclass(frozen=True, slots=True)
class _Project:
    """The tasks of one project file, by name."""

    path: str
    tasks: Mapping[str, Node]
    tree: Tree

    def what(self, name: str) -> Iterator[Script | Target]:
        """What a task runs, and the tasks it is made of, each once."""
        yield from self._task(self.tasks[name], {name}, 0)

    def _task(self, task: Node, seen: set[str], depth: int) -> Iterator[Script | Target]:
        """A text, a list, or a table with `cmd`, `shell`, `script`, `call` or a sequence."""
        folder = folder_of(self.path)
        directory = join(folder, task.string("cwd") or task.string("working_dir") or ".")
        for node in (task, task.get("cmd"), task.get("shell")):
            if node.text is not None:
                yield script_of(self.path, (node,), directory)
        if task.get("cmd").items:
            yield replace(script_of(self.path, (task,), directory), text=command_text(task.get("cmd")))
        for key in ("script", "call"):
            if match := _CALL.fullmatch(task.string(key).strip()):
                target = named_target(match[1], Spot(Places(self.tree.exists, folder), directory))
                yield from (target,) if target else ()
        keys = ("sequence", "composite", "chain", "ref")
        for part in (*task.items, *(part for key in keys for part in task.each(key))):
            yield from self._part(part, directory, seen, depth)

    def _part(self, part: Node, directory: str, seen: set[str], depth: int) -> Iterator[Script | Target]:
        """One step of a composed task: another task's name, a command, or a task of its own."""
        words = (part.text or part.string("ref")).split()
        name = words[0] if words else ""
        if name in self.tasks:
            if name not in seen:
                seen.add(name)
                yield from self._task(self.tasks[name], seen, depth)
        elif part.text is not None:
            yield script_of(self.path, (part,), directory)
        elif depth < _DEPTH_MAX:
            yield from self._task(part, seen, depth + 1)
