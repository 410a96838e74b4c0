"""Links the example of a framework file as the program it shows, and says what the rows make of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from batchlint.analysis.places import Places
from batchlint.analysis.roots import Roots
from batchlint.analysis.values import Values
from batchlint.catalog.match import Matcher
from batchlint.catalog.model import AccessPath, Example, FanOut
from batchlint.discover import ModuleIndex
from batchlint.facts import ScopeKind, extract
from batchlint.program.foreign import select
from batchlint.program.linker import CallContext, Linker
from batchlint.program.model import EdgeKind
from batchlint.program.objects import Bound, External, Function
from batchlint.text import Source

WORDS = ("root", "calls", "dispatch", "same", "element", "grouped")
EXPECTATION = re.compile(rf"# ({'|'.join(WORDS)}): ([^#]+?)\s*$")
# Edges that show a call, not those of functions that merely escape.
SHOWN = {EdgeKind.CALL, EdgeKind.CALLBACK, EdgeKind.DISPATCH}
# Higher-order calls that keep or return the callable: no edge leads there yet.
DEFERRED = {FanOut.WRAP, FanOut.REGISTER}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a comment of an example says: the word, the text after it, and the line it speaks of.

    `line` is 1 for a comment on a line of its own, which stands for the module.
    """

    word: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line}: {self.word}: {self.text}"


def expectations(code: str) -> list[Expectation]:
    """The expectations written into an example."""
    lines = enumerate(code.splitlines(), 1)
    matches = ((1 if line.startswith("#") else number, EXPECTATION.search(line)) for number, line in lines)
    return [
        Expectation(match[1], text.strip(), number)
        for number, match in matches
        if match
        for text in match[2].split(",")
    ]


class ExampleProgram:
    """An example, linked with the whole catalog."""

    def __init__(self, example: Example, matcher: Matcher) -> None:
        module = example.file.removesuffix(".py").removesuffix(".ipynb").replace("/", ".")
        source = Source(example.file, module.removesuffix(".__init__"), example.code.encode())
        facts = extract(source)
        assert facts.failure is None, f"{example.file}: {facts.failure}"
        modules = ModuleIndex([example.file], (), (), matcher.roots)
        self.code = example.code.splitlines()
        self.matcher = matcher
        self.linker = Linker([facts], modules, matcher)
        self.places = Places(self.linker, {example.file: source})
        found = Roots(self.linker, Values(self.linker), self.places, matcher).find([])
        self.roots = [(self._line(root.scope), f"{root.wait} {root.kind}") for root in found]

    def actual(self, expectation: Expectation) -> list[str]:
        """What the program shows at the line of an expectation, in the expectation's words."""
        line = expectation.line
        match expectation.word:
            case "root":
                return [text for at, text in self.roots if at == line]
            case "dispatch":
                return list(self._dispatched(line))
            case "calls" if self.code[line - 1].lstrip().startswith("@"):
                return list(self._decorates(line))
            case "calls":
                return [*self._called(line), *self._deferred(line)]
            case word:
                rows = [row for path in self.paths(line) for row in self.matcher.passthroughs(path)]
                return [expectation.text for row in rows if row.yields == word]

    def paths(self, line: int | None = None) -> list[AccessPath]:
        """The access paths of the external calls at a line, or of all, decorators and bases among them."""
        calls = None if line is None else set(self._calls_at(line))
        objects = [
            obj
            for key, found in self.linker.externals.items()
            if calls is None or key in calls
            for obj in found
        ]
        if line is None:
            objects += [obj for found in self.linker.decorators.values() for obj in found]
            for scope in self.linker.scopes.all:
                if scope.facts.kind is ScopeKind.CLASS:
                    objects += self.linker.classes.externals(scope.number)
        return [self._path(obj) for obj in objects if isinstance(self.linker.record(obj), External)]

    def names(self) -> set[str]:
        """The attributes that are called or decorate, whatever their receiver."""
        return {
            str(value.payload)
            for scope in self.linker.scopes.all
            for value in scope.facts.values
            if value.op == "attr"
        }

    def _path(self, obj: int) -> AccessPath:
        return self.linker.objects.path(obj)

    def _line(self, scope: int) -> int:
        return self.places.definition(scope).line

    def _calls_at(self, line: int) -> Iterator[tuple[int, int]]:
        for scope in self.linker.scopes.all:
            for index, call in enumerate(scope.facts.calls):
                if call.span.line <= line <= call.span.end_line:
                    yield scope.number, index

    def _name(self, scope: int) -> str:
        return self.linker.scopes.all[scope].facts.name

    def _called(self, line: int) -> Iterator[str]:
        calls = set(self._calls_at(line))
        for edge in self.linker.edges.values():
            if (edge.caller, edge.call) in calls and edge.kind in SHOWN:
                yield self._name(edge.target)

    def _deferred(self, line: int) -> Iterator[str]:
        for scope, index in self._calls_at(line):
            context = self._context(scope, index)
            for obj in self.linker.externals.get((scope, index), ()):
                for row in self.matcher.higher_orders(self._path(obj)):
                    if context is not None and row.fan_out in DEFERRED:
                        for node, _ in select(context, row.callable_):
                            yield from self._functions(node)

    def _context(self, scope: int, index: int) -> CallContext | None:
        found = self.linker.scopes.all[scope]
        return self.linker.contexts.get(found.base + found.facts.calls[index].value)

    def _functions(self, node: int) -> Iterator[str]:
        for obj in self.linker.solver.pts[node]:
            record = self.linker.record(obj)
            if isinstance(record, Function | Bound):
                yield self._name(record.scope)

    def _decorates(self, line: int) -> Iterator[str]:
        """The function below a decorator whose path is that of a row that wraps or keeps it."""
        head = next(
            number
            for number, text in enumerate(self.code[line:], line + 1)
            if re.match(r"\s*(async def|def|class)\b", text)
        )
        for scope, objects in self.linker.decorators.items():
            if self._line(scope) == head:
                for path in map(self._path, objects):
                    plain = path[:-1] if path[-1] == "()" else path
                    if any(row.fan_out in DEFERRED for row in self.matcher.higher_orders(plain)):
                        yield self._name(scope)

    def _dispatched(self, line: int) -> Iterator[str]:
        calls = set(self._calls_at(line))
        for edge in self.linker.edges.values():
            if (edge.caller, edge.call) in calls and edge.dispatch is not None:
                yield str(edge.dispatch.kind)
        for path in self.paths(line):
            for row in self.matcher.dispatches(path):
                yield str(row.kind)
