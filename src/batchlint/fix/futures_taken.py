"""How a program takes the results of futures: what of it works on outcomes, and what must change."""

import ast
from dataclasses import dataclass, field

from batchlint.fix import names
from batchlint.fix.consumers import check_break
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.files import FunctionNode, ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.fix.forms import Form
from batchlint.fix.iterables import is_progress

_AS_COMPLETED = frozenset({"concurrent.futures.as_completed", "concurrent.futures._base.as_completed"})
_WAIT = frozenset({"concurrent.futures.wait", "concurrent.futures._base.wait"})
_WRAPPING = frozenset({"enumerate", "zip", "list", "tuple", "reversed", "sorted"})


@dataclass(frozen=True, slots=True)
class Taken:
    """The edits of the code that takes results, and the last statement of it."""

    edits: list[tuple[int, int, str]] = field(default_factory=list)
    until: list[ast.stmt] = field(default_factory=list)


def taken(draft: Draft, file: ProgramFile, form: Form, whole: ast.AST, name: str, part: str) -> Taken:
    """Look at all uses of the container `name` behind `whole`, where it is filled; without a name, at what
    stands around the expression `whole`. `part` says what of it the futures are: each `item`, or the `key`
    or `value` of a mapping. Raises DeclinedError where a use is not understood."""
    found = _Taking(draft, file, form, whole, name, part)
    found.look()
    return found.result


