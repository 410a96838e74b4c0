"""The architecture as it is drawn in ARCHITECTURE.md: layers, third-party imports, data between stages."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "batchlint"
FILES = sorted(path for path in SOURCE.rglob("*.py"))
# What is copied into other people's projects imports nothing of ours and keeps to Python 3.9.
COPIED = SOURCE / "helpers" / "llm_batch"
MAX_LINES = 400

# Lowest first. A unit imports from lower layers only; the units of one layer do not know each other.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"__init__", "cache", "clock", "globs", "helpers", "text"}),
    frozenset({"facts", "finding"}),
    frozenset({"catalog", "money"}),
    frozenset({"config", "estimate", "program", "starts", "suppress"}),
    frozenset({"discover"}),
    frozenset({"analysis", "scan"}),
    frozenset({"survey"}),
    frozenset({"costing", "index"}),
    frozenset({"pipeline"}),
    frozenset({"engine"}),
    frozenset({"fix", "rules"}),
    frozenset({"baseline", "report"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)

# Who may import which module that is not ours. `ast` is listed because the parser has few users too:
# everybody else works on facts.
OUTSIDE: dict[str, frozenset[str]] = {
    "ahocorasick_rs": frozenset({"scan"}),
    "ast": frozenset({"facts", "analysis/assertions.py", "discover/notebook.py", "fix", "starts"}),
    "click": frozenset({"cli"}),
    "cronsim": frozenset({"estimate/schedule.py", "starts/when"}),
    "genai_prices": frozenset({"estimate/snapshot.py"}),
    "libcst": frozenset({"fix/find.py"}),
    "pathspec": frozenset({"discover/ignore.py"}),
    "tomli": frozenset({"catalog/load.py"}),
    "yaml": frozenset({"starts/nodes.py"}),
}

# Dataclasses that are not frozen and slotted, and why.
MUTABLE = {
    "CallContext": "a call under evaluation: the linker registers what it learns of it",
    "Draft": "a rewrite in the making: planners add edits, imports and obstacles to it",
    "Effects": "collects what code does while its tree is walked",
    "_Usage": "collects which suppressions silenced something while findings are made",
}


def unit(path: Path) -> str:
    """The layer's member that a file belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a file imports anywhere, also inside functions and for types only."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            if node.module == "batchlint":
                yield from (f"batchlint.{alias.name}" for alias in node.names)
            else:
                yield node.module


def identify(path: Path) -> str:
    """A file's name in the test's parameters."""
    return path.relative_to(SOURCE).as_posix()


OURS = [path for path in FILES if not path.is_relative_to(COPIED)]


def test_every_unit_is_in_one_layer() -> None:
    listed = [name for layer in LAYERS for name in layer]
    assert sorted(listed) == sorted({unit(path) for path in FILES})


@pytest.mark.parametrize("path", OURS, ids=identify)
def test_lower_layers_import_nothing_from_higher_ones(path: Path) -> None:
    own = unit(path)
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    for name in imports(path):
        if name.partition(".")[0] != "batchlint":
            continue
        other = name.split(".")[1]
        if other == "__version__":
            continue
        assert other == own or level[other] < level[own], f"{own} imports {name}"


@pytest.mark.parametrize("path", OURS, ids=identify)
def test_outside_modules_are_imported_where_they_are_at_home(path: Path) -> None:
    place = identify(path)
    for name in imports(path):
        module = name.partition(".")[0]
        if module == "batchlint" or (module in sys.stdlib_module_names and module not in OUTSIDE):
            continue
        homes = OUTSIDE.get(module, frozenset())
        assert any(place == home or place.startswith(f"{home}/") for home in homes), f"imports {module}"


def test_no_rule_about_imports_is_stale() -> None:
    imported = {name.partition(".")[0]: set[str]() for name in OUTSIDE}
    for path in OURS:
        for name in imports(path):
            if (module := name.partition(".")[0]) in imported:
                imported[module].add(identify(path))
    for module, homes in OUTSIDE.items():
        for home in homes:
            assert any(place == home or place.startswith(f"{home}/") for place in imported[module]), home


def dataclasses() -> Iterator[tuple[Path, str, str]]:
    """Every dataclass of the source: its file, name and decorator."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                for decorator in node.decorator_list:
                    written = ast.unparse(decorator)
                    if written.partition("(")[0] in ("dataclass", "dataclasses.dataclass"):
                        yield path, node.name, written


def test_dataclasses_are_frozen_and_slotted() -> None:
    loose = set()
    for path, name, decorator in dataclasses():
        frozen, slotted = "frozen=True" in decorator, "slots=True" in decorator
        if path.is_relative_to(COPIED):
            assert frozen, f"{name}: not frozen"
            assert not slotted, f"{name}: Python 3.9 has no slotted dataclasses"
        elif not (frozen and slotted):
            loose.add(name)
    assert loose == set(MUTABLE)


@pytest.mark.parametrize("path", FILES, ids=identify)
def test_files_stay_readable(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", [path for path in OURS if unit(path) != "cli"], ids=identify)
def test_only_the_command_line_prints(path: Path) -> None:
    """The maintainers' script that refreshes the price table talks to them, behind its main guard."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            assert identify(path) == "estimate/snapshot.py"
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in ("sys.stdout", "sys.stderr")
