"""Which calls return an object that nobody else holds: changing it concerns only who made it."""

import ast
import re

from batchlint.facts import ScopeKind
from batchlint.fix import names
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import dotted, is_class, table
from batchlint.fix.origins import origins

_CLASS = re.compile(r"(?:.*\.)?[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*\Z")
"""A name in the style of classes; calling a class makes an instance."""


class Freshness:
    """Knows the calls of a linked program that make a new object."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._calls: dict[str, frozenset[ast.AST]] = {}
        self._functions: dict[int, bool] = {}

    def calls(self, file: ProgramFile) -> frozenset[ast.AST]:
        """The calls of a file that return a new object: those that send requests, functions of the tables
        that make something, and functions of the program that give away what they have made."""
        found = self._calls.get(file.path)
        if found is None:
            self._calls[file.path] = frozenset()  # a function that is looked into meanwhile
            found = frozenset(node for node in file.calls.values() if self._is_new(file, node))
            self._calls[file.path] = found
        return found

    def _is_new(self, file: ProgramFile, node: ast.Call) -> bool:
        key = self.program.key(file, node)
        if key is not None and key in self.program.sites:
            return True
        edges = self.program.edges(key) if key is not None else []
        if edges:
            return all(self.program.is_plain(edge) and self._makes(edge.target) for edge in edges)
        path = dotted(file, node.func)
        if path is not None:
            return path in table()["new"] or _CLASS.match(path) is not None
        if is_class(file, node.func):
            return True
        return isinstance(node.func, ast.Attribute) and node.func.attr in table()[".new"]

    def _makes(self, scope: int) -> bool:
        """Whether a function is the constructor of a class, or returns only what it has made."""
        name = self.program.linker.scopes.all[scope].facts.qualname
        return name.endswith(".__init__") or self._gives_away(scope)

    def _gives_away(self, scope: int) -> bool:
        """Whether a function returns only what it has made and keeps nowhere."""
        known = self._functions.get(scope)
        if known is None:
            self._functions[scope] = False
            known = self._functions[scope] = self._look_into(scope)
        return known

    def _look_into(self, scope: int) -> bool:
        facts = self.program.linker.scopes.all[scope].facts
        if facts.kind is not ScopeKind.FUNCTION or facts.is_generator:
            return False
        file = self.program.file_of(scope)
        node = file.functions.get(facts.span)
        if not isinstance(node, FunctionNode) or node.decorator_list:
            return False
        body: list[ast.AST] = list(node.body)
        given = {parameter.arg for parameter in names.parameters(node.args)}
        returned = [n.value for n in names.walk_scope(body) if isinstance(n, ast.Return) and n.value]
        return all(self._is_made(file, value, body, given) for value in returned)

    def _is_made(self, file: ProgramFile, value: ast.expr, body: list[ast.AST], given: set[str]) -> bool:
        match value:
            case ast.Constant() | ast.JoinedStr() | ast.BinOp() | ast.Compare() | ast.UnaryOp():
                return True
            case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
                return True
            case ast.Call():
                return self._is_new(file, value)
            case ast.Name(id=name):
                if origins(name, body, given, self._made(file, body)) or name not in names.bound(body):
                    return False
                return all(self._is_local_use(file, n) for n in names.walk_scope(body) if _reads(n, name))
        return False

    def _made(self, file: ProgramFile, body: list[ast.AST]) -> frozenset[ast.AST]:
        calls = (n for n in names.walk_scope(body) if isinstance(n, ast.Call))
        return frozenset(node for node in calls if self._is_new(file, node))

    def _is_local_use(self, file: ProgramFile, node: ast.AST) -> bool:
        """Whether a use of a name's value lets nobody else keep it."""
        parent = file.parents[node]
        match parent:
            case ast.Return() | ast.Subscript() | ast.Attribute() | ast.Compare() | ast.FormattedValue():
                return not (isinstance(parent, ast.Subscript) and parent.slice is node)
            case ast.For() | ast.comprehension() | ast.If() | ast.BoolOp() | ast.UnaryOp():
                return True
            case ast.Call() if node is not parent.func:
                path = dotted(file, parent.func)
                return path is not None and path in table()["pure"] | table()["output"]
        return False


def _reads(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