class _Taking:
    def __init__(
        self, draft: Draft, file: ProgramFile, form: Form, whole: ast.AST, name: str, part: str
    ) -> None:
        self.draft = draft
        self.file = file
        self.form = form
        self.whole = whole
        self.name = name
        self.part = part
        self.result = Taken()

    def look(self) -> None:
        """Note what must change."""
        if not self.name:
            assert isinstance(self.whole, ast.expr)
            self._use(self.whole)
            return
        file, scope = self.file, self.file.scope(self.form.call)
        inside = set(ast.walk(file.statement(self.whole) if isinstance(self.whole, ast.expr) else self.whole))
        if isinstance(scope, ast.Module) and any(
            self.name in names.free(f) for f in file.functions.values() if isinstance(f, FunctionNode)
        ):
            raise file.decline(Reason.CALL_FORM, "a function looks at the futures", self.whole)
        first, last = self._span(scope, inside)
        for node in ast.walk(scope):
            if not isinstance(node, ast.Name) or node.id != self.name or node in inside:
                continue
            if first <= file.start(node) < last:
                if isinstance(node.ctx, ast.Store) or file.start(node) < file.start(self.whole):
                    raise self._unseen(node)
                self._use(node)

    def _span(self, scope: ast.AST, inside: set[ast.AST]) -> tuple[int, int]:
        """The bytes in which the container's name means these futures: up to where it is bound anew, as far
        as no loop goes back and all that bind it stand in one block or in blocks of pools below it."""
        file = self.file
        own = file.statement(self.whole) if isinstance(self.whole, ast.expr) else self.whole
        stores = [
            node
            for node in ast.walk(scope)
            if isinstance(node, ast.Name) and node.id == self.name and isinstance(node.ctx, ast.Store)
        ]
        branch = _branch(file, own)
        if any(_branch(file, node) != branch for node in stores if node not in inside):
            return 0, len(file.text)
        before = [file.start(n) for n in stores if n not in inside and file.start(n) < file.start(own)]
        later = [file.start(n) for n in stores if n not in inside and file.start(n) > file.start(own)]
        first = max(before, default=0) + 1 if own is self.whole else file.start(own)
        return first, min(later, default=len(file.text))

    def _unseen(self, node: ast.AST) -> Exception:
        return self.file.decline(Reason.CALL_FORM, "what becomes of the futures is not seen", node)

    def _use(self, node: ast.expr) -> None:
        """Judge one use of all futures."""
        file = self.file
        parent = file.parents[node]
        match parent:
            case ast.Call(func=ast.Name(id="len"), args=[one]) if one is node:
                return
            case ast.Subscript(value=value, ctx=ast.Load()) if value is node:
                if self.part != "key":  # by a future: the loop's variable is looked at elsewhere
                    self.result.until.append(file.statement(node))
                    self._one(parent, is_done=False)
                return
            case ast.Call() if dotted(file, parent.func) in _WAIT and parent.args[:1] == [node]:
                self._waits(parent)
                return
        self.result.until.append(file.statement(node))
        self._wrapped(node)

    def _wrapped(self, node: ast.expr) -> None:
        """Judge what stands around all futures, and take away what has no meaning for outcomes."""
        file = self.file
        child: ast.expr = node
        is_done, view = False, ""
        while isinstance(parent := file.parents[child], ast.expr):
            if isinstance(parent, ast.Call) and child is not parent.func:
                path = dotted(file, parent.func)
                if path in _AS_COMPLETED and parent.args[:1] == [child]:
                    self._check_timeout(parent)
                    is_done = True
                    self._unwrap(parent, child)
                elif is_progress(file, parent) and parent.args[:1] == [child]:
                    self._unwrap(parent, child)
                elif path not in _WRAPPING:
                    raise self._unseen(node)
                child = parent
            elif isinstance(parent, ast.Attribute) and parent.attr in ("items", "keys", "values"):
                call = file.parents[parent]
                assert isinstance(call, ast.expr)
                child, view = call, parent.attr
            else:
                break
        self._iterated(child, node, view, is_done=is_done)

    def _unwrap(self, call: ast.Call, inner: ast.expr) -> None:
        """Leave the argument of a call in its place."""
        file = self.file
        self.result.edits.append((file.start(call), file.start(inner), ""))
        self.result.edits.append((file.end(inner), file.end(call), ""))

    def _waits(self, call: ast.Call) -> None:
        """`wait(futures)` as a statement has nothing left to wait for."""
        file, statement = self.file, self.file.statement(call)
        if not (isinstance(statement, ast.Expr) and statement.value is call) or not _is_alone(
            file, statement
        ):
            raise self._unseen(call)
        for keyword in call.keywords:
            if keyword.arg != "return_when" or not ast.unparse(keyword.value).endswith("ALL_COMPLETED"):
                raise self._unseen(call)
        end = file.text.find(b"\n", file.end(statement))
        self.result.until.append(statement)
        self.result.edits.append((file.line_start(statement), len(file.text) if end < 0 else end + 1, ""))

    def _check_timeout(self, call: ast.Call) -> None:
        if call.keywords or len(call.args) > 1:
            message = "the wait may end early, after all requests are paid"
            self.draft.object(self.file, Reason.EARLY_EXIT, message, call)

    def _iterated(self, child: ast.expr, node: ast.expr, view: str, *, is_done: bool) -> None:
        """The loop or comprehension over the futures, and what it does with each."""
        file = self.file
        parent = file.parents[child]
        match parent:
            case ast.For(iter=iterable, target=target) if iterable is child:
                check_break(self.draft, file, parent)
                body: list[ast.AST] = [*parent.body, *parent.orelse]
            case ast.comprehension(iter=iterable, target=target) if iterable is child:
                outer = file.parents[parent]
                body = [*(c for c in ast.iter_child_nodes(outer) if c is not parent), *parent.ifs]
            case _:
                raise self._unseen(node)
        variable = self._variable(target, child, node, view)
        if variable is not None:
            self._futures(target, variable, body, is_done=is_done)
        elif not (self.part == "value" and view in ("", "keys")):
            raise self._unseen(target)

    def _futures(self, target: ast.expr, variable: str, body: list[ast.AST], *, is_done: bool) -> None:
        """Judge the uses of the variable that holds a future each."""
        for top in body:
            for inner in ast.walk(top):
                if isinstance(inner, ast.Name) and inner.id == variable:
                    self._one(inner, is_done=is_done)
        scope = self.file.scope(self.form.call)
        if isinstance(self.file.parents[target], ast.For):
            inside = {n for top in body for n in ast.walk(top)} | set(ast.walk(target))
            for use in ast.walk(scope):
                if isinstance(use, ast.Name) and use.id == variable and use not in inside:
                    self._elsewhere(use)

    def _elsewhere(self, use: ast.Name) -> None:
        """The variable has another meaning outside of the loop; a read there must belong to another loop."""
        if isinstance(use.ctx, ast.Store) or use in set(ast.walk(self.file.statement(self.whole))):
            return
        for outer in self.file.ancestors(use):
            targets = [outer.target] if isinstance(outer, ast.For) else []
            if isinstance(outer, names.COMPREHENSIONS):
                targets = [g.target for g in outer.generators]
            if any(isinstance(n, ast.Name) and n.id == use.id for t in targets for n in ast.walk(t)):
                return
        raise self._unseen(use)

    def _variable(self, target: ast.expr, over: ast.expr, node: ast.expr, view: str) -> str | None:
        """The part of a loop's target that is a future; None where none is seen."""
        place: int | None = None
        match over:
            case ast.Call(func=ast.Name(id="enumerate")):
                place = 1
            case ast.Call(func=ast.Name(id="zip"), args=parts):
                place = next((i for i, part in enumerate(parts) if node in set(ast.walk(part))), None)
            case ast.Call(func=ast.Name(id="sorted")):
                return None
        if self.part == "value" and view in ("", "keys"):
            return None
        if view == "items" or (self.part == "key" and view == "values"):
            if place is not None or view == "values":
                return None
            place = 1 if self.part == "value" else 0
        if place is None:
            return target.id if isinstance(target, ast.Name) else None
        match target:
            case ast.Tuple(elts=parts) if place < len(parts):
                part = parts[place]
                return part.id if isinstance(part, ast.Name) else None
        return None

    def _one(self, use: ast.expr, *, is_done: bool) -> None:
        """Judge one use of one future."""
        file = self.file
        parent = file.parents[use]
        call = file.parents.get(parent)
        match parent:
            case ast.Subscript(value=ast.Name(id=name), slice=key) if key is use and name == self.name:
                if self.part == "key":
                    return
            case ast.Attribute(attr="result" | "get" | "exception" as method) if (
                isinstance(call, ast.Call) and call.func is parent
            ):
                if call.args or call.keywords:
                    if not is_done:
                        message = "the wait may end early, after all requests are paid"
                        self.draft.object(file, Reason.EARLY_EXIT, message, call)
                    self.result.edits.append((file.end(parent), file.end(call), "()"))
                if method == "get":
                    self.result.edits.append((file.end(use), file.end(parent), ".result"))
                return
        raise self._unseen(use)


