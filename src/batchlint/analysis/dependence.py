"""Whether one iteration's request depends on an earlier iteration's response.

Data dependence over the values of one scope: what is computed from a response (its taint), what a
request is computed from (its slice), and whether a loop carries the first into the second, through a
variable that meets itself at the loop's head or through an object made outside of the loop and
changed inside it.
"""

from collections.abc import Iterable
from typing import Final

from batchlint.facts import ScopeFacts
from batchlint.facts.model import CallFact
from batchlint.program.linker import Linker

_MUTATORS: Final = frozenset(
    {
        "add",
        "add_message",
        "append",
        "appendleft",
        "extend",
        "insert",
        "put",
        "setdefault",
        "update",
        "write_message",
    }
)


def operands_of(facts: ScopeFacts, value: int) -> tuple[int, ...]:
    """What a value is computed from directly: operands, and callee and arguments of a call."""
    found = facts.values[value]
    if found.op == "call":
        call = facts.calls[found.payload]  # type: ignore[call-overload]
        return (call.callee, *(argument.value for argument in call.arguments))
    return tuple(operand for operand in found.operands if operand >= 0)


def slice_of(facts: ScopeFacts, values: Iterable[int]) -> set[int]:
    """Everything that values are computed from, themselves included."""
    found: set[int] = set()
    todo = list(values)
    while todo:
        value = todo.pop()
        if value not in found:
            found.add(value)
            todo.extend(operands_of(facts, value))
    return found


def taint_of(facts: ScopeFacts, sources: Iterable[int]) -> set[int]:
    """Everything that is computed from values, themselves included."""
    tainted = set(sources)
    changed = True
    while changed:
        changed = False
        for value in range(len(facts.values)):
            if value not in tainted and any(operand in tainted for operand in operands_of(facts, value)):
                tainted.add(value)
                changed = True
    return tainted


def origins(facts: ScopeFacts, value: int) -> set[int]:
    """The definitions that a variable's value may come from: through `phi`s only."""
    found: set[int] = set()
    todo, seen = [value], set()
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        if facts.values[at].op == "phi":
            todo.extend(facts.values[at].operands)
        else:
            found.add(at)
    return found


def aliases(facts: ScopeFacts, value: int) -> set[int]:
    """A value and the later versions of variables and parts of tuples that it may stand in."""
    found = {value}
    for index, other in enumerate(facts.values):
        if other.op in ("phi", "unpack") and found & set(other.operands):
            found.add(index)
    return found


def place_of(facts: ScopeFacts, value: int) -> str | None:
    """The text of an attribute of a name, `self.messages`, or of a free name: state that outlives a call."""
    found = facts.values[value]
    if found.op == "attr":
        bases = origins(facts, found.operands[0])
        base = facts.values[min(bases)] if bases else None
        if base is not None and base.op == "param" and base.payload == 0:
            return f"self.{found.payload}"
    if found.op == "free":
        return str(found.payload)
    return None


def changed_places(facts: ScopeFacts, tainted: set[int]) -> set[str]:
    """The outliving places that a scope changes with tainted values."""
    found: set[str] = set()
    for store in facts.stores:
        if store.value in tainted and store.attribute is not None:
            base = facts.values[store.base]
            if base.op == "param" and base.payload == 0:
                found.add(f"self.{store.attribute}")
        elif store.value in tainted:
            place = place_of(facts, store.base)
            if place is not None:
                found.add(place)
    for receiver, call in mutations(facts):
        if any(argument.value in tainted for argument in call.arguments):
            for origin in origins(facts, receiver):
                place = place_of(facts, origin)
                if place is not None:
                    found.add(place)
    for name in facts.global_names:
        if any(version in tainted for version in facts.bindings.get(name, ())):
            found.add(name)
    return found


def mutations(facts: ScopeFacts) -> list[tuple[int, CallFact]]:
    """The calls that change their receiver: `messages.append(reply)`, with the receiver's value."""
    found = []
    for call in facts.calls:
        callee = facts.values[call.callee]
        if callee.op == "attr" and callee.payload in _MUTATORS:
            found.append((callee.operands[0], call))
    return found


def is_inside(facts: ScopeFacts, loop: int, inner: int) -> bool:
    """Whether loop `inner` is `loop` or lies in it."""
    while inner >= 0:
        if inner == loop:
            return True
        inner = facts.loops[inner].parent
    return False


def is_carried(facts: ScopeFacts, loop: int, call: int) -> bool:
    """Whether a call's arguments depend, around the loop, on the call's earlier results."""
    fact = facts.calls[call]
    needed = slice_of(facts, [argument.value for argument in fact.arguments])
    needed |= slice_of(facts, [fact.callee])
    tainted = taint_of(facts, [fact.value])
    for value in needed:
        found = facts.values[value]
        is_head = found.op == "phi" and found.payload is not None
        if is_head and _loop(found.payload) == loop and tainted & set(found.operands):
            return True
    roots = set().union(*(origins(facts, value) for value in needed)) if needed else set()
    for receiver, changed in mutations(facts):
        if not any(argument.value in tainted for argument in changed.arguments):
            continue
        if not is_inside(facts, loop, changed.loop):
            continue
        for origin in origins(facts, receiver):
            if origin in roots and not _made_inside(facts, loop, origin, fact):
                return True
    for store in facts.stores:
        if store.value in tainted and store.attribute is None and is_inside(facts, loop, store.loop):
            for origin in origins(facts, store.base):
                if origin in roots and not _made_inside(facts, loop, origin, fact):
                    return True
    return False


def _loop(payload: object) -> int:
    return payload if isinstance(payload, int) else -1


def _made_inside(facts: ScopeFacts, loop: int, origin: int, call: CallFact) -> bool:
    """Whether a value is made anew in each iteration; the first of them is the loop's element itself."""
    found = facts.loops[loop]
    first = found.target if found.target >= 0 else found.source + 1
    return first <= origin < call.value


def arguments_outlive(linker: Linker, scope: int, values: set[int]) -> set[str]:
    """The outliving places that values read."""
    facts = linker.scopes.all[scope].facts
    return {place for value in values if (place := place_of(facts, value)) is not None}
