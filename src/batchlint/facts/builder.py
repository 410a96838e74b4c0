"""Building one scope's facts: values, variable versions, loops and guards.

Single static assignment is built in one pass without a control-flow graph. An `Env` maps names to
their current versions; branches work on copies that `merge` into `phi` values. At a loop the copy is
empty and looks outwards: the first read of an outer name creates the loop-head `phi`, whose second
operand, the version at the end of the body, is patched in when the body is done.
"""

import ast

from batchlint.facts.model import (
    Argument,
    CallFact,
    Exit,
    Guard,
    LoopFact,
    LoopKind,
    Op,
    Parameter,
    ScopeFacts,
    ScopeKind,
    Store,
    Value,
)
from batchlint.text import Span


def span_of(node: ast.AST) -> Span:
    """The span of a node that has a place."""
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


def _is_place(key: str, name: str | None) -> bool:
    """Whether a key of `Env.bind` is a remembered place (of the name, or of any)."""
    if name is None:
        return not key.isidentifier()
    return key.startswith((f"{name}.", f"{name}["))


class LoopBuilder:
    """A loop under construction."""

    __slots__ = ("breaks", "continues", "exits", "index", "phis")

    def __init__(self, index: int) -> None:
        self.index = index
        self.phis: list[tuple[str, int]] = []
        self.breaks: list[Env] = []
        self.continues: list[Env] = []
        self.exits: list[Exit] = []


class Env:
    """The current versions of names on one path; `dead` after a statement that leaves the path."""

    __slots__ = ("bind", "dead", "loop", "outer")

    def __init__(self, outer: "Env | None" = None, loop: LoopBuilder | None = None) -> None:
        self.bind: dict[str, int] = {}
        self.dead = False
        self.outer = outer
        self.loop = loop

    def copy(self) -> "Env":
        """A branch of this path."""
        twin = Env(self.outer, self.loop)
        twin.bind = self.bind.copy()
        twin.dead = self.dead
        return twin


class FileBuilder:
    """Collects the scopes of one file; an index is reserved before the scope's body is walked."""

    def __init__(self) -> None:
        self.scopes: list[ScopeFacts | None] = []

    def reserve(self) -> int:
        """The index of a new scope."""
        self.scopes.append(None)
        return len(self.scopes) - 1


