"""justfiles and Taskfiles: recipes and tasks by name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from batchlint.starts.files.pieces import script_of
from batchlint.starts.model import ROOT, UNKNOWN, Launch, Script, StartKind
from batchlint.starts.nodes import Node, read_document
from batchlint.starts.places import Places, Tree, folder_of, join
from batchlint.starts.references import Reference

_JUSTFILES = ("justfile", "Justfile", ".justfile")
_TASKFILES = ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml", "Taskfile.dist.yml")
_FOLLOWED_MAX = 100

_HEADER = re.compile(r"@?([A-Za-z_][\w-]*)((?:\s+[^:\s][^:]*)?)\s*:(?!=)\s*([^#]*)")
_VARIABLE = re.compile(r"(?:export\s+)?([A-Za-z_][\w-]*)\s*:=\s*(.+)")
_PARAMETER = re.compile(r"[*+$]?([A-Za-z_][\w-]*)(?:=(\"[^\"]*\"|'[^']*'|\S+))?")
_BRACES = re.compile(r"\{\{([^{}]{0,500})\}\}")
_LINE_MAX = 5_000


@dataclass(frozen=True, slots=True)
class _Recipe:
    """A recipe: its parameters with defaults, those it depends on, its body with file lines."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    needs: tuple[str, ...]
    body: tuple[tuple[int, str], ...]


def read_justfile(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per recipe."""
    recipes, variables = _recipes(tree.required(path))
    for recipe in recipes.values():
        script = _script(path, recipe, variables, ())
        yield Launch(StartKind.JUSTFILE, f"just recipe {recipe.name!r}", path, script)


def follow_just(reference: Reference, tree: Tree, places: Places) -> Iterator[Script]:
    """The recipes that `just NAME ARGUMENTS` runs, dependencies first."""
    names = (reference.file,) if reference.file else _JUSTFILES
    path = next((path for name in names if (path := places.find(name, reference.directory))), None)
    text = tree.text(path) if path else None
    if path is None or text is None:
        return
    recipes, variables = _recipes(text)
    name = reference.name or next(iter(recipes), "")
    stack, seen = [name], set[str]()
    while stack and len(seen) < _FOLLOWED_MAX:
        wanted = stack.pop()
        if wanted in seen or wanted not in recipes:
            continue
        seen.add(wanted)
        arguments = reference.arguments if wanted == name else ()
        yield _script(path, recipes[wanted], variables, arguments)
        stack.extend(recipes[wanted].needs)


def _recipes(text: str) -> tuple[dict[str, _Recipe], dict[str, str]]:
    """The recipes and variables of a justfile."""
    recipes: dict[str, _Recipe] = {}
    variables: dict[str, str] = {}
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if len(line) > _LINE_MAX:
            continue
        if assignment := _VARIABLE.fullmatch(line.strip()):
            variables[assignment[1]] = _constant(assignment[2].strip())
        elif (header := _HEADER.match(line)) and not line.startswith(("set ", "alias ", "import ", "mod ")):
            body = tuple(_body(lines, number))
            parameters = tuple((m[1], (m[2] or "").strip("\"'")) for m in _PARAMETER.finditer(header[2]))
            needs = tuple(re.findall(r"[A-Za-z_][\w-]*", re.sub(r"\"[^\"]*\"|'[^']*'", "", header[3])))
            recipes[header[1]] = _Recipe(header[1], parameters, needs, body)
    return recipes, variables


def _body(lines: list[str], start: int) -> Iterator[tuple[int, str]]:
    """The indented lines from the 0-based `start` on, with their numbers."""
    for number in range(start, len(lines)):
        line = lines[number]
        if line.strip() and not line.startswith((" ", "\t")):
            return
        yield number + 1, line


def _constant(text: str) -> str:
    quoted = re.fullmatch(r"\"([^\"]*)\"|'([^']*)'", text)
    if quoted:
        return quoted[1] or quoted[2] or ""
    return f"{ROOT}" if text.startswith("justfile_directory") else UNKNOWN


def _script(path: str, recipe: _Recipe, variables: dict[str, str], arguments: tuple[str, ...]) -> Script:
    known = dict(variables)
    for position, (name, default) in enumerate(recipe.parameters):
        known[name] = arguments[position] if position < len(arguments) else default or UNKNOWN

    def value(match: re.Match[str]) -> str:
        name = match[1].strip()
        return known.get(name) or _constant(name)

    body = [(number, _BRACES.sub(value, line.strip())) for number, line in recipe.body]
    first = next((line for _, line in body if line), "")
    if not first.startswith("#!"):
        body = [(number, line.lstrip("@-")) for number, line in body]
    lines = tuple(number for number, _ in body) or (1,)
    folder = folder_of(path)
    text = "\n".join(line for _, line in body)
    is_python = first.startswith("#!") and "python" in first
    return Script(text, path, lines, folder, folder, is_python=is_python)


def read_taskfile(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per task."""
    document = read_document(tree.required(path))
    for name, task in document.pairs("tasks"):
        script = _task_script(path, document, task)
        yield Launch(StartKind.TASKFILE, f"task {name!r}", path, script)


def follow_task(reference: Reference, tree: Tree, places: Places) -> Iterator[Script]:
    """The commands that `task NAMES` runs, with the tasks those call."""
    names = (reference.file,) if reference.file else _TASKFILES
    path = next((path for name in names if (path := places.find(name, reference.directory))), None)
    text = tree.text(path) if path else None
    if path is None or text is None:
        return
    document = read_document(text)
    stack, seen = reference.name.split() or ["default"], set[str]()
    while stack and len(seen) < _FOLLOWED_MAX:
        name = stack.pop()
        task = document.get("tasks", name)
        if name in seen or not task:
            continue
        seen.add(name)
        yield _task_script(path, document, task)
        called = [command.string("task") for command in (*task.each("cmds"), *task.each("deps"))]
        stack.extend([*filter(None, called), *task.strings("deps")])


def _task_script(path: str, document: Node, task: Node) -> Script:
    commands = task.each("cmds") or task.each("cmd") or task.each()
    nodes = [command.get("cmd") or command for command in commands]
    script = script_of(path, (node for node in nodes if node.text is not None))
    variables = {name: node.text for name, node in (*document.pairs("vars"), *task.pairs("vars"))}

    def value(match: re.Match[str]) -> str:
        name = match[1].strip().lstrip(".")
        return ROOT if name == "ROOT_DIR" else variables.get(name) or UNKNOWN

    directory = _BRACES.sub(value, task.string("dir"))
    folder = folder_of(path)
    return Script(_BRACES.sub(value, script.text), path, script.lines, join(folder, directory or "."), folder)
