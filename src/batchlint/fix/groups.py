"""Task groups: `async with TaskGroup()` around the beginning of tasks becomes a run of their coroutines."""

import ast

from batchlint.fix import names
from batchlint.fix.awaiting import kind_of
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.emit import joined
from batchlint.fix.files import FunctionNode, ProgramFile
from batchlint.fix.gathered import Element, FanOut

_READ = frozenset({"result", "exception"})
"""What a task and an outcome have in common."""


def group_of(file: ProgramFile, element: Element) -> ast.AsyncWith | None:
    """The task group that begins an element's task."""
    if element.task is None or not isinstance(element.task.func, ast.Attribute):
        return None
    match element.task.func.value:
        case ast.Name(id=name):
            for outer in file.ancestors(element.task):
                if isinstance(outer, ast.AsyncWith) and _binds(file, outer, name):
                    return outer
                if isinstance(outer, names.NESTED):
                    break
    return None


def _binds(file: ProgramFile, node: ast.AsyncWith, name: str) -> bool:
    for item in node.items:
        match item:
            case ast.withitem(context_expr=ast.Call(func=function), optional_vars=ast.Name(id=bound)):
                if bound == name and kind_of(file, function) == "group":
                    return True
    return False


class TaskGroup:
    """A task group that does nothing but begin one kind of task; raises DeclinedError for any other."""

    def __init__(self, file: ProgramFile, node: ast.AsyncWith, element: Element) -> None:
        self.file = file
        self.node = node
        self.element = element
        self.kept = self._kept_in()
        self._check()

    def fan_out(self) -> FanOut:
        """The fan-out that the group is."""
        sink = self.node.items[0].context_expr
        return FanOut(self.file, "group", sink, [self.element], self.kept or "")

    def _kept_in(self) -> str | None:
        """The variable that the tasks are kept in; None where they are not."""
        file, outer = self.file, self.element.outer
        match file.parents[outer]:
            case ast.Expr():
                return None
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append")) as call:
                if isinstance(file.parents[call], ast.Expr):
                    return name
            case ast.ListComp() as whole:
                match file.parents[whole]:
                    case ast.Assign(targets=[ast.Name(id=name)]) as statement if self.node.body == [
                        statement
                    ]:
                        return name
        raise file.decline(Reason.CALL_FORM, "what becomes of the group's tasks is not seen", outer)

    def _check(self) -> None:
        file, node = self.file, self.node
        if len(node.items) != 1 or len(node.items[0].context_expr.args) > 0:  # type: ignore[attr-defined]
            raise file.decline(Reason.LOOP_FORM, "the group is opened with something else", node)
        for inner in names.walk_scope(node.body):
            if isinstance(inner, ast.Await | ast.AsyncFor | ast.AsyncWith | ast.Return):
                raise file.decline(Reason.ASYNC, "the group's body awaits something", inner)
            if isinstance(inner, ast.Constant | ast.JoinedStr) and inner.end_lineno != inner.lineno:
                raise file.decline(Reason.LOOP_FORM, "a text of several lines stands in the group", inner)
        name = node.items[0].optional_vars
        assert isinstance(name, ast.Name)
        scope = file.scope(node)
        uses = [
            n
            for n in ast.walk(scope)
            if isinstance(n, ast.Name) and n.id == name.id and isinstance(n.ctx, ast.Load)
            if not any(
                isinstance(outer, ast.AsyncWith) and outer is not node and _binds(file, outer, name.id)
                for outer in file.ancestors(n)
            )
        ]
        if len(uses) != 1:
            raise file.decline(Reason.CALL_FORM, "the group begins several kinds of tasks", node)
        for outer in file.ancestors(node):
            if isinstance(outer, ast.Try | ast.TryStar) and any(node in ast.walk(s) for s in outer.body):
                raise file.decline(Reason.BLOCK, "the exceptions of a group are caught", outer)
            if isinstance(outer, names.NESTED):
                break
        if self.kept is not None:
            self._check_kept(self.kept, scope)

    def _check_kept(self, name: str, scope: ast.AST) -> None:
        """Of the tasks nothing may be used but their results, after the group."""
        file = self.file
        if not isinstance(scope, FunctionNode):
            raise file.decline(Reason.CAPTURED_VARIABLE, f"a function may see {name!r}", scope)
        reads = 0
        for node in ast.walk(scope):
            if not isinstance(node, ast.Name) or node.id != name or file.scope(node) is not scope:
                if isinstance(node, ast.Name) and node.id == name:
                    raise file.decline(Reason.CAPTURED_VARIABLE, f"another function sees {name!r}", node)
                continue
            if isinstance(node.ctx, ast.Store):
                if not self._is_begin(node):
                    raise file.decline(Reason.CALL_FORM, f"what else {name!r} holds is not seen", node)
            elif self.node not in file.ancestors(node):
                reads += 1
                if not self._reads_results(node):
                    raise file.decline(Reason.CALL_FORM, f"{name!r} is used for more than results", node)
        if not reads:
            raise file.decline(Reason.CALL_FORM, f"nobody asks {name!r} for results", self.node)

    def _is_begin(self, node: ast.Name) -> bool:
        """Whether the tasks' list is bound empty, or as a whole inside of the group."""
        match self.file.parents[node]:
            case ast.Assign(value=ast.List(elts=[])) | ast.AnnAssign(value=ast.List(elts=[])):
                return True
            case ast.Assign() as statement:
                return self.node.body == [statement]
        return False

    def _reads_results(self, node: ast.Name) -> bool:
        """`task.result() for task in tasks`, also beside the records."""
        file = self.file
        around = file.parents[node]
        while isinstance(around, ast.Call) and isinstance(around.func, ast.Name):
            if around.func.id not in ("zip", "enumerate"):
                return False
            around = file.parents[around]
        if not isinstance(around, ast.For | ast.comprehension):
            return False
        whole = file.parents[around] if isinstance(around, ast.comprehension) else around
        target = around.target
        last = target.elts[-1] if isinstance(target, ast.Tuple) and target.elts else target
        if not isinstance(last, ast.Name):
            return False
        inside = [n for n in ast.walk(whole) if isinstance(n, ast.Name) and n.id == last.id and n is not last]
        return all(
            isinstance(parent := file.parents[n], ast.Attribute) and parent.attr in _READ for n in inside
        )


