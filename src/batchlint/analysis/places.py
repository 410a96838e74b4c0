"""Places of the linked program as outputs show them, and the names of its scopes."""

from collections.abc import Mapping

from batchlint.facts import ScopeKind
from batchlint.program.linker import Linker
from batchlint.text import LineIndex, Location, Source, Span


class Places:
    """Turns scopes and spans into locations and names."""

    def __init__(self, linker: Linker, sources: Mapping[str, Source]) -> None:
        self.linker = linker
        self._sources = sources
        self._lines: dict[str, LineIndex] = {}

    def path(self, scope: int) -> str:
        """The root-relative path of the file a scope is in."""
        return self.linker.scopes.files[self.linker.scopes.all[scope].file].path

    def of(self, scope: int, span: Span) -> Location:
        """The location of a span of a scope's file."""
        path = self.path(scope)
        lines = self._lines.get(path)
        if lines is None:
            lines = self._lines[path] = LineIndex(self._sources[path].text)
        return lines.location(path, span)

    def call(self, scope: int, call: int) -> Location:
        """The location of a call."""
        return self.of(scope, self.linker.scopes.all[scope].facts.calls[call].span)

    def head(self, scope: int, span: Span) -> Location:
        """The first line of a span: the header of a loop."""
        if span.end_line == span.line:
            return self.of(scope, span)
        return self.of(scope, Span(span.line, span.column, span.line, 1 << 20))

    def definition(self, scope: int) -> Location:
        """The header of a function or class; the first line of a module."""
        facts = self.linker.scopes.all[scope].facts
        if facts.kind is ScopeKind.MODULE:
            path = self.path(scope)
            return Location(path, 1, 1, 1, 1)
        return self.head(scope, facts.span)

    def name(self, scope: int) -> str:
        """The dotted name of a scope: module, then qualified name."""
        found = self.linker.scopes.all[scope]
        module = self.linker.scopes.files[found.file].module
        return f"{module}.{found.facts.qualname}" if found.facts.qualname else module

    def short(self, scope: int) -> str:
        """The qualified name of a scope in its module; of a module, its path."""
        return self.linker.scopes.all[scope].facts.qualname or self.path(scope)
