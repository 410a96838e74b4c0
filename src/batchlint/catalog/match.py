"""Asking the catalog: which rows an access path matches."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Generic, TypeVar

from batchlint.catalog.model import (
    AccessPath,
    Catalog,
    Dispatch,
    Entrypoint,
    HigherOrder,
    PassThrough,
    Record,
    Reference,
    Template,
    Via,
)
from batchlint.catalog.path import expand
from batchlint.catalog.prefixes import Prefixes

T = TypeVar("T")

# Values that hold defaults and settings, or build texts, although no row names them.
_SETTINGS = (
    "argparse.**",
    "os.environ.get()",
    "os.environ.[]",
    "os.getenv()",
    "os.path.join()",
    "posixpath.join()",
    "urllib.parse.urljoin()",
    "builtins.*",
    "builtins.str()",
    "pydantic.{Field,fields.Field}()",
    "dataclasses.field()",
    "attr.ib()",
    "attrs.field()",
    "decouple.config()",
    "environ.Env().str()",
    "importlib.{import_module,util.spec_from_file_location,util.module_from_spec}",
    "builtins.globals()",
    "chainlit.user_session.{get,set}",
    "streamlit.session_state.**",
    "typer.{Option,Argument}()",
    "fastapi.{Query,Form,Body,Depends,Header}()",
    "fastapi.params.{Query,Form,Body,Depends}()",
)
_SETTING_CALLS = frozenset(
    (name,)
    for name in (
        "get getenv join urljoin str Field field ib config Option Argument Query Form Body Depends".split()
    )
)


class PathIndex(Generic[T]):
    """Rows by the paths they match: exact paths by look-up, patterns by their last step.

    In a pattern a step may be a glob and `**` stands for any number of steps.
    """

    def __init__(self, rows: Iterable[tuple[AccessPath, T]] = ()) -> None:
        self._exact: dict[AccessPath, list[T]] = {}
        self._patterns: dict[str, list[tuple[AccessPath, T]]] = {}
        self._loose: list[tuple[AccessPath, T]] = []
        self._answers: dict[AccessPath, tuple[T, ...]] = {}
        for path, row in rows:
            if not any("*" in step or "?" in step for step in path):
                self._exact.setdefault(path, []).append(row)
            elif "*" in path[-1] or "?" in path[-1]:
                self._loose.append((path, row))
            else:
                self._patterns.setdefault(path[-1], []).append((path, row))

    @property
    def is_empty(self) -> bool:
        """Whether there is no row at all."""
        return not (self._exact or self._patterns or self._loose)

    def match(self, path: AccessPath) -> tuple[T, ...]:
        """The rows of every path or pattern that matches `path` as a whole."""
        found = self._answers.get(path)
        if found is None:
            rows = list(self._exact.get(path, ()))
            candidates = self._patterns.get(path[-1], ()) if path else ()
            rows += [row for pattern, row in (*candidates, *self._loose) if matches(pattern, path)]
            found = self._answers[path] = tuple(rows)
        return found


def matches(pattern: AccessPath, path: AccessPath) -> bool:
    """Whether a pattern matches a whole path."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(matches(pattern[1:], path[skip:]) for skip in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and matches(pattern[1:], path[1:])


