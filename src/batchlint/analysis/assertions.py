"""The user's own word on who waits: comments on definitions, and `[tool.batchlint.contexts]`."""

import ast
from collections.abc import Mapping, Sequence

from batchlint.analysis.model import Root
from batchlint.analysis.places import Places
from batchlint.catalog.model import RootKind, Wait
from batchlint.config import ContextRule
from batchlint.facts import ScopeKind
from batchlint.globs import matches
from batchlint.program.linker import Linker
from batchlint.program.scopes import Scope
from batchlint.suppress import Assertion, Directives
from batchlint.text import Location, Source

_WORDS = {Wait.LIVE: "somebody waits for", Wait.OFFLINE: "nobody waits for"}
_NAMES = {Wait.LIVE: "realtime", Wait.OFFLINE: "offline"}
_KINDS = {Wait.LIVE: RootKind.WEB, Wait.OFFLINE: RootKind.SCRIPT}


class Assertions:
    """Turns assertions into roots."""

    def __init__(
        self,
        linker: Linker,
        places: Places,
        sources: Mapping[str, Source],
        directives: Mapping[str, Directives],
        contexts: Sequence[ContextRule],
    ) -> None:
        self.linker = linker
        self.places = places
        self.sources = sources
        self.directives = directives
        self.contexts = contexts
        self._headers: dict[str, dict[tuple[int, int], range]] = {}

    def applied(self, roots: Sequence[Root]) -> list[Root]:
        """The roots with the asserted ones in place of all others of their scopes."""
        if not self.contexts and not any(each.assertions for each in self.directives.values()):
            return list(roots)
        asserted: dict[int, Root] = {}
        for scope in self.linker.scopes.all:
            if scope.facts.kind is not ScopeKind.CLASS:
                found = self._comment(scope) or self._rule(scope)
                if found is not None:
                    asserted[scope.number] = self._root(scope.number, *found, roots)
        return [*asserted.values(), *(root for root in roots if root.scope not in asserted)]

    def _comment(self, scope: Scope) -> tuple[Wait, str, Location] | None:
        """The comment on a function, on the nearest class or function around it, or on its module."""
        path = self.places.path(scope.number)
        directives = self.directives.get(path)
        if directives is None or not directives.assertions:
            return None
        for around in (scope, *self.linker.scopes.enclosing(scope)):
            for assertion in directives.assertions:
                if self._stands_on(assertion, around):
                    name = _NAMES[assertion.wait]
                    where = Location(path, assertion.line, 1, assertion.line, 1)
                    return assertion.wait, f"`# batchlint: {name}`", where
        return None

    def _stands_on(self, assertion: Assertion, scope: Scope) -> bool:
        if scope.facts.kind is ScopeKind.MODULE or assertion.is_module:
            return scope.facts.kind is ScopeKind.MODULE and assertion.is_module
        path = self.places.path(scope.number)
        headers = self._headers.get(path)
        if headers is None:
            headers = self._headers[path] = _headers(self.sources[path].text)
        start = scope.facts.span.line, scope.facts.span.column
        return assertion.line in headers.get(start, ())

    def _rule(self, scope: Scope) -> tuple[Wait, str, Location] | None:
        """The first configured rule that matches a scope."""
        path, name = self.places.path(scope.number), self.places.name(scope.number)
        for rule in self.contexts:
            if matches(rule.pattern, path, name):
                words = f'"{rule.pattern}" in [tool.batchlint.contexts]'
                return rule.wait, words, self.places.definition(scope.number)
        return None

    def _root(self, scope: int, wait: Wait, source: str, location: Location, roots: Sequence[Root]) -> Root:
        """The asserted root; of what was known of the scope it keeps what does not contradict it."""
        known = next((root for root in roots if root.scope == scope and root.wait is wait), None)
        message = f"{source} says that {_WORDS[wait]} {self.places.short(scope)}"
        return Root(
            scope,
            wait,
            known.kind if known is not None else _KINDS[wait],
            location,
            message,
            known.schedule if known is not None else None,
            known.runs_per_month if known is not None else None,
            known.per_record if known is not None else False,
            asserted=True,
        )


def _headers(text: bytes) -> dict[tuple[int, int], range]:
    """The lines of each definition from its first decorator to the end of its signature, by its place."""
    try:
        tree = ast.parse(text.decode("utf-8"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[tuple[int, int], range] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            last = max(node.lineno, node.body[0].lineno - 1)
            found[node.lineno, node.col_offset] = range(first, last + 1)
    return found
