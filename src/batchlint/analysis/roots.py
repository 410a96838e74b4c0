"""Roots: the functions and module bodies that something outside the program starts.

Framework rows of the catalog name most of them; the rest are module bodies that run as scripts and
the targets of files that start programs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from batchlint.analysis.beat import beat_roots
from batchlint.analysis.model import Root
from batchlint.analysis.places import Places
from batchlint.analysis.programs import Programs
from batchlint.analysis.schedules import schedule_text
from batchlint.analysis.values import Values
from batchlint.catalog.match import Matcher, PathIndex
from batchlint.catalog.model import AccessPath, Entrypoint, RootKind, Via
from batchlint.facts import ScopeKind
from batchlint.program.foreign import select
from batchlint.program.linker import Linker
from batchlint.program.objects import Bound, Class, Const, External, Function, Future, Instance, Partial
from batchlint.starts.model import Start
from batchlint.text import Location


class Roots:
    """Finds the roots of a linked program."""

    def __init__(self, linker: Linker, values: Values, places: Places, matcher: Matcher) -> None:
        self.linker = linker
        self.values = values
        self.places = places
        self.matcher = matcher
        self._rows = {
            via: PathIndex(
                (path, row)
                for row in matcher.entrypoints(via)
                for path in row.paths
                if path[0] != "*"  # receivers of unknown type are found by name
            )
            for via in Via
        }
        self._named: dict[Via, dict[str, list[Entrypoint]]] = {}
        self._frameworks = {f.name: f for f in matcher.catalog.frameworks}
        for via in (Via.DECORATOR, Via.ARGUMENT):
            rows = self._named.setdefault(via, {})
            for row in matcher.entrypoints(via):
                for path in row.paths:
                    if path[0] == "*":
                        rows.setdefault(path[-1], []).append(row)
        self._imports = imports_by_file(linker)
        self.prompts: set[tuple[int, int]] = set()
        self.registrations: set[tuple[int, int]] = set()
        self.programs = Programs(linker, places)
        self.imported = self.programs.imported

    def find(self, starts: Sequence[Start]) -> list[Root]:
        """All roots, those of files that start programs first."""
        found: list[Root] = list(self.programs.started(starts))
        for scope in self.linker.scopes.all:
            found.extend(self._decorated(scope.number))
            if scope.facts.kind is ScopeKind.CLASS:
                found.extend(self._derived(scope.number))
            if scope.facts.kind in (ScopeKind.FUNCTION, ScopeKind.MODULE):
                found.extend(self._in_file(scope.number))
        found.extend(self._by_calls())
        found.extend(self._listed())
        found.extend(self.programs.modules())
        found.extend(list(beat_roots(self.values, self.places, found)))
        unique = {(root.scope, root.wait, root.kind, root.location): root for root in found}
        return list(unique.values())

    def _root(
        self, scope: int, row: Entrypoint, location: Location | None, text: str, **more: object
    ) -> Root:
        return Root(
            scope,
            row.wait,
            row.kind,
            location or self.places.definition(scope),
            text,
            per_record=row.per_record,
            **more,  # type: ignore[arg-type]
        )

    # decorators and base classes

    def _decorated(self, scope: int) -> Iterator[Root]:
        facts = self.linker.scopes.all[scope].facts
        if not facts.decorators:
            return
        outer = self.linker.scopes.all[self.linker.scopes.all[scope].parent]
        rows: dict[Entrypoint, int] = {}
        for decorator in facts.decorators:
            value = outer.facts.values[decorator]
            context = self.linker.contexts.get(outer.base + decorator)
            for row in self._decorator_rows(
                outer.base + decorator, value.op == "call", outer.number, decorator
            ):
                if all(
                    context is not None and self.values.argument(context, (argument,)) is not None
                    for argument in row.requires
                ):
                    rows.setdefault(row, decorator)
        for row, decorator in rows.items():
            schedule = self._schedule(row, outer.base + decorator)
            text = _told(row, self.places.short(scope))
            for target in self._members(scope, row.methods):
                yield self._root(target, row, None, text, schedule=schedule)
            if row.returned:
                for target, _ in self._callables(self.linker.scopes.all[scope].returns, 0):
                    yield self._root(target, row, None, _told(row, self.places.short(target)))

    def _decorator_rows(self, node: int, is_call: bool, outer: int, value: int) -> Iterator[Entrypoint]:
        known = False
        for obj in self.linker.solver.pts[node]:
            if isinstance(self.linker.record(obj), External) and obj != self.linker.objects.opaque:
                path = self.linker.objects.path(obj)
                rows = self._rows[Via.DECORATOR]
                found = rows.match(path[:-1] if path[-1] == "()" else path) or rows.match(path)
                known = known or bool(found)
                yield from found
        if known:
            return
        # The receiver is unknown: the method's name counts in modules that import the framework.
        facts = self.linker.scopes.all[outer].facts
        if is_call:
            value = facts.calls[facts.values[value].payload].callee  # type: ignore[call-overload]
        fact = facts.values[value]
        if fact.op == "attr":
            file = self.linker.scopes.all[outer].file
            for row in self._named[Via.DECORATOR].get(str(fact.payload), ()):
                if row.distinctive or self._uses(file, row.framework):
                    yield row

    def _uses(self, file: int, framework: str) -> bool:
        imported = self._imports[file]
        return any(
            each == name or each.startswith(f"{name}.")
            for name in self._frameworks[framework].imports
            for each in imported
        )

    def _members(self, scope: int, methods: Iterable[str], *, by_instance: bool = False) -> Iterator[int]:
        """The scope itself if it is a function; of a class, its methods that match: by default the public
        ones, of an instance of it its call."""
        facts = self.linker.scopes.all[scope].facts
        if facts.kind is not ScopeKind.CLASS:
            yield scope
            return
        patterns = tuple(methods) or (("__call__",) if by_instance else ("[!_]*", "__call__"))
        for owner in self.linker.classes.internals(scope):
            for number in self.linker.classes.methods.get(owner, ()):
                name = self.linker.scopes.all[number].facts.name
                if self.linker.classes.method_kinds[number] == "property":
                    continue
                if any(fnmatchcase(name, pattern) for pattern in patterns):
                    yield number

    def _derived(self, scope: int) -> Iterator[Root]:
        for base in self.linker.classes.externals(scope):
            path = self.linker.objects.path(base)
            for row in self._rows[Via.BASE_CLASS].match(path):
                name = self.places.short(scope)
                if row.kind is RootKind.MANAGEMENT:  # is called `Command`, and known by its file
                    name = self.places.path(scope).rpartition("/")[2].removesuffix(".py")
                text = _told(row, name)
                for target in self._members(scope, row.methods):
                    yield self._root(target, row, None, text)

    def _schedule(self, row: Entrypoint, node: int) -> str | None:
        context = self.linker.contexts.get(node)
        return None if context is None else schedule_text(self.values, context, row.schedule)

    # calls that register functions, and calls that only a kind of root makes

    def _by_calls(self) -> Iterator[Root]:
        for (number, call), objects in self.linker.externals.items():
            if call < 0:
                continue
            for obj in objects:
                if not isinstance(self.linker.record(obj), External):
                    continue
                path = self.linker.objects.path(obj)
                for row in self._rows[Via.ARGUMENT].match(path):
                    yield from self._registered(number, call, row)
                for row in self._rows[Via.CALL].match(path):
                    if row.kind is RootKind.REPL:
                        self.prompts.add((number, call))
                    location = self.places.call(number, call)
                    node = self._node(number, call)
                    yield self._root(
                        number,
                        row,
                        location,
                        _told(row, self.places.short(number), path),
                        schedule=self._schedule(row, node),
                    )
        for scope in self.linker.scopes.all:
            for index, fact in enumerate(scope.facts.calls):
                callee = scope.facts.values[fact.callee]
                if callee.op == "attr" and callee.payload in self._named[Via.ARGUMENT]:
                    if self.linker.solver.pts[scope.base + fact.callee] - {self.linker.objects.opaque}:
                        continue
                    for row in self._named[Via.ARGUMENT][str(callee.payload)]:
                        if row.distinctive or self._uses(scope.file, row.framework):
                            yield from self._registered(scope.number, index, row)

    def _node(self, scope: int, call: int) -> int:
        found = self.linker.scopes.all[scope]
        return found.base + found.facts.calls[call].value

    def _registered(self, scope: int, call: int, row: Entrypoint) -> Iterator[Root]:
        context = self.linker.contexts.get(self._node(scope, call))
        if context is None:
            return
        for argument in row.requires:
            if self.values.argument(context, (argument,)) is None:
                return
        schedule = self._schedule(row, self._node(scope, call))
        for node, _ in select(context, row.arguments):
            for target, by_instance in self._callables(node, 0):
                text = _told(row, self.places.short(target))
                self.registrations.add((scope, call))
                for member in self._members(target, row.methods, by_instance=by_instance):
                    location = self.places.call(scope, call)
                    yield self._root(member, row, location, text, schedule=schedule)

    def _callables(self, node: int, depth: int) -> Iterator[tuple[int, bool]]:
        """The functions and classes that an argument is, or holds; with each, whether the argument is an
        instance of the class."""
        from batchlint.program.containers import ALL
        from batchlint.program.objects import Container, MethodOf

        for obj in tuple(self.linker.solver.pts[node]):
            match self.linker.record(obj):
                case Function(scope=scope, around=around) | Bound(scope=scope, around=around):
                    yield scope if around < 0 else around, False
                case Class(scope=scope):
                    yield scope, False
                case Instance(scope=scope):
                    yield scope, True
                case Partial(node=made):
                    context = self.linker.contexts.get(made)
                    if context is not None and context.positional and depth < 3:
                        yield from self._callables(context.positional[0][0], depth + 1)
                case MethodOf(receiver=receiver):
                    record = self.linker.record(receiver)
                    if isinstance(record, Function | Bound):
                        yield record.scope, False
                case Container() if depth < 3:
                    yield from self._callables(self.linker.solver.field(obj, ALL), depth + 1)
                case Const(type="str", value=str(name)) if "." in name or ":" in name:
                    yield from ((scope, False) for scope in self.linker.scopes.named(name))
                case Future(node=made) if depth < 3:
                    yield from ((scope, False) for scope in self._started(made))
                case _:
                    pass

    def _started(self, node: int) -> Iterator[int]:
        """The functions that the call at a node prepares to start: a signature, `task.s()`."""
        context = self.linker.contexts.get(node)
        if context is None:
            return
        for edge in self.linker.edges.values():
            if (edge.caller, edge.call) == (context.scope, context.call) and edge.dispatch is not None:
                yield edge.target

    # attributes

    def _listed(self) -> Iterator[Root]:
        """The functions that a class attribute or a variable lists for a framework."""
        rows = self._rows[Via.ATTRIBUTE]
        for scope in () if rows.is_empty else self.linker.scopes.all:
            if scope.facts.kind not in (ScopeKind.CLASS, ScopeKind.MODULE):
                continue
            for name in scope.facts.bindings:
                for row in rows.match((*self.places.name(scope.number).split("."), name)):
                    node = self.linker.scopes.bound_in(scope, name)
                    for target, _ in self._callables(node, 0) if node is not None else ():
                        yield self._root(target, row, None, _told(row, self.places.short(target)))

    # files

    def _in_file(self, scope: int) -> Iterator[Root]:
        facts = self.linker.scopes.all[scope].facts
        path = self.places.path(scope)
        for row in self.matcher.entrypoints(Via.FILE):
            if not any(_glob(path, pattern) for pattern in row.files):
                continue
            name = "<module>" if facts.kind is ScopeKind.MODULE else facts.qualname
            if not any(fnmatchcase(name, pattern) for pattern in row.functions or ("*",)):
                continue
            names = [parameter.name for parameter in facts.parameters]
            if row.parameters and not (
                len(names) >= len(row.parameters)
                and all(
                    any(fnmatchcase(names[i], choice) for choice in pattern.split("|"))
                    for i, pattern in enumerate(row.parameters)
                )
            ):
                continue
            yield self._root(scope, row, None, _told(row, self.places.short(scope)))


def imports_by_file(linker: Linker) -> list[frozenset[str]]:
    """The dotted names that each file imports."""
    found: list[set[str]] = [set() for _ in linker.scopes.files]
    for scope in linker.scopes.all:
        for value in scope.facts.values:
            if value.op == "import" and isinstance(value.payload, tuple):
                name, member, level = value.payload[:3]
                if level == 0:
                    found[scope.file].add(name)
                    if member:
                        found[scope.file].add(f"{name}.{member}")
    return [frozenset(names) for names in found]


_NOUNS: Final[Mapping[RootKind, str]] = {
    RootKind.SCHEDULED: "scheduled job",
    RootKind.TASK_QUEUE: "queue task",
    RootKind.WORKFLOW: "workflow step",
    RootKind.EVAL: "evaluation",
    RootKind.SCRIPT: "script",
    RootKind.COMMAND: "command",
    RootKind.MANAGEMENT: "management command",
    RootKind.NOTEBOOK: "notebook",
    RootKind.DATA: "data function",
    RootKind.CLOUD_FUNCTION: "cloud function",
    RootKind.TEST: "test",
    RootKind.CI: "job",
    RootKind.WEB: "web route",
    RootKind.WEBSOCKET: "websocket handler",
    RootKind.RPC: "remote procedure",
    RootKind.CHAT_UI: "chat interface",
    RootKind.BOT: "bot handler",
    RootKind.TOOL: "agent tool",
    RootKind.REPL: "prompt",
    RootKind.GUI: "window",
    RootKind.VOICE: "voice agent",
}


def _told(row: Entrypoint, name: str, path: AccessPath | None = None) -> str:
    """A root in words: `queue task nightly (celery)`, `command tool.py (argparse)`.

    In brackets stands what makes it one: the framework, or the library that is called at `path`.
    """
    if row.via is Via.FILE:
        return f"{_NOUNS[row.kind]} {name}"
    first = path or row.paths[0]
    library = first[1] if first[0] == "builtins" else row.framework if first[0] == "*" else first[0]
    return f"{_NOUNS[row.kind]} {name} ({library})"


def _glob(path: str, pattern: str) -> bool:
    """Whether a root-relative path matches a glob in which `**/` stands for any folders, none too."""
    if fnmatchcase(path, pattern):
        return True
    return pattern.startswith("**/") and _glob(path, pattern[3:])
