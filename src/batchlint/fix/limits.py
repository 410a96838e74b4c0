"""What kind of limit an expression is: a semaphore, a rate limiter, a time limit, or nothing of the kind."""

import ast
from collections.abc import Iterator

from batchlint.fix import names
from batchlint.fix.awaiting import kind_of, table
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import bind, dotted

DEPTH_MAX = 4
"""How many callers back the value of a parameter is looked for."""


class Limits:
    """Tells limits by where their values come from, in all files of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def kind(self, file: ProgramFile, node: ast.expr) -> str | None:
        """The list of `awaiting.toml` that the context manager `node` is in, `exclusive` for a semaphore of
        one; None where that is not known."""
        kinds = self._kinds(file, node, 0)
        if kinds == {"limiter", "lasting"}:
            return "limiter"
        return kinds.pop() if len(kinds) == 1 else None

    def is_harmless(self, file: ProgramFile, node: ast.expr) -> bool:
        """Whether entering a context manager changes nothing that a program could see."""
        return self.kind(file, node) in ("limiter", "exclusive", "lasting", "unless_batched", "time_limit")

    def _kinds(self, file: ProgramFile, node: ast.expr, depth: int) -> set[str | None]:
        match node:
            case ast.Call():
                kind = kind_of(file, node.func)
                is_one = any(isinstance(a, ast.Constant) and a.value == 1 for a in node.args[:1])
                is_one |= any(isinstance(k.value, ast.Constant) and k.value.value == 1 for k in node.keywords)
                return {"exclusive" if kind == "limiter" and is_one else kind}
            case ast.Constant(value=None):
                return set()
            case ast.IfExp(body=one, orelse=other):
                return self._kinds(file, one, depth) | self._kinds(file, other, depth)
            case ast.BoolOp(values=values):
                return {kind for value in values for kind in self._kinds(file, value, depth)}
            case ast.Name():
                return self._of_name(file, node, node.id, depth)
            case ast.Attribute(attr=attr):
                return self._of_attribute(file, attr, depth)
        return {None}

    def _of_name(self, file: ProgramFile, at: ast.AST, name: str, depth: int) -> set[str | None]:
        for outer in file.ancestors(at):
            if isinstance(outer, FunctionNode):
                if name in {p.arg for p in names.parameters(outer.args)}:
                    return self._of_parameter(file, outer, name, depth)
                if name in names.bound(outer.body):
                    return self._of_values(file, _values(name, outer.body), depth)
            elif isinstance(outer, ast.Module):
                values = _values(name, [*outer.body, *_globals(file, name)])
                return self._of_values(file, values, depth) if values else self._imported(file, name, depth)
        return {None}

    def _imported(self, file: ProgramFile, name: str, depth: int) -> set[str | None]:
        """What a module of the program binds that a name is imported from."""
        for node in file.tree.body:
            if not isinstance(node, ast.ImportFrom):
                continue
            for alias in node.names:
                path = self.program.linker.scopes.modules.resolve(file.path, node.module or "", node.level)
                if (alias.asname or alias.name) == name and path is not None:
                    other = self.program.file(path)
                    values = _values(alias.name, [*other.tree.body, *_globals(other, alias.name)])
                    return self._of_values(other, values, depth)
        return {None}

    def _of_values(self, file: ProgramFile, values: list[ast.expr | None], depth: int) -> set[str | None]:
        if not values or depth > DEPTH_MAX:
            return {None}
        return {kind for v in values for kind in ({None} if v is None else self._kinds(file, v, depth + 1))}

    def _of_parameter(
        self, file: ProgramFile, function: FunctionNode, name: str, depth: int
    ) -> set[str | None]:
        """What callers pass, or what the annotation says."""
        if name in names.bound(function.body) or depth > DEPTH_MAX:
            return {None}
        arguments = function.args
        for parameter in names.parameters(arguments):
            if parameter.arg == name and _annotated(file, parameter.annotation):
                return {"limiter"}
        scope = self.program.scope_of_function(file, function)
        edges = [] if scope is None else self.program.callers(scope)
        found: set[str | None] = set()
        for edge in edges:
            if edge.call < 0 or not self.program.is_plain(edge):
                return {None}
            caller = self.program.file_of(edge.caller)
            passed = bind(self.program.call(edge.caller, edge.call), function)
            if passed is None:
                return {None}
            value = passed.get(name) or _default(arguments, name)
            found |= {None} if value is None else self._kinds(caller, value, depth + 1)
        return found or {None}

    def _of_attribute(self, file: ProgramFile, attr: str, depth: int) -> set[str | None]:
        """What is written to attributes of this name, in this file or else in all of the program."""
        own = list(_stores(file, attr))
        if own:
            return {kind for value in own for kind in self._stored(file, value, depth)}
        found: set[str | None] = set()
        for other in self.program.files():
            for value in _stores(other, attr):
                found |= self._stored(other, value, depth)
        return found or {None}

    def _stored(self, file: ProgramFile, value: ast.expr | str, depth: int) -> set[str | None]:
        if isinstance(value, str):
            return {value}
        return self._of_values(file, [value], depth)


def _annotated(file: ProgramFile, annotation: ast.expr | None) -> bool:
    """Whether an annotation names a limiter."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Optional"), slice=inner):
            return _annotated(file, inner)
        case ast.BinOp(left=inner, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _annotated(file, inner)
        case ast.Name() | ast.Attribute():
            return dotted(file, annotation) in table()["limiter"]
    return False


def _values(name: str, body: list[ast.stmt]) -> list[ast.expr | None]:
    """The values that a body binds to a name; None for a binding that is no assignment."""
    found: list[ast.expr | None] = []
    seen = 0
    for node in names.walk_scope(body):
        match node:
            case ast.Assign(targets=[ast.Name(id=bound)], value=value) if bound == name:
                found.append(value)
            case ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value) if bound == name:
                found.append(value)
            case ast.AnnAssign(target=ast.Name(id=bound), value=None) if bound == name:
                seen -= 1
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            seen += 1
    return found if seen == len(found) else [*found, None]


