"""Fan-outs of coroutines: what is run for each record, what it is kept in, and where all are awaited."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from batchlint.fix import names
from batchlint.fix.awaiting import begins_task, kind_of
from batchlint.fix.coroutines import is_coroutine
from batchlint.fix.decline import Reason
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.fix.gatherers import gathers
from batchlint.fix.loop import is_bound_by_loop


@dataclass(frozen=True, slots=True)
class Element:
    """What is run for each record: the expression `outer` is the coroutine's, or begins it as a `task`.

    `calls` are the calls of coroutines in it, innermost first.
    """

    outer: ast.expr
    coroutine: ast.expr
    task: ast.Call | None
    calls: tuple[ast.Call, ...]


def element_around(program: Program, file: ProgramFile, call: ast.Call) -> Element:
    """The element whose coroutine a call makes, alone or as an argument of other coroutines' calls."""
    node, calls = call, [call]
    while isinstance(parent := file.parents[node], ast.Call) and parent.func is not node:
        if begins_task(file, parent):
            return Element(parent, node, parent, tuple(calls))
        key = program.key(file, parent)
        is_own = key is not None and is_coroutine(program, key) and key not in program.sites
        if not is_own and kind_of(file, parent.func) != "wait_for":
            break
        node = parent
        calls.append(parent)
    return Element(node, node, None, tuple(calls))


@dataclass(frozen=True, slots=True)
class FanOut:
    """Coroutines that are awaited together at `sink`, a call or a name that a loop runs over.

    `kind` is `gather` where all results are awaited at once, `gatherer` where a function of the program
    does that with `held`, `completed` where a loop takes them one by one. `fills` are all elements that are
    awaited there, `variable` is what they are kept in until then, bound by the statement `binding`.
    """

    file: ProgramFile
    kind: str
    sink: ast.expr
    fills: list[Element] = field(default_factory=list)
    variable: str = ""
    binding: ast.stmt | None = None
    held: ast.expr | None = None


