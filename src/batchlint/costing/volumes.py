"""How often a call site sends a request: the sizes of the loops on a way, and the schedule of its root."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from batchlint.analysis import dependence
from batchlint.analysis.loops import LoopRole, Loops
from batchlint.analysis.reach import Way
from batchlint.catalog.model import Wait
from batchlint.costing.trace import Trace
from batchlint.estimate import Quantity, count_rows
from batchlint.estimate import runs_per_month as starts_of
from batchlint.facts.model import CallFact, Value
from batchlint.finding import Range
from batchlint.money import counted
from batchlint.program.foreign import select
from batchlint.program.objects import Container
from batchlint.program.scopes import Scope

_STEPS_MAX: Final = 400
_READERS: Final = frozenset(
    {"DictReader", "Path", "Reader", "from_csv", "from_json", "load", "load_dataset", "load_jsonl", "loads",
     "open", "read_csv", "read_json", "read_jsonl", "read_ndjson", "read_table", "read_text", "reader",
     "scan_csv"}
)  # fmt: skip
# Loops that multiply the requests of a run.
_COUNTED: Final = (LoopRole.RECORD, LoopRole.SMALL)


class Volumes:
    """Reads the volume of a site along one way."""

    def __init__(self, trace: Trace, loops: Loops) -> None:
        self.trace = trace
        self.values = trace.values
        self.linker = trace.linker
        self.loops = loops

    def sizes(self, way: Way) -> list[Quantity | None]:
        """The sizes of the record loops around the call, outermost first; None where one is not known."""
        found: list[Quantity | None] = []
        for number, call in way.calls:
            scope = self.linker.scopes.all[number]
            for loop in reversed(self.loops.around(number, call)):
                if self.loops.role(number, loop) in _COUNTED:
                    found.append(self._size(scope, scope.facts.loops[loop].source, 0))
            if way.hit is not None and way.hit.loop < 0 and (way.hit.scope, way.hit.call) == (number, call):
                found.append(self._mapped(scope, call))
        if way.root.per_record and not found:
            found.append(None)
        return found

    def runs(self, way: Way) -> Quantity | None:
        """How often a month the root of a way is started by its schedule."""
        root = way.root
        if root.wait is not Wait.OFFLINE or root.per_record:
            return None
        runs = None if root.runs_per_month is None else Range(root.runs_per_month, root.runs_per_month)
        if runs is None and root.schedule is not None:
            runs = starts_of(root.schedule)
        if runs is None:
            return None
        when = f" ({root.schedule})" if root.schedule else ""
        return Quantity(runs, f"started {counted(runs)} times a month by its schedule{when}")

    # sizes

    def _mapped(self, scope: Scope, call: int) -> Quantity | None:
        """The size of what a higher-order call maps over: its items, or the table it is a method of."""
        fact = scope.facts.calls[call]
        context = self.linker.contexts.get(scope.base + fact.value)
        for edge in self.trace.edges(scope.number, call):
            row = edge.higher_order
            for node, _ in select(context, row.items) if row is not None and context is not None else ():
                return self._size(scope, node - scope.base, 0)
        callee = scope.facts.values[fact.callee]
        return self._size(scope, callee.operands[0], 0) if callee.op == "attr" else None

    def _size(self, scope: Scope, index: int, depth: int) -> Quantity | None:
        """How many elements a value has: a range, a display, the rows of a data file that it comes from."""
        value = scope.facts.values[index]
        if depth < 8 and value.op == "call":
            call, name, receiver = self.trace.call(scope, value)
            arguments = [scope.base + a.value for a in call.arguments if a.keyword is None]
            if name == "range":
                return self._range(arguments)
            if (
                name in ("enumerate", "tqdm", "list", "sorted", "reversed", "set", "iter", "zip")
                and arguments
            ):
                inner = self.trace.values.place(arguments[0])
                return self._size(inner[0], inner[1], depth + 1) if inner is not None else None
            if name in ("items", "keys", "values", "copy") and receiver is not None and not arguments:
                inner = self.trace.values.place(receiver)
                return self._size(inner[0], inner[1], depth + 1) if inner is not None else None
        return self._display(scope.base + index) or self._rows(scope, index)

    def _range(self, arguments: list[int]) -> Quantity | None:
        bounds: list[int] = []
        for node in arguments:
            numbers = {c for c in self.values.constants(node) if type(c) is int}
            if len(numbers) != 1:
                return None
            bounds += [number for number in numbers if isinstance(number, int)]
        if not bounds or len(bounds) > 3 or (len(bounds) == 3 and bounds[2] == 0):
            return None
        size = len(range(*bounds))
        return Quantity(Range(size, size), f"{size:,} iterations of a loop over range({_listed(bounds)})")

    def _display(self, node: int) -> Quantity | None:
        """The size of a list, tuple, set or dict that the program writes out and does not extend."""
        sizes: set[int] = set()
        for obj in self.linker.solver.pts[node]:
            record = self.linker.record(obj)
            found = self.trace.fact(record.node) if isinstance(record, Container) else None
            size = None if found is None else _written_size(found[1])
            if size is None or self._grows(record.node):  # type: ignore[union-attr]
                return None
            sizes.add(size)
        if not sizes:
            return None
        bounds = Range(min(sizes), max(sizes))
        words = f"{min(sizes):,}" if bounds.exact else f"{min(sizes):,} to {max(sizes):,}"
        return Quantity(bounds, f"{words} elements of a list that the program spells out")

    def _grows(self, node: int) -> bool:
        """Whether the scope that makes a list appends to it."""
        found = self.trace.fact(node)
        if found is None:
            return True
        facts, base = found[0].facts, found[0].base
        for call in facts.calls:
            callee = facts.values[call.callee]
            if callee.op == "attr" and callee.payload in ("append", "extend", "add", "update", "insert"):
                objects = self.linker.solver.pts[base + callee.operands[0]]
                if any(getattr(self.linker.record(obj), "node", -1) == node for obj in objects):
                    return True
        return False

    def _rows(self, scope: Scope, index: int) -> Quantity | None:
        """The rows of the one data file that a value visibly comes from, less what a slice cuts off."""
        files: set[Path] = set()
        limit: int | None = None
        for owner, value in self._origins(scope.base + index):
            if value.op == "slice" and isinstance(value.payload, tuple):
                low, high = value.payload[:2]
                if isinstance(high, int) and high > 0:
                    limit = min(limit or high, high - (low or 0))
            if value.op == "call":
                call, name, _ = self.trace.call(owner, value)
                if name in ("head", "limit", "islice", "sample", "take", "select"):
                    numbers = [c for a in call.arguments for c in self.values.constants(owner.base + a.value)]
                    cut = next((n for n in numbers if type(n) is int and n > 0), None)
                    limit = cut if limit is None or cut is None else min(limit, cut)
                if name in _READERS and not self._writes(owner, call):
                    paths = (self.trace.file(owner.base + argument.value) for argument in call.arguments)
                    files |= {path for path in paths if path is not None}
        if len(files) != 1:
            return None
        file = files.pop()
        rows = count_rows(file, self.trace.root)
        if rows is None:
            return None
        shown = file.resolve().relative_to(self.trace.root.resolve()).as_posix()
        if limit is not None and 0 < limit < rows:
            return Quantity(
                Range(limit, limit), f"{limit:,} of the {rows:,} rows of {shown}, which the loop reads"
            )
        return Quantity(Range(rows, rows), f"{rows:,} rows of {shown}, which the loop reads")

    def _writes(self, scope: Scope, call: CallFact) -> bool:
        """Whether a call opens a file to write it."""
        modes = [c for a in call.arguments[1:2] for c in self.values.constants(scope.base + a.value)]
        return any(isinstance(mode, str) and mode[:1] in ("w", "a", "x") for mode in modes)

    def _origins(self, node: int) -> Iterator[tuple[Scope, Value]]:
        """Everything that a value is computed from, through variables and the program's own functions."""
        todo, seen = [node], set[int]()
        while todo and len(seen) < _STEPS_MAX:
            at = todo.pop()
            found = self.trace.fact(at)
            if at in seen or found is None:
                continue
            seen.add(at)
            scope, value = found
            yield found
            if value.op == "iter":
                continue  # an element: how many there are of what it holds is not known
            if value.op == "comp":
                todo += _sources(scope, value.operands)
                continue
            todo += [scope.base + operand for operand in value.operands if operand >= 0]
            todo += self.trace.definitions(at)
            if value.op == "call":
                index = int(value.payload)  # type: ignore[call-overload]
                call = scope.facts.calls[index]
                todo += [scope.base + argument.value for argument in call.arguments]
                callee = scope.facts.values[call.callee]
                todo += [scope.base + operand for operand in callee.operands]
                todo += self.trace.returned(scope.number, index) + self._yielded(scope.number, index)
            elif value.op == "list":
                todo += self._filled(scope, at)

    def _yielded(self, scope: int, call: int) -> list[int]:
        """What the generators that a call leads into go over to make what they yield."""
        targets = [self.linker.scopes.all[edge.target] for edge in self.trace.edges(scope, call)]
        return [node for callee in targets for node in _sources(callee, callee.facts.yields)]

    def _filled(self, scope: Scope, node: int) -> list[int]:
        """The sources of the loops that append to a list which starts empty."""
        found = []
        for call in scope.facts.calls:
            callee = scope.facts.values[call.callee]
            if callee.op == "attr" and callee.payload == "append" and call.loop >= 0:
                objects = self.linker.solver.pts[scope.base + callee.operands[0]]
                if any(getattr(self.linker.record(obj), "node", -1) == node for obj in objects):
                    found.append(scope.base + scope.facts.loops[call.loop].source)
        return found


def _sources(scope: Scope, elements: Iterable[int]) -> list[int]:
    """The nodes of what is iterated over to make elements: by a comprehension, or a loop that yields."""
    needed = dependence.slice_of(scope.facts, [element for element in elements if element >= 0])
    facts = scope.facts.values
    return [scope.base + facts[value].operands[0] for value in needed if facts[value].op == "iter"]


def _written_size(value: Value) -> int | None:
    """The number of elements of a display, None for anything else and for one that unpacks others."""
    if value.op == "dict":
        return len(value.operands) // 2 if -1 not in value.operands and value.operands else None
    return len(value.operands) or None if value.op in ("list", "tuple", "set") else None


def _listed(bounds: list[int]) -> str:
    return ", ".join(f"{bound:_}" for bound in bounds)
