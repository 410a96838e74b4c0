"""The catalog's types for frameworks: what starts functions, and what calls callables."""

from dataclasses import dataclass

from batchlint.catalog.vocabulary import (
    AccessPath,
    Argument,
    Example,
    FanOut,
    Refers,
    RootKind,
    Via,
    Wait,
    Yields,
)


@dataclass(frozen=True, slots=True)
class Entrypoint:
    """A framework row that makes functions roots.

    `paths` match the decorator, the base class, the called registration function or the assigned
    attribute; `methods` (globs) are the methods of a base class, or of a decorated or registered class,
    that get called; `arguments` select the registered callables (one, a display of several, a dotted
    name in a string). `files` are globs of root-relative paths, `functions` globs of qualified names in
    them (`<module>`: the module body), `parameters` globs that such a function's first parameters must
    match (`|` separates alternatives). `schedule` selects the argument that carries a schedule;
    `requires` lists arguments without which the row does not apply. `per_record` says the framework
    starts it once per record, `returned` that it also calls the functions which the decorated factory
    returns. `distinctive`: see the module's docstring.
    """

    framework: str
    via: Via
    wait: Wait
    kind: RootKind
    paths: tuple[AccessPath, ...]
    methods: tuple[str, ...]
    arguments: tuple[Argument, ...]
    files: tuple[str, ...]
    functions: tuple[str, ...]
    schedule: tuple[Argument, ...]
    per_record: bool
    requires: tuple[Argument, ...] = ()
    parameters: tuple[str, ...] = ()
    returned: bool = False
    distinctive: bool = False


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A call that starts another function without carrying the caller's wait to it.

    `methods` are steps from the function itself (`delay`, `options().send`; `()`: calling a function
    that an entrypoint row of this framework decorates), `paths` take it as `argument`. `items` are the
    iterables for each element of which one call is started (none: one call). `schedule` selects the
    argument that carries a schedule.
    `waits` are what makes the caller wait after all: a method called on the result (`get`), `await`,
    `with` (leaving the block of the receiver), or the dotted path of a call the result is passed to.
    """

    framework: str
    methods: tuple[AccessPath, ...]
    paths: tuple[AccessPath, ...]
    argument: tuple[Argument, ...]
    kind: RootKind
    waits: tuple[str, ...]
    items: tuple[Argument, ...] = ()
    schedule: tuple[Argument, ...] = ()
    distinctive: bool = False


@dataclass(frozen=True, slots=True)
class HigherOrder:
    """A call that calls a callable it is given.

    `callable_` selects the callable, `items` the iterables whose elements become its arguments,
    `passes` the position from which the remaining arguments are handed on (None: none are). `methods`
    are steps from the callable itself (`task.map(items)`), as in `Dispatch`. A `WRAP` path is a decorator
    too. `waits` as in `Dispatch`: where given, the caller of a `SUBMIT` or `THREAD` waits only then. `runs`
    are the methods that start what `REGISTER` kept. `carries`: each call gets what the one before returned
    (`reduce`). `requires`: arguments without which the row does not apply.
    """

    framework: str
    paths: tuple[AccessPath, ...]
    fan_out: FanOut
    callable_: tuple[Argument, ...]
    items: tuple[Argument, ...]
    passes: int | None
    is_async: bool
    methods: tuple[AccessPath, ...] = ()
    waits: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    carries: bool = False
    requires: tuple[Argument, ...] = ()
    distinctive: bool = False


@dataclass(frozen=True, slots=True)
class PassThrough:
    """A call whose result is its argument in another wrapping, so that values and loops are seen through.

    `arguments` select what passes. In a `GROUPED` result the n-th selected argument stands at place n
    of each group, or at `place` where given (1 for `enumerate`). No `arguments`: the receiver passes.
    """

    framework: str
    paths: tuple[AccessPath, ...]
    arguments: tuple[Argument, ...]
    yields: Yields
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A base class whose methods call what a subclass defines (`Thread.start` calls `run`).

    `paths` match the base class, `calls` are globs of its methods that the program calls, `methods`
    globs of the subclass's methods that are called then; with `decorators`, those that carry one.
    `fan_out` and `waits` as in `HigherOrder`.
    """

    framework: str
    paths: tuple[AccessPath, ...]
    calls: tuple[str, ...]
    methods: tuple[str, ...]
    decorators: tuple[AccessPath, ...]
    fan_out: FanOut
    waits: tuple[str, ...] = ()

    def as_call(self) -> HigherOrder:
        """The row of the call that it makes."""
        return HigherOrder(
            self.framework, self.paths, self.fan_out, (), (), None, is_async=False, waits=self.waits
        )


@dataclass(frozen=True, slots=True)
class Record:
    """Classes whose instances a library loads from a store: the models of an ORM.

    `paths` match the base class. `managers` are attributes of such a class that stand for a query of its
    records, `starts` methods of the class itself that give one. `one` are the methods of a query (without
    `managers`: of the class, too) that give one record, `pair` those that give one and a flag;
    everything else that is taken from a query is a query. `queries` are the library's classes of queries:
    bases of the program's own managers, and annotations (`QuerySet[Document]`).
    """

    framework: str
    paths: tuple[AccessPath, ...]
    managers: tuple[str, ...]
    starts: tuple[str, ...]
    one: tuple[str, ...]
    pair: tuple[str, ...]
    queries: tuple[AccessPath, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A call in the body of a record class that declares a field which refers to other records.

    `argument` selects the class or its name (none passed: the field's annotation says it), `reverse` the
    name of the attribute through which the other record knows this one, `default_reverse` that name
    where none is passed, `{}` standing for the class's own. `is_unique`: at most one record refers to one.
    """

    framework: str
    paths: tuple[AccessPath, ...]
    argument: tuple[Argument, ...]
    yields: Refers
    reverse: tuple[Argument, ...] = ()
    default_reverse: str | None = None
    is_unique: bool = False


@dataclass(frozen=True, slots=True)
class Framework:
    """Everything one framework's file says."""

    name: str
    distribution: str
    imports: tuple[str, ...]
    checked: str
    source: str
    entrypoints: tuple[Entrypoint, ...]
    dispatches: tuple[Dispatch, ...]
    higher_orders: tuple[HigherOrder, ...]
    passthroughs: tuple[PassThrough, ...]
    examples: tuple[Example, ...]
    templates: tuple[Template, ...] = ()
    records: tuple[Record, ...] = ()
    references: tuple[Reference, ...] = ()