def _branch(file: ProgramFile, node: ast.AST) -> list[tuple[ast.AST, str]]:
    """The loops, conditions and `try` statements around a node in its function, each with the block."""
    found: list[tuple[ast.AST, str]] = []
    child = node
    for outer in file.ancestors(node):
        if isinstance(outer, FunctionNode | ast.Lambda):
            break
        if isinstance(outer, ast.stmt) and not isinstance(outer, ast.With):
            fields = [
                name for name, value in ast.iter_fields(outer) if value is child or _holds(value, child)
            ]
            if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
                found += [(outer, name) for name in fields]
        child = outer
    return found


def _holds(value: object, node: ast.AST) -> bool:
    return isinstance(value, list) and node in value


def _is_alone(file: ProgramFile, statement: ast.stmt) -> bool:
    """Whether a statement may go: it has its lines for itself, and its block keeps another one."""
    start = file.line_start(statement)
    end = file.text.find(b"\n", file.end(statement))
    line = file.text[start : len(file.text) if end < 0 else end].strip()
    parent = file.parents[statement]
    blocks = [getattr(parent, name, []) for name in ("body", "orelse", "finalbody")]
    block = next((b for b in blocks if isinstance(b, list) and statement in b), [])
    return line == file.source(statement).encode() and len(block) > 1
