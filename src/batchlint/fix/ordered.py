"""Loops whose whole body becomes a generator that waits for its turn before it changes what is shared."""

import ast
from dataclasses import replace

from batchlint.fix import names
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.edits import Edit
from batchlint.fix.emit import joined, shifted
from batchlint.fix.files import FunctionNode
from batchlint.fix.flow import exposed
from batchlint.fix.generators import convert
from batchlint.fix.iterables import without_progress
from batchlint.fix.lifting import check_class
from batchlint.fix.loop import Distribution, read_outside
from batchlint.fix.moving import apart, first_byte, last_byte, moved
from batchlint.fix.parts import leaving
from batchlint.fix.steps import Steps
from batchlint.fix.waits import Turns


class OrderedEmitter:
    """Plans the edits of a loop that becomes one generator for each record.

    Raises DeclinedError where that does not keep what the loop does.
    """

    def __init__(self, steps: Steps, draft: Draft, check: Distribution, scope: int) -> None:
        self.steps = steps
        self.draft = draft
        self.check = check
        self.scope = scope
        self.parts = check.parts
        self.file = check.file
        self.loop = check.parts.loop

    def emit(self) -> None:
        """Plan all edits."""
        self._check()
        self.check.check_records()
        shared = self._shared()
        self.check.own -= frozenset(shared)  # what a record leaves behind in a variable is not its own
        turns = Turns(self.check, frozenset(shared))
        turns.walk()
        self._emit(turns, shared)

    def _check(self) -> None:
        file, loop = self.file, self.loop
        if loop.orelse:
            raise file.decline(Reason.LOOP_FORM, "the loop has an `else` block", loop)
        for exit_ in leaving(loop.body):
            raise file.decline(Reason.EARLY_EXIT, "the loop may end early", exit_)
        check_class(file, loop.body)
        own = self.parts.targets | names.bound(loop.body)
        for node in (inner for statement in loop.body for inner in ast.walk(statement)):
            if isinstance(node, FunctionNode | ast.Lambda) and names.free(node) & own:
                message = "a function looks at the loop's variables"
                raise file.decline(Reason.CAPTURED_VARIABLE, message, node)
            if isinstance(node, ast.Delete | ast.Global | ast.Nonlocal):
                raise file.decline(Reason.DYNAMIC_SCOPE, "the loop deletes or declares names", node)
            if isinstance(node, ast.Yield | ast.YieldFrom):
                raise file.decline(Reason.LAZY, "results are handed out while the loop runs", node)
            if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
                raise file.decline(Reason.ASYNC, "the loop's body awaits something", node)
        if self.check.building.dynamic:
            raise file.decline(Reason.DYNAMIC_SCOPE, "the loop looks at its own variables", loop)
        seen = own & self.check.steps.free_names
        if seen:
            message = f"the called function looks at the loop's variable {sorted(seen)[0]!r}"
            raise file.decline(Reason.CAPTURED_VARIABLE, message, loop)

    def _shared(self) -> list[str]:
        """The variables that outlive a record; raises DeclinedError where they cannot be declared."""
        file, loop, parts = self.file, self.loop, self.parts
        outside = read_outside(file, loop)
        for name in sorted(parts.targets & outside):
            raise file.decline(Reason.CAPTURED_VARIABLE, f"{name!r} is read after the loop", loop)
        bound = names.bound(loop.body)
        shared = sorted((bound & (exposed(loop.body, parts.targets) | outside)) - parts.targets)
        scope = file.scope(loop)
        if isinstance(scope, FunctionNode):
            inside = set(ast.walk(loop))
            elsewhere = {p.arg for p in names.parameters(scope.args)}
            for node in names.walk_scope(scope.body):
                elsewhere |= _bound_by(node) if node not in inside else set()
            for name in shared:
                if name not in elsewhere:
                    message = f"{name!r} is read after the loop and bound nowhere else"
                    raise file.decline(Reason.CAPTURED_VARIABLE, message, loop)
            declared = {
                name
                for node in names.walk_scope(scope.body)
                if isinstance(node, ast.Global | ast.Nonlocal)
                for name in node.names
            }
            if declared & bound:
                raise file.decline(Reason.DYNAMIC_SCOPE, "the loop binds declared names", loop)
        return shared

    def _emit(self, turns: Turns, shared: list[str]) -> None:
        file, loop, draft = self.file, self.loop, self.draft
        draft.claim(file, loop)
        indent = file.indent(loop)
        body = f"{indent}    "
        target = loop.target
        subject = target.id if isinstance(target, ast.Name) else "record"
        name = file.fresh(f"process_{subject}", "process_one_record")
        read = exposed(loop.body, ())
        ordered = [n.id for n in ast.walk(target) if isinstance(n, ast.Name) and n.id in read]
        text = moved(file, list(loop.body), self._inner(turns), body)
        word = "global" if isinstance(file.scope(loop), ast.Module) else "nonlocal"
        declared = f"{body}{word} {', '.join(shared)}\n" if shared else ""
        gap = "\n" if indent else "\n\n"
        definition = f"{indent}def {name}({', '.join(ordered)}):\n{declared}{text}{gap}"
        bare = without_progress(file, loop.iter)
        records = shifted(file, bare, file.source(bare), body)
        run = draft.use(file, "run_batch")
        header = f"for {file.source(target)} in {records}"
        call = joined(f"{run}([", f"{name}({', '.join(ordered)})", header, indent)
        start, end = file.line_start(loop), last_byte(file, loop)
        draft.edit(file, start, end, f"{apart(file, start, indent)}{definition}{indent}{call}\n")

    def _inner(self, turns: Turns) -> list[Edit]:
        """The edits of the body."""
        file = self.file
        inner = replace(self.draft, edits={})
        wait = inner.use(file, "in_order")
        for node in turns.before:
            at = file.line_start(node)
            inner.edit(file, at, at, f"{file.indent(node)}yield {wait}()\n")
        for value in turns.around:
            is_argument = isinstance(file.parents[value], ast.Call)
            opening = f"(yield {wait}(" if is_argument else f"yield {wait}("
            at = file.start(value)
            inner.edit(file, at, at, f"{opening}(" if self._is_bare(value) else opening)
        convert(self.steps, inner, file, self.scope, self.loop.body)
        for node in turns.idle:
            self._drop(inner, node)
        for value in turns.around:
            closing = "))" if isinstance(file.parents[value], ast.Call) else ")"
            at = file.end(value)
            inner.edit(file, at, at, f"{closing})" if self._is_bare(value) else closing)
        for exit_ in leaving(self.loop.body, rounds=True):
            inner.edit(file, file.start(exit_), file.end(exit_), "return")
        return inner.edits[file.path]

    def _drop(self, inner: Draft, node: ast.stmt) -> None:
        """Take out a statement, with what was planned for it."""
        file = self.file
        start, end = file.start(node), file.end(node)
        inner.edits[file.path] = [e for e in inner.edits[file.path] if not start <= e.start < end]
        parent = file.parents[node]
        blocks = [getattr(parent, name, []) for name in ("body", "orelse", "finalbody")]
        if any(block == [node] for block in blocks):
            inner.edit(file, start, end, "pass")
        else:
            inner.edit(file, first_byte(file, node), last_byte(file, node), "")

    def _is_bare(self, value: ast.expr) -> bool:
        """Whether a value needs parentheses of its own as an argument."""
        is_yield = value in self.parts.calls and isinstance(self.file.parents[value], ast.Assign)
        return is_yield or (isinstance(value, ast.Tuple) and not self.file.source(value).startswith("("))


def _bound_by(node: ast.AST) -> set[str]:
    """The names that a node itself binds, not something in it."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return {name}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
    return set()
