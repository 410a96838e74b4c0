"""Calls of the linked program whose callee is not known, counted by the reason."""

from collections import Counter

from batchlint.program.linker import Linker
from batchlint.program.scopes import Scope

_REASONS = {
    "param": "parameter",  # nothing in the program passes it
    "attr": "attribute",  # what it is taken from has none of that name, or is itself unknown
    "free": "name",  # nothing binds it
    "item": "item",
    "iter": "item",
    "unpack": "item",
}


def unresolved(linker: Linker) -> Counter[str]:
    """How many calls there are (`calls`), how many of them lead out of what the catalog and the program
    describe (`calls_foreign`), and how many are unresolved, by reason (`calls_unresolved_…`). `nodes_full`
    are the values of which too much is known, `objects_cut` what was not followed in too large a program."""
    counts: Counter[str] = Counter()
    pts, opaque = linker.solver.pts, {linker.objects.opaque}
    for scope in linker.scopes.all:
        for call in scope.facts.calls:
            held = pts[scope.base + call.callee]
            counts["calls"] += 1
            if held is linker.solver.full:
                counts["calls_unresolved_full"] += 1
            elif held == opaque:
                counts["calls_foreign"] += 1
            elif not held:
                counts[f"calls_unresolved_{_reason(linker, scope, call.callee)}"] += 1
    counts["nodes_full"] = linker.solver.full_nodes
    counts["objects_cut"] = linker.solver.cut_nodes
    return +counts


def _reason(linker: Linker, scope: Scope, value: int) -> str:
    """Why nothing is known of a value: what the innermost unknown part of it is."""
    fact = scope.facts.values[value]
    while fact.op == "attr":
        if linker.solver.pts[scope.base + fact.operands[0]]:
            return "attribute"
        fact = scope.facts.values[fact.operands[0]]
    return _REASONS.get(fact.op, "computed")
