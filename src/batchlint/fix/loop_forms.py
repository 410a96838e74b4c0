"""Which form the rewrite of a record loop takes: of those that are safe, the one that reads best."""

import ast
from collections.abc import Callable

from batchlint.analysis.loops import LoopRole
from batchlint.fix.calls import renamed
from batchlint.fix.comprehension import ComprehensionEmitter
from batchlint.fix.consumers import is_taken_at_once
from batchlint.fix.decline import DeclinedError, Obstacle, Reason
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.emit import LoopEmitter
from batchlint.fix.files import Program, ProgramFile, span_of
from batchlint.fix.iterables import Supply, supply_of, without_progress
from batchlint.fix.lifting import LiftEmitter
from batchlint.fix.loop import Distribution
from batchlint.fix.names import NESTED
from batchlint.fix.ordered import OrderedEmitter
from batchlint.fix.parts import divide, lift, sink, undivided
from batchlint.fix.places import Effects
from batchlint.fix.producers import produced
from batchlint.fix.requests import check_site, request_edits
from batchlint.fix.steps import Steps

Key = tuple[int, int]
Form = Callable[[], set[Key]]


class LoopForms:
    """Plans the rewrite of record loops into a draft; `steps` are the functions that become generators."""

    def __init__(self, program: Program, finder: EffectFinder, draft: Draft, steps: Steps) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.steps = steps

    def plan(self, key: Key) -> set[Key]:
        """Plan the rewrite of the record loop around a call; gives the calls that it converts.

        What is in the way becomes obstacles of the draft; raises DeclinedError where nothing helps.
        """
        program = self.program
        call, file = program.call(*key), program.file_of(key[0])
        around = loop_around(file, call)
        return self._best(self._forms(file, key, call, around))

    def _forms(self, file: ProgramFile, key: Key, call: ast.Call, around: ast.AST) -> list[Form]:
        """The forms that the rewrite may take, the best first."""
        if not isinstance(around, ast.For):
            return [lambda: self._comprehension(file, key, call)]
        record = [loop for loop in self._loops(file, call) if self._is_record(key, loop)]
        if not record:
            raise file.decline(
                Reason.LOOP_FORM, "no `for` loop over the records stands around the call", call
            )
        outermost = record[-1]
        forms: list[Form] = [
            lambda: self._lifted(file, key, outermost),
            lambda: self._ordered(file, key, outermost),
        ]
        if outermost is around and len(self._sending(file, key[0], outermost)) == 1:
            return [lambda: self._distributed(file, key, call), *forms]
        return [*forms, lambda: self._distributed(file, key, call)] if record[0] is around else forms

    def _best(self, forms: list[Form]) -> set[Key]:
        """Plan the first form that has no obstacle, else the first that is possible at all."""
        draft, steps = self.draft, self.steps
        start, scopes, calls = draft.copy(), list(steps.scopes), dict(steps.calls)
        kept: tuple[Draft, list[int], dict[Key, int], set[Key]] | None = None
        why: list[DeclinedError] = []
        for form in forms:
            try:
                found = form()
                new = draft.obstacles[len(start.obstacles) :]
                hard = [obstacle for obstacle in new if not obstacle.is_unsafe]
                if not new:
                    return found
                if hard:
                    why.append(_as_error(hard[0]))
                elif kept is None:
                    kept = draft.copy(), list(steps.scopes), dict(steps.calls), found
            except DeclinedError as declined:
                why.append(declined)
            draft.restore(start.copy())
            steps.scopes, steps.calls = list(scopes), dict(calls)
        if kept is None:
            raise next((e for e in why if e.obstacle.reason not in _OF_FORM), why[-1])
        draft.restore(kept[0])
        steps.scopes, steps.calls, found = kept[1:]
        return found

    def _loops(self, file: ProgramFile, call: ast.Call) -> list[ast.For]:
        """The `for` loops around a call in its own function, innermost first."""
        found: list[ast.For] = []
        child: ast.AST = call
        for outer in file.ancestors(call):
            if isinstance(outer, NESTED):
                break
            if isinstance(outer, ast.For) and child in outer.body:
                found.append(outer)
            child = outer
        return found

    def _is_record(self, key: Key, loop: ast.For) -> bool:
        """Whether a loop runs over records."""
        loops, span = self.program.loops, span_of(loop)
        facts = self.program.linker.scopes.all[key[0]].facts.loops
        return any(
            facts[n].span == span and loops.role(key[0], n) is LoopRole.RECORD for n in range(len(facts))
        )

    # forms

    def _distributed(self, file: ProgramFile, key: Key, call: ast.Call) -> set[Key]:
        """The loop is parted at its call."""
        request, effects = self._request(file, key, call)
        parts = sink(divide(file, call), self.finder)
        check_others(self.program, self.draft, file, call, parts.loop)
        ahead = self._supply(file, call, parts.loop.iter)
        Distribution(self.program, self.finder, self.draft, parts, effects, ahead).check()
        LoopEmitter(self.program, self.draft, parts, request, is_steps=key not in self.program.sites).emit()
        return {key}

    def _lifted(self, file: ProgramFile, key: Key, loop: ast.For) -> set[Key]:
        """All that sends requests moves into a generator of its own."""
        keys, calls, effects = self._taken(file, key, loop)
        ahead = self._supply(file, calls[0], loop.iter)
        parts = sink(lift(file, loop, calls), self.finder)
        Distribution(self.program, self.finder, self.draft, parts, effects, ahead).check()
        LiftEmitter(self.steps, self.draft, parts, key[0]).emit()
        return keys

    def _ordered(self, file: ProgramFile, key: Key, loop: ast.For) -> set[Key]:
        """The whole body becomes a generator that waits for its turn."""
        keys, calls, effects = self._taken(file, key, loop)
        check_supply(self.program, self.draft, file, calls[0], loop.iter)
        parts = undivided(file, loop, calls)
        check = Distribution(self.program, self.finder, self.draft, parts, effects)
        OrderedEmitter(self.steps, self.draft, check, key[0]).emit()
        return keys

    def _taken(self, file: ProgramFile, key: Key, loop: ast.For) -> tuple[set[Key], list[ast.Call], Effects]:
        """All calls in a loop that send requests, taken in as parts of a generator, and their effects."""
        effects = Effects()
        keys = self._sending(file, key[0], loop)
        for each in keys:
            effects.add(self.steps.take(file, each, loop))
        calls = [self.program.call(*each) for each in keys]
        return set(keys), calls, effects

    def _supply(self, file: ProgramFile, call: ast.Call, iterable: ast.expr) -> Effects | None:
        """What produces the records while the loop runs, None where they are there before."""
        if supply_of(self.program, file, call, without_progress(file, iterable)) is Supply.LAZY:
            return produced(self.program, self.finder, file, iterable)
        check_supply(self.program, self.draft, file, call, iterable)
        return None

    def _comprehension(self, file: ProgramFile, key: Key, call: ast.Call) -> set[Key]:
        """The requests are a comprehension of their own."""
        request, effects = self._request(file, key, call)
        emitter = ComprehensionEmitter(self.program, self.finder, self.draft, file, call, effects)
        check_others(self.program, self.draft, file, call, emitter.node)
        for generator in emitter.node.generators:
            check_supply(self.program, self.draft, file, call, generator.iter)
        emitter.emit(request, is_steps=key not in self.program.sites)
        return {key}

    def _sending(self, file: ProgramFile, scope: int, loop: ast.For) -> list[Key]:
        """The calls in a loop's body that send requests, in the order of the text."""
        inside = {node for statement in loop.body for node in ast.walk(statement)}
        facts = self.program.linker.scopes.all[scope].facts
        keys = [(scope, n) for n in range(len(facts.calls)) if self.steps.sends((scope, n))]
        found = [key for key in keys if self.program.call(*key) in inside]
        return sorted(found, key=lambda key: file.start(self.program.call(*key)))

    def _request(
        self, file: ProgramFile, key: Key, call: ast.Call
    ) -> tuple[list[tuple[int, int, str]], Effects | None]:
        """The edits that make the loop's call a request or the call of a generator, and the effects of that
        generator."""
        site = self.program.sites.get(key)
        if site is not None:
            check_site(self.program, self.draft, site)
            return request_edits(file, self.draft, site, call), None
        target = self.steps.target(file, key)
        self.steps.add(target)
        edits = renamed(self.program, self.draft, file, call.func, target)
        return edits, self.finder.of_function(target)