def _globals(file: ProgramFile, name: str) -> Iterator[ast.stmt]:
    """The bodies of the functions that bind a name of the module."""
    for function in file.functions.values():
        if isinstance(function, FunctionNode):
            declared = (n for n in names.walk_scope(function.body) if isinstance(n, ast.Global))
            if any(name in node.names for node in declared):
                yield from function.body


def _stores(file: ProgramFile, attr: str) -> Iterator[ast.expr | str]:
    """The values that a file writes to attributes of a name; a kind where only an annotation says it."""
    if attr.encode() not in file.text:
        return
    for node in ast.walk(file.tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                in_class = isinstance(file.parents[node], ast.ClassDef)
                if any(_binds(target, attr, in_class=in_class) for target in targets):
                    yield value
            case ast.AnnAssign(target=ast.Attribute(attr=written), value=ast.expr() as value):
                if written == attr:
                    yield value
            case ast.AnnAssign(target=ast.Name(id=written), annotation=annotation) if written == attr:
                if isinstance(file.parents[node], ast.ClassDef) and _annotated(file, annotation):
                    yield "limiter"


def _binds(target: ast.expr, attr: str, *, in_class: bool) -> bool:
    """Whether an assignment's target is an attribute of a name, or a class's variable."""
    match target:
        case ast.Attribute(attr=written):
            return written == attr
        case ast.Name(id=written):
            return in_class and written == attr
    return False


def _default(arguments: ast.arguments, name: str) -> ast.expr | None:
    positional = [*arguments.posonlyargs, *arguments.args]
    for parameter, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        if parameter.arg == name:
            return default
    for parameter, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if parameter.arg == name:
            return value
    return None
