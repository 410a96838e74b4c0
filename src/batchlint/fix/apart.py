"""Whether functions of many records may run interleaved: they may not meet in anything."""

from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.files import FunctionNode, ProgramFile
from batchlint.fix.places import STDOUT, Effects


def check_apart(
    draft: Draft, file: ProgramFile, node: FunctionNode, effects: Effects, *, holds_prints: bool
) -> None:
    """Note what the functions that `node` runs for different records would meet in.

    `holds_prints` says that the batch helpers keep what is printed until its turn. Raises DeclinedError
    for a function whose variables are looked at.
    """
    check_names(file, node, effects)
    for place in sorted(effects.writes):
        if place.kind != "channel":
            message = f"{node.name} changes {place.name!r} of all records"
            draft.object(file, Reason.SHARED_STATE, message, node)
        elif place == STDOUT:
            if not holds_prints:
                draft.object(file, Reason.EFFECT_ORDER, f"{node.name} prints", node)
        elif not effects.unknown:
            draft.object(file, Reason.EFFECT_ORDER, f"{node.name} changes {place.name}", node)
    note_unseen(draft, file, node, effects)


def check_names(file: ProgramFile, node: FunctionNode, effects: Effects) -> None:
    """Raise DeclinedError where a function looks at the names of the function it runs in."""
    if effects.dynamic:
        raise file.decline(Reason.DYNAMIC_SCOPE, f"{node.name} looks at its own variables", node)


def note_unseen(draft: Draft, file: ProgramFile, node: FunctionNode, effects: Effects) -> None:
    """Note the calls of which nothing is known, and that the program may end."""
    for what in dict.fromkeys(effects.unknown):
        message = f"{node.name} runs {what}, whose effects are not known"
        draft.object(file, Reason.UNKNOWN_EFFECT, message, node)
    if effects.exits:
        draft.object(file, Reason.EARLY_EXIT, f"{node.name} may end the program", node)