_OF_FORM = frozenset({Reason.CONDITIONAL_CALL, Reason.BLOCK, Reason.SEVERAL_CALLS, Reason.LOOP_FORM})
"""Reasons that speak of one form only."""


def _as_error(obstacle: Obstacle) -> DeclinedError:
    return DeclinedError(obstacle.reason, obstacle.message, obstacle.location)


def check_others(program: Program, draft: Draft, file: ProgramFile, call: ast.Call, loop: ast.AST) -> None:
    """Raise DeclinedError where a loop runs the same code once more, which would go on in real time."""
    own = {scope for scope, _ in draft.sites}
    for node in ast.walk(loop):
        if isinstance(node, ast.Call) and node is not call:
            key = program.key(file, node)
            targets = {edge.target for edge in program.edges(key)} if key is not None else set()
            if key not in program.sites and program.reached_from(targets) & own:
                raise file.decline(Reason.SEVERAL_CALLS, "the loop sends requests from here too", node)


def check_supply(program: Program, draft: Draft, file: ProgramFile, call: ast.Call, node: ast.expr) -> None:
    """Note where the records come from somewhere unknown; raises DeclinedError where they are produced
    while the loop runs."""
    found = supply_of(program, file, call, without_progress(file, node))
    if found is Supply.LAZY:
        raise file.decline(Reason.LAZY, "records are produced while the loop runs", node)
    if found is Supply.UNKNOWN:
        draft.object(file, Reason.UNKNOWN_ITERABLE, "where the records come from is not known", node)


def loop_around(file: ProgramFile, call: ast.Call) -> ast.AST:
    """The innermost loop or comprehension around a call; raises DeclinedError where there is none."""
    for outer in file.ancestors(call):
        if isinstance(outer, ast.For | ast.ListComp | ast.SetComp | ast.DictComp):
            return outer
        if isinstance(outer, ast.GeneratorExp):
            if is_taken_at_once(file, outer):
                return outer
            raise file.decline(Reason.LAZY, "a generator is consumed while it runs", outer)
        if isinstance(outer, ast.AsyncFor):
            raise file.decline(Reason.LOOP_FORM, "the loop is no `for` loop", call)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            break
    raise file.decline(Reason.LOOP_FORM, "no loop stands around the call", call)