class Finder:
    """Finds the fan-out that an element is part of; raises DeclinedError where that has no rewrite."""

    def __init__(self, program: Program, file: ProgramFile) -> None:
        self.program = program
        self.file = file

    def find(self, element: Element) -> FanOut:
        """The fan-out of an element."""
        file, outer = self.file, element.outer
        parent = file.parents[outer]
        match parent:
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() if parent.elt is outer:
                found = self._of_collection(parent)
            case ast.DictComp(value=value) if value is outer:
                found = self._of_collection(parent)
            case ast.Call(func=ast.Name(id="map")):
                found = self._of_collection(outer)
            case ast.Assign(targets=[ast.Name(id=name)]):
                found = self._of_variable(self._filled_by(name, parent), parent)
            case _:
                variable = self._filled(outer)
                found = self._of_variable(variable, parent) if variable else self._of_collection(outer)
        if found.variable == "":
            found.fills.append(element)
        return found

    def _of_collection(self, node: ast.expr) -> FanOut:
        """Follow a collection of coroutines to where it is awaited."""
        file = self.file
        parent = file.parents[node]
        match parent:
            case ast.Starred() if isinstance(sink := file.parents[parent], ast.Call) and (
                kind_of(file, sink.func) == "gather"
            ):
                return FanOut(file, "gather", sink)
            case ast.Starred() if isinstance(sink := file.parents[parent], ast.Call) and (
                gathers(self.program, file, sink, parent)
            ):
                return FanOut(file, "gatherer", sink, held=node)
            case ast.Call() as sink if gathers(self.program, file, sink, node):
                return FanOut(file, "gatherer", sink, held=node)
            case ast.Call(args=[first, *_]) if first is node:
                if kind_of(file, parent.func) == "completed":
                    return FanOut(file, "completed", parent)
                if dotted(file, parent.func) in ("list", "tuple") and len(parent.args) == 1:
                    return self._of_collection(parent)
                match parent.func:
                    case ast.Attribute(value=ast.Name(id=name), attr="extend"):
                        return self._of_variable(name, parent)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return self._of_variable(name, parent)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add()):
                return self._of_variable(name, parent)
            case ast.For(iter=iterable) | ast.comprehension(iter=iterable) if iterable is node:
                return FanOut(file, "completed", node)
        raise file.decline(Reason.CALL_FORM, "it is not seen where the coroutines are awaited", node)

    def _filled(self, node: ast.expr) -> str:
        """The variable that a statement puts a value into: `v.append(value)`, `v[key] = value`."""
        match self.file.parents[node]:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value]):
                return name if value is node else ""
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value):
                return name if value is node else ""
        return ""

    def _filled_by(self, name: str, statement: ast.stmt) -> str:
        """The variable that `name` is put into, the only thing that is done with it."""
        file = self.file
        block = file.parents[statement]
        reads = (
            node
            for node in ast.walk(file.scope(statement))
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        )
        uses = [n for n in reads if block in file.ancestors(n) or not is_bound_by_loop(file, n, statement)]
        found = self._filled(uses[0]) if len(uses) == 1 else ""
        if not found:
            raise file.decline(Reason.CALL_FORM, f"what becomes of {name!r} is not seen", statement)
        return found

    # variables

    def _of_variable(self, name: str, at: ast.AST) -> FanOut:
        """Follow a variable that holds coroutines: what fills it, and the one place that awaits them."""
        file = self.file
        scope = file.scope(at)
        if isinstance(scope, ast.ClassDef | ast.Lambda):
            raise file.decline(Reason.CALL_FORM, "it is not seen where the coroutines are awaited", scope)
        sinks: list[FanOut] = []
        fills: list[Element] = []
        binding: ast.stmt | None = None
        for node in ast.walk(scope):
            if not isinstance(node, ast.Name) or node.id != name:
                if isinstance(node, ast.arg) and node.arg == name:
                    raise file.decline(Reason.CALL_FORM, f"{name!r} comes from outside", node)
                continue
            if file.scope(node) is not scope:
                raise file.decline(Reason.CAPTURED_VARIABLE, f"another function sees {name!r}", node)
            if isinstance(node.ctx, ast.Store) and not isinstance(file.parents[node], ast.AugAssign):
                if binding is not None:
                    raise file.decline(Reason.CALL_FORM, f"{name!r} is bound twice", node)
                binding = file.statement(node)
            sink = self._use(node, fills)
            if sink is not None:
                sinks.append(sink)
        if isinstance(scope, ast.Module) and any(name in names.free(f) for f in file.functions.values()):
            raise file.decline(Reason.CAPTURED_VARIABLE, f"a function sees {name!r}", at)
        if len(sinks) != 1 or binding is None:
            raise file.decline(Reason.CALL_FORM, f"{name!r} is not awaited at one place", at)
        found = replace(sinks[0], fills=fills, variable=name, binding=binding)
        self._check_order(found, binding)
        return found

    def _use(self, node: ast.Name, fills: list[Element]) -> FanOut | None:
        """Take in one use of a variable; gives the fan-out where it is awaited."""
        file = self.file
        parent = file.parents[node]
        if isinstance(parent, ast.Attribute) and parent.attr in ("values", "keys", "items"):
            call = file.parents[parent]
            if parent.attr == "keys":
                return None
            if parent.attr == "values" and isinstance(call, ast.Call) and not call.args:
                return self._of_collection(call)
        match parent:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                if isinstance(node.ctx, ast.Store):
                    fills += self._elements(value)
                    return None
            case ast.AugAssign(target=target, op=ast.Add(), value=value) if target is node:
                fills += self._elements(value)
                return None
            case ast.Attribute(attr="append" | "extend"):
                call = file.parents[parent]
                if isinstance(call, ast.Call) and _is_fill(file, call):
                    is_one = parent.attr == "append"
                    fills += [self._element(call.args[0])] if is_one else self._elements(call.args[0])
                    return None
            case ast.Subscript(ctx=ast.Store()) if isinstance(file.parents[parent], ast.Assign):
                statement = file.parents[parent]
                assert isinstance(statement, ast.Assign)
                fills.append(self._element(statement.value))
                return None
            case ast.Call() if dotted(file, parent.func) == "len":
                return None
            case ast.If(test=test) if test is node:
                return None
            case ast.UnaryOp(op=ast.Not()) if isinstance(file.parents[parent], ast.If):
                return None
        return self._of_collection(node)

    def _elements(self, node: ast.expr) -> Iterator[Element]:
        """The elements that a collection holds."""
        match node:
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                yield from (self._element(part) for part in parts)
            case ast.Dict(keys=[], values=[]):
                return
            case ast.Call(func=ast.Name(id="list" | "dict"), args=[], keywords=[]):
                return
            case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part) | ast.DictComp(value=part):
                yield self._element(part)
            case _:
                raise self.file.decline(Reason.CALL_FORM, "what else is awaited is not seen", node)

    def _element(self, node: ast.expr) -> Element:
        """The element that an expression is; raises DeclinedError where it may be anything."""
        file, program = self.file, self.program
        if isinstance(node, ast.Name):
            for statement in names.walk_scope(_body(file.scope(node))):
                match statement:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == node.id:
                        self._filled_by(node.id, statement)
                        return self._element(value)
        inner = node
        if isinstance(node, ast.Call) and begins_task(file, node) and _names_only(node):
            inner = node.args[0]
        if isinstance(inner, ast.Call):
            key = program.key(file, inner)
            if key is not None and (
                is_coroutine(program, key) or dotted(file, inner.func) == "asyncio.sleep"
            ):
                task = node if isinstance(node, ast.Call) and node is not inner else None
                calls = [n for n in ast.walk(inner) if isinstance(n, ast.Call) and self._makes(n)]
                return Element(node, inner, task, tuple(calls))
            if kind_of(file, inner.func) == "wait_for" and inner.args:
                found = self._element(inner.args[0])
                return Element(node, inner, None if inner is node else node, found.calls)  # type: ignore[arg-type]
        raise file.decline(Reason.CALL_FORM, "what else is awaited is not seen", node)

    def _makes(self, call: ast.Call) -> bool:
        key = self.program.key(self.file, call)
        return key is not None and is_coroutine(self.program, key)

    def _check_order(self, found: FanOut, binding: ast.stmt) -> None:
        """Tasks run as soon as something is awaited: that may only be where all of them are."""
        file = self.file
        if _loop(file, binding) is not _loop(file, found.sink):
            raise file.decline(Reason.CALL_FORM, f"{found.variable!r} is kept between rounds", binding)
        if not any(fill.task for fill in found.fills):
            return
        begin, end = file.start(binding), file.start(found.sink)
        around = set(file.ancestors(found.sink))
        for node in names.walk_scope(_body(file.scope(binding))):
            if not isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
                continue
            takes_result = any(
                o in around for o in file.ancestors(node) if isinstance(o, names.COMPREHENSIONS)
            )
            if begin <= file.start(node) < end and node not in around and not takes_result:
                raise file.decline(Reason.ASYNC, "tasks run before all of them are awaited", node)


