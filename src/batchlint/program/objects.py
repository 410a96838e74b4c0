"""Abstract objects: what a value may be. Each is interned once and known by a small number.

An external object is a step from another one (`openai` → `OpenAI` → `()` → `chat`), so its access path
is the chain of its steps; the `()` step remembers the call that made it, because the arguments of a
constructor say which host and model a client speaks to.
"""

from typing import Final, NamedTuple

from batchlint.catalog.model import AccessPath

# Longer chains are cut: `x = x.step()` in a loop would never end.
PATH_STEPS_MAX: Final = 12
OPAQUE: Final = "?"


class External(NamedTuple):
    """A value that the program does not define: `step` taken from `parent` (-1: an import root).

    `made_by` is the node of the call for a `()` step, -1 otherwise.
    """

    parent: int
    step: str
    made_by: int


class Function(NamedTuple):
    """A function or lambda of the program; `around` is the function that it, as what a decorator gave
    back, stands for, -1 for none."""

    scope: int
    around: int = -1


class Bound(NamedTuple):
    """A method with its receiver; `around` as in `Function`."""

    scope: int
    receiver: int
    around: int = -1


class Class(NamedTuple):
    """A class of the program."""

    scope: int


class Instance(NamedTuple):
    """Any instance of a class of the program."""

    scope: int


class Query(NamedTuple):
    """A query for records of a class of the program, and what stands for one: a manager, a result."""

    scope: int


class Module(NamedTuple):
    """A module of the program, or a namespace package (`file` -1, seen from the file `importer`)."""

    file: int
    name: str
    importer: int


class Const(NamedTuple):
    """A constant; its type is part of it because `1 == True == 1.0`."""

    type: str
    value: object


class Expression(NamedTuple):
    """A computed value that is worth evaluating later: an f-string, a sum, a formatted text."""

    node: int


class Container(NamedTuple):
    """A list, tuple, set, dict, generator or iterator made at one node."""

    kind: str
    node: int


class Partial(NamedTuple):
    """What `functools.partial` and its like return: the call that made it."""

    node: int


class Future(NamedTuple):
    """A pending result made by one call."""

    node: int


class MethodOf(NamedTuple):
    """A method of a container, string, future or function object, by name."""

    receiver: int
    name: str


class Super(NamedTuple):
    """`super()` inside a class, for one receiver."""

    scope: int
    receiver: int


Object = (
    External
    | Function
    | Bound
    | Class
    | Instance
    | Query
    | Module
    | Const
    | Expression
    | Container
    | Partial
    | Future
    | MethodOf
    | Super
)


class Objects:
    """The table of all abstract objects of a run."""

    def __init__(self) -> None:
        self.all: list[Object] = []
        # By type, because records of different types with the same content are equal.
        self._numbers: dict[type, dict[Object, int]] = {}
        self._paths: dict[int, AccessPath] = {}

    def number(self, record: Object) -> int:
        """The number of an object, the same for equal ones."""
        numbers = self._numbers.setdefault(type(record), {})
        found = numbers.get(record)
        if found is None:
            found = numbers[record] = len(self.all)
            self.all.append(record)
        return found

    def const(self, value: object) -> int:
        """The number of a constant."""
        return self.number(Const(type(value).__name__, value))

    def external(self, *path: str) -> int:
        """The number of the external object at a path without calls."""
        parent = -1
        for step in path:
            parent = self.number(External(parent, step, -1))
        return parent

    def step(self, parent: int, step: str, made_by: int = -1) -> int | None:
        """The external object one step further; None where the path grows too long."""
        if len(self.path(parent)) >= PATH_STEPS_MAX:
            return None
        return self.number(External(parent, step, made_by))

    @property
    def opaque(self) -> int:
        """The one foreign value that nothing in the catalog can tell from any other."""
        return self.number(External(-1, OPAQUE, -1))

    def path(self, number: int) -> AccessPath:
        """The access path of an external object, `()` for anything else."""
        found = self._paths.get(number)
        if found is None:
            record = self.all[number]
            if not isinstance(record, External):
                return ()
            head = self.path(record.parent) if record.parent >= 0 else ()
            found = self._paths[number] = (*head, record.step)
        return found
