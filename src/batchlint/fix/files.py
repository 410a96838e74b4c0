"""The files of a plan as syntax trees, joined to the linked program by the places of calls and functions."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from batchlint.analysis.loops import LoopRole
from batchlint.analysis.model import CallSite
from batchlint.discover import read_bytes
from batchlint.discover.walk import DiscoverOptions, discover
from batchlint.facts import ScopeKind
from batchlint.finding import Failure
from batchlint.fix.decline import DeclinedError, Reason
from batchlint.pipeline import Analysis
from batchlint.program.model import Edge, EdgeKind
from batchlint.program.objects import Container
from batchlint.text import LineIndex, Location, Span

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
BOM = b"\xef\xbb\xbf"


class ProgramFile:
    """One file: bytes without byte order mark, tree, parents, and the bytes of every node."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.has_bom = data.startswith(BOM)
        self.text = data.removeprefix(BOM)
        self.tree = ast.parse(self.text)
        self.lines = LineIndex(self.text)
        self.newline = "\r\n" if b"\r\n" in self.text else "\n"
        self.parents: dict[ast.AST, ast.AST] = {
            child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)
        }
        self.calls = {span_of(node): node for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        self.functions = {
            span_of(node): node for node in ast.walk(self.tree) if isinstance(node, FunctionNode | ast.Lambda)
        }
        self.names = _identifiers(self.tree)

    def start(self, node: ast.AST) -> int:
        """The byte offset where a node begins."""
        span = span_of(node)
        return self.lines.offset(span.line, span.column)

    def end(self, node: ast.AST) -> int:
        """The byte offset where a node ends."""
        span = span_of(node)
        return self.lines.offset(span.end_line, span.end_column)

    def line_start(self, node: ast.AST) -> int:
        """The byte offset of the beginning of a node's first line."""
        return self.lines.offset(span_of(node).line, 0)

    def source(self, node: ast.AST) -> str:
        """The text of a node as written."""
        return self.text[self.start(node) : self.end(node)].decode()

    def indent(self, statement: ast.stmt) -> str:
        """The white space before a statement."""
        return self.text[self.line_start(statement) : self.start(statement)].decode()

    def location(self, node: ast.AST) -> Location:
        """The place of a node as outputs show it."""
        return self.lines.location(self.path, span_of(node))

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that a node belongs to."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def scope(self, node: ast.AST) -> FunctionNode | ast.Lambda | ast.ClassDef | ast.Module:
        """The function, class or module whose body a node stands in."""
        for outer in self.ancestors(node):
            if isinstance(outer, FunctionNode | ast.Lambda | ast.ClassDef | ast.Module):
                return outer
        return self.tree

    def decline(self, reason: Reason, message: str, node: ast.AST) -> DeclinedError:
        """The error that declines at a node."""
        return DeclinedError(reason, message, self.location(node))

    def fresh(self, *wishes: str) -> str:
        """The first of the wished names, or a numbered one, that nothing in the file is called."""
        numbered = (f"{wishes[0]}_{number}" for number in range(2, 1000))
        return next(name for name in (*wishes, *numbered) if name not in self.names)


def span_of(node: ast.AST) -> Span:
    """The span of an expression, statement, parameter, keyword or imported name."""
    assert isinstance(node, ast.expr | ast.stmt | ast.excepthandler | ast.keyword | ast.arg | ast.alias)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def _identifiers(tree: ast.AST) -> set[str]:
    """Every identifier that a file mentions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.update((asname or name).split("."))
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                found.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                found.update(names)
    return found


class Program:
    """The linked program with the trees of the files that a plan looks into."""

    def __init__(self, root: Path, analysis: Analysis, overlay: Mapping[str, bytes]) -> None:
        self.root = root
        self.linker = analysis.linker
        self.places = analysis.places
        self.loops = analysis.narrator.loops
        self.overlay = overlay
        self.sites: dict[tuple[int, int], CallSite] = {(s.scope, s.call): s for _, s, _ in analysis.sites}
        self._files: dict[str, ProgramFile] = {}
        self._targets: dict[int, set[int]] = {}
        self._texts: list[bytes] | None = None
        self._index: dict[str, dict[Span, tuple[int, int]]] = {}
        self._edges: dict[tuple[int, int], list[Edge]] = {}
        self._callers: dict[int, list[Edge]] = {}
        for edge in self.linker.edges.values():
            self._edges.setdefault((edge.caller, edge.call), []).append(edge)
            self._callers.setdefault(edge.target, []).append(edge)

    def file(self, path: str) -> ProgramFile:
        """The file at a root-relative path; raises DeclinedError where it cannot be edited."""
        found = self._files.get(path)
        if found is None:
            found = self._files[path] = self._load(path)
        return found

    def _load(self, path: str) -> ProgramFile:
        whole = Location(path, 1, 1, 1, 1)
        if path.endswith(".ipynb"):
            raise DeclinedError(Reason.NOTEBOOK, "notebooks are not rewritten", whole)
        data = self.overlay.get(path) or read_bytes(self.root, path)
        if isinstance(data, Failure):
            raise DeclinedError(Reason.ENCODING, data.message, whole)
        try:
            data.decode("utf-8")
            file = ProgramFile(path, data)
        except (SyntaxError, ValueError, RecursionError):
            raise DeclinedError(Reason.ENCODING, "the file is not UTF-8", whole) from None
        if b"\f" in data or b"\r" in data.replace(b"\r\n", b""):
            raise DeclinedError(Reason.ENCODING, "the file has unusual line endings", whole)
        return file

    def file_of(self, scope: int) -> ProgramFile:
        """The file that a scope is in."""
        return self.file(self.places.path(scope))

    def function(self, scope: int) -> FunctionNode:
        """The definition of a function's scope."""
        file, facts = self.file_of(scope), self.linker.scopes.all[scope].facts
        node = file.functions.get(facts.span)
        if not isinstance(node, FunctionNode) or facts.kind is not ScopeKind.FUNCTION:
            place = self.places.definition(scope)
            raise DeclinedError(Reason.FUNCTION_FORM, f"{facts.qualname or 'a module'} is no def", place)
        return node

    def scope_of_function(self, file: ProgramFile, node: FunctionNode) -> int | None:
        """The scope that a definition is, None where the index has no such function."""
        number, span = self.linker.scopes.file_of_path[file.path], span_of(node)
        for scope in self.linker.scopes.all:
            if scope.file == number and scope.facts.span == span and scope.facts.kind is ScopeKind.FUNCTION:
                return scope.number
        return None

    def files(self) -> Iterator[ProgramFile]:
        """The files of the program that can be edited."""
        for path in sorted(self.linker.scopes.file_of_path):
            with suppress(DeclinedError):
                yield self.file(path)

    def call(self, scope: int, call: int) -> ast.Call:
        """The call expression of a call of the program."""
        file = self.file_of(scope)
        found = file.calls.get(self.linker.scopes.all[scope].facts.calls[call].span)
        if found is None:
            place = self.places.call(scope, call)
            raise DeclinedError(Reason.CONTRADICTION, "no call stands where the index has one", place)
        return found

    def key(self, file: ProgramFile, node: ast.Call) -> tuple[int, int] | None:
        """The scope and number of a call expression, None where the index has no such call."""
        index = self._index.get(file.path)
        if index is None:
            number = self.linker.scopes.file_of_path[file.path]
            index = self._index[file.path] = {
                fact.span: (scope.number, call)
                for scope in self.linker.scopes.all
                if scope.file == number
                for call, fact in enumerate(scope.facts.calls)
            }
        return index.get(span_of(node))

    def edges(self, key: tuple[int, int]) -> list[Edge]:
        """Where a call leads in the program."""
        return self._edges.get(key, [])

    def callers(self, scope: int) -> list[Edge]:
        """The calls that lead into a function."""
        return self._callers.get(scope, [])

    def in_record_loop(self, key: tuple[int, int]) -> bool:
        """Whether a call stands in a loop over records."""
        return any(self.loops.role(key[0], loop) is LoopRole.RECORD for loop in self.loops.around(*key))

    def record_calls(self, scopes: Iterable[int]) -> list[tuple[tuple[int, int], int]]:
        """The calls in record loops that lead to one of some functions, each with the function it calls."""
        found: list[tuple[tuple[int, int], int]] = []
        todo, seen = list(scopes), set()
        while todo:
            scope = todo.pop()
            if scope in seen:
                continue
            seen.add(scope)
            for edge in self.callers(scope):
                key = (edge.caller, edge.call)
                fans_out = edge.kind is EdgeKind.CALLBACK and edge.call >= 0
                if fans_out or (edge.call >= 0 and self.is_plain(edge) and self.in_record_loop(key)):
                    found.append(((edge.caller, edge.call), scope))
                else:
                    todo.append(edge.caller)
        return found

    def reached_from(self, scopes: Iterable[int]) -> set[int]:
        """The functions that some functions may run, themselves included."""
        if not self._targets:
            for edge in self.linker.edges.values():
                self._targets.setdefault(edge.caller, set()).add(edge.target)
        found: set[int] = set()
        todo = list(scopes)
        while todo:
            scope = todo.pop()
            if scope not in found:
                found.add(scope)
                todo.extend(self._targets.get(scope, ()))
        return found

    def scope_of(self, file: ProgramFile, node: ast.Call) -> int:
        """The scope that a call stands in."""
        key = self.key(file, node)
        if key is None:
            raise file.decline(Reason.CONTRADICTION, "the index has no such call", node)
        return key[0]

    def containers(self, scope: int, name: str) -> set[int]:
        """The lists and mappings of the program that a variable may hold."""
        held = self._held(scope, name)
        return {obj for obj in held if isinstance(self.linker.record(obj), Container)}

    def kinds(self, scope: int, name: str) -> set[str]:
        """What a variable may hold: kinds of containers (`seq`, `dict`, `gen`), `other` for anything else,
        nothing where that is not known."""
        return self._kinds(self._held(scope, name))

    def kinds_of_call(self, key: tuple[int, int]) -> set[str]:
        """What a call may return, as `kinds`."""
        scope = self.linker.scopes.all[key[0]]
        return self._kinds(self.linker.solver.pts[scope.base + scope.facts.calls[key[1]].value])

    def _held(self, scope: int, name: str) -> set[int]:
        scopes = self.linker.scopes
        owner = scopes.all[scope]
        if name not in owner.facts.bindings:
            owner = scopes.all[scopes.module_scope[owner.file]]
        held: set[int] = set()
        for version in owner.facts.bindings.get(name, ()):
            held |= self.linker.solver.pts[owner.base + version]
        return held

    def _kinds(self, held: frozenset[int] | set[int]) -> set[str]:
        records = [self.linker.record(obj) for obj in held]
        return {r.kind if isinstance(r, Container) else "other" for r in records}

    def is_plain(self, edge: Edge) -> bool:
        """Whether an edge is an ordinary call of a function."""
        return edge.kind is EdgeKind.CALL and edge.higher_order is None and edge.dispatch is None

    def is_package(self, file: ProgramFile) -> bool:
        """Whether a file belongs to a package, whose names others may import."""
        return (self.root / file.path).with_name("__init__.py").exists()

    def all_texts(self) -> list[bytes]:
        """The text of every Python file and notebook of the project, tests and what git ignores included."""
        if self._texts is None:
            paths = discover(self.root, DiscoverOptions(respect_gitignore=False)).files
            read = (read_bytes(self.root, path) for path in paths)
            self._texts = [data for data in read if isinstance(data, bytes)]
        return self._texts
