"""One request for each run of the program: it goes through the batch API where it stands."""

import ast

from batchlint.analysis.judge import Judgement
from batchlint.analysis.loops import LoopRole
from batchlint.analysis.model import CallSite
from batchlint.finding import Verdict
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.requests import check_site, request_edits

_ONCE = frozenset({LoopRole.RETRY, LoopRole.FALLBACK, LoopRole.POLLING, LoopRole.DAEMON})
"""Loops that go round for the same request, or for another run; every other one sends several."""


def plan_single(program: Program, draft: Draft, site: CallSite, judgement: Judgement) -> None:
    """Plan to send one request as a batch of its own; raises DeclinedError where several would be sent
    one after the other, each of which would wait for its own batch."""
    file, call = check_site(program, draft, site, awaits=True)
    _check_once(program, file, call, site, judgement)
    outer: ast.expr = call
    opening, closing = "run_requests", "])[0].result()"
    if site.is_async:
        awaited = file.parents[call]
        if not isinstance(awaited, ast.Await):
            raise file.decline(Reason.ASYNC, "the call is awaited elsewhere", call)
        outer, opening, closing = awaited, "run_requests_async", "]))[0].result()"
    run = draft.use(file, opening)
    opening = f"(await {run}([" if site.is_async else f"{run}(["
    (_, to, text), *rest = request_edits(file, draft, site, call)
    draft.claim(file, file.statement(call))
    draft.edit(file, file.start(outer), to, f"{opening}{text}")
    for at, end, more in rest:
        draft.edit(file, at, end, more)
    draft.edit(file, file.end(call), file.end(outer), closing)


def _check_once(
    program: Program, file: ProgramFile, call: ast.Call, site: CallSite, judgement: Judgement
) -> None:
    """Nobody waits, and no loop or fan-out anywhere above runs the call more than once."""
    if judgement.verdict is not Verdict.ELIGIBLE:
        raise file.decline(Reason.NO_LOOP, "no record loop leads to the call, and others wait for it", call)
    if judgement.way is not None and judgement.way.root.per_record:
        raise file.decline(Reason.NO_LOOP, "every record would wait for a batch of its own", call)
    todo, seen = [(site.scope, site.call)], set[tuple[int, int]]()
    while todo:
        key = todo.pop()
        if key in seen:
            continue
        seen.add(key)
        if {program.loops.role(key[0], loop) for loop in program.loops.around(*key)} - _ONCE:
            raise file.decline(Reason.NO_LOOP, "a loop would wait for one batch after the other", call)
        for edge in program.callers(key[0]):
            if edge.higher_order is not None:
                raise file.decline(Reason.NO_LOOP, "every record would wait for a batch of its own", call)
            if edge.call >= 0:
                todo.append((edge.caller, edge.call))
