"""What every framework file must hold, and the standard library's paths followed to real attributes."""

import builtins
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator
from datetime import date
from importlib.resources import files

import pytest

from batchlint.catalog.load import load_catalog
from batchlint.catalog.model import AccessPath, FanOut, Framework, Via, Yields
from batchlint.catalog.path import parse_path

FRAMEWORKS = load_catalog().frameworks
# Rows that need no import: the builtins, and files known by their name.
IMPORTLESS = {"*", "**", "builtins"}
# Paths of the standard library that come or go with Python's version.
OTHER_VERSIONS = {
    "asyncio.coroutine",
    "builtins.raw_input",
    "concurrent.futures.InterpreterPoolExecutor",
    "copy.replace",
    "itertools.batched",
}
# Methods of one class of a pair that is written with braces.
OTHER_CLASSES = {"contextlib.ExitStack.push_async_callback", "contextlib.ExitStack.enter_async_context"}


@pytest.fixture(params=FRAMEWORKS, ids=lambda framework: framework.name)
def framework(request: pytest.FixtureRequest) -> Framework:
    return request.param


def paths_of(framework: Framework) -> Iterator[AccessPath]:
    for rows in (
        framework.entrypoints,
        framework.dispatches,
        framework.higher_orders,
        framework.passthroughs,
        framework.templates,
        framework.records,
        framework.references,
    ):
        for row in rows:
            yield from row.paths


def test_file_is_named_after_its_framework() -> None:
    folder = files("batchlint.catalog") / "frameworks"
    stems = {entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")}
    assert stems == {re.sub(r"[-.]", "_", framework.name) for framework in FRAMEWORKS}


def test_file_says_where_it_comes_from(framework: Framework) -> None:
    assert framework.source.startswith("https://")
    assert date.fromisoformat(framework.checked) <= date.fromisoformat("2100-01-01")
    assert framework.examples


def test_paths_start_with_a_declared_import(framework: Framework) -> None:
    roots = {name.partition(".")[0] for name in framework.imports} | IMPORTLESS
    assert {path[0] for path in paths_of(framework)} - roots == set()


def test_imports_are_used(framework: Framework) -> None:
    """An import root that no path starts with would make unknown receivers match for nothing."""
    starts = {path[0] for path in paths_of(framework)}
    is_by_name = any(path[0] in ("*", "**") for path in paths_of(framework)) or any(
        row.via is Via.FILE for row in framework.entrypoints
    )
    unused = {name for name in framework.imports if name.partition(".")[0] not in starts}
    assert not unused or is_by_name


def test_entrypoints_select_what_they_need(framework: Framework) -> None:
    for row in framework.entrypoints:
        match row.via:
            case Via.ARGUMENT:
                assert row.arguments, row
            case Via.BASE_CLASS:
                assert row.methods, row
                assert not row.arguments, row
            case Via.FILE:
                assert row.functions, row
            case _:
                assert not row.arguments, row
        if row.distinctive:
            assert any(path[0] == "*" for path in row.paths), row


def test_higher_orders_select_what_they_call(framework: Framework) -> None:
    for row in framework.higher_orders:
        assert row.callable_ or row.methods or row.fan_out is FanOut.WRAP, row
        assert bool(row.runs) == (row.fan_out is FanOut.REGISTER), row
        if row.fan_out is FanOut.MAP:
            assert row.items, row
        if row.distinctive:
            assert any(path[0] == "*" for path in row.paths), row


def test_dispatches_select_what_they_start(framework: Framework) -> None:
    for row in framework.dispatches:
        assert row.methods or row.argument, row


def test_passthroughs_place_only_in_groups(framework: Framework) -> None:
    for row in framework.passthroughs:
        assert row.place is None or row.yields is Yields.GROUPED, row


def test_waits_are_methods_or_paths(framework: Framework) -> None:
    for row in (*framework.dispatches, *framework.higher_orders, *framework.templates):
        for wait in row.waits:
            if wait not in ("await", "with"):
                parse_path(wait)


def standard_paths() -> list[AccessPath]:
    found = {
        path
        for framework in FRAMEWORKS
        for path in paths_of(framework)
        if path[0] in sys.stdlib_module_names and not any("*" in step for step in path)
    }
    return sorted(found)


def follow(path: AccessPath) -> str | None:
    """The first step that is missing, written as a path; None where all are there.

    What a function returns is read from its annotation; behind one without, nothing can be said.
    """
    value: object = builtins if path[0] == "builtins" else importlib.import_module(path[0])
    shown = [path[0]]
    for step in path[1:]:
        if step == "()":
            if inspect.isclass(value):
                continue
            returned = getattr(value, "__annotations__", {}).get("return")
            if not inspect.isclass(returned):
                return None
            value = returned
            continue
        shown.append(step)
        try:
            value = getattr(value, step)
        except AttributeError:
            try:
                value = importlib.import_module(".".join(shown))
            except ImportError:
                return ".".join(shown)
    return None


def test_standard_library_has_the_paths() -> None:
    missing = {found for path in standard_paths() if (found := follow(path)) is not None}
    if importlib.util.find_spec("tkinter") is None:
        missing = {name for name in missing if not name.startswith("tkinter")}
    assert missing - OTHER_VERSIONS - OTHER_CLASSES == set()
