"""Where a value of the program comes from: definitions across scopes, and files at constant paths.

Points-to sets say what a value may be over all callers; here one way from a root to a call site is
followed, so that a parameter means the argument that is passed on this very way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Final

from batchlint.analysis.reach import Way
from batchlint.analysis.values import HOLE, Values
from batchlint.catalog.model import Argument
from batchlint.facts import ScopeKind
from batchlint.facts.model import CallFact, Value
from batchlint.program.linker import CallContext, Linker
from batchlint.program.model import Edge, EdgeKind
from batchlint.program.scopes import Scope

_DEPTH_MAX: Final = 12
_TARGETS_MAX: Final = 4
_ENDS_MAX: Final = 200
# Calls that write a mapping into text or bytes, or copy it: `json.dumps(body).encode()`.
_SERIALISERS: Final = frozenset({"dumps", "encode", "deepcopy", "copy", "bytes"})
_DIRECT: Final = frozenset({EdgeKind.CALL, EdgeKind.IMPLICIT, EdgeKind.GUESS})
_PATH_CALLS: Final = frozenset({"Path", "PurePath", "PosixPath", "str", "fspath", "abspath", "resolve"})


class Edges:
    """The edges of the call graph, by the call that they start from and by the function they lead to."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self.of_call: dict[tuple[int, int], list[Edge]] = {}
        self.into: dict[int, list[Edge]] = {}
        for edge in edges:
            self.of_call.setdefault((edge.caller, edge.call), []).append(edge)
            self.into.setdefault(edge.target, []).append(edge)


