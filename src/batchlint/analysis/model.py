"""The vocabulary of the analysis: what its parts hand to each other."""

from dataclasses import dataclass
from typing import Final

from batchlint.catalog.model import RootKind, Wait
from batchlint.text import Location

# Kinds whose code decides whether somebody waits: one answer printed, or records worked through.
OPEN_KINDS: Final = frozenset({RootKind.SCRIPT, RootKind.COMMAND, RootKind.NOTEBOOK})


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
