"""The fixpoint: nodes that hold sets of abstract objects, edges that copy them, watchers that react.

Inclusion-based (Andersen's) points-to analysis with difference propagation. It knows nothing of
Python; `link` says what flows where.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from batchlint.program.objects import Const, Expression, Objects

# A node that would hold more constants than this holds no further ones: a table of texts is data.
CONSTANTS_MAX: Final = 32
# A node that would hold more objects than this says nothing any more.
OBJECTS_MAX: Final = 128

# Reactions to reactions deeper than this are put off: long chains in a program are no deep recursion here.
NESTING_MAX: Final = 40

# A program in which more than this flows is not followed any further: memory and time stay bounded, and
# what was not followed is unknown.
ADDED_MAX: Final = 4_000_000

# What a node holds before anything flows into it: shared, because most nodes never hold anything.
_NOTHING: Final[set[int]] = set()

Watcher = tuple[Callable[..., None], tuple[object, ...]]


class Solver:
    """Nodes are numbered; `pts[n]` is the set of object numbers that node `n` may be."""

    def __init__(self) -> None:
        self.objects = Objects()
        self.pts: list[set[int]] = []
        self._edges: list[list[int] | None] = []
        self._watchers: list[list[Watcher] | None] = []
        self._fields: dict[tuple[int, object], int] = {}
        self._known: set[tuple[int, int]] = set()
        self._delta: dict[int, set[int]] = {}
        self._work: deque[int] = deque()
        self._deferred: deque[tuple[Callable[..., None], tuple[object, ...], int]] = deque()
        self._depth = 0
        self._added = 0
        self.cut_nodes = 0

    def nodes(self, count: int) -> int:
        """Add `count` nodes; returns the first one's number."""
        first = len(self.pts)
        self.pts.extend([_NOTHING] * count)
        self._edges.extend([None] * count)
        self._watchers.extend([None] * count)
        return first

    def node(self) -> int:
        """Add one node."""
        return self.nodes(1)

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
        if obj in held:
            return
        if len(held) >= CONSTANTS_MAX:
            record = self.objects.all[obj]
            if isinstance(record, Const | Expression) or len(held) >= OBJECTS_MAX:
                self.cut_nodes += 1
                return
        if self._added >= ADDED_MAX:
            self.cut_nodes += 1
            return
        self._added += 1
        if held is _NOTHING:
            self.pts[node] = {obj}
        else:
            held.add(obj)
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
        if source == target or (source, target) in self._known:
            return
        self._known.add((source, target))
        edges = self._edges[source]
        if edges is None:
            self._edges[source] = [target]
        else:
            edges.append(target)
        for obj in tuple(self.pts[source]):
            self.add(target, obj)

    def watch(self, node: int, react: Callable[..., None], *data: object) -> None:
        """Call `react(obj, *data)` once for every object that the node holds, now or later."""
        watchers = self._watchers[node]
        if watchers is None:
            self._watchers[node] = [(react, data)]
        else:
            watchers.append((react, data))
        pending: set[int] = self._delta.get(node, set())
        ready = [obj for obj in self.pts[node] if obj not in pending]
        if self._depth >= NESTING_MAX:
            self._deferred.extend((react, data, obj) for obj in ready)
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
                react, data, obj = deferred.popleft()
                react(obj, *data)
            if not work:
                break
            node = work.popleft()
            fresh = delta.pop(node)
            for target in self._edges[node] or ():
                for obj in fresh:
                    self.add(target, obj)
            # A reaction may add watchers to this very node; those see everything when they are added.
            for react, data in tuple(self._watchers[node] or ()):
                for obj in fresh:
                    react(obj, *data)
