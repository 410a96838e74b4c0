"""Coroutines between a record's beginning and its requests: they stay what they are, only the calls change.

`await client...create(...)` becomes `await batch_call(request)`, which takes part in a batch where a run is
on and else makes the call in real time. So other callers of a coroutine are not concerned.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from batchlint.analysis.loops import LoopRole
from batchlint.analysis.reach import Way
from batchlint.fix import names
from batchlint.fix.awaiting import kind_of
from batchlint.fix.decline import DeclinedError, Obstacle, Reason
from batchlint.fix.draft import Draft
from batchlint.fix.files import FunctionNode, Program, ProgramFile, span_of
from batchlint.fix.foreign import dotted
from batchlint.fix.limits import Limits
from batchlint.fix.requests import check_site, request_edits
from batchlint.fix.steps import reaching
from batchlint.program.model import EdgeKind
from batchlint.program.objects import Bound, Function

Edits = list[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class Taken:
    """What has been taken into a rewrite: coroutines, the provider calls in them, the limits around these
    with what becomes of them, those limits that let records run in turns, and requests that go on in real
    time."""

    scopes: set[int] = field(default_factory=set)
    sites: set[tuple[int, int]] = field(default_factory=set)
    limits: list[tuple[ProgramFile, ast.expr, str]] = field(default_factory=list)
    orders: list[tuple[ProgramFile, ast.expr]] = field(default_factory=list)
    left: list[Obstacle] = field(default_factory=list)

    def copy(self) -> "Taken":
        """A copy to fall back to."""
        return Taken(set(self.scopes), set(self.sites), list(self.limits), list(self.orders), list(self.left))


class Coroutines:
    """The coroutines that records run through until requests are sent."""

    def __init__(self, program: Program, draft: Draft) -> None:
        self.program = program
        self.draft = draft
        self.taken = Taken()
        self._limits = Limits(program)
        self._reaching = reaching(program, program.sites)

    def add(self, entries: Iterable[int]) -> set[int]:
        """Take in the coroutines that a record runs first and all they await until requests are sent;
        gives those of them that do send.

        Raises DeclinedError where one cannot wait for a batch.
        """
        entries = set(entries)
        reached = self.program.reached_from(entries)
        scopes = reached & self._reaching | entries | {s for s in reached if self._awaits_given(s)}
        for scope in sorted(scopes - self.taken.scopes):
            self._take(scope)
        return scopes

    def add_site(self, key: tuple[int, int]) -> None:
        """Take in a provider call; one that no batch can carry goes on in real time."""
        site = self.program.sites[key]
        try:
            file, call = check_site(self.program, self.draft, site, awaits=True)
            if not site.is_async:
                raise file.decline(Reason.ASYNC, "the call does not wait, it blocks", call)
        except DeclinedError as declined:
            self.draft.sites.discard(key)
            self.taken.left.append(declined.obstacle)
        else:
            self.taken.sites.add(key)

    def limited(self, scopes: Iterable[int]) -> bool:
        """Whether a limit that falls away holds the calls of some coroutines back."""
        nodes = [self.program.function(scope) for scope in scopes]
        return any(node in file.ancestors(limit) for file, limit in self.taken.orders for node in nodes)

    def _awaits_given(self, scope: int) -> bool:
        """Whether a coroutine awaits what it was given."""
        facts = self.program.linker.scopes.all[scope].facts
        return facts.is_async and any(
            value.op == "await" and facts.values[value.operands[0]].op == "param" for value in facts.values
        )

    def check_way(self, way: Way, key: tuple[int, int]) -> None:
        """Limits around the calls that lead to the loop around `key`, and loops around it."""
        if not is_coroutine(self.program, key) or key not in way.calls:
            return
        for scope, number in way.calls[: way.calls.index(key)]:
            file, call = self.program.file_of(scope), self.program.call(scope, number)
            self.check_around(file, call)
            if self.program.in_record_loop((scope, number)):
                self._object_rounds(file, call)

    def check_around(self, file: ProgramFile, node: ast.AST) -> None:
        """Locks and limits around a whole loop or fan-out: they would be held for long, or end it."""
        for outer in file.ancestors(node):
            if isinstance(outer, names.NESTED):
                return
            for item in outer.items if isinstance(outer, ast.AsyncWith) else ():
                if self._limits.kind(file, item.context_expr) in ("limiter", "exclusive", "time_limit"):
                    message = "it would stay open until the batch has ended"
                    raise file.decline(Reason.HELD_RESOURCE, message, item.context_expr)
            if isinstance(outer, ast.Call) and kind_of(file, outer.func) == "wait_for":
                raise file.decline(Reason.HELD_RESOURCE, "the time limit would end the batch", outer)

    def check_rounds(self, file: ProgramFile, scope: int, loop: ast.AST) -> None:
        """Whether a loop or fan-out stands in a loop over records itself: it makes a batch in each round."""
        facts = self.program.linker.scopes.all[scope].facts
        numbers = {fact.span: number for number, fact in enumerate(facts.loops)}
        for outer in file.ancestors(loop):
            if isinstance(outer, names.NESTED):
                return
            if isinstance(outer, ast.For | ast.AsyncFor | ast.While):
                number = numbers.get(span_of(outer))
                if number is None or self.program.loops.role(scope, number) is LoopRole.RECORD:
                    self._object_rounds(file, loop)
                    return

    def _object_rounds(self, file: ProgramFile, node: ast.AST) -> None:
        message = "each round of the loop around it would wait for a batch of its own"
        self.draft.object(file, Reason.PARTIAL, message, node)

    def _check_turns(self, file: ProgramFile, scope: int, number: int) -> None:
        """A coroutine that sends requests in a loop sends one in each batch."""
        call = self.program.call(scope, number)
        for outer in file.ancestors(call):
            if isinstance(outer, names.NESTED):
                break
            if isinstance(outer, ast.While) and any(_takes_next(node) for node in ast.walk(outer)):
                message = "workers that take records from a queue send one request each at a time"
                raise file.decline(Reason.LOOP_FORM, message, outer)
        facts = self.program.linker.scopes.all[scope].facts
        if facts.calls[number].awaited and self.program.in_record_loop((scope, number)):
            self._object_rounds(file, call)

    def _take(self, scope: int) -> None:
        program = self.program
        file, node = program.file_of(scope), program.function(scope)
        self._check_form(file, node, scope)
        self.taken.scopes.add(scope)
        for number in range(len(program.linker.scopes.all[scope].facts.calls)):
            key = (scope, number)
            if key in program.sites:
                self.add_site(key)
            if key in program.sites or any(e.target in self._reaching for e in program.edges(key)):
                self._check_turns(file, scope, number)
        for inner in names.walk_scope(node.body):
            match inner:
                case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                    if self._sends(file, body):
                        for item in items:
                            self._hold(file, item)
                case ast.Call():
                    self._check_call(file, inner)

    def _check_form(self, file: ProgramFile, node: FunctionNode, scope: int) -> None:
        facts = self.program.linker.scopes.all[scope].facts
        if not isinstance(node, ast.AsyncFunctionDef):
            raise file.decline(Reason.ASYNC, f"{node.name} sends requests and is no coroutine", node)
        if facts.is_generator:
            raise file.decline(Reason.FUNCTION_FORM, f"{node.name} is a generator", node)
        parent = self.program.linker.scopes.all[self.program.linker.scopes.all[scope].parent]
        for decorator, value in zip(node.decorator_list, facts.decorators, strict=True):
            if isinstance(decorator, ast.Name) and decorator.id in ("staticmethod", "classmethod"):
                continue
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            held = self.program.linker.solver.pts[parent.base + value]
            is_own = bool(held) and all(
                isinstance(self.program.linker.record(obj), Function | Bound) for obj in held
            )
            if kind_of(file, function) != "decorator" and not is_own:
                raise file.decline(Reason.DECORATED, f"{node.name} is decorated", decorator)

    def _check_call(self, file: ProgramFile, call: ast.Call) -> None:
        """Calls that hold requests back, end them, or run them on another event loop."""
        if kind_of(file, call.func) == "wait_for" and call.args and self._sends(file, [call.args[0]]):
            self.taken.limits.append((file, call.func, "wait_unless_batched"))
            message = "a batch knows of no time limit; the answer is waited for"
            self.draft.object(file, Reason.TIME_LIMIT, message, call)
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "acquire":
            raise file.decline(Reason.HELD_RESOURCE, "a lock is held until the batch has ended", call)
        elif dotted(file, call.func) == "asyncio.run_coroutine_threadsafe":
            raise file.decline(Reason.CALL_FORM, "another event loop runs the requests", call)

    def _hold(self, file: ProgramFile, item: ast.withitem) -> None:
        """What stays open while a request waits for its batch."""
        node = item.context_expr
        match self._limits.kind(file, node):
            case "lasting" | "unless_batched":
                return
            case "limiter" if item.optional_vars is None:
                self.taken.limits.append((file, node, "unless_batched"))
                self.taken.orders.append((file, node))
            case "time_limit" if item.optional_vars is None:
                self.taken.limits.append((file, node, "unless_batched"))
                message = "a batch knows of no time limit; the answer is waited for"
                self.draft.object(file, Reason.TIME_LIMIT, message, node)
            case "exclusive":
                message = "only one request may be open at a time"
                raise file.decline(Reason.HELD_RESOURCE, message, node)
            case _:
                message = "would stay open until the batch has ended"
                raise file.decline(Reason.HELD_RESOURCE, message, node)

    def _sends(self, file: ProgramFile, nodes: Iterable[ast.AST]) -> bool:
        """Whether code may wait for requests: it awaits a coroutine that sends some, or something unknown."""
        for node in names.walk_scope(nodes):
            if isinstance(node, ast.Call):
                key = self.program.key(file, node)
                if key in self.program.sites:
                    return True
                if key is not None and any(e.target in self._reaching for e in self.program.edges(key)):
                    return True
                if kind_of(file, node.func) in ("gather", "completed", "wait_for"):
                    return True
            elif isinstance(node, ast.Await) and not isinstance(node.value, ast.Call):
                return True
        return False

    # emission

    def emit(self) -> None:
        """Plan the edits of the coroutines."""
        for key in sorted(self.taken.sites):
            file, call = self.program.file_of(key[0]), self.program.call(*key)
            self.draft.claim(file, file.statement(call))
            for at, to, text in self.request(key):
                self.draft.edit(file, at, to, text)
        seen: set[ast.expr] = set()
        for file, node, name in self.taken.limits:
            if node in seen:
                continue
            seen.add(node)
            used = self.draft.use(file, name)
            self.draft.claim(file, node)
            if name == "wait_unless_batched":
                self.draft.edit(file, file.start(node), file.end(node), used)
            else:
                self.draft.edit(file, file.start(node), file.start(node), f"{used}(")
                self.draft.edit(file, file.end(node), file.end(node), ")")

    def request(self, key: tuple[int, int]) -> Edits:
        """The edits that make a provider call one that takes part in a batch."""
        file, call = self.program.file_of(key[0]), self.program.call(*key)
        edits = request_edits(file, self.draft, self.program.sites[key], call)
        batch_call = self.draft.use(file, "batch_call")
        (start, end, text), *rest = edits
        return [(start, end, f"{batch_call}({text}"), *rest, (file.end(call), file.end(call), ")")]


def _takes_next(node: ast.AST) -> bool:
    """Whether a node takes the next record out of a queue or list."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return node.func.attr in ("get_nowait", "popleft", "pop") or (node.func.attr == "get" and not node.args)


def is_coroutine(program: Program, key: tuple[int, int]) -> bool:
    """Whether a call makes a coroutine: of the provider's client, or of the program's functions only."""
    site = program.sites.get(key)
    if site is not None:
        return site.is_async
    edges = program.edges(key)
    return bool(edges) and all(
        edge.kind in (EdgeKind.CALL, EdgeKind.GUESS, EdgeKind.CALLBACK)
        and program.linker.scopes.all[edge.target].facts.is_async
        for edge in edges
    )
