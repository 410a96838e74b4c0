"""Linking: the constraints of every value of every relevant scope, solved to a fixpoint.

`Linker` holds the state that the reactions in `attributes`, `calls` and `containers` share.
"""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from batchlint.catalog.match import Matcher
from batchlint.catalog.model import Dispatch, HigherOrder
from batchlint.catalog.prefixes import OPEN_STEPS_MAX
from batchlint.facts import FileFacts, ScopeKind
from batchlint.facts.model import ParameterKind
from batchlint.program import attributes, calls, containers, dispatching, operators, records, typed
from batchlint.program.classes import Classes
from batchlint.program.model import Edge, EdgeKind
from batchlint.program.objects import (
    OPAQUE,
    Class,
    Container,
    Expression,
    External,
    Function,
    Instance,
    Module,
    Object,
)
from batchlint.program.scopes import Modules, Scope, Scopes
from batchlint.program.solver import Solver


@dataclass(slots=True)
class CallContext:
    """One call under evaluation: where it stands, what it passes and where its result goes.

    `call` is -1 where no call expression of the program makes it (a property, a decorator). `through` are
    the calls of `partial` whose arguments it passes on.
    """

    scope: int
    call: int
    result: int
    positional: list[tuple[int, bool]] = field(default_factory=list)
    keywords: dict[str, int] = field(default_factory=dict)
    mappings: list[int] = field(default_factory=list)
    kind: EdgeKind = EdgeKind.CALL
    higher_order: HigherOrder | None = None
    dispatch: Dispatch | None = None
    through: tuple[int, ...] = ()
    around: int = -1

    def argument(self, position: int | None, keyword: str | None) -> int | None:
        """The node of an argument given by keyword or position, None where neither is passed."""
        if keyword is not None and keyword in self.keywords:
            return self.keywords[keyword]
        if position is not None:
            for index, (node, unpacked) in enumerate(self.positional):
                if unpacked:
                    return None
                if index == position:
                    return node
        return None


# Rounds of weaker evidence: each adds one kind of it, and what it adds may call for the others again.
_WEAKENINGS_MAX: Final = 12


