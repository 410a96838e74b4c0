"""Who takes the results of a fan-out: a list made at once, a loop, a variable, or nobody."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from batchlint.fix import names
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.fix.forms import Form, Workers
from batchlint.fix.iterables import is_progress
from batchlint.fix.parts import leaving

_AT_ONCE = frozenset(
    {"list", "tuple", "set", "frozenset", "sorted", "sum", "min", "max", "dict", "pandas.concat", "len"}
)
_WRAPPING = frozenset({"enumerate", "zip", "reversed", "filter"})
_AT_ONCE_METHODS = frozenset({"join", "extend", "update"})


def is_taken_at_once(file: ProgramFile, node: ast.AST) -> bool:
    """Whether a generator expression is the argument of a call that takes all its items and does nothing
    else, such as `sum` or the `join` of a text."""
    parent = file.parents.get(node)
    if not isinstance(node, ast.GeneratorExp) or not isinstance(parent, ast.Call) or node not in parent.args:
        return False
    if dotted(file, parent.func) in _AT_ONCE:
        return True
    match parent.func:
        case ast.Attribute(value=ast.Constant(value=str()), attr="join"):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Consumer:
    """What a rewrite replaces, and what happens to the results.

    `node` is the expression that gives them, with wrappers that go; `loop` the `for` loop that takes them one
    after the other. `is_swallowing` says that an item's failure must wait until its turn comes, or is never
    seen. `until` is the statement that has taken the last result.
    """

    node: ast.expr
    loop: ast.For | None
    is_swallowing: bool
    until: ast.stmt


def consumer_of(program: Program, draft: Draft, file: ProgramFile, form: Form) -> Consumer:
    """The consumer of a fan-out's results; raises DeclinedError where it cannot be told."""
    return _Finder(program, draft, file, form).find()


def check_break(draft: Draft, file: ProgramFile, loop: ast.For) -> None:
    """Object to what leaves a loop over results early: the requests are made and paid by then."""
    for statement in leaving(loop.body):
        message = "the loop may end early, after all requests are paid"
        draft.object(file, Reason.EARLY_EXIT, message, statement)


class _Finder:
    def __init__(self, program: Program, draft: Draft, file: ProgramFile, form: Form) -> None:
        self.program = program
        self.draft = draft
        self.file = file
        self.form = form

    def find(self) -> Consumer:
        file = self.file
        node: ast.expr = self.form.call
        parent = file.parents[node]
        while isinstance(parent, ast.Call) and is_progress(file, parent) and parent.args[:1] == [node]:
            node, parent = parent, file.parents[parent]
        if isinstance(parent, ast.Call) and dotted(file, parent.func) == "list" and parent.args == [node]:
            node, parent = parent, file.parents[parent]
            return Consumer(node, None, False, file.statement(node))
        if isinstance(parent, ast.For) and parent.iter is node:
            return self._of_loop(node, parent)
        if not self.form.is_iterator:
            return Consumer(node, None, False, file.statement(node))
        return self._of_iterator(node, parent)

    def _of_loop(self, node: ast.expr, loop: ast.For) -> Consumer:
        if self.form.is_iterator:
            check_break(self.draft, self.file, loop)
        swallowing = self.form.is_iterator and _is_guarded(self.file, loop)
        if swallowing and (loop.iter is not node or self._is_on_one_line(loop)):
            raise self.file.decline(Reason.BLOCK, "where a record's failure appears would change", loop)
        return Consumer(node, loop, swallowing, loop)

    def _is_on_one_line(self, loop: ast.For) -> bool:
        return loop.body[0].lineno == loop.lineno

    def _of_iterator(self, node: ast.expr, parent: ast.AST) -> Consumer:
        file, statement = self.file, self.file.statement(node)
        match parent:
            case ast.Expr():
                if self.form.workers is Workers.NONE or "imap" in ast.unparse(self.form.call.func):
                    raise file.decline(Reason.LAZY, "nobody takes the results", node)
                return Consumer(node, None, True, statement)
            case ast.Assign(targets=[ast.Name(id=name)]) if parent.value is node:
                return self._of_variable(node, parent, name)
        if (loop := self._taken_at_once(node)) is not None:
            if isinstance(loop, ast.For):
                check_break(self.draft, file, loop)
                if _is_guarded(file, loop):
                    message = "where a record's failure appears would change"
                    raise file.decline(Reason.BLOCK, message, loop)
                return Consumer(node, loop, False, loop)
            return Consumer(node, None, False, statement)
        raise file.decline(Reason.LAZY, "who takes the results, and when, is not seen", node)

    def _of_variable(self, node: ast.expr, statement: ast.Assign, name: str) -> Consumer:
        """The iterator is kept in a variable, which is read once, by something that takes all."""
        file, scope = self.file, self.file.scope(node)
        uses = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == name]
        loads = [n for n in uses if isinstance(n.ctx, ast.Load)]
        if len(uses) != len(loads) + 1 or len(loads) > 1 or isinstance(scope, ast.Module | ast.Lambda):
            raise file.decline(Reason.LAZY, "the results are taken in several places", node)
        if not loads:
            if self.form.workers is Workers.NONE:
                raise file.decline(Reason.LAZY, "nobody takes the results", node)
            return Consumer(node, None, True, statement)
        loop = self._taken_at_once(loads[0])
        if loop is None or file.scope(loads[0]) is not scope or _is_in_other_loop(file, loads[0], statement):
            raise file.decline(Reason.LAZY, "who takes the results, and when, is not seen", node)
        if _is_guarded(file, loads[0]) and not _is_guarded(file, statement):
            raise file.decline(Reason.BLOCK, "where a record's failure appears would change", node)
        if isinstance(loop, ast.For):
            check_break(self.draft, file, loop)
            if _is_guarded(file, loop):
                raise file.decline(Reason.BLOCK, "where a record's failure appears would change", loop)
            return Consumer(node, loop, False, loop)
        return Consumer(node, None, False, file.statement(loads[0]))

    def _taken_at_once(self, node: ast.expr) -> ast.For | ast.expr | None:
        """The loop or call that takes all of an iterator's items; None where that is not seen."""
        file = self.file
        child: ast.AST = node
        for parent in file.ancestors(node):
            match parent:
                case ast.Call(func=func) if child is not func:
                    path = dotted(file, func)
                    if path in _AT_ONCE:
                        return parent
                    if path is None and isinstance(func, ast.Attribute) and func.attr in _AT_ONCE_METHODS:
                        return parent
                    if path not in _WRAPPING and not is_progress(file, parent):
                        return None
                case ast.For(iter=iterable) if iterable is child:
                    return parent
                case ast.comprehension(iter=iterable) if iterable is child:
                    return self._of_clause(parent)
                case ast.Starred() if isinstance(file.parents[parent], ast.List | ast.Tuple | ast.Set):
                    return parent
                case _:
                    return None
            child = parent
        return None

    def _of_clause(self, clause: ast.comprehension) -> ast.expr | None:
        """A comprehension whose first clause the results are."""
        outer = self.file.parents[clause]
        if isinstance(outer, ast.ListComp | ast.SetComp | ast.DictComp) and outer.generators[0] is clause:
            return outer
        return None


