"""The vocabulary of the analysis: what its parts hand to each other."""

from dataclasses import dataclass
from typing import Final

from batchlint.catalog.model import Kind, Operation, RootKind, Wait
from batchlint.text import Location

# Kinds whose code decides whether somebody waits: one answer printed, or records worked through.
OPEN_KINDS: Final = frozenset({RootKind.SCRIPT, RootKind.COMMAND, RootKind.NOTEBOOK})

# A person who talks to one of these sees the work of the job it starts.
CONVERSING: Final = frozenset(
    {RootKind.BOT, RootKind.CHAT_UI, RootKind.WEBSOCKET, RootKind.VOICE, RootKind.GUI}
)


@dataclass(frozen=True, slots=True)
class Root:
    """A scope that something outside the program starts, who waits for it, and what shows it.

    `schedule` is the schedule as the program or a file words it; `runs_per_month` where a file's
    reader worked it out. `per_record` says that it is started once per record. `asserted` roots come
    from the user's own word and override all others of the scope.
    """

    scope: int
    wait: Wait
    kind: RootKind
    location: Location
    message: str
    schedule: str | None = None
    runs_per_month: float | None = None
    per_record: bool = False
    asserted: bool = False


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call that sends a request (or, of kind `batch`, submits to a batch API).

    `vendor` is the provider that is billed. `models` are the texts the model argument may be.
    `batchable` is False with a `reason` where the vendor's batch API does not take the request; `has_route`
    says whether there is a batch API behind the client at all.
    `guessed` says that the receiver's type was not proved. `blockers` are arguments that rule a batch
    out, each with why.
    """

    scope: int
    call: int
    provider: str
    vendor: str | None
    name: str
    kind: Kind
    is_async: bool
    is_streaming: bool
    models: tuple[str, ...]
    batchable: bool
    reason: str | None
    is_local: bool
    is_fan_out: bool
    is_legacy: bool
    guessed: bool
    blockers: tuple[tuple[str, str], ...]
    operation: Operation | None
    has_route: bool = True
