"""Statements to facts. Every `ast.stmt` class has an entry in `_HANDLERS`; a test holds that."""

import ast
from collections.abc import Callable

from batchlint.facts.builder import Env, ScopeBuilder, span_of
from batchlint.facts.expressions import (
    annotation,
    assign,
    bind_parameters,
    call,
    expression,
    expressions,
    names_in,
    parameters,
)
from batchlint.facts.model import LoopKind, ScopeKind

_Handler = Callable[[ScopeBuilder, ast.stmt], None]
_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def statements(b: ScopeBuilder, body: list[ast.stmt]) -> None:
    """Walk a block."""
    for node in body:
        _HANDLERS[type(node)](b, node)


def _expr(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Expr)
    match node.value:
        case ast.Call() as inner:
            call(b, inner, discarded=True)
        case ast.Await(value=ast.Call() as inner):
            b.value("await", (call(b, inner, awaited=True, discarded=True),))
        case ast.Constant():
            pass
        case _:
            expression(b, node.value)


def _assign(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Assign)
    # `a, b = c, d` binds pairwise: no tuple is built, so none is taken apart.
    for target in node.targets[:1]:
        if (
            len(node.targets) == 1
            and isinstance(target, ast.Tuple | ast.List)
            and isinstance(node.value, ast.Tuple | ast.List)
            and len(target.elts) == len(node.value.elts)
            and not any(isinstance(e, ast.Starred) for e in (*target.elts, *node.value.elts))
        ):
            values = expressions(b, node.value.elts)
            for element, value in zip(target.elts, values, strict=True):
                assign(b, element, value)
            return
    value = expression(b, node.value)
    for target in node.targets:
        assign(b, target, value)


def _ann_assign(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.AnnAssign)
    declared = annotation(b, node.annotation)
    if isinstance(node.target, ast.Name) and b.kind is ScopeKind.CLASS:
        b.annotations[node.target.id] = declared
    if node.value is not None:
        assign(b, node.target, expression(b, node.value))
    elif declared >= 0 and isinstance(node.target, ast.Name) and b.kind is not ScopeKind.FUNCTION:
        assign(b, node.target, b.value("typed", (declared,)))
    if declared >= 0 and isinstance(node.target, ast.Attribute):
        assign(b, node.target, b.value("typed", (declared,)))


def _aug_assign(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.AugAssign)
    target: ast.expr
    match node.target:
        case ast.Name(id=name):
            target = ast.copy_location(ast.Name(name, ast.Load()), node.target)
        case ast.Attribute(value=base, attr=attribute):
            target = ast.copy_location(ast.Attribute(base, attribute, ast.Load()), node.target)
        case ast.Subscript(value=base, slice=index):
            target = ast.copy_location(ast.Subscript(base, index, ast.Load()), node.target)
    before = expression(b, target)
    added = expression(b, node.value)
    assign(b, node.target, b.value("binop", (before, added), f"i{type(node.op).__name__}"))


def _delete(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Delete)
    for target in node.targets:
        if not isinstance(target, ast.Name):
            expression(b, target)


def _return(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Return)
    if node.value is not None:
        b.returns.append(expression(b, node.value))
    b.leave_loop("return")
    b.env.dead = True


def _raise(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Raise)
    if node.exc is not None:
        b.raises.append(expression(b, node.exc))
    if node.cause is not None:
        expression(b, node.cause)
    b.leave_loop("raise")
    b.env.dead = True


def _assert(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Assert)
    expression(b, node.test)
    if node.msg is not None:
        expression(b, node.msg)


def _break(b: ScopeBuilder, node: ast.stmt) -> None:
    b.leave_loop("break")
    if b.loop_stack:
        b.loop_stack[-1].breaks.append(b.env.copy())
    b.env.dead = True


def _continue(b: ScopeBuilder, node: ast.stmt) -> None:
    if b.loop_stack:
        b.loop_stack[-1].continues.append(b.env.copy())
    b.env.dead = True


def _nothing(b: ScopeBuilder, node: ast.stmt) -> None:
    pass


def _if(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.If)
    test = expression(b, node.test)
    start = b.env
    ways = []
    outer_guard = b.guard
    for body, positive in ((node.body, True), (node.orelse, False)):
        b.env = start.copy()
        if body:
            b.under(test, positive)
            statements(b, body)
            b.guard = outer_guard
        ways.append(b.env)
    b.env = b.merge(ways)
    if ways[0].dead != ways[1].dead and not start.dead:
        # `if test: return` guards everything that follows in the block.
        b.under(test, ways[1].dead)


def _blocks(b: ScopeBuilder, body: list[ast.stmt]) -> None:
    """A block whose early-exit guards end with it."""
    guard = b.guard
    statements(b, body)
    b.guard = guard


def _for(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.For | ast.AsyncFor)
    source = expression(b, node.iter)
    loop = b.open_loop()
    element = b.value("iter", (source,), isinstance(node, ast.AsyncFor))
    assign(b, node.target, element)
    _blocks(b, node.body)
    b.set_loop(
        loop,
        LoopKind.FOR,
        span_of(node),
        source,
        element,
        names_in(node.target),
        is_async=isinstance(node, ast.AsyncFor),
        catches=_catches(node.body),
    )
    b.close_loop(loop, is_infinite=False)
    _blocks(b, node.orelse)