def _is_in_other_loop(file: ProgramFile, node: ast.AST, other: ast.AST) -> bool:
    """Whether a node is run again and again where another one runs once."""
    around = set(file.ancestors(other))
    for outer in file.ancestors(node):
        if outer in around:
            return False
        loops = (ast.For, ast.While, *names.COMPREHENSIONS)
        if isinstance(outer, loops):
            first = outer.iter if isinstance(outer, ast.For) else None
            if isinstance(outer, names.COMPREHENSIONS):
                first = outer.generators[0].iter
            if first is None or node not in set(ast.walk(first)):
                return True
    return False


def _is_guarded(file: ProgramFile, node: ast.AST) -> bool:
    """Whether a failure is caught in the function that a node stands in."""
    child = node
    for outer in file.ancestors(node):
        if isinstance(outer, FunctionNode | ast.Lambda):
            return False
        if isinstance(outer, ast.Try) and child in outer.body and outer.handlers:
            return True
        if isinstance(outer, ast.With) and any(
            dotted(file, item.context_expr.func) == "contextlib.suppress"
            for item in outer.items
            if isinstance(item.context_expr, ast.Call)
        ):
            return True
        child = outer
    return False


def beside(file: ProgramFile, form: Form, consumer: Consumer) -> list[ast.AST]:
    """What the program itself may do while a pool works for a fan-out."""
    found = statements_beside(file, form, [consumer.until])
    return [*found, *consumer.loop.body] if consumer.loop is not None else found


def statements_beside(file: ProgramFile, form: Form, until: list[ast.stmt]) -> list[ast.AST]:
    """The statements that may run while a pool works: from the fan-out on, to the end of the pool's block or
    the last of the statements that take results."""
    last = form.binder.statement if form.binder is not None else None
    found: list[ast.AST] = []
    child: ast.AST = file.statement(form.call)
    for outer in file.ancestors(child):
        if isinstance(outer, ast.For | ast.While):
            found += [s for s in outer.body if s is not child]
        else:
            found += _later(outer, child, until if outer is not last else [])
        if outer is last or isinstance(outer, FunctionNode):
            break
        child = outer
    return found


def _later(outer: ast.AST, child: ast.AST, until: list[ast.stmt]) -> Iterator[ast.AST]:
    """The statements behind one in its block, to the last of some others where they stand there."""
    for block in (getattr(outer, name, []) for name in ("body", "orelse", "finalbody")):
        if isinstance(block, list) and child in block:
            following = block[block.index(child) + 1 :]
            ends = [n for n, s in enumerate(following, 1) if any(u in set(ast.walk(s)) for u in until)]
            yield from following[: max(ends)] if ends else following
