"""Classes: method resolution order and the lookup of members through it."""

from collections.abc import Callable
from functools import partial
from typing import Final

from batchlint.facts import ScopeKind
from batchlint.program.objects import Class, External
from batchlint.program.scopes import Scope, Scopes
from batchlint.program.solver import Solver

# An entry of an order: a class scope's number, or the number of an external object.
OrderEntry = tuple[bool, int]
_DESCRIPTORS: Final = {
    "staticmethod": "static",
    "classmethod": "class",
    "abstractclassmethod": "class",
    "abstractstaticmethod": "static",
    "property": "property",
    "cached_property": "property",
    "abstractproperty": "property",
    "hybrid_property": "property",
    "computed_field": "property",
    "validator": "class",
    "field_validator": "class",
    "root_validator": "class",
    "setter": "other",
    "getter": "property",
    "deleter": "other",
    "overload": "other",
}

# A base expression that may be more classes than this is a factory whose answer is not known.
_BASES_MAX: Final = 8
# Of a longer line of ancestors the far end is left out.
_ORDER_MAX: Final = 200

Found = Callable[[int | None, int | None], None]


class Classes:
    """Members of classes, looked up along the method resolution order.

    Bases become known while the fixpoint runs, so every lookup is kept and answered again when a base
    of its class, or of a base of it, appears.
    """

    def __init__(self, solver: Solver, scopes: Scopes) -> None:
        self.solver = solver
        self.scopes = scopes
        self._orders: dict[int, list[OrderEntry]] = {}
        self._depth = 0
        self._is_cut = False
        self._derived: dict[int, set[int]] = {}
        self._readers: dict[int, list[Callable[[], None]]] = {}
        self.method_kinds: dict[int, str] = {}
        self.methods: dict[int, list[int]] = {}
        for scope in scopes.all:
            if scope.facts.kind is ScopeKind.CLASS:
                for base in scope.facts.bases:
                    solver.watch(self._outer_node(scope, base), self._base_found, scope.number)
            elif scope.facts.kind is ScopeKind.FUNCTION and scope.parent >= 0:
                outer = scopes.all[scope.parent]
                if outer.facts.kind is ScopeKind.CLASS:
                    self.method_kinds[scope.number] = _method_kind(scope, outer)
                    self.methods.setdefault(outer.number, []).append(scope.number)
        names = [(scopes.all[number].facts.name, kind) for number, kind in self.method_kinds.items()]
        self.properties = frozenset(name for name, kind in names if kind == "property")
        self.forwards = any(name == "__getattr__" for name, _ in names)

    def _outer_node(self, scope: Scope, value: int) -> int:
        return self.scopes.all[scope.parent].base + value

    def is_method(self, scope: Scope) -> bool:
        """Whether a function is defined directly in a class body."""
        return scope.number in self.method_kinds

    def _base_found(self, obj: int, scope: int) -> None:
        record = self.solver.objects.all[obj]
        if isinstance(record, Class):
            if record.scope == scope:
                return
            self._derived.setdefault(record.scope, set()).add(scope)
        elif not isinstance(record, External):
            return
        affected, todo = set(), [scope]
        while todo:
            derived = todo.pop()
            if derived not in affected:
                affected.add(derived)
                todo.extend(self._derived.get(derived, ()))
        for derived in affected:
            self._orders.pop(derived, None)
        for derived in affected:
            for read in tuple(self._readers.get(derived, ())):
                read()

    def order(self, scope: int) -> list[OrderEntry]:
        """The method resolution order: (True, class scope) or (False, external object)."""
        found = self._orders.get(scope)
        if found is not None:
            return found
        if self._depth >= _ORDER_MAX:
            self._is_cut = True
            return [(True, scope)]
        self._orders[scope] = [(True, scope)]  # guards against circular bases
        self._depth += 1
        found = self._linearise(scope)
        self._depth -= 1
        if not self._is_cut or not self._depth:
            self._orders[scope] = found
            self._is_cut = False
        else:  # what was left out is far from the class that was asked for, not from this one
            del self._orders[scope]
        return found

    def _linearise(self, scope: int) -> list[OrderEntry]:
        facts = self.scopes.all[scope]
        bases: list[OrderEntry] = []
        for base in facts.facts.bases:
            candidates = self.solver.pts[self._outer_node(facts, base)]
            if len(candidates) > _BASES_MAX:
                continue
            for obj in sorted(candidates):
                record = self.solver.objects.all[obj]
                if isinstance(record, Class) and record.scope != scope:
                    bases.append((True, record.scope))
                elif isinstance(record, External) and self.solver.objects.path(obj) != ("builtins", "object"):
                    bases.append((False, obj))
        if len(bases) == 1:
            inherited = self.order(bases[0][1]) if bases[0][0] else bases
            return [(True, scope), *(entry for entry in inherited[:_ORDER_MAX] if entry != (True, scope))]
        sequences: list[list[OrderEntry]] = [
            list(self.order(entry[1])) if entry[0] else [entry] for entry in bases
        ]
        sequences.append(list(bases))
        order: list[OrderEntry] = [(True, scope)]
        while sequences := [s for s in sequences if s]:
            for sequence in sequences:
                head = sequence[0]
                if not any(head in other[1:] for other in sequences):
                    break
            else:
                head = sequences[0][0]  # inconsistent: Python would refuse, we go on
            if head not in order:
                order.append(head)
            for sequence in sequences:
                if head in sequence:
                    sequence.remove(head)
        return order

    def lookup(self, scope: int, name: str, found: Found, after: int | None = None) -> None:
        """Call `found(node, None)` or `found(None, external object)` for the member's first definition.

        `after` starts the search behind that class, as `super()` does.
        """
        self.each_order(scope, partial(self._answer, scope, name, after, found))

    def each_order(self, scope: int, read: Callable[[], None]) -> None:
        """Call `read` now, and again whenever the class's order has changed."""
        self._readers.setdefault(scope, []).append(read)
        read()

    def _answer(self, scope: int, name: str, after: int | None, found: Found) -> None:
        order = self.order(scope)
        if after is not None:
            place = next((i for i, entry in enumerate(order) if entry == (True, after)), -1)
            order = order[place + 1 :]
        for internal, entry in order:
            if internal:
                node = self.scopes.bound_in(self.scopes.all[entry], name)
                if node is not None:
                    found(node, None)
                    return
            elif not self._is_plain(entry):
                found(None, entry)
                return

    def _is_plain(self, obj: int) -> bool:
        """Whether an external base adds nothing that a program would call by name."""
        path = self.solver.objects.path(obj)
        return path[0] in ("abc", "typing", "typing_extensions", "enum") or path == ("builtins", "object")

    def derived(self, scope: int) -> set[int]:
        """The classes known to derive from a class, directly or not."""
        found: set[int] = set()
        todo = [scope]
        while todo:
            fresh = self._derived.get(todo.pop(), set()) - found
            found |= fresh
            todo.extend(fresh)
        return found

    def externals(self, scope: int) -> list[int]:
        """The external bases of a class, in order."""
        return [entry for internal, entry in self.order(scope) if not internal]

    def internals(self, scope: int) -> list[int]:
        """The class and its bases that the program defines, in order."""
        return [entry for internal, entry in self.order(scope) if internal]


def _method_kind(scope: Scope, outer: Scope) -> str:
    for decorator in scope.facts.decorators:
        value = outer.facts.values[decorator]
        if value.op == "call":
            value = outer.facts.values[outer.facts.calls[value.payload].callee]  # type: ignore[call-overload]
        if value.op in ("free", "attr") and value.payload in _DESCRIPTORS:
            return _DESCRIPTORS[str(value.payload)]
    if scope.facts.name in ("__new__", "__init_subclass__", "__class_getitem__"):
        return "class"
    return "plain"
