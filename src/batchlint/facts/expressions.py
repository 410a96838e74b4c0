"""Expressions to values. Every `ast.expr` class has an entry in `_HANDLERS`; a test holds that."""

import ast
from collections.abc import Callable

from batchlint.facts.builder import ScopeBuilder, span_of
from batchlint.facts.model import Argument, LoopKind, Parameter, ParameterKind, ScopeKind, Store

_Handler = Callable[[ScopeBuilder, ast.expr], int]


def expression(b: ScopeBuilder, node: ast.expr) -> int:
    """Add an expression's values to the scope; returns the index of the whole expression's value."""
    return _HANDLERS[type(node)](b, node)


def expressions(b: ScopeBuilder, nodes: list[ast.expr]) -> tuple[int, ...]:
    """The values of several expressions, in order."""
    return tuple(expression(b, node) for node in nodes)


def annotation(b: ScopeBuilder, node: ast.expr | None) -> int:
    """The value of an annotation, a quoted one included; -1 for none."""
    if node is None:
        return -1
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return expression(b, ast.parse(node.value.strip(), mode="eval").body)
        except (SyntaxError, ValueError, RecursionError):
            return -1
    return expression(b, node)


def parameters(b: ScopeBuilder, arguments: ast.arguments) -> tuple[Parameter, ...]:
    """The parameters of a function; defaults and annotations become values of the enclosing scope `b`."""
    found: list[Parameter] = []
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults
    kinds = ParameterKind
    rows: list[tuple[ast.arg, ParameterKind, ast.expr | None]] = [
        (arg, kinds.POSITIONAL, default) for arg, default in zip(positional, defaults, strict=True)
    ]
    if arguments.vararg is not None:
        rows.append((arguments.vararg, kinds.VAR_POSITIONAL, None))
    rows += [
        (arg, kinds.KEYWORD, default)
        for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg is not None:
        rows.append((arguments.kwarg, kinds.VAR_KEYWORD, None))
    for arg, kind, default in rows:
        value = -1 if default is None else expression(b, default)
        found.append(Parameter(arg.arg, kind, value, annotation(b, arg.annotation)))
    return tuple(found)


def bind_parameters(b: ScopeBuilder) -> None:
    """Bind the parameters inside the function's own scope."""
    for index, parameter in enumerate(b.parameters):
        b.bind(parameter.name, b.value("param", (), index))


def assign(b: ScopeBuilder, target: ast.expr, value: int) -> None:
    """Bind a target, whatever its form, to a value."""
    match target:
        case ast.Name(id=name):
            b.bind(name, value)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for index, element in enumerate(elements):
                if isinstance(element, ast.Starred):
                    assign(b, element.value, b.value("unpack", (value,), None))
                else:
                    after_star = any(isinstance(e, ast.Starred) for e in elements[:index])
                    position = index - len(elements) if after_star else index
                    assign(b, element, b.value("unpack", (value,), position))
        case ast.Attribute(value=base, attr=name):
            store(b, expression(b, base), name, -1, value)
            _remember(b, target, value)
        case ast.Subscript(value=base, slice=index_node):
            store(b, expression(b, base), None, expression(b, index_node), value)
            _remember(b, target, value)
        case ast.Starred(value=inner):
            assign(b, inner, value)


def _place(node: ast.expr) -> str | None:
    """The text of a place that only constants lead to from a plain name: `d['a']`, `self.x`."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return f"{name}.{attribute}"
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=key)):
            return f"{name}[{key!r}]"
        case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
            outer = _place(inner)
            return None if outer is None else f"{outer}[{key!r}]"
    return None


def _remember(b: ScopeBuilder, target: ast.expr, value: int) -> None:
    place = _place(target)
    b.forget()
    if place is not None:
        b.remember(place, value)


def store(b: ScopeBuilder, base: int, attribute: str | None, index: int, value: int) -> None:
    """Note a write into the heap."""
    b.stores.append(Store(base, attribute, index, value, b.loop))


def names_in(target: ast.expr) -> tuple[str, ...]:
    """The plain names a target binds."""
    return tuple(n.id for n in ast.walk(target) if isinstance(n, ast.Name))


def call(b: ScopeBuilder, node: ast.Call, *, awaited: bool = False, discarded: bool = False) -> int:
    """A call: the callee, then the arguments, then the call itself."""
    callee = expression(b, node.func)
    arguments: list[Argument] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            arguments.append(Argument(None, expression(b, arg.value), True))
        else:
            arguments.append(Argument(None, expression(b, arg), False))
    for keyword in node.keywords:
        arguments.append(Argument(keyword.arg or "**", expression(b, keyword.value), keyword.arg is None))
    return b.call(callee, tuple(arguments), span_of(node), awaited=awaited, discarded=discarded)


def _call(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Call)
    return call(b, node)


def _constant(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Constant)
    if isinstance(node.value, complex) or node.value is ...:
        return b.value("opaque")
    return b.value("const", (), node.value)


def _name(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Name)
    return b.read(node.id)


def _attribute(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Attribute)
    place = _place(node)
    held = b.recall(place) if place is not None else None
    if held is not None:
        return held
    return b.value("attr", (expression(b, node.value),), node.attr)


def _subscript(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Subscript)
    place = _place(node)
    held = b.recall(place) if place is not None else None
    if held is not None:
        return held
    base = expression(b, node.value)
    if isinstance(node.slice, ast.Slice):
        bounds = [
            part.value if isinstance(part, ast.Constant) and isinstance(part.value, int) else None
            for part in (node.slice.lower, node.slice.upper, node.slice.step)
        ]
        for part in (node.slice.lower, node.slice.upper, node.slice.step):
            if part is not None and not isinstance(part, ast.Constant):
                expression(b, part)
        return b.value("slice", (base,), (bounds[0], bounds[1], node.slice.step is None))
    return b.value("item", (base, expression(b, node.slice)))


def _binop(b: ScopeBuilder, node: ast.expr) -> int:
    # A sum of thousands of terms nests to the left: walk it down instead of recursing.
    chain: list[ast.BinOp] = []
    while isinstance(node, ast.BinOp):
        chain.append(node)
        node = node.left
    left = expression(b, node)
    for link in reversed(chain):
        left = b.value("binop", (left, expression(b, link.right)), type(link.op).__name__)
    return left


def _choice(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.BoolOp)
    return b.phi(list(expressions(b, node.values)))


def _conditional(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.IfExp)
    test = expression(b, node.test)
    before = b.under(test, True)
    body = expression(b, node.body)
    b.guard = before
    before = b.under(test, False)
    orelse = expression(b, node.orelse)
    b.guard = before
    return b.phi([body, orelse])


def _opaque(b: ScopeBuilder, node: ast.expr) -> int:
    children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return b.value("opaque", expressions(b, children))


def _compare(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Compare)
    operator = type(node.ops[0]).__name__ if len(node.ops) == 1 else None
    return b.value("opaque", expressions(b, [node.left, *node.comparators]), operator)


def _unary(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.UnaryOp)
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return b.value("const", (), -number)
    return b.value("opaque", (expression(b, node.operand),))


def _sequence(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Tuple | ast.List | ast.Set)
    elements = expressions(b, node.elts)
    match node:
        case ast.Tuple():
            return b.value("tuple", elements)
        case ast.List():
            return b.value("list", elements)
        case _:
            return b.value("set", elements)


def _starred(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Starred)
    return b.value("star", (expression(b, node.value),))


def _dict(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Dict)
    operands: list[int] = []
    for key, value in zip(node.keys, node.values, strict=True):
        operands.append(-1 if key is None else expression(b, key))
        operands.append(expression(b, value))
    return b.value("dict", tuple(operands))


def _fstring(b: ScopeBuilder, node: ast.expr) -> int:
    values = getattr(node, "values", [])
    return b.value("fstring", expressions(b, values))


def _formatted(b: ScopeBuilder, node: ast.expr) -> int:
    value = getattr(node, "value", None)
    assert isinstance(value, ast.expr)
    return expression(b, value)


def _lambda(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Lambda)
    b.lambdas += 1
    child = ScopeBuilder(b.file, b, ScopeKind.LAMBDA, f"<lambda{b.lambdas}>", span_of(node))
    child.parameters = parameters(b, node.args)
    bind_parameters(child)
    child.returns.append(expression(child, node.body))
    child.finish()
    return b.value("function", (), child.index)


def _comprehension(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
    kind = LoopKind.GENERATOR if isinstance(node, ast.GeneratorExp) else LoopKind.COMPREHENSION
    before_env, before_guard = b.env, b.guard
    loops = []
    for clause in node.generators:
        source = expression(b, clause.iter)
        loop = b.open_loop()
        element = b.value("iter", (source,), bool(clause.is_async))
        hidden = _bind_hidden(b, clause.target, element)
        loops.append((loop, source, element, hidden, clause))
        for condition in clause.ifs:
            b.under(expression(b, condition), True)
    if isinstance(node, ast.DictComp):
        elements = (expression(b, node.key), expression(b, node.value))
        result = b.value("comp", elements, "dict")
    else:
        names = {ast.ListComp: "list", ast.SetComp: "set", ast.GeneratorExp: "gen"}
        result = b.value("comp", (expression(b, node.elt),), names[type(node)])
    b.guard = before_guard
    for loop, source, element, hidden, clause in reversed(loops):
        b.set_loop(loop, kind, span_of(node), source, element, hidden, is_async=bool(clause.is_async))
        b.close_loop(loop, is_infinite=False)
    b.env = before_env
    return result


def _bind_hidden(b: ScopeBuilder, target: ast.expr, element: int) -> tuple[str, ...]:
    """Bind a comprehension's target on this path only: other scopes cannot read it."""
    before = {name: list(versions) for name, versions in b.bindings.items()}
    assign(b, target, element)
    names = names_in(target)
    for name in names:
        if name in before:
            b.bindings[name] = before[name]
        else:
            b.bindings.pop(name, None)
    return names


def _await(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Await)
    awaited = node.value
    inner = call(b, awaited, awaited=True) if isinstance(awaited, ast.Call) else expression(b, awaited)
    return b.value("await", (inner,))


def _yield(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.Yield)
    b.yields.append(b.value("const", (), None) if node.value is None else expression(b, node.value))
    return b.value("yield")


def _yield_from(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.YieldFrom)
    source = expression(b, node.value)
    b.yields_from.append(source)
    return b.value("await", (source,))


def _walrus(b: ScopeBuilder, node: ast.expr) -> int:
    assert isinstance(node, ast.NamedExpr)
    value = expression(b, node.value)
    assign(b, node.target, value)
    return value


_HANDLERS: dict[type[ast.expr], _Handler] = {
    ast.Attribute: _attribute,
    ast.Await: _await,
    ast.BinOp: _binop,
    ast.BoolOp: _choice,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: _comprehension,
    ast.FormattedValue: _formatted,
    ast.GeneratorExp: _comprehension,
    ast.IfExp: _conditional,
    ast.JoinedStr: _fstring,
    ast.Lambda: _lambda,
    ast.List: _sequence,
    ast.ListComp: _comprehension,
    ast.Name: _name,
    ast.NamedExpr: _walrus,
    ast.Set: _sequence,
    ast.SetComp: _comprehension,
    ast.Slice: _opaque,
    ast.Starred: _starred,
    ast.Subscript: _subscript,
    ast.Tuple: _sequence,
    ast.UnaryOp: _unary,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
# Python 3.14 adds template strings, which read like f-strings.
for _name_of_class, _handler in (("TemplateStr", _fstring), ("Interpolation", _formatted)):
    if hasattr(ast, _name_of_class):
        _HANDLERS[getattr(ast, _name_of_class)] = _handler
