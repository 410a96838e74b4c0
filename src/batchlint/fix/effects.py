"""What code reads and changes, by place: names, attributes, keys of mappings, files, standard output.

Attributes and string keys are told apart by their name, whatever object they belong to; an object is
known by the name at the root of the expression. What a call outside of the program does comes from
`effects.toml`; what it does not know is an unknown effect.
"""

import ast
from collections.abc import Iterable
from dataclasses import replace

from batchlint.facts import ScopeKind
from batchlint.fix import foreign, names
from batchlint.fix.awaiting import kind_of
from batchlint.fix.draft import PACKAGE
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.fresh import Freshness
from batchlint.fix.limits import Limits
from batchlint.fix.origins import origins, outside, root
from batchlint.fix.places import FILES, WORLD, Effects, Place


class EffectFinder:
    """Finds the effects of code of a linked program; functions of the program are looked into once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.limits = Limits(program)
        self.fresh = Freshness(program)
        self._functions: dict[int, Effects] = {}

    def of(
        self,
        file: ProgramFile,
        nodes: Iterable[ast.AST],
        *,
        skip: Iterable[ast.AST] = (),
        own: frozenset[str] = frozenset(),
        flowing: bool = False,
    ) -> Effects:
        """What nodes of a function's body do, `skip` and what is in them left out.

        Changes inside of objects that the names `own` hold are nobody else's concern. With `flowing`, only
        what goes elsewhere counts as read: not what `x += 1` and `x.append(y)` need to change x itself.
        """
        visitor = _Visitor(self, file, frozenset(skip), own, flowing=flowing)
        for node in nodes:
            visitor.visit(node)
        return visitor.found

    def of_function(self, scope: int) -> Effects:
        """What calling a function does, its local variables left out; `parameter` places are objects that
        it was given and changes."""
        known = self._functions.get(scope)
        if known is None:
            self._functions[scope] = Effects()  # a recursive call adds nothing
            known = self._functions[scope] = self._summary(scope)
        return known

    def _summary(self, scope: int) -> Effects:
        facts = self.program.linker.scopes.all[scope].facts
        if facts.kind is ScopeKind.CLASS or PACKAGE in self.program.places.path(scope).split("/"):
            return Effects()  # the batch helpers of an earlier rewrite only give back what they were given
        file = self.program.file_of(scope)
        node = file.functions.get(facts.span)
        if node is None:
            return Effects(unknown=[facts.qualname or "a module"], writes={WORLD})
        body = _body(node)
        new = self.fresh.calls(file)
        own = frozenset(
            name
            for name in names.bound(body) - names.free(node)
            if not origins(name, body, {p.arg for p in names.parameters(node.args)}, new)
        )
        found = self.of(file, body, own=own)
        found.free_names |= names.free(node)
        return outside(found, node, body, new)


def _body(node: FunctionNode | ast.Lambda) -> list[ast.AST]:
    return list(node.body) if isinstance(node.body, list) else [node.body]


class _Visitor(ast.NodeVisitor):
    """Collects the effects of the nodes it visits."""

    def __init__(
        self,
        finder: EffectFinder,
        file: ProgramFile,
        skip: frozenset[ast.AST],
        own: frozenset[str],
        *,
        flowing: bool = False,
    ) -> None:
        self.finder = finder
        self.flowing = flowing
        self.own = own
        self.program = finder.program
        self.file = file
        self.skip = skip
        self.found = Effects()

    def visit(self, node: ast.AST) -> None:
        """Visit a node, unless it is left out."""
        if node not in self.skip:
            super().visit(node)

    # values

    def visit_Name(self, node: ast.Name) -> None:
        """A name alone means all of its value."""
        if isinstance(node.ctx, ast.Load):
            self.found.reads.add(Place("name", node.id))
        else:
            self.found.writes.add(Place("content", node.id))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """An attribute is known by its name."""
        place = Place("attribute", node.attr)
        if isinstance(node.ctx, ast.Load):
            self.found.reads.add(place)
            self._part(node.value)
        else:
            self._changes(place, node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """A constant string key is known by its text, every other subscript by the object's name."""
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if isinstance(node.ctx, ast.Load):
            self._part(node.value)
            if isinstance(key, str):
                self.found.reads.add(Place("key", key))
            else:
                self.visit(node.slice)
        elif isinstance(key, str):
            self._changes(Place("key", key), node)
        else:
            self.visit(node.slice)
            self._mutates(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """`x += 1` reads and changes its target."""
        self.visit(node.value)
        self.visit(node.target)
        match node.target:
            case _ if self.flowing:
                pass
            case ast.Name(id=name):
                self.found.reads.add(Place("name", name))
            case ast.Attribute(attr=attr):
                self.found.reads.add(Place("attribute", attr))
            case ast.Subscript(slice=ast.Constant(value=str(key))):
                self.found.reads.add(Place("key", key))

    def _part(self, node: ast.expr) -> None:
        """Something inside of a value is read."""
        if isinstance(node, ast.Name):
            self.found.reads.add(Place("part", node.id))
        else:
            self.visit(node)

    def _changes(self, place: Place, node: ast.Attribute | ast.Subscript) -> None:
        """An attribute or key of an object changes: whoever reads the object as a whole sees it."""
        name = root(node)
        if name is None or name not in self.own:
            self.found.writes.add(place)
        if name is not None:
            self.found.writes.add(Place("keyed", name))
        self._part(node.value)

    def _mutates(self, node: ast.expr) -> None:
        """An object changes: the one a name holds, or the one an attribute or key does."""
        match node:
            case ast.Name(id=name):
                self.found.writes |= {Place("content", name), Place("keyed", name)}
            case ast.Attribute(attr=attr):
                self._changes(Place("attribute", attr), node)
            case ast.Subscript(slice=ast.Constant(value=str(key))):
                self._changes(Place("key", key), node)
            case ast.Subscript(value=value):
                self._mutates(value)
            case _:
                self.visit(node)

    # scopes inside of expressions

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        own: set[str] = set()
        for generator in node.generators:
            self.visit(generator.iter)
            own |= {n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)}
        inside = _Visitor(self.finder, self.file, self.skip, self.own)
        for generator in node.generators:
            for condition in generator.ifs:
                inside.visit(condition)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            inside.visit(part)
        self._take(inside.found, own)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        """The variables of a comprehension are its own."""
        self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        """The variables of a comprehension are its own."""
        self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        """The variables of a comprehension are its own."""
        self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        """As a comprehension."""
        self._comprehension(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """A function value counts as called where it is made."""
        inside = _Visitor(self.finder, self.file, self.skip, self.own)
        inside.visit(node.body)
        self._take(inside.found, {p.arg for p in names.parameters(node.args)})

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A nested function counts as called where it is defined."""
        self.found.writes.add(Place("content", node.name))
        inside = _Visitor(self.finder, self.file, self.skip, self.own)
        for statement in node.body:
            inside.visit(statement)
        own = ({p.arg for p in names.parameters(node.args)} | names.bound(node.body)) - names.free(node)
        self._take(inside.found, own)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """As an ordinary function."""
        self.found.unknown.append(node.name)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Classes inside of loops are not looked into."""
        self.found.unknown.append(node.name)

    def _take(self, inside: Effects, own: set[str]) -> None:
        local = ("name", "part", "content", "keyed")
        inside.reads = {p for p in inside.reads if p.kind not in local or p.name not in own}
        inside.writes = {p for p in inside.writes if p.kind not in local or p.name not in own}
        self.found.add(inside)

    # what awaits

    def _awaits(self, node: ast.expr) -> None:
        """Somebody else's code runs; only of a call it is known what that is."""
        if not isinstance(node, ast.Call):
            self._by_kind("", ast.Call(node, [], []))

    def visit_Await(self, node: ast.Await) -> None:
        """A call does what it does when it is awaited."""
        self._awaits(node.value)
        self.visit(node.value)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        """Entering and leaving run code of the context manager."""
        for item in node.items:
            if not self.finder.limits.is_harmless(self.file, item.context_expr):
                self._awaits(item.context_expr)
                self.visit(item)
        for statement in node.body:
            self.visit(statement)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        """Every round runs code of the iterator."""
        self._awaits(node.iter)
        self.generic_visit(node)

    # statements that bind names without a Name node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """An exception's name is bound."""
        if node.name:
            self.found.writes.add(Place("content", node.name))
        self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> None:
        """An import binds a name."""
        self.found.writes.add(Place("content", node.asname or node.name.partition(".")[0]))

    def visit_Match(self, node: ast.Match) -> None:
        """Patterns bind names."""
        self.found.writes |= {Place("content", name) for name in names.bound([node])}
        self.generic_visit(node)

    # calls

    def visit_Call(self, node: ast.Call) -> None:
        """A call does what the function does, and reads its arguments."""
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)
        key = self.program.key(self.file, node)
        if key is not None and key in self.program.sites:
            self._part(node.func)
            return
        edges = self.program.edges(key) if key is not None else []
        for edge in edges:
            self._calls(edge.target, node, is_plain=self.program.is_plain(edge))
        if isinstance(node.func, ast.Attribute):
            if not (self.flowing and self._only_changes(node, node.func)):
                self.visit(node.func.value)
        elif isinstance(node.func, ast.Name):
            self.found.reads.add(Place("name", node.func.id))
        else:
            self.visit(node.func)
        if not any(self.program.is_plain(edge) for edge in edges):
            self._foreign(node)

    def _only_changes(self, node: ast.Call, function: ast.Attribute) -> bool:
        """Whether a call changes a variable or attribute and its value goes nowhere."""
        is_direct = isinstance(function.value, ast.Name | ast.Attribute) and root(function.value) is not None
        is_alone = isinstance(self.file.parents.get(node), ast.Expr)
        return is_direct and is_alone and function.attr in foreign.table()[".mutating"]

    def _calls(self, scope: int, node: ast.Call, *, is_plain: bool) -> None:
        summary = self.finder.of_function(scope)
        changed = {place.name for place in summary.writes if place.kind == "parameter"}
        writes = {place for place in summary.writes if place.kind != "parameter"}
        self.found.add(replace(summary, writes=writes, dynamic=False))
        if summary.dynamic:  # it looks at its own names, not at the caller's; what for is not seen
            self.found.unknown.append(f"{ast.unparse(node.func)}, which looks at its own variables")
        if not changed:
            return
        function = self.program.file_of(scope).functions.get(self.program.linker.scopes.all[scope].facts.span)
        passed = foreign.bind(node, function) if function is not None and is_plain else None
        for name in changed:
            if passed is None or name not in passed:
                self.found.unknown.append(f"{ast.unparse(node.func)}, which changes its {name!r}")
                self.found.writes.add(WORLD)
            else:
                self._mutates(passed[name])

    def _foreign(self, node: ast.Call) -> None:
        """What a call outside of the program does, by the tables; the event loop's own functions do what
        the coroutines do that they are given."""
        if kind_of(self.file, node.func) is not None:
            return
        kind = foreign.what_it_does(self.file, node)
        match kind:
            case ".pure" | ".diagnostic":
                return
            case ".mutating":
                assert isinstance(node.func, ast.Attribute)
                self._mutates(node.func.value)
            case ".consuming":
                assert isinstance(node.func, ast.Attribute)
                self._mutates(node.func.value)
                self.found.reads |= {FILES, WORLD}
            case ".reading":
                self.found.reads |= {FILES, WORLD}
            case ".saving":
                self.found.writes.add(FILES)
            case ".writing":
                assert isinstance(node.func, ast.Attribute)
                self._mutates(node.func.value)
                self.found.writes.add(FILES)
            case _:
                self._by_kind(kind, node)

    def _by_kind(self, kind: str, node: ast.Call) -> None:
        match kind:
            case "pure" | "diagnostic" | "sleep":
                return
            case "output":
                self.found.writes |= foreign.printed_to(self.file, node)
            case "exit":
                self.found.exits = True
            case "reads":
                self.found.reads |= {FILES, WORLD}
                if foreign.opens_for_writing(node):
                    self.found.writes.add(FILES)
            case "writes":
                self.found.writes.add(FILES)
                if ast.unparse(node.func).endswith("dump") and len(node.args) > 1:
                    self._mutates(node.args[1])
            case "changing" if node.args:
                self._mutates(node.args[0])
            case "dynamic":
                self.found.dynamic = True
            case _:
                if foreign.is_class(self.file, node.func):
                    return
                self.found.unknown.append(ast.unparse(node.func))
                self.found.writes.add(WORLD)
                self.found.reads.add(WORLD)
                if isinstance(node.func, ast.Attribute) and not foreign.is_stateless(self.file, node.func):
                    self._mutates(node.func.value)
