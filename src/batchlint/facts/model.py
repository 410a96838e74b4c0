"""The facts of one file: scopes, and in each scope its values in static single assignment form.

Every expression becomes a `Value` that names its operands by their index in the same scope, every
assignment gives its variable a new version, and versions meet in `phi` values: at the end of a branch
and at the head of a loop. Points-to analysis, constant resolution and loop-carried dependence all
read this one form. `SCHEMA` changes whenever a fact changes its meaning.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from batchlint.text import Span

SCHEMA = 2

Constant = str | int | float | bool | bytes | None

Op = Literal[
    "const",  # payload: the constant
    "free",  # payload: a name that this scope has not bound on this path
    "param",  # payload: the parameter's index
    "phi",  # operands: the versions that meet; payload: the loop's index at a loop head, else None
    "attr",  # operands: base; payload: the attribute's name
    "item",  # operands: base, index
    "slice",  # operands: base
    "call",  # payload: index into `ScopeFacts.calls`
    "tuple",  # operands: elements
    "list",
    "set",
    "dict",  # operands: key, value, key, value …; key -1 where a mapping is unpacked
    "comp",  # operands: element (key and value of a dict); payload: "list" | "set" | "dict" | "gen"
    "star",  # operands: the unpacked iterable
    "fstring",  # operands: the parts
    "binop",  # operands: left, right; payload: the operator's class name
    "function",  # payload: the scope's index (def and lambda); operands: decorators, outermost first
    "class",  # payload: the scope's index; operands: decorators
    "await",  # operands: the awaited value
    "yield",  # the value sent into a generator
    "iter",  # operands: an iterable; the value is its element
    "unpack",  # operands: a sequence; payload: the index of the target, None for a starred one
    "enter",  # operands: a context manager; the value is what `as` binds
    "import",  # payload: (module, name or None, level)
    "typed",  # operands: an annotation; some value of that type
    "opaque",  # operands: what it is computed from; payload: the operator's class name of `a == b`
]


class Value(NamedTuple):
    """One value of a scope; `operands` are indices of values of the same scope."""

    op: Op
    operands: tuple[int, ...]
    payload: object


class ScopeKind(StrEnum):
    """What a scope is the body of."""

    MODULE = "module"
    FUNCTION = "function"
    LAMBDA = "lambda"
    CLASS = "class"


class LoopKind(StrEnum):
    """The syntax of a loop."""

    FOR = "for"
    WHILE = "while"
    COMPREHENSION = "comprehension"
    GENERATOR = "generator"


class ParameterKind(StrEnum):
    """How a parameter takes its argument."""

    POSITIONAL = "positional"
    KEYWORD = "keyword"
    VAR_POSITIONAL = "var-positional"
    VAR_KEYWORD = "var-keyword"


class Parameter(NamedTuple):
    """A parameter; `default` and `annotation` are values of the *enclosing* scope, -1 for none."""

    name: str
    kind: ParameterKind
    default: int
    annotation: int


class Argument(NamedTuple):
    """An argument of a call: `keyword` is None for a positional one and `**` for an unpacked mapping;
    `unpacked` holds for `*x` and `**x`."""

    keyword: str | None
    value: int
    unpacked: bool


class CallFact(NamedTuple):
    """A call expression. `loop` and `guard` are the innermost ones around it, -1 for none.

    `awaited` says that it stands directly under `await`; `discarded` that it is a statement of its own.
    """

    value: int
    callee: int
    arguments: tuple[Argument, ...]
    span: Span
    loop: int
    guard: int
    awaited: bool
    discarded: bool


class Exit(NamedTuple):
    """A `break`, `return` or `raise` that leaves a loop, under the guard `guard` (-1: unconditionally).

    `in_handler` says that it stands in an `except` block, `in_try` in a `try` block.
    """

    kind: Literal["break", "return", "raise"]
    guard: int
    in_handler: bool
    in_try: bool


class LoopFact(NamedTuple):
    """A loop or one `for` of a comprehension.

    `source` is the iterable of a `for`, the test of a `while`; `target` the element's value, -1 in a
    `while`. `catches` says that its body swallows exceptions in an `except` block that lets the loop
    go on. `guard` is the guard around the loop.
    """

    kind: LoopKind
    span: Span
    parent: int
    source: int
    target: int
    names: tuple[str, ...]
    is_infinite: bool
    is_async: bool
    catches: bool
    exits: tuple[Exit, ...]
    guard: int


class Guard(NamedTuple):
    """A condition that holds (`positive`) or fails where something stands, inside the guard `parent`."""

    test: int
    positive: bool
    parent: int


class Store(NamedTuple):
    """A write into the heap: `base.attribute = value`, or `base[key] = value` with no attribute."""

    base: int
    attribute: str | None
    key: int
    value: int
    loop: int


@dataclass(frozen=True, slots=True)
class ScopeFacts:
    """One module, class or function body.

    `bindings` are all versions of every name bound here, for readers in other scopes; `annotations`
    the declared types of a class's fields in order. `parent` is the index of the enclosing scope.
    """

    kind: ScopeKind
    name: str
    qualname: str
    parent: int
    span: Span
    is_async: bool
    is_generator: bool
    parameters: tuple[Parameter, ...]
    decorators: tuple[int, ...]  # values of the enclosing scope, outermost first
    bases: tuple[int, ...]  # values of the enclosing scope
    returns_annotation: int
    values: tuple[Value, ...]
    calls: tuple[CallFact, ...]
    loops: tuple[LoopFact, ...]
    guards: tuple[Guard, ...]
    stores: tuple[Store, ...]
    returns: tuple[int, ...]
    yields: tuple[int, ...]
    yields_from: tuple[int, ...]
    raises: tuple[int, ...]
    bindings: dict[str, tuple[int, ...]]
    annotations: dict[str, int]
    global_names: frozenset[str]
    nonlocal_names: frozenset[str]
    star_imports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Everything one file says; `scopes[0]` is the module. `failure` says why it could not be parsed,
    at `failure_line`."""

    path: str
    module: str
    is_package: bool
    scopes: tuple[ScopeFacts, ...]
    failure: str | None = None
    failure_line: int = 1