class ScopeBuilder:
    """Collects the facts of one scope while its body is walked."""

    def __init__(
        self,
        file: FileBuilder,
        parent: "ScopeBuilder | None",
        kind: ScopeKind,
        name: str,
        span: Span,
    ) -> None:
        self.file = file
        self.index = file.reserve()
        self.parent = parent
        self.kind = kind
        self.name = name
        self.span = span
        prefix = f"{parent.qualname}." if parent is not None and parent.qualname else ""
        self.qualname: str = "" if kind is ScopeKind.MODULE else prefix + name
        self.is_async = False
        self.parameters: tuple[Parameter, ...] = ()
        self.decorators: tuple[int, ...] = ()
        self.bases: tuple[int, ...] = ()
        self.returns_annotation = -1
        self.values: list[Value] = []
        self.calls: list[CallFact] = []
        self.loops: list[LoopFact | None] = []
        self.guards: list[Guard] = []
        self.stores: list[Store] = []
        self.returns: list[int] = []
        self.yields: list[int] = []
        self.yields_from: list[int] = []
        self.raises: list[int] = []
        self.bindings: dict[str, list[int]] = {}
        self.annotations: dict[str, int] = {}
        self.global_names: set[str] = set()
        self.nonlocal_names: set[str] = set()
        self.shared: set[str] = set()  # names that a function defined in here writes
        self.star_imports: list[int] = []
        self.lambdas = 0
        self.env = Env()
        self.places: set[str] = set()  # all that were ever remembered
        self.loop_stack: list[LoopBuilder] = []
        self.guard = -1
        self.try_depth = 0
        self.handler_depth = 0

    # values and names

    def value(self, op: Op, operands: tuple[int, ...] = (), payload: object = None) -> int:
        """Add a value; returns its index."""
        self.values.append(Value(op, operands, payload))
        return len(self.values) - 1

    def phi(self, versions: list[int], payload: object = None) -> int:
        """The meeting of versions; a single one is itself."""
        distinct = tuple(dict.fromkeys(versions))
        return distinct[0] if len(distinct) == 1 else self.value("phi", distinct, payload)

    def bind(self, name: str, version: int) -> None:
        """Give a name a new version."""
        self.bindings.setdefault(name, []).append(version)
        self.forget(name)
        if name not in self.global_names and name not in self.nonlocal_names:
            self.env.bind[name] = version

    def lookup(self, name: str, env: Env | None = None) -> int | None:
        """The current version of a name, None where this path has not bound it."""
        env = env or self.env
        found = env.bind.get(name)
        if found is not None or env.outer is None:
            return found
        outer = self.lookup(name, env.outer) if not _is_place(name, None) else None
        if outer is None or env.loop is None:
            return outer
        head = self.value("phi", (outer,), env.loop.index)
        env.loop.phis.append((name, head))
        env.bind[name] = head
        return head

    # A store to a constant key or attribute of a plain name is remembered on this path, so that a read
    # right behind it sees that store and no older one; anything that could write elsewhere forgets it.

    def remember(self, place: str, version: int) -> None:
        """Note what a place such as `d['a']` holds now; other places of the same name are kept."""
        self.env.bind[place] = version
        self.places.add(place)

    def recall(self, place: str) -> int | None:
        """What the place holds, None where that is not certain."""
        return self.env.bind.get(place)

    def forget(self, name: str | None = None) -> None:
        """Forget the places of a name, or all places."""
        for place in self.places:
            if _is_place(place, name):
                self.env.bind.pop(place, None)

    def read(self, name: str) -> int:
        """The value of a name as read here."""
        found = self.lookup(name)
        if found is not None and name not in self.shared:
            return found
        anywhere = self.value("free", (), name)
        return anywhere if found is None else self.phi([found, anywhere])

    def share(self, names: list[str], *, globally: bool) -> None:
        """Note that this function writes names of the module, or of the functions around it: what those
        bound themselves is no longer all that their names may hold."""
        (self.global_names if globally else self.nonlocal_names).update(names)
        outer = self.parent
        while outer is not None:
            if outer.kind is (ScopeKind.MODULE if globally else ScopeKind.FUNCTION):
                outer.shared.update(names)
            outer = outer.parent

    # paths

    def merge(self, envs: list[Env]) -> Env:
        """The path after branches that started on the same path."""
        alive = [env for env in envs if not env.dead]
        if not alive:
            return envs[0]
        if len(alive) == 1:
            return alive[0]
        merged = alive[0].copy()
        for name in dict.fromkeys(name for env in alive for name in env.bind):
            versions = [v for env in alive if (v := self.lookup(name, env)) is not None]
            if len(versions) < len(alive) and _is_place(name, None):
                merged.bind.pop(name, None)
            else:
                merged.bind[name] = self.phi(versions)
        return merged

    # loops and guards

    def open_loop(self) -> LoopBuilder:
        """Start a loop: what follows is walked on a path of its own that looks outwards."""
        self.loops.append(None)
        loop = LoopBuilder(len(self.loops) - 1)
        self.env = Env(self.env, loop)
        self.loop_stack.append(loop)
        return loop

    @property
    def loop(self) -> int:
        """The innermost loop's index, -1 outside of loops."""
        return self.loop_stack[-1].index if self.loop_stack else -1

    def close_loop(self, loop: LoopBuilder, *, is_infinite: bool) -> None:
        """End a loop: patch its head's `phi`s and continue on the path behind it."""
        self.loop_stack.pop()
        outer = self.env.outer
        assert outer is not None
        back = self.merge([self.env, *loop.continues])
        for name, head in loop.phis:
            version = back.bind.get(name, head)
            if version != head and not back.dead:
                before = self.values[head]
                self.values[head] = before._replace(operands=(*before.operands, version))
        heads = dict(loop.phis)
        after = outer.copy()
        after.bind = {name: version for name, version in after.bind.items() if not _is_place(name, None)}
        ways = loop.breaks if is_infinite else [back, *loop.breaks]
        for name in dict.fromkeys(name for env in (back, *loop.breaks) for name in env.bind):
            head_version = None if is_infinite else heads.get(name, outer.bind.get(name))
            versions = [] if head_version is None else [head_version]
            versions += [v for env in ways if not env.dead and (v := env.bind.get(name)) is not None]
            if versions and set(versions) != {heads.get(name)} and not _is_place(name, None):
                after.bind[name] = self.phi(versions)
        after.dead = is_infinite and not loop.breaks
        self.env = after

    def leave_loop(self, kind: str) -> None:
        """Note that a statement leaves the innermost loop here."""
        if self.loop_stack:
            exit_ = Exit(kind, self.guard, self.handler_depth > 0, self.try_depth > 0)  # type: ignore[arg-type]
            self.loop_stack[-1].exits.append(exit_)

    def under(self, test: int, positive: bool) -> int:
        """Enter a guard; returns the one to restore."""
        before = self.guard
        self.guards.append(Guard(test, positive, before))
        self.guard = len(self.guards) - 1
        return before

    def set_loop(
        self,
        loop: LoopBuilder,
        kind: LoopKind,
        span: Span,
        source: int,
        target: int,
        names: tuple[str, ...] = (),
        *,
        is_infinite: bool = False,
        is_async: bool = False,
        catches: bool = False,
    ) -> None:
        """Write the finished loop's fact."""
        depth = self.loop_stack.index(loop)
        parent = self.loop_stack[depth - 1].index if depth else -1
        self.loops[loop.index] = LoopFact(
            kind,
            span,
            parent,
            source,
            target,
            names,
            is_infinite,
            is_async,
            catches,
            tuple(loop.exits),
            self.guard,
        )

    def call(
        self, callee: int, arguments: tuple[Argument, ...], span: Span, *, awaited: bool, discarded: bool
    ) -> int:
        """Add a call; returns its value."""
        self.forget()
        result = self.value("call", (), len(self.calls))
        self.calls.append(
            CallFact(result, callee, arguments, span, self.loop, self.guard, awaited, discarded)
        )
        return result

    def finish(self) -> None:
        """Freeze the scope and hand it to the file."""
        self.file.scopes[self.index] = ScopeFacts(
            kind=self.kind,
            name=self.name,
            qualname=self.qualname,
            parent=self.parent.index if self.parent is not None else -1,
            span=self.span,
            is_async=self.is_async,
            is_generator=bool(self.yields or self.yields_from),
            parameters=self.parameters,
            decorators=self.decorators,
            bases=self.bases,
            returns_annotation=self.returns_annotation,
            values=tuple(self.values),
            calls=tuple(self.calls),
            loops=tuple(loop for loop in self.loops if loop is not None),
            guards=tuple(self.guards),
            stores=tuple(self.stores),
            returns=tuple(self.returns),
            yields=tuple(self.yields),
            yields_from=tuple(self.yields_from),
            raises=tuple(self.raises),
            bindings={name: tuple(dict.fromkeys(versions)) for name, versions in self.bindings.items()},
            annotations=self.annotations,
            global_names=frozenset(self.global_names),
            nonlocal_names=frozenset(self.nonlocal_names),
            star_imports=tuple(self.star_imports),
        )