class Matcher:
    """The catalog as linking and inference ask it.

    `everything` follows the calls of every import root, not only of those the catalog names.
    """

    def __init__(self, catalog: Catalog, *, everything: bool = False) -> None:
        self.catalog = catalog
        self.everything = everything
        imports = [name for p in catalog.providers for name in p.imports]
        self.roots = frozenset(name.partition(".")[0] for name in imports)
        self._prefixes = Prefixes(
            [*_settings_patterns(), *(path for group in _all_paths(catalog) for path in group)],
            {step for provider in catalog.providers for step in provider.derive},
        )
        self._kept = frozenset(_constructors(catalog))
        self._passthroughs = PathIndex(
            (path, row)
            for f in catalog.frameworks
            for row in f.passthroughs
            for path in row.paths
            if path[0] != "*"
        )
        self._passthroughs_named = _by_last(
            (path, row)
            for f in catalog.frameworks
            for row in f.passthroughs
            for path in row.paths
            if path[0] == "*"
        )
        self._index_records()
        self._higher_orders = PathIndex(
            (path, row)
            for f in catalog.frameworks
            for row in f.higher_orders
            for path in row.paths
            if path[0] != "*"
        )
        self._dispatches = PathIndex(
            (path, row)
            for f in catalog.frameworks
            for row in f.dispatches
            for path in row.paths
            if path[0] != "*"
        )
        self._wraps = PathIndex((path, True) for p in catalog.providers for path in p.wraps)
        self._templates = PathIndex(
            (path, row) for f in catalog.frameworks for row in f.templates for path in row.paths
        )
        self._started = PathIndex(
            (path, row)
            for f in catalog.frameworks
            for row in f.dispatches
            if ("()",) in row.methods
            for each in f.entrypoints
            if each.via is Via.DECORATOR
            for path in each.paths
        )
        self._dispatch_methods = _by_last(
            (path, row) for f in catalog.frameworks for row in f.dispatches for path in row.methods
        )
        self._higher_order_methods = _by_last(
            (path, row) for f in catalog.frameworks for row in f.higher_orders for path in row.methods
        )
        methods = {
            path
            for f in catalog.frameworks
            for rows in (f.dispatches, f.higher_orders)
            for row in rows
            for path in row.methods
        }
        self._steps = frozenset(path[:length] for path in methods for length in range(1, len(path) + 1))
        self._named = _by_last(
            (path, row)
            for f in catalog.frameworks
            for row in f.higher_orders
            for path in row.paths
            if path[0] == "*" or row.distinctive
        )
        self._runs = frozenset(run for f in catalog.frameworks for row in f.higher_orders for run in row.runs)

    def _index_records(self) -> None:
        frameworks = self.catalog.frameworks
        records = [row for f in frameworks for row in f.records]
        self._records = PathIndex((path, row) for row in records for path in row.paths)
        self._queries = PathIndex((path, row) for row in records for path in row.queries)
        self._query_starts = frozenset(
            name for row in records for name in (*row.managers, *row.starts, *row.one, *row.pair)
        )
        self._references = PathIndex(
            (path, row) for f in frameworks for row in f.references for path in row.paths
        )

    def reach(self, path: AccessPath) -> int | None:
        """Whether an external value is worth telling apart: see `Prefixes.reach`."""
        return 0 if self.everything else self._prefixes.reach(path)

    def keeps_call(self, path: AccessPath) -> bool:
        """Whether the arguments of the call that made an external value matter (a client, a setting)."""
        return path in self._kept or path[-2:-1] in _SETTING_CALLS

    def passthroughs(self, path: AccessPath) -> tuple[PassThrough, ...]:
        """The rows that say what passes through a call of `path`."""
        return self._passthroughs.match(path)

    def wraps_client(self, path: AccessPath) -> bool:
        """Whether a call of `path` returns the client it is given, wrapped."""
        return bool(self._wraps.match((*path, "()")))

    def higher_orders(self, path: AccessPath) -> tuple[HigherOrder, ...]:
        """The rows that say how a call of `path` calls its arguments."""
        return self._higher_orders.match(path)

    def dispatches(self, path: AccessPath) -> tuple[Dispatch, ...]:
        """The rows by which a call of `path` starts one of its arguments in another context."""
        return self._dispatches.match(path)

    def dispatch_methods(self, steps: AccessPath) -> tuple[Dispatch, ...]:
        """The rows by which steps from a function (`delay`) start it in another context."""
        return _ends(self._dispatch_methods, steps)

    def higher_order_methods(self, steps: AccessPath) -> tuple[HigherOrder, ...]:
        """The rows by which steps from a function (`map`) call it."""
        return _ends(self._higher_order_methods, steps)

    def is_step(self, steps: AccessPath) -> bool:
        """Whether some method of a function (`options().remote`) begins with these steps."""
        return steps in self._steps

    def passthroughs_named(self, name: str) -> tuple[PassThrough, ...]:
        """The rows for a method of that name on any receiver: it must be given a class of records."""
        return tuple(row for _, row in self._passthroughs_named.get(name, ()))

    def record(self, path: AccessPath) -> Record | None:
        """The row of a base class of records at `path`."""
        rows = self._records.match(path)
        return rows[0] if rows else None

    def is_query(self, path: AccessPath) -> bool:
        """Whether the class at `path` is a library's class of queries or managers."""
        return bool(self._queries.match(path))

    def starts_query(self, name: str) -> bool:
        """Whether an attribute of that name of a class of records may stand for a query."""
        return name in self._query_starts

    def references(self, path: AccessPath) -> tuple[Reference, ...]:
        """The rows that say to which records a field declared by a call of `path` refers."""
        return self._references.match(path)

    def runs(self, method: str) -> bool:
        """Whether a method of that name may run what its receiver keeps (`FanOut.REGISTER`)."""
        return method in self._runs

    def templates(self, path: AccessPath) -> tuple[Template, ...]:
        """The rows of a base class at `path` whose methods call what a subclass defines."""
        return self._templates.match(path)

    def started_when_called(self, path: AccessPath) -> Dispatch | None:
        """The row by which a call of a function starts it elsewhere, for a function with a decorator at
        `path`."""
        rows = self._started.match(path[:-1] if path[-1:] == ("()",) else path)
        return rows[0] if rows else None

    def higher_orders_named(self, name: str) -> tuple[HigherOrder, ...]:
        """The rows for a method of that name on a receiver of unknown type."""
        return tuple(row for _, row in self._named.get(name, ()))

    def entrypoints(self, via: Via) -> Iterator[Entrypoint]:
        """The entrypoint rows of one way of telling a framework about a function."""
        for framework in self.catalog.frameworks:
            yield from (row for row in framework.entrypoints if row.via is via)