def _is_fill(file: ProgramFile, call: ast.Call) -> bool:
    """Whether a call of `append` or `extend` is a statement of its own."""
    return len(call.args) == 1 and not call.keywords and isinstance(file.parents[call], ast.Expr)


def _names_only(call: ast.Call) -> bool:
    """Whether a call that begins a task passes nothing but the coroutine and the task's name."""
    return len(call.args) == 1 and all(k.arg == "name" for k in call.keywords)


def _body(scope: FunctionNode | ast.Lambda | ast.ClassDef | ast.Module) -> list[ast.stmt]:
    return scope.body if isinstance(scope.body, list) else []


def runs_before(file: ProgramFile, node: ast.AST, later: ast.AST) -> bool:
    """Whether a node runs only before another one of the same function: no loop leads back to it."""
    loops = (ast.For, ast.AsyncFor, ast.While)
    around = [outer for outer in file.ancestors(later) if isinstance(outer, loops)]
    return file.start(node) < file.start(later) and not any(o in around for o in file.ancestors(node))


def _loop(file: ProgramFile, node: ast.AST) -> ast.AST | None:
    """The innermost loop statement around a node in its function."""
    for outer in file.ancestors(node):
        if isinstance(outer, ast.For | ast.AsyncFor | ast.While):
            header = [outer.iter] if isinstance(outer, ast.For | ast.AsyncFor) else []
            if any(node in ast.walk(part) for part in header):
                continue
            return outer
        if isinstance(outer, FunctionNode | ast.Lambda):
            return None
    return None