class Trace:
    """Follows values backwards along one way; nothing is executed. `note` is told of every path where a
    file is looked for."""

    def __init__(
        self,
        linker: Linker,
        values: Values,
        root: Path,
        way: Way | None,
        edges: Edges,
        note: Callable[[str], None],
    ) -> None:
        self.linker = linker
        self.values = values
        self.root = root
        self._edges = edges
        self._note = note
        self._frames: dict[int, CallContext | None] = {}
        self._near: set[int] = set()
        if way is not None:
            self._frames |= _frames(linker, way.calls)
            self._near = {scope for scope, _ in way.calls}
            self._near |= {self._module(scope).number for scope in self._near}

    def fact(self, node: int) -> tuple[Scope, Value] | None:
        """The scope and the value that a node stands for; None for other nodes."""
        place = self.values.place(node)
        return None if place is None else (place[0], place[0].facts.values[place[1]])

    def call(self, scope: Scope, value: Value) -> tuple[CallFact, str, int | None]:
        """A call's fact, the last name of its callee, and the node of the receiver where it has one."""
        call = scope.facts.calls[value.payload]  # type: ignore[call-overload]
        callee = scope.facts.values[call.callee]
        if callee.op == "attr":
            return call, str(callee.payload), scope.base + callee.operands[0]
        return call, self._imported_name(scope, callee), None

    @staticmethod
    def _imported_name(scope: Scope, callee: Value) -> str:
        if callee.op == "import" and isinstance(callee.payload, tuple):
            return str(callee.payload[1] or callee.payload[0])
        return str(callee.payload) if callee.op == "free" else ""

    def definitions(self, node: int) -> list[int]:
        """The nodes that a variable, parameter or attribute of `self` gets its value from; none where that
        is unknown or the value is no variable."""
        found = self.fact(node)
        if found is None:
            return []
        scope, value = found
        match value.op:
            case "phi":
                return [scope.base + operand for operand in value.operands]
            case "free":
                return self._bindings(scope, str(value.payload))
            case "param":
                argument = self.argument(scope, int(value.payload))  # type: ignore[call-overload]
                return [] if argument is None else [argument]
            case "attr":
                return self._stored(scope, value)
            case "import":
                return self._imported(scope, value)
            case "await" | "enter" | "star":
                return [scope.base + value.operands[0]]
        return []

    def returned(self, scope: int, call: int) -> list[int]:
        """The nodes that the program's functions which a call leads into return."""
        found: list[int] = []
        for edge in self.edges(scope, call)[:_TARGETS_MAX]:
            callee = self.linker.scopes.all[edge.target]
            found += [callee.base + value for value in callee.facts.returns]
        return found

    def edges(self, scope: int, call: int) -> Sequence[Edge]:
        """The edges of the call graph that a call makes."""
        return self._edges.of_call.get((scope, call), ())

    def ends(self, node: int) -> list[int]:
        """The nodes that a value comes from on this way, variables and parameters followed to their end."""
        todo, seen, found = [node], set[int](), list[int]()
        while todo and len(seen) < _ENDS_MAX:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            sources = self.definitions(at)
            todo += reversed(sources)
            if not sources:
                found.append(at)
        return found

    def texts(self, node: int) -> set[str]:
        """The texts that a value may be on this way; empty where nothing is known."""
        return {text for end in self.ends(node) for text in self.values.texts(end)}

    def constants(self, node: int) -> set[object]:
        """The constants that a value may be on this way."""
        return {constant for end in self.ends(node) for constant in self.values.constants(end)}

    def unserialised(self, node: int) -> int:
        """What a body is written from (`json.dumps(body).encode()`): the node of the mapping, where there
        is one to be found; else the node itself."""
        at = node
        for _ in range(_DEPTH_MAX):
            ends = self.ends(at)
            found = self.fact(ends[0]) if len(ends) == 1 else None
            if found is None:
                return node
            scope, value = found
            if value.op == "dict":
                return ends[0]
            if value.op != "call":
                return node
            call, name, receiver = self.call(scope, value)
            arguments = [scope.base + argument.value for argument in call.arguments]
            if name == "dict":
                return ends[0]
            inner = arguments[0] if arguments and name not in ("encode", "copy") else receiver
            if name not in _SERIALISERS or inner is None:
                return node
            at = inner
        return node

    def entry(self, mapping: int, key: str) -> int | None:
        """The node of a mapping's entry at a constant key: of a display or `dict(...)`, serialised or not."""
        found = self.fact(self.unserialised(mapping))
        if found is not None:
            scope, value = found
            if value.op == "dict":
                for name, operand in zip(value.operands[::2], value.operands[1::2], strict=True):
                    if constant_text(scope, name) == key:
                        return scope.base + operand
            elif value.op == "call":
                for argument in self.call(scope, value)[0].arguments:
                    if argument.keyword == key:
                        return scope.base + argument.value
        return self.values.entry(self.unserialised(mapping), key)

    def passed(self, context: CallContext, selectors: Iterable[Argument]) -> int | None:
        """The node of the first argument that a selector finds in a call, `**mapping` items included."""
        for selector in selectors:
            node = context.argument(selector.position, selector.keyword)
            if node is not None:
                return node
            for mapping in context.mappings if selector.keyword is not None else ():
                node = self.entry(mapping, selector.keyword or "")
                if node is not None:
                    return node
        return None

    def argument(self, scope: Scope, index: int) -> int | None:
        """What the way passes for a parameter: the node of the argument, or of its default."""
        parameter = scope.facts.parameters[index]
        context = self._frame(scope.number)
        if context is None:
            return None
        is_method = scope.number in self.linker.classes.method_kinds
        if is_method and self.linker.classes.method_kinds[scope.number] == "staticmethod":
            is_method = False
        node = context.argument(index - is_method if index >= is_method else None, parameter.name)
        if node is None and parameter.default >= 0 and not context.mappings:
            outer = self.linker.scopes.all[scope.parent]
            return outer.base + parameter.default
        return node

    def _frame(self, scope: int) -> CallContext | None:
        """The call that enters a function on this way or beside it."""
        if scope not in self._frames:
            self._frames[scope] = None  # a function that only calls itself
            self._frames[scope] = self._called_nearby(scope)
        return self._frames[scope]

    def _called_nearby(self, scope: int) -> CallContext | None:
        """The one call of a function that stands beside the way (a constructor, a factory) among the
        functions on it and their modules."""
        contexts = []
        for edge in self._edges.into.get(scope, ()):
            caller = self.linker.scopes.all[edge.caller]
            if edge.call < 0 or not _passes_as_written(edge) or not self._is_near(caller):
                continue
            context = self.linker.contexts.get(caller.base + caller.facts.calls[edge.call].value)
            contexts += [context] if context is not None else []
        return contexts[0] if len(contexts) == 1 else None

    def _is_near(self, scope: Scope) -> bool:
        if scope.number in self._near:
            return True
        return scope.facts.name == "__init__" and self._frame(scope.number) is not None

    def _module(self, scope: int) -> Scope:
        return self.linker.scopes.all[self.linker.scopes.module_scope[self.linker.scopes.all[scope].file]]

    def _bindings(self, scope: Scope, name: str) -> list[int]:
        for outer in self.linker.scopes.enclosing(scope):
            if outer.facts.kind is not ScopeKind.CLASS and name in outer.facts.bindings:
                return [outer.base + version for version in outer.facts.bindings[name]]
        return [scope.base + version for version in scope.facts.bindings.get(name, ())]

    def _imported(self, scope: Scope, value: Value) -> list[int]:
        if not isinstance(value.payload, tuple) or value.payload[1] is None:
            return []
        name, member, level = value.payload[:3]
        path = self.linker.scopes.files[scope.file].path
        target = self.linker.scopes.modules.resolve(path, name, level)
        number = self.linker.scopes.file_of_path.get(target) if target is not None else None
        if number is None or not self.linker.scopes.files[number].scopes:
            return []
        module = self.linker.scopes.all[self.linker.scopes.module_scope[number]]
        return [module.base + version for version in module.facts.bindings.get(member, ())]

    def _stored(self, scope: Scope, value: Value) -> list[int]:
        """What methods of the class and its bases store in `self.name`, and what their bodies bind to it."""
        base = scope.facts.values[value.operands[0]]
        if base.op != "param" or base.payload != 0 or scope.parent < 0:
            return []
        name, found = str(value.payload), list[int]()
        for owner in self.linker.classes.internals(scope.parent):
            outer = self.linker.scopes.all[owner]
            found += self._stored_in(outer, name)
            if outer.facts.kind is ScopeKind.CLASS:
                found += [outer.base + version for version in outer.facts.bindings.get(name, ())]
        return found

    def _stored_in(self, owner: Scope, name: str) -> Iterator[int]:
        first = self.linker.scopes.module_scope[owner.file]
        siblings = self.linker.scopes.all[first : first + len(self.linker.scopes.files[owner.file].scopes)]
        for other in siblings:
            for store in other.facts.stores if other.parent == owner.number else ():
                target = other.facts.values[store.base]
                if store.attribute == name and target.op == "param" and target.payload == 0:
                    yield other.base + store.value

    # paths

    def file(self, node: int) -> Path | None:
        """The one existing file inside the root that a path expression means."""
        files = {path for text in self.path_texts(node) if (path := self.existing(text, node)) is not None}
        return files.pop() if len(files) == 1 else None

    def path_texts(self, node: int) -> set[str]:
        """The texts of a path expression, `HOLE` for what is unknown in front of it."""
        return set(self._path_texts(node, 0))

    def existing(self, text: str, node: int) -> Path | None:
        """The file that a path text means where it stands: relative to the root, or to the folder of the
        code's own file and those around it."""
        found = self.fact(node)
        is_open = text.startswith(HOLE)
        tail = text.lstrip(HOLE).lstrip("/") if is_open else text
        if not tail or HOLE in tail or "\0" in tail or (text.startswith("/") and not is_open):
            return None
        folders = [self.root]
        if found is not None:
            own = PurePosixPath(self.linker.scopes.files[found[0].file].path)
            folders += [self.root / parent for parent in own.parents]
        for folder in folders:
            path = folder / tail
            self._note(str(path))
            try:
                if path.is_file() and path.resolve().is_relative_to(self.root.resolve()):
                    return path
            except OSError:
                continue
        return None

    def _path_texts(self, node: int, depth: int) -> Iterator[str]:
        """The texts of a path expression: `Path(x) / "y"`, `os.path.join(x, "y")`, a constant."""
        found = self.fact(node)
        if found is None or depth > _DEPTH_MAX:
            return
        scope, value = found
        if value.op == "binop" and value.payload == "Div":
            yield from self._joined([scope.base + operand for operand in value.operands], depth)
            return
        if value.op == "call":
            call, name, receiver = self.call(scope, value)
            arguments = [scope.base + argument.value for argument in call.arguments]
            if name in ("join", "joinpath") and arguments:
                parts = [receiver] if name == "joinpath" and receiver is not None else []
                yield from self._joined([*parts, *arguments], depth)
                return
            if name in _PATH_CALLS and not arguments and receiver is not None:
                arguments = [receiver]
            if name in _PATH_CALLS and arguments:
                yield from self._joined(arguments, depth)
                return
        texts = self.values.texts(node)
        if texts:
            yield from texts
            return
        sources = self.definitions(node)
        if not sources:
            yield HOLE
        for source in sources:
            yield from self._path_texts(source, depth + 1)

    def _joined(self, parts: Sequence[int], depth: int) -> Iterator[str]:
        joined = ""
        for part in parts:
            texts = sorted(set(self._path_texts(part, depth + 1))) or [HOLE]
            text = texts[0] if len(texts) == 1 else HOLE
            joined = text if text.startswith("/") or not joined else f"{joined.rstrip('/')}/{text}"
        yield HOLE + joined.rpartition(HOLE)[2] if HOLE in joined else joined


def constant_text(scope: Scope, index: int) -> str | None:
    """The text that a value of a scope is written as; None for any other value and for index -1."""
    value = scope.facts.values[index] if index >= 0 else None
    return (
        value.payload
        if value is not None and value.op == "const" and isinstance(value.payload, str)
        else None
    )


def _frames(linker: Linker, calls: Sequence[tuple[int, int]]) -> dict[int, CallContext | None]:
    """For each scope on a way, the call that enters it there, where it passes its arguments as written."""
    found: dict[int, CallContext | None] = {}
    for (scope, call), (target, _) in pairwise(calls):
        edge = linker.edge(scope, call, target, EdgeKind.CALL)
        caller = linker.scopes.all[scope]
        context = linker.contexts.get(caller.base + caller.facts.calls[call].value)
        if edge is not None and context is not None and _passes_as_written(edge):
            found[target] = context
    return found


def _passes_as_written(edge: Edge) -> bool:
    """Whether the arguments of a call are those of the function it leads into."""
    return edge.higher_order is None and edge.dispatch is None and edge.kind in _DIRECT