def _while(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.While)
    loop = b.open_loop()
    test = expression(b, node.test)
    is_infinite = isinstance(node.test, ast.Constant) and bool(node.test.value)
    _blocks(b, node.body)
    b.set_loop(
        loop,
        LoopKind.WHILE,
        span_of(node),
        test,
        -1,
        is_infinite=is_infinite,
        catches=_catches(node.body),
    )
    b.close_loop(loop, is_infinite=is_infinite)
    _blocks(b, node.orelse)


def _catches(body: list[ast.stmt]) -> bool:
    """Whether an `except` block in a loop's own body lets the loop go on."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.ExceptHandler) and not isinstance(node.body[-1], _LEAVES):
            return True
        if not isinstance(node, ast.For | ast.While | ast.AsyncFor):
            stack.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, _BODIED))
    return False


_LEAVES = (ast.Raise, ast.Return, ast.Break)
_BODIED = (ast.stmt, ast.ExceptHandler, ast.match_case)


def _try(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Try | ast.TryStar)
    start = b.env.copy()
    b.try_depth += 1
    _blocks(b, node.body)
    b.try_depth -= 1
    after_body = b.env
    thrown = after_body.copy()
    thrown.dead = False
    ways: list[Env] = []
    for handler in node.handlers:
        b.env = b.merge([start.copy(), thrown.copy()]).copy()
        b.env.dead = False
        if handler.type is not None:
            expression(b, handler.type)
        if handler.name is not None:
            b.bind(handler.name, b.value("opaque"))
        b.handler_depth += 1
        _blocks(b, handler.body)
        b.handler_depth -= 1
        ways.append(b.env)
    b.env = after_body
    _blocks(b, node.orelse)
    ways.insert(0, b.env)
    b.env = b.merge(ways)
    dead, b.env.dead = b.env.dead, False
    _blocks(b, node.finalbody)
    b.env.dead = b.env.dead or dead


def _with(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.With | ast.AsyncWith)
    for item in node.items:
        entered = b.value("enter", (expression(b, item.context_expr),))
        if item.optional_vars is not None:
            assign(b, item.optional_vars, entered)
    statements(b, node.body)


def _match(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Match)
    subject = expression(b, node.subject)
    start, guard = b.env, b.guard
    ways = [start.copy()]
    for case in node.cases:
        b.env = start.copy()
        for pattern in ast.walk(case.pattern):
            name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
            if isinstance(name, str):
                whole = pattern is case.pattern
                b.bind(name, subject if whole else b.value("opaque", (subject,)))
            elif isinstance(pattern, ast.MatchValue):
                expression(b, pattern.value)
        b.under(b.value("opaque", (subject,)), True)
        if case.guard is not None:
            b.under(expression(b, case.guard), True)
        statements(b, case.body)
        b.guard = guard
        ways.append(b.env)
    b.env = b.merge(ways)


def _import(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Import)
    for alias in node.names:
        if alias.asname is None:
            top = alias.name.partition(".")[0]
            b.bind(top, b.value("import", (), (alias.name, None, 0, top)))
        else:
            b.bind(alias.asname, b.value("import", (), (alias.name, None, 0, alias.name)))


def _import_from(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.ImportFrom)
    module = node.module or ""
    for alias in node.names:
        value = b.value("import", (), (module, alias.name, node.level, module))
        if alias.name == "*":
            b.star_imports.append(value)
        else:
            b.bind(alias.asname or alias.name, value)


def _function(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    decorators = expressions(b, node.decorator_list)
    child = ScopeBuilder(b.file, b, ScopeKind.FUNCTION, node.name, span_of(node))
    child.parameters = parameters(b, node.args)
    child.is_async = isinstance(node, ast.AsyncFunctionDef)
    child.decorators = decorators
    child.returns_annotation = annotation(b, node.returns)
    bind_parameters(child)
    statements(child, node.body)
    child.finish()
    b.bind(node.name, b.value("function", decorators, child.index))


def _class(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.ClassDef)
    decorators = expressions(b, node.decorator_list)
    child = ScopeBuilder(b.file, b, ScopeKind.CLASS, node.name, span_of(node))
    child.bases = expressions(b, node.bases)
    child.decorators = decorators
    for keyword in node.keywords:
        expression(b, keyword.value)
    statements(child, node.body)
    child.finish()
    b.bind(node.name, b.value("class", decorators, child.index))


def _global(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Global)
    b.share(node.names, globally=True)


def _nonlocal(b: ScopeBuilder, node: ast.stmt) -> None:
    assert isinstance(node, ast.Nonlocal)
    b.share(node.names, globally=False)


def _type_alias(b: ScopeBuilder, node: ast.stmt) -> None:
    name, value = getattr(node, "name", None), getattr(node, "value", None)
    if isinstance(name, ast.Name) and isinstance(value, ast.expr):
        b.bind(name.id, expression(b, value))


_HANDLERS: dict[type[ast.stmt], _Handler] = {
    ast.AnnAssign: _ann_assign,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AsyncFor: _for,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _with,
    ast.AugAssign: _aug_assign,
    ast.Break: _break,
    ast.ClassDef: _class,
    ast.Continue: _continue,
    ast.Delete: _delete,
    ast.Expr: _expr,
    ast.For: _for,
    ast.FunctionDef: _function,
    ast.Global: _global,
    ast.If: _if,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Match: _match,
    ast.Nonlocal: _nonlocal,
    ast.Pass: _nothing,
    ast.Raise: _raise,
    ast.Return: _return,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.While: _while,
    ast.With: _with,
}
if hasattr(ast, "TypeAlias"):  # Python 3.12
    _HANDLERS[ast.TypeAlias] = _type_alias
