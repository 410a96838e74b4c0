"""Record loops in coroutines: fan-outs as runs, and loops that await one record after the other."""

import ast

from batchlint.fix import names
from batchlint.fix.apart import check_apart
from batchlint.fix.comprehension import ComprehensionEmitter
from batchlint.fix.coroutines import Coroutines, Edits
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.emit import LoopEmitter, replaced, shifted
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.gather import FanOutCheck, FanOutEmitter
from batchlint.fix.gathered import Element, Finder, element_around
from batchlint.fix.groups import TaskGroup, TaskGroupEmitter, group_of
from batchlint.fix.loop import Distribution
from batchlint.fix.parts import divide
from batchlint.fix.places import Effects
from batchlint.fix.requests import request_edits


class CoroutineLoops:
    """Plans the rewrite of record loops whose call makes a coroutine."""

    def __init__(self, program: Program, finder: EffectFinder, draft: Draft, coroutines: Coroutines) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.coroutines = coroutines

    def plan(self, key: tuple[int, int]) -> tuple[ast.AST, list[ast.expr]]:
        """Plan the rewrite of the loop around a call; gives the code that may not send requests besides,
        and what a loop that awaits one record after the other runs over, whose records must be there.

        Raises DeclinedError.
        """
        file, call = self.program.file_of(key[0]), self.program.call(*key)
        element = element_around(self.program, file, call)
        awaited = file.parents[element.outer]
        if isinstance(awaited, ast.Await):
            return self._one_by_one(file, key, element, awaited)
        group = group_of(file, element)
        if group is not None:
            tasks = TaskGroup(file, group, element)
            found = tasks.fan_out()
            FanOutCheck(self.program, self.finder, self.draft, self.coroutines, found).check(key[0])
            TaskGroupEmitter(self.draft, tasks).emit()
            return group, []
        found = Finder(self.program, file).find(element)
        FanOutCheck(self.program, self.finder, self.draft, self.coroutines, found).check(key[0])
        FanOutEmitter(self.draft, found).emit()
        return found.sink, []

    def _one_by_one(
        self, file: ProgramFile, key: tuple[int, int], element: Element, awaited: ast.Await
    ) -> tuple[ast.AST, list[ast.expr]]:
        call = element.calls[0]
        if len(element.calls) > 1:
            raise file.decline(Reason.TIME_LIMIT, "the call stands in another one that is awaited", call)
        request, effects = self._request(file, key, call)
        loop = _loop_around(file, call)
        self.coroutines.check_around(file, loop)
        self.coroutines.check_rounds(file, key[0], loop)
        is_site = key in self.program.sites
        if isinstance(loop, ast.For):
            parts = divide(file, call, awaited)
            Distribution(self.program, self.finder, self.draft, parts, effects).check()
            AwaitedLoopEmitter(self.program, self.draft, parts, request, not is_site).emit()
            return loop, [parts.loop.iter]
        emitter = ComprehensionEmitter(self.program, self.finder, self.draft, file, call, effects, awaited)
        for generator in emitter.node.generators:
            if generator.is_async:
                raise file.decline(Reason.LAZY, "records are produced while the loop runs", loop)
        emitter.emit(request, is_steps=not is_site)
        return loop, [generator.iter for generator in emitter.node.generators]

    def _request(
        self, file: ProgramFile, key: tuple[int, int], call: ast.Call
    ) -> tuple[Edits, Effects | None]:
        """The edits that make the loop's call a request, none where it is a coroutine's; and what that
        does."""
        before = len(self.coroutines.taken.left)
        if key in self.program.sites:
            self.coroutines.add_site(key)
            self.coroutines.taken.sites.discard(key)  # it becomes a request of the loop, not a call
        else:
            self.coroutines.add({edge.target for edge in self.program.edges(key)})
        left = self.coroutines.taken.left[before:]
        if left:
            raise file.decline(left[0].reason, left[0].message, call)
        if key in self.program.sites:
            return request_edits(file, self.draft, self.program.sites[key], call), None
        effects = Effects()
        for edge in self.program.edges(key):
            found = self.finder.of_function(edge.target)
            own, node = self.program.file_of(edge.target), self.program.function(edge.target)
            check_apart(self.draft, own, node, found, holds_prints=False)
            effects.add(found)
        return [], effects


def _loop_around(file: ProgramFile, call: ast.Call) -> ast.For | ast.ListComp | ast.SetComp | ast.DictComp:
    """The innermost loop or comprehension around an awaited call; raises DeclinedError where it has no
    rewrite."""
    for outer in file.ancestors(call):
        if isinstance(outer, ast.For | ast.ListComp | ast.SetComp | ast.DictComp):
            return outer
        if isinstance(outer, ast.GeneratorExp | ast.AsyncFor):
            raise file.decline(Reason.LAZY, "records are produced while the loop runs", outer)
        if isinstance(outer, (ast.While, *names.NESTED)):
            break
    raise file.decline(Reason.LOOP_FORM, "the loop is no `for` loop", call)


class AwaitedLoopEmitter(LoopEmitter):
    """Plans the edits of a loop in a coroutine that is parted at what it awaits."""

    @property
    def _runner(self) -> str:
        name = "run_outcomes_async" if self.is_steps else "run_requests_async"
        return f"await {self.draft.use(self.file, name)}"

    def _asked(self, body: str) -> str:
        """The last line of the coroutine that builds a request."""
        parts, file = self.parts, self.file
        call = shifted(file, parts.call, replaced(file, parts.call, self.request), body)
        if not self.is_steps:
            call = f"{self.draft.use(file, 'batch_call')}({call})"
        return f"return await {call}"

    @property
    def _definition(self) -> str:
        return "async def"