_ByLast = dict[str, list[tuple[AccessPath, T]]]


def _by_last(rows: Iterable[tuple[AccessPath, T]]) -> _ByLast[T]:
    found: _ByLast[T] = {}
    for path, row in rows:
        found.setdefault(path[-1], []).append((path, row))
    return found


def _ends(index: _ByLast[T], steps: AccessPath) -> tuple[T, ...]:
    return tuple(row for path, row in index.get(steps[-1], ()) if path == steps)


def _settings_patterns() -> Iterator[AccessPath]:
    for text in _SETTINGS:
        for each in expand(text):
            yield tuple(each.replace("()", ".()").split("."))


def _constructors(catalog: Catalog) -> Iterator[AccessPath]:
    """The paths of calls whose arguments say something of the value they return."""
    for provider in catalog.providers:
        for group in provider.clients:
            yield from group.paths
    for higher in (row for f in catalog.frameworks for row in f.higher_orders if row.runs):
        for path in higher.paths:  # two graphs keep different nodes
            yield path[:-1] if "()" in path else (*path, "()")
    for row in catalog.http_calls:
        for path in row.paths:
            if row.builds:
                yield (*path, "()")
            elif "()" in path and row.base:
                yield path[: len(path) - tuple(reversed(path)).index("()")]


def _all_paths(catalog: Catalog) -> Iterator[tuple[AccessPath, ...]]:
    for framework in catalog.frameworks:
        for entrypoint in framework.entrypoints:
            yield entrypoint.paths
            if entrypoint.via is Via.DECORATOR:
                yield tuple((*path, "()") for path in entrypoint.paths)
        for dispatch in framework.dispatches:
            yield dispatch.paths
        for higher in framework.higher_orders:
            yield higher.paths
            for path in higher.paths:
                keeper = path[:-1] if "()" in path else (*path, "()")
                yield tuple((*keeper, run) for run in higher.runs)
        for passthrough in framework.passthroughs:
            yield passthrough.paths
        for record in framework.records:
            yield record.paths
            yield record.queries
        for reference in framework.references:
            yield reference.paths
        for template in framework.templates:
            yield template.paths
            yield template.decorators
            yield tuple((*path, "()") for path in template.decorators)
    for call in catalog.http_calls:
        yield call.paths
        if call.builds:
            yield tuple((*path, "()") for path in call.paths)
    for provider in catalog.providers:
        yield provider.wraps
        for group in provider.clients:
            yield group.paths
        for operation in provider.operations:
            yield operation.paths
            yield operation.decorators
            yield tuple((*path, "()") for path in operation.decorators)
