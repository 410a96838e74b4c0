"""What the functions of a pool share: which effects may run for many records together.

In a pool, the order between records is open: a batch run, in which each record runs up to its next request
before the next record goes on, is one of the orders that threads allow. What remains to be asked is whether
a record could see what another one has left behind, which a pool shows to later records and a batch run,
where all start together, to none.
"""

import ast

from batchlint.fix.apart import check_names, note_unseen
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import Program
from batchlint.fix.foreign import table
from batchlint.fix.forms import Workers
from batchlint.fix.phases import Phases, phases
from batchlint.fix.places import FILES, STDOUT, Effects, conflicts
from batchlint.fix.steps import Steps


class Sharing:
    """Judges the functions that a pool runs; what is in the way becomes obstacles of the draft."""

    def __init__(self, program: Program, finder: EffectFinder, draft: Draft, steps: Steps) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.steps = steps

    def check(
        self,
        scope: int,
        own: frozenset[str],
        workers: Workers,
        beside: Effects | None,
        *,
        may_be_one: bool = False,
    ) -> None:
        """Judge the function `scope`, whose parameters `own` hold objects of one record only.

        `beside` is what the program does itself while the pool works. Where the pool `may_be_one` worker,
        the records may keep an order.
        """
        found = phases(self.program, self.finder, self.steps.calls, scope, own)
        file, node = self.program.file_of(scope), self.program.function(scope)
        for place in found.carried:
            message = f"{node.name} changes {place.name!r} and reads it for other records"
            self.draft.object(file, Reason.SHARED_STATE, message, node)
        for place in conflicts(found.before.writes, found.after.reads):
            if place.kind not in ("channel", "parameter"):
                message = f"{node.name} changes {place.name!r} before its request and reads it later"
                self.draft.object(file, Reason.SHARED_STATE, message, node)
        if workers is Workers.PROCESSES:
            self._check_copies(scope, found)
        for channel in (STDOUT, FILES):
            if may_be_one and channel in found.before.writes and channel in found.after.writes:
                message = f"{node.name} writes to {channel.name} before and after its request"
                self.draft.object(file, Reason.EFFECT_ORDER, message, node)
        self._check_unseen(scope, found)
        self._check_blocking()
        if beside is not None:
            self._check_beside(scope, found, beside)

    def _check_copies(self, scope: int, found: Phases) -> None:
        """Another process changes copies only, which nobody sees."""
        file, node = self.program.file_of(scope), self.program.function(scope)
        for place in sorted(found.before.writes | found.after.writes):
            if place.kind != "channel":
                message = f"{node.name} changes {place.name!r}, in a process of its own"
                self.draft.object(file, Reason.SHARED_STATE, message, node)

    def _check_unseen(self, scope: int, found: Phases) -> None:
        file, node = self.program.file_of(scope), self.program.function(scope)
        both = Effects()
        both.add(found.before)
        both.add(found.after)
        note_unseen(self.draft, file, node, both)
        check_names(file, node, both)

    def _check_blocking(self) -> None:
        """Records that wait for each other would wait for ever: only one runs at a time."""
        for scope in self.steps.scopes:
            file = self.program.file_of(scope)
            for inner in ast.walk(self.program.function(scope)):
                if isinstance(inner, ast.Call) and _is_blocking(inner):
                    raise file.decline(Reason.HELD_RESOURCE, "records may wait for each other", inner)

    def _check_beside(self, scope: int, found: Phases, beside: Effects) -> None:
        """What the program changes while the pool works, such as a flag to stop, later records may see."""
        file, node = self.program.file_of(scope), self.program.function(scope)
        for place in conflicts(beside.writes, found.before.reads):
            if place.kind != "channel":
                message = f"{place.name!r} changes while {node.name} runs for other records"
                self.draft.object(file, Reason.SHARED_STATE, message, node)


def _is_blocking(call: ast.Call) -> bool:
    """Whether a call may wait for another thread; a `join` with arguments joins texts or parts of a path."""
    if not isinstance(call.func, ast.Attribute):
        return False
    name = call.func.attr
    return name in table()[".blocking"] and not (name == "join" and call.args)
