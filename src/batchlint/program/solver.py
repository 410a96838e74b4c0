"""The fixpoint: nodes that hold sets of abstract objects, edges that copy them, watchers that react.

Inclusion-based (Andersen's) points-to analysis with difference propagation. It knows nothing of
Python; `link` says what flows where.
"""

from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, Final

from batchlint.program.objects import (
    Bound,
    Class,
    Const,
    Container,
    Expression,
    External,
    Function,
    Future,
    Instance,
    MethodOf,
    Module,
    Objects,
    Partial,
    Super,
)

# How much a node may hold. A table of texts is data, and of a node that holds more of anything else nothing
# can be said any more: it holds the opaque object instead. What flows through a whole program (containers
# above all) tells nothing much earlier than a registry of handlers does.
CONSTANTS_MAX: Final = 24
CONTAINERS_MAX: Final = 8
OBJECTS_MAX: Final = 16
CODE_MAX: Final = 48
# Up to this many edges of a node are searched one by one, which takes less memory than a table.
_FEW: Final = 8

_CONSTANTS: Final = (Const, Expression)
_CODE: Final[tuple[type, ...]] = (Function, Class, Bound)
_CONTAINERS: Final[tuple[type, ...]] = (Container, MethodOf, Partial, Future)
_OBJECTS: Final[tuple[type, ...]] = (External, Instance, Module, Super)

# Reactions to reactions deeper than this are put off: long chains in a program are no deep recursion here.
NESTING_MAX: Final = 40

# A program in which more than this flows is not followed any further: memory and time stay bounded, and
# what was not followed is unknown.
ADDED_MAX: Final = 4_000_000

# What a node holds before anything flows into it: shared, because most nodes never hold anything.
_NOTHING: Final[frozenset[int]] = frozenset()

# A function and what it is called with behind the object.
Watcher = tuple[Any, ...]


class Solver:
    """Nodes are numbered; `pts[n]` is the set of object numbers that node `n` may be.

    There are millions of nodes in a large program, and most hold one object, have one edge or none: what
    a node has is None, a tuple or, where it has many, a table, and sets of one object are shared.
    """

    def __init__(self) -> None:
        self.objects = Objects()
        self.pts: list[frozenset[int] | set[int]] = []
        self._singles: dict[int, frozenset[int]] = {}
        self._edges: list[tuple[int, ...] | dict[int, None] | None] = []
        self._watchers: list[tuple[Watcher, ...] | list[Watcher] | None] = []
        self._fields: dict[tuple[int, object], int] = {}
        self._delta: dict[int, set[int]] = {}
        self._work: deque[int] = deque()
        self._deferred: deque[tuple[Watcher, int]] = deque()
        self._depth = 0
        self._added = 0
        self.cut_nodes = 0
        self.full = frozenset((self.objects.opaque,))
        self.full_nodes = 0

    def nodes(self, count: int) -> int:
        """Add `count` nodes; returns the first one's number."""
        first = len(self.pts)
        self.pts.extend([_NOTHING] * count)
        self._edges.extend([None] * count)
        self._watchers.extend([None] * count)
        return first

    def node(self) -> int:
        """Add one node."""
        number = len(self.pts)
        self.pts.append(_NOTHING)
        self._edges.append(None)
        self._watchers.append(None)
        return number

    def field(self, obj: int, key: object) -> int:
        """The node of an object's field, made on first use."""
        found = self._fields.get((obj, key))
        if found is None:
            found = self._fields[obj, key] = self.node()
        return found

    def has_field(self, obj: int, key: object) -> bool:
        """Whether somebody used that field."""
        return (obj, key) in self._fields

    def add(self, node: int, obj: int) -> None:
        """Let a node hold an object."""
        held = self.pts[node]
        if obj in held or held is self.full:
            return
        if self._added >= ADDED_MAX:
            self.cut_nodes += 1
            return
        if len(held) >= CONTAINERS_MAX and not self._has_room(node, held, obj):
            return
        self._added += 1
        if not held:
            single = self._singles.get(obj)
            if single is None:
                single = self._singles[obj] = frozenset((obj,))
            self.pts[node] = single
        elif isinstance(held, frozenset):
            self.pts[node] = {*held, obj}
        else:
            held.add(obj)
        self._tell(node, obj)

    def _has_room(self, node: int, held: AbstractSet[int], obj: int) -> bool:
        """Whether a node that holds many objects takes another one. Constants beyond the bound are left
        out; too much of anything else makes the node full."""
        records = self.objects.all
        record = records[obj]
        if isinstance(record, _CONSTANTS):
            return len(held) < CONSTANTS_MAX
        if isinstance(record, _CODE):
            same, limit = _CODE, CODE_MAX
        elif isinstance(record, _CONTAINERS):
            same, limit = _CONTAINERS, CONTAINERS_MAX
        else:
            same, limit = _OBJECTS, OBJECTS_MAX
        if sum(isinstance(records[each], same) for each in held) < limit:
            return True
        self.pts[node] = self.full
        self.full_nodes += 1
        self._tell(node, self.objects.opaque)
        return False

    def _tell(self, node: int, obj: int) -> None:
        """Note that a node has a new object for its edges and watchers."""
        if self._edges[node] is None and self._watchers[node] is None:
            return
        waiting = self._delta.get(node)
        if waiting is None:
            self._delta[node] = {obj}
            self._work.append(node)
        else:
            waiting.add(obj)

    def edge(self, source: int, target: int) -> None:
        """Let everything that `source` holds, now or later, flow into `target`."""
        edges = self._edges[source]
        if source == target or (edges is not None and target in edges):
            return
        if edges is None:
            self._edges[source] = (target,)
        elif isinstance(edges, dict):
            edges[target] = None
        elif len(edges) < _FEW:
            self._edges[source] = (*edges, target)
        else:
            self._edges[source] = dict.fromkeys((*edges, target))
        for obj in tuple(self.pts[source]):
            self.add(target, obj)

    def watch(self, node: int, react: Callable[..., None], *data: object) -> None:
        """Call `react(obj, *data)` once for every object that the node holds, now or later."""
        watcher: Watcher = (react, *data)
        watchers = self._watchers[node]
        if watchers is None:
            self._watchers[node] = (watcher,)
        elif isinstance(watchers, list):
            watchers.append(watcher)
        elif len(watchers) < _FEW:
            self._watchers[node] = (*watchers, watcher)
        else:
            self._watchers[node] = [*watchers, watcher]
        pending: set[int] | tuple[int, ...] = self._delta.get(node, ())
        ready = [obj for obj in self.pts[node] if obj not in pending]
        if self._depth >= NESTING_MAX:
            self._deferred.extend((watcher, obj) for obj in ready)
            return
        self._depth += 1
        for obj in ready:
            react(obj, *data)
        self._depth -= 1

    def run(self) -> None:
        """Propagate until nothing changes."""
        work, delta, deferred = self._work, self._delta, self._deferred
        while work or deferred:
            while deferred:
                (react, *data), obj = deferred.popleft()
                react(obj, *data)
            if not work:
                break
            node = work.popleft()
            fresh = delta.pop(node)
            for target in tuple(self._edges[node] or ()):
                for obj in fresh:
                    self.add(target, obj)
            # A reaction may add watchers to this very node; those see everything when they are added.
            for react, *data in tuple(self._watchers[node] or ()):
                for obj in fresh:
                    react(obj, *data)
