"""Functions between the record loop and the provider call become generators of requests."""

import ast
from collections.abc import Iterable

from batchlint.fix import names
from batchlint.fix.apart import check_apart
from batchlint.fix.decline import DeclinedError, Reason
from batchlint.fix.decorators import check_decorators
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import holds_nothing
from batchlint.fix.places import Effects
from batchlint.fix.requests import check_site, is_left
from batchlint.program.model import EdgeKind


class Steps:
    """The functions that a call in a record loop runs through until requests are sent."""

    def __init__(self, program: Program, finder: EffectFinder, draft: Draft) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.scopes: list[int] = []
        self.calls: dict[tuple[int, int], int] = {}
        batched = {key for key, site in program.sites.items() if not is_left(site)}
        self._reaching = reaching(program, batched)
        self._asking = reaching(program, program.sites) - self._reaching

    def add(self, entry: int, *, judged: bool = True) -> None:
        """Take in a function that a record loop calls, and all that it needs; raises DeclinedError where
        one of them cannot become a generator, and then takes in nothing.

        Without `judged` it is left to others whether its effects allow that records run together.
        """
        scopes, calls = list(self.scopes), dict(self.calls)
        try:
            if entry not in self._reaching:
                raise self.program.file_of(entry).decline(
                    Reason.CALL_FORM, "it sends no request", self.program.function(entry)
                )
            self._close(entry)
        except DeclinedError:
            self.scopes, self.calls = scopes, calls
            raise
        if judged:
            file, node = self.program.file_of(entry), self.program.function(entry)
            effects = self.finder.of_function(entry)
            check_apart(self.draft, file, node, effects, holds_prints=True)

    def take(self, file: ProgramFile, key: tuple[int, int], around: ast.AST) -> Effects:
        """Take in a call inside of `around`, which becomes part of a generator; gives what the functions do
        that it runs. Raises DeclinedError where it cannot be yielded."""
        program = self.program
        call = program.call(*key)
        site = program.sites.get(key)
        self._check_place(file, call, around)
        if site is not None:
            check_site(program, self.draft, site)
            return Effects()
        target = self.target(file, key)
        self.add(target)
        self.calls[key] = target
        return self.finder.of_function(target)

    def target(self, file: ProgramFile, key: tuple[int, int]) -> int:
        """The function that a call leads to; raises DeclinedError where that is not one, or not plainly."""
        edges, call = self.program.edges(key), self.program.call(*key)
        if len(edges) != 1:
            raise file.decline(Reason.DYNAMIC_DISPATCH, "the call may lead to several functions", call)
        if not self.program.is_plain(edges[0]):
            raise file.decline(Reason.CALL_FORM, "the function is not called directly", call)
        return edges[0].target

    def sends(self, key: tuple[int, int]) -> bool:
        """Whether a call sends requests."""
        return key in self.program.sites or any(e.target in self._reaching for e in self.program.edges(key))

    def _close(self, scope: int) -> None:
        """Take in a function and all functions it calls that send requests, itself among them or not."""
        program = self.program
        node = program.function(scope)
        file = program.file_of(scope)
        if scope in self.scopes:
            return
        self._check_form(file, node, scope)
        self.scopes.append(scope)
        for number in range(len(program.linker.scopes.all[scope].facts.calls)):
            key = (scope, number)
            site = program.sites.get(key)
            if site is not None and not is_left(site):
                _, call = check_site(program, self.draft, site)
                self._check_place(file, call, node)
                continue
            edges = [edge for edge in program.edges(key) if edge.target in self._reaching]
            if site is not None or any(edge.target in self._asking for edge in program.edges(key)):
                message = "this call would go on in real time, for one record after the other"
                self.draft.object(file, Reason.PARTIAL, message, program.call(*key))
            if not edges:
                continue
            call = program.call(scope, number)
            if len(program.edges(key)) > 1:
                raise file.decline(Reason.DYNAMIC_DISPATCH, "the call may lead to several functions", call)
            if not program.is_plain(edges[0]):
                raise file.decline(Reason.CALL_FORM, "the call runs a function that sends requests", call)
            self._check_place(file, call, node)
            self.calls[key] = edges[0].target
            self._close(edges[0].target)

    def _check_form(self, file: ProgramFile, node: FunctionNode, scope: int) -> None:
        facts = self.program.linker.scopes.all[scope].facts
        if isinstance(node, ast.AsyncFunctionDef):
            raise file.decline(Reason.ASYNC, f"{node.name} is a coroutine", node)
        if facts.is_generator:
            raise file.decline(Reason.FUNCTION_FORM, f"{node.name} is a generator", node)
        if node.name.startswith("__"):
            raise file.decline(Reason.FUNCTION_FORM, f"{node.name} is called by Python itself", node)
        check_decorators(file, self.draft, node)
        if node.body[0].lineno == node.lineno:
            raise file.decline(Reason.FUNCTION_FORM, f"{node.name} is written on one line", node)
        if getattr(node, "type_params", None):
            raise file.decline(Reason.FUNCTION_FORM, f"{node.name} has type parameters", node)
        for edge in self.program.callers(scope):
            if edge.kind is EdgeKind.DECORATOR:
                raise file.decline(Reason.DECORATED, f"{node.name} decorates something", node)

    def _check_place(self, file: ProgramFile, call: ast.Call, function: ast.AST) -> None:
        """Whether a `yield` may stand where a call stands."""
        for outer in file.ancestors(call):
            if outer is function:
                return
            if isinstance(outer, names.COMPREHENSIONS + names.NESTED):
                raise file.decline(Reason.CALL_FORM, "the call stands in a comprehension or lambda", call)
            if isinstance(outer, ast.With):
                held = [i for i in outer.items if not holds_nothing(file, i.context_expr)]
                if held:
                    message = "would stay open until the batch has ended"
                    raise file.decline(Reason.HELD_RESOURCE, message, held[0].context_expr)
            if isinstance(outer, ast.JoinedStr):
                raise file.decline(Reason.CALL_FORM, "the call stands in an f-string", call)
        raise file.decline(Reason.CALL_FORM, "the call stands in a decorator or default", call)


def reaching(program: Program, sites: Iterable[tuple[int, int]]) -> set[int]:
    """The functions that may make some calls."""
    found = {scope for scope, _ in sites}
    todo = list(found)
    while todo:
        for edge in program.callers(todo.pop()):
            if edge.caller not in found:
                found.add(edge.caller)
                todo.append(edge.caller)
    return found
