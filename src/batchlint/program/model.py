"""What linking yields: who calls whom, and what the calls that leave the program reach."""

from dataclasses import dataclass
from enum import StrEnum

from batchlint.catalog.model import Dispatch, HigherOrder


class EdgeKind(StrEnum):
    """Why a call site leads into a function."""

    CALL = "call"
    CALLBACK = "callback"  # a higher-order call that the catalog knows calls it
    DISPATCH = "dispatch"  # starts it without carrying the wait
    IMPLICIT = "implicit"  # property, iterator, context manager, operator
    DECORATOR = "decorator"  # applied to a definition
    ESCAPE = "escape"  # handed to foreign code that may call it
    GUESS = "guess"  # the receiver is unknown, the name fits only this method


@dataclass(frozen=True, slots=True)
class Edge:
    """A call of function `target` from call `call` of scope `caller` (-1: not from a call expression).

    `around` is the function that the target, as what a decorator gave back, stands for (-1: none).
    """

    caller: int
    call: int
    target: int
    kind: EdgeKind
    higher_order: HigherOrder | None = None
    dispatch: Dispatch | None = None
    around: int = -1