class Linker:
    """The program under construction."""

    def __init__(self, files: Sequence[FileFacts], modules: Modules, matcher: Matcher) -> None:
        self.matcher = matcher
        self.solver = Solver()
        self.objects = self.solver.objects
        self.scopes = Scopes(self.solver, files, modules, matcher.roots)
        self.classes = Classes(self.solver, self.scopes)
        self.edges: dict[tuple[int, int, int, EdgeKind, int], Edge] = {}
        self.wrapped: dict[int, set[int]] = {}  # by what a decorator gave back: what it stands for
        self.externals: dict[tuple[int, int], set[int]] = {}
        self.decorators: dict[int, set[int]] = {}
        self.applied: dict[int, list[tuple[int, int]]] = {}
        self.contexts: dict[int, CallContext] = {}  # by result node
        self.bound_parameters: set[int] = set()
        self.called: set[int] = set()
        self.dynamic_items: list[tuple[int, int, int, bool]] = []
        self.weak_decorations: list[tuple[int, int, int]] = []
        self.dynamic_members: list[tuple[int, int, int]] = []
        self.kept: list[tuple[int, int, CallContext]] = []
        self.ran: set[int] = set()
        self.escaped: set[tuple[int, int, int]] = set()
        self.annotated: list[tuple[int, int]] = []
        self.guessed = False
        self.members: dict[tuple[int, str, int | None], int] = {}
        self.reads: set[tuple[int, str]] = set()
        self.class_reads: dict[str, dict[int, int]] = {}
        self.class_stores: dict[str, set[int]] = {}
        self.forwarded: set[tuple[int, str, int]] = set()
        self.link()

    # helpers that every reaction needs

    def record(self, obj: int) -> Object:
        """The object with a number."""
        return self.objects.all[obj]

    def step(self, parent: int, step: str, made_by: int = -1) -> int:
        """The external object one step further, as far as the catalog can tell it from others."""
        path = (*self.objects.path(parent), step)
        reach = self.matcher.reach(path) if path[0] != OPAQUE else None
        if reach is None:
            return self.objects.opaque
        if reach and len(path) > reach + OPEN_STEPS_MAX:
            while len(self.objects.path(parent)) > reach:
                record = self.record(parent)
                assert isinstance(record, External)
                parent = record.parent
        kept = made_by if step == "()" and self.matcher.keeps_call(path) else -1
        found = self.objects.step(parent, step, kept)
        return self.objects.opaque if found is None else found

    def add_edge(self, context: CallContext, target: int) -> None:
        """Note that a call leads into a function."""
        key = (context.scope, context.call, target, context.kind, context.around)
        if context.around >= 0:
            self.wrapped.setdefault(target, set()).add(context.around)
        if key not in self.edges:
            self.edges[key] = Edge(
                context.scope,
                context.call,
                target,
                context.kind,
                context.higher_order,
                context.dispatch,
                context.around,
            )

    def edge(self, scope: int, call: int, target: int, kind: EdgeKind) -> Edge | None:
        """The edge of a call into a function, None where there is none of that kind."""
        for around in (-1, *sorted(self.wrapped.get(target, ()))):
            found = self.edges.get((scope, call, target, kind, around))
            if found is not None:
                return found
        return None

    def add_external(self, context: CallContext, obj: int) -> None:
        """Note that a call leaves the program at an external object."""
        self.externals.setdefault((context.scope, context.call), set()).add(obj)

    # the constraints

    def link(self) -> None:
        """Build all constraints and solve them, then again with weaker evidence where there was none."""
        for scope in self.scopes.all:
            self._parameters(scope)
            for index in range(len(scope.facts.values)):
                self._value(scope, index)
            self._heap(scope)
            if scope.facts.kind is ScopeKind.CLASS:
                records.declared(self, scope)
        self.solver.run()
        for _ in range(_WEAKENINGS_MAX):
            if not typed.weaken(self):
                break
            self.solver.run()
        dispatching.mark_started(self)

    def _parameters(self, scope: Scope) -> None:
        for index, parameter in enumerate(scope.facts.parameters):
            if parameter.kind in (ParameterKind.VAR_POSITIONAL, ParameterKind.VAR_KEYWORD):
                kind = "seq" if parameter.kind is ParameterKind.VAR_POSITIONAL else "dict"
                node = self.parameter_node(scope, index)
                self.solver.add(node, self.objects.number(Container(kind, node)))

    def parameter_node(self, scope: Scope, index: int) -> int:
        """The node of a parameter: parameters are the first values of a function's scope."""
        return scope.base + index

    def _value(self, scope: Scope, index: int) -> None:
        op, operands, payload = scope.facts.values[index]
        node = scope.base + index
        solver = self.solver
        match op:
            case "const":
                solver.add(node, self.objects.const(payload))
            case "free":
                self._free(scope, node, str(payload))
            case "phi":
                for operand in operands:
                    solver.edge(scope.base + operand, node)
            case "attr":
                solver.watch(scope.base + operands[0], attributes.load, self, node, payload, scope)
            case "call":
                self._call(scope, node, int(payload))  # type: ignore[call-overload]
            case "function":
                self._function(scope, node, int(payload), operands)  # type: ignore[call-overload]
            case "class":
                self._class(scope, node, int(payload), operands)  # type: ignore[call-overload]
            case "import":
                self._import(scope, node, payload)  # type: ignore[arg-type]
            case "await":
                solver.watch(scope.base + operands[0], containers.awaited, self, node)
            case "fstring":
                solver.add(node, self.objects.number(Expression(node)))
            case "binop":
                operators.binop(self, scope, node, operands, str(payload))
            case "typed":
                typed.seed(self, scope, operands[0], node)
            case "tuple" | "list" | "set" | "dict" | "comp":
                containers.display(self, scope, node, op, operands, payload)
            case "item":
                base, key = scope.base + operands[0], scope.base + operands[1]
                solver.watch(base, containers.load_item, self, node, key, scope)
            case "slice":
                solver.watch(scope.base + operands[0], containers.slice_, self, node, payload)
            case "iter":
                solver.watch(scope.base + operands[0], containers.iterate, self, node, scope)
            case "unpack":
                solver.watch(scope.base + operands[0], containers.unpack, self, node, payload, scope)
            case "enter":
                solver.watch(scope.base + operands[0], containers.enter, self, node, scope)
            case _:
                pass

    def _free(self, scope: Scope, node: int, name: str) -> None:
        found = self.scopes.free(scope, name)
        if found is not None:
            self.solver.edge(found, node)
        elif hasattr(builtins, name) or name in ("__file__", "__name__"):
            self.solver.add(node, self.objects.external("builtins", name))

    def _import(self, scope: Scope, node: int, payload: tuple[str, str | None, int, str]) -> None:
        name, member, level, bound = payload
        module = self.scopes.import_(scope.file, bound if member is None else name, level)
        if member is None:
            target = module if module is not None else self.objects.external(*bound.split("."))
            self.solver.add(node, target)
            return
        if module is not None:
            record = self.record(module)
            assert isinstance(record, Module)
            found = self.scopes.member(record.file, member) if record.file >= 0 else None
            if found is not None:
                self.solver.edge(found, node)
                return
            submodule = self.scopes.submodule(record, member)
            if submodule is not None:
                self.solver.add(node, submodule)
            return
        submodule = self.scopes.import_(scope.file, f"{name}.{member}" if name else member, level)
        if submodule is not None:
            self.solver.add(node, submodule)
        elif level == 0:
            self.solver.add(node, self.objects.external(*name.split("."), member))

    def _call(self, scope: Scope, node: int, index: int) -> None:
        fact = scope.facts.calls[index]
        context = CallContext(scope.number, index, node)
        for argument in fact.arguments:
            target = scope.base + argument.value
            if argument.keyword == "**":
                context.mappings.append(target)
            elif argument.keyword is not None:
                context.keywords[argument.keyword] = target
            else:
                context.positional.append((target, argument.unpacked))
        self.contexts[node] = context
        self.solver.watch(scope.base + fact.callee, calls.invoke, self, context)

    def _function(self, scope: Scope, node: int, index: int, decorators: tuple[int, ...]) -> None:
        number = self.scopes.module_scope[scope.file] + index
        current = node if not decorators else self.solver.node()
        self.solver.add(current, self.objects.number(Function(number)))
        function = self.scopes.all[number]
        for value in function.facts.returns:
            self.solver.edge(function.base + value, function.returns)
        for value in function.facts.yields:
            self.solver.edge(function.base + value, function.yields)
        for value in function.facts.yields_from:
            self.solver.watch(function.base + value, containers.iterate, self, function.yields, function)
        self._decorate(scope, number, current, node, decorators)

    def _class(self, scope: Scope, node: int, index: int, decorators: tuple[int, ...]) -> None:
        number = self.scopes.module_scope[scope.file] + index
        current = node if not decorators else self.solver.node()
        self.solver.add(current, self.objects.number(Class(number)))
        self._decorate(scope, number, current, node, decorators)

    def _decorate(
        self, scope: Scope, number: int, current: int, node: int, decorators: tuple[int, ...]
    ) -> None:
        kind = self.classes.method_kinds.get(number, "plain")
        for place, decorator in enumerate(reversed(decorators)):
            target = node if place == len(decorators) - 1 else self.solver.node()
            decorator_node = scope.base + decorator
            if kind != "plain":
                # The descriptor is applied when the member is looked up.
                self.solver.edge(current, target)
                self.solver.watch(decorator_node, self._note_decorator, number)
            else:
                context = CallContext(scope.number, -1, target, kind=EdgeKind.DECORATOR)
                context.positional.append((current, False))
                self.solver.watch(decorator_node, calls.decorate, self, context, number, current)
                self.weak_decorations.append((decorator_node, current, target))
            current = target

    def _note_decorator(self, obj: int, number: int) -> None:
        if isinstance(self.record(obj), External):
            self.decorators.setdefault(number, set()).add(obj)

    def _heap(self, scope: Scope) -> None:
        for store in scope.facts.stores:
            base, value = scope.base + store.base, scope.base + store.value
            if store.attribute is not None:
                self.solver.watch(base, attributes.store, self, store.attribute, value)
            else:
                key = scope.base + store.key
                self.solver.watch(base, containers.store_item, self, key, value, scope)
        for value in scope.facts.raises:
            self.solver.watch(scope.base + value, calls.raise_, self, scope)

    def instance(self, scope: int) -> int:
        """The object for instances of a class."""
        return self.objects.number(Instance(scope))
