"""Places that code reads and changes, and which of them meet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Kind = Literal["name", "part", "content", "keyed", "attribute", "key", "channel", "parameter"]
# A name's value as a whole | something inside it | its binding or insides change | a key of it changes.


class Place(NamedTuple):
    """Something that code reads or changes."""

    kind: Kind
    name: str


STDOUT, FILES, WORLD = (Place("channel", name) for name in ("standard output", "files", "the outside world"))


@dataclass(slots=True)
class Effects:
    """What a piece of code does: places read and changed, calls that nothing is known of, and whether it
    may end the program. `free_names` are the names that functions it calls take from outside."""

    reads: set[Place] = field(default_factory=set)
    writes: set[Place] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)
    free_names: set[str] = field(default_factory=set)
    exits: bool = False
    dynamic: bool = False

    def add(self, other: "Effects") -> None:
        """Take in what other code does too."""
        self.reads |= other.reads
        self.writes |= other.writes
        self.unknown += other.unknown
        self.free_names |= other.free_names
        self.exits |= other.exits
        self.dynamic |= other.dynamic


def conflicts(writes: Iterable[Place], reads: Iterable[Place]) -> list[Place]:
    """The writes that something among the reads may see."""
    seen = set(reads)
    return [write for write in writes if not seen.isdisjoint(_seen_by(write))]


def _seen_by(write: Place) -> tuple[Place, ...]:
    name = write.name
    match write.kind:
        case "content":
            return Place("name", name), Place("part", name)
        case "keyed":
            return (Place("name", name),)
        case "channel" if write == WORLD:
            return WORLD, FILES
        case _:
            return (write,)
