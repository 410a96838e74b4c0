"""Makefiles: recipes by target, with the variables a Makefile assigns."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from batchlint.starts.model import ROOT, UNKNOWN, Launch, Script, StartKind
from batchlint.starts.places import Places, Tree, folder_of, join
from batchlint.starts.references import Reference

_NAMES = ("GNUmakefile", "makefile", "Makefile")
_EXPANSIONS_MAX = 200
_VALUE_MAX = 5_000
_INCLUDES_MAX = 10
_LINE_MAX = 5_000
_TARGETS_MAX = 200

_ASSIGNMENT = re.compile(r"(?:export\s+|override\s+)*([\w.-]+)\s*(:{1,3}|\?|\+|!)?=\s*(.*)", re.DOTALL)
_RULE = re.compile(r"([^:#=\t][^:#=]*?)\s*::?(?!=)\s*([^;=]*)(?:;(.*))?", re.DOTALL)
_DIRECTIVE = re.compile(r"\s*(?:ifeq|ifneq|ifdef|ifndef|else|endif|export|unexport|vpath|\.|undefine)\b")
_INCLUDE = re.compile(r"\s*-?s?include\s+(.+)")
_REFERENCE = re.compile(
    r"\$(?:\$|\(([^()]{0,300}(?:\([^()]{0,300}\)[^()]{0,300}){0,5})\)|\{([^{}]{0,300})\}|([@<^*?%+|]))"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """The recipe of a target: each line of it with the number of its first file line."""

    path: str
    prerequisites: tuple[str, ...]
    recipe: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Makefile:
    """What one Makefile and those it includes say; frozen as an object, filled while it is read."""

    rules: dict[str, _Rule] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    first: list[str] = field(default_factory=list)


def read_makefile(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per recipe line; whether someone waits is for the program to say."""
    makefile = _Makefile()
    _read(path, tree.required(path), tree, makefile)
    for name, rule in makefile.rules.items():
        if rule.path == path:
            for script in _recipe(makefile, name, folder_of(path)):
                yield Launch(StartKind.MAKEFILE, f"Makefile target {name!r}", path, script)


def follow_make(reference: Reference, tree: Tree, places: Places) -> Iterator[Script]:
    """The recipes that `make TARGETS` runs, prerequisites first."""
    names = (reference.file,) if reference.file else _NAMES
    paths = (places.find(name, reference.directory) for name in names)
    path = next((path for path in paths if path is not None), None)
    text = tree.text(path) if path else None
    if path is None or text is None:
        return
    makefile = _Makefile()
    _read(path, text, tree, makefile)
    for argument in reference.arguments:
        variable, _, value = argument.partition("=")
        makefile.variables[variable] = value
    waiting = reference.name.split() or makefile.first[:1]
    directory = folder_of(path) if not reference.file else reference.directory
    for name in _ordered(makefile, waiting):
        yield from _recipe(makefile, name, directory)


def _ordered(makefile: _Makefile, names: list[str]) -> Iterator[str]:
    """The targets and their prerequisites, each once."""
    seen: set[str] = set()
    stack = list(reversed(names))
    while stack and len(seen) < _TARGETS_MAX:
        name = stack.pop()
        if name in seen or name not in makefile.rules:
            continue
        seen.add(name)
        yield name
        stack.extend(reversed(makefile.rules[name].prerequisites))


def _read(path: str, text: str, tree: Tree, makefile: _Makefile, includes: int = 0) -> None:
    current: list[str] = []
    for number, line in _logical_lines(text):
        if line.startswith("\t"):
            for name in current:
                makefile.rules[name].recipe.append((number, line[1:]))
            continue
        line = line.partition("#")[0] if not line.startswith(" ") else line
        if not line.strip() or len(line) > _LINE_MAX:
            continue
        if included := _INCLUDE.fullmatch(line):
            for name in included[1].split():
                other = join(folder_of(path), name)
                inner = tree.text(other) if includes < _INCLUDES_MAX else None
                if inner is not None:
                    _read(other, inner, tree, makefile, includes + 1)
        elif assignment := _ASSIGNMENT.fullmatch(line.strip()):
            _assign(makefile.variables, assignment)
        elif _DIRECTIVE.match(line):
            continue
        elif rule := _RULE.fullmatch(line.rstrip()):
            current = _rule(path, number, rule, makefile)


def _assign(variables: dict[str, str], assignment: re.Match[str]) -> None:
    name, operator, value = assignment[1], assignment[2], " ".join(assignment[3].split())
    if operator == "+":
        variables[name] = f"{variables.get(name, '')} {value}".strip()
    elif operator != "?" or name not in variables:
        variables[name] = value


def _rule(path: str, number: int, match: re.Match[str], makefile: _Makefile) -> list[str]:
    """Enters a rule; gives the names of its targets."""
    names = _expand(match[1], makefile.variables).split()
    prerequisites = tuple(_expand(match[2], makefile.variables).replace("|", " ").split())
    for name in names:
        known = makefile.rules.get(name)
        recipe = known.recipe if known else []
        both = (*(known.prerequisites if known else ()), *prerequisites)
        makefile.rules[name] = _Rule(path, both, recipe)
        if match[3]:
            recipe.append((number, match[3].strip()))
        if not name.startswith(".") and "%" not in name:
            makefile.first.append(name)
    return names


def _recipe(makefile: _Makefile, name: str, directory: str) -> Iterator[Script]:
    """One script per line of a recipe: every line has a shell of its own."""
    rule = makefile.rules[name]
    folder = folder_of(rule.path)
    automatic = {
        "@": name,
        "<": rule.prerequisites[0] if rule.prerequisites else UNKNOWN,
        "^": " ".join(rule.prerequisites),
        "CURDIR": f"{ROOT}/{directory}",
        "MAKE": "make",
        "SHELL": "sh",
    }
    for number, line in rule.recipe:
        text = _expand(line.lstrip("@+- \t"), {**makefile.variables, **automatic}, folder)
        lines = tuple(range(number, number + line.count("\n") + 1))
        yield Script(text, rule.path, lines, directory, folder)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines joined where they end in a backslash (the newline kept), with their first number."""
    pending = ""
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.rstrip("\r")
        start = start if pending else number
        if line.endswith("\\"):
            pending += line + "\n"
            continue
        yield start, pending + line
        pending = ""
    if pending:
        yield start, pending


def _expand(text: str, variables: Mapping[str, str], folder: str = "") -> str:
    """`$(NAME)` replaced by its value; functions, unknown names and cycles by `UNKNOWN`."""
    # Each variable is expanded once: values that name each other many times would multiply.
    expanded: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[3]
        if name is None:
            return "$"
        name = name.strip()
        if "MAKEFILE_LIST" in name:
            return f"{ROOT}/{folder}/" if "dir" in name else f"{ROOT}/{folder}/Makefile"
        if name == "shell pwd":
            name = "CURDIR"
        if name not in variables:
            return UNKNOWN
        if name not in expanded:
            expanded[name] = UNKNOWN
            nested = len(expanded) < _EXPANSIONS_MAX
            expanded[name] = _REFERENCE.sub(value, variables[name])[:_VALUE_MAX] if nested else UNKNOWN
        return expanded[name]

    return _REFERENCE.sub(value, text)[: 20 * _VALUE_MAX]
