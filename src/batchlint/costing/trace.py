"""Where a value of the program comes from: definitions across scopes, and files at constant paths.

Points-to sets say what a value may be over all callers; here one way from a root to a call site is
followed, so that a parameter means the argument that is passed on this very way.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Final

from batchlint.analysis.reach import Way
from batchlint.analysis.values import HOLE, Values
from batchlint.facts import ScopeKind
from batchlint.facts.model import CallFact, Value
from batchlint.program.linker import CallContext, Linker
from batchlint.program.model import Edge, EdgeKind
from batchlint.program.scopes import Scope

_DEPTH_MAX: Final = 12
_TARGETS_MAX: Final = 4
_PATH_CALLS: Final = frozenset({"Path", "PurePath", "PosixPath", "str", "fspath", "abspath", "resolve"})


class Trace:
    """Follows values backwards along one way; nothing is executed. `edges` are those of the call graph by
    (scope, call)."""

    def __init__(
        self,
        linker: Linker,
        values: Values,
        root: Path,
        way: Way | None,
        edges: Mapping[tuple[int, int], Sequence[Edge]],
    ) -> None:
        self.linker = linker
        self.edges = edges
        self.values = values
        self.root = root
        self._frames = _frames(linker, way.calls) if way is not None else {}

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
        for edge in self.edges.get((scope, call), ())[:_TARGETS_MAX]:
            callee = self.linker.scopes.all[edge.target]
            found += [callee.base + value for value in callee.facts.returns]
        return found

    def argument(self, scope: Scope, index: int) -> int | None:
        """What the way passes for a parameter: the node of the argument, or of its default."""
        parameter = scope.facts.parameters[index]
        context = self._frames.get(scope.number)
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
        """What methods of the same class store in `self.name`, and what the class body binds to it."""
        base = scope.facts.values[value.operands[0]]
        if base.op != "param" or base.payload != 0 or scope.parent < 0:
            return []
        name, found = str(value.payload), []
        first = self.linker.scopes.module_scope[scope.file]
        siblings = self.linker.scopes.all[first : first + len(self.linker.scopes.files[scope.file].scopes)]
        for other in siblings:
            if other.parent != scope.parent:
                continue
            for store in other.facts.stores:
                owner = other.facts.values[store.base]
                if store.attribute == name and owner.op == "param" and owner.payload == 0:
                    found.append(other.base + store.value)
        outer = self.linker.scopes.all[scope.parent]
        if outer.facts.kind is ScopeKind.CLASS:
            found += [outer.base + version for version in outer.facts.bindings.get(name, ())]
        return found

    # paths

    def file(self, node: int) -> Path | None:
        """The one existing file inside the root that a path expression means."""
        found = self.fact(node)
        texts = set(self._path_texts(node, 0))
        files = {path for text in texts if (path := self._existing(text, found)) is not None}
        return files.pop() if len(files) == 1 else None

    def _existing(self, text: str, found: tuple[Scope, Value] | None) -> Path | None:
        """The file that a path text with `HOLE` for what is unknown in front of it may mean: relative to
        the root, or to the file's own folder and those around it."""
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


def _frames(linker: Linker, calls: Sequence[tuple[int, int]]) -> dict[int, CallContext]:
    """For each scope on a way, the call that enters it there, where it passes its arguments as written."""
    found: dict[int, CallContext] = {}
    for (scope, call), (target, _) in pairwise(calls):
        edge = linker.edges.get((scope, call, target, EdgeKind.CALL))
        caller = linker.scopes.all[scope]
        context = linker.contexts.get(caller.base + caller.facts.calls[call].value)
        if edge is not None and context is not None and edge.higher_order is None and edge.dispatch is None:
            found[target] = context
    return found
