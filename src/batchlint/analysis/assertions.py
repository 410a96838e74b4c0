"""The user's own word on who waits: comments on definitions, and `[tool.batchlint.contexts]`."""

from collections.abc import Iterator, Mapping, Sequence

from batchlint.analysis.places import Places
from batchlint.analysis.roots import Root
from batchlint.catalog.model import RootKind, Wait
from batchlint.config import ContextRule, matches
from batchlint.facts import ScopeKind
from batchlint.program.linker import Linker
from batchlint.program.scopes import Scope
from batchlint.suppress import Assertion, Directives
from batchlint.text import Location

_WORDS = {Wait.LIVE: "somebody waits for", Wait.OFFLINE: "nobody waits for"}
_NAMES = {Wait.LIVE: "realtime", Wait.OFFLINE: "offline"}
_KINDS = {Wait.LIVE: RootKind.WEB, Wait.OFFLINE: RootKind.SCRIPT}


class Assertions:
    """Turns assertions into roots."""

    def __init__(
        self,
        linker: Linker,
        places: Places,
        directives: Mapping[str, Directives],
        contexts: Sequence[ContextRule],
    ) -> None:
        self.linker = linker
        self.places = places
        self.directives = directives
        self.contexts = contexts

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
        return assertion.line in self._header(scope)

    def _header(self, scope: Scope) -> Iterator[int]:
        """The lines of a definition from its first decorator to the start of its body."""
        facts = scope.facts
        outer = self.linker.scopes.all[scope.parent].facts
        calls = {call.value: call.span.line for call in outer.calls}
        lines = [calls[value] for value in facts.decorators if value in calls]
        start = min([facts.span.line, *lines])
        yield from range(start, self._body_line(facts.span.line, scope) + 1)

    def _body_line(self, line: int, scope: Scope) -> int:
        """The last line of a signature: of several lines, the one that ends in a colon."""
        return line + self.places.header_lines(scope.number) - 1

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