class TaskGroupEmitter:
    """Plans the edits of a task group."""

    def __init__(self, draft: Draft, group: TaskGroup) -> None:
        self.draft = draft
        self.file = group.file
        self.node = group.node
        self.element = group.element
        self.kept = group.kept

    def emit(self) -> None:
        """Plan all edits: the group goes, and what it began runs after it."""
        file, node, draft = self.file, self.node, self.draft
        draft.claim(file, node)
        indent = file.indent(node)
        single = self._single()
        if single is not None:
            draft.edit(file, file.start(node), file.end(node), single)
            return
        task, coroutine = self.element.task, self.element.coroutine
        assert task is not None
        name = self.kept or file.fresh("coroutines", "batch_coroutines")
        opening = f"{name}.append(" if self.kept is None else ""
        closing = ")" if self.kept is None else ""
        draft.edit(file, file.start(task), file.start(coroutine), opening)
        draft.edit(file, file.end(coroutine), file.end(task), closing)
        first = file.line_start(node.body[0])
        if b"#" in file.text[file.end(node.items[0].context_expr) : first]:
            raise file.decline(Reason.LOOP_FORM, "a comment stands at the group's head", node)
        draft.edit(file, file.start(node), first, "" if self.kept else f"{name} = []\n{indent}")
        deeper = len(file.indent(node.body[0])) - len(indent)
        self._dedent(first, file.end(node), deeper, skip_first=True)
        run = draft.use(file, "run_outcomes_async" if self.kept else "run_batch_async")
        result = f"{name} = " if self.kept else ""
        line = file.text.find(b"\n", file.end(node))
        end = len(file.text) if line < 0 else line - file.text[:line].endswith(b"\r")
        draft.edit(file, end, end, f"\n{indent}{result}await {run}({name})")

    def _single(self) -> str | None:
        """The run as one statement, where the group's body is one comprehension or one loop."""
        file, draft = self.file, self.draft
        (statement, *rest) = self.node.body
        coroutine = file.source(self.element.coroutine)
        if rest or "\n" in coroutine or b"#" in file.text[file.start(self.node) : file.end(self.node)]:
            return None
        indent = file.indent(self.node)
        match statement:
            case ast.Assign(value=ast.ListComp(generators=generators)):
                start = file.start(generators[0].target) - 4
                clauses = file.text[start : file.end(statement.value) - 1].decode().strip()
                if "\n" in clauses or not clauses.startswith("for "):
                    return None
                run = draft.use(file, "run_outcomes_async")
                return joined(f"{self.kept} = await {run}([", coroutine, clauses, indent)
            case ast.For(target=target, iter=iterable, body=[ast.Expr()], orelse=[]) if self.kept is None:
                clauses = f"for {file.source(target)} in {file.source(iterable)}"
                if "\n" in clauses:
                    return None
                run = draft.use(file, "run_batch_async")
                return joined(f"await {run}([", coroutine, clauses, indent)
        return None

    def _dedent(self, start: int, end: int, deeper: int, *, skip_first: bool) -> None:
        """Move lines to the left; of the first one the white space belongs to the edit before it."""
        text = self.file.text
        at = start
        while at < end:
            width = len(text[at:end]) - len(text[at:end].lstrip(b" \t"))
            if skip_first and at == start:
                self.draft.edit(self.file, at, at + width, "")
            elif width >= deeper and text[at : at + width + 1].strip():
                self.draft.edit(self.file, at, at + deeper, "")
            line = text.find(b"\n", at, end)
            at = end if line < 0 else line + 1
