"""Functions that the program itself starts in the background, without waiting for them."""

from batchlint.analysis.loops import LoopRole
from batchlint.analysis.model import CONVERSING, OPEN_KINDS, Root
from batchlint.analysis.places import Places
from batchlint.analysis.reach import Reach
from batchlint.catalog.model import RootKind, Wait
from batchlint.facts import ScopeKind
from batchlint.program.linker import Linker


def background_roots(linker: Linker, reach: Reach, places: Places) -> list[Root]:
    """Roots for functions that the program itself starts without waiting and no framework row names.

    One that a program starts when it comes up, and that does not run by the clock, may serve anybody:
    it is no evidence that nobody waits.
    """
    found: list[Root] = []
    for target, edges in reach.dispatchers.items():
        if any(root.kind is not RootKind.REPL for root in reach.roots_of(target)):
            continue
        edge = edges[0]
        kind = reach.dispatch_of(edge) or RootKind.TASK_QUEUE
        ways = [way for each in edges for way in reach.ways_to(each.caller)]
        known = [way for way in ways if way.root.kind not in OPEN_KINDS]
        loops = linker.scopes.all[target].facts.loops
        ticks = any(reach.loops.role(target, i) is LoopRole.DAEMON for i in range(len(loops)))
        if edge.dispatch is None and not known and not ticks:
            continue
        if linker.scopes.all[target].facts.kind is ScopeKind.CLASS:
            continue
        message = f"background task {places.short(target)}, started by {places.short(edge.caller)}"
        talks = [way.root for way in known if way.root.kind in CONVERSING | {RootKind.REPL}]
        if edge.dispatch is None and talks and not ticks:
            found.append(Root(target, Wait.LIVE, talks[0].kind, places.call(edge.caller, edge.call), message))
            continue
        in_loop = any(
            reach.loops.role(edge.caller, loop) is LoopRole.RECORD
            for loop in reach.loops.around(edge.caller, edge.call)
        )
        found.append(
            Root(target, Wait.OFFLINE, kind, places.call(edge.caller, edge.call), message, per_record=in_loop)
        )
    return found
