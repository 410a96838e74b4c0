"""Functions between the record loop and the provider call become generators of requests."""

import ast
import re

from batchlint.fix import names
from batchlint.fix.decline import DeclinedError, Reason
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.fix.requests import check_site, request_edits
from batchlint.program.model import EdgeKind

_KEPT_DECORATORS = frozenset({"staticmethod", "classmethod"})
_HARMLESS = frozenset({"contextlib.suppress", "contextlib.nullcontext"})


class Steps:
    """The functions that a call in a record loop runs through until requests are sent."""

    def __init__(self, program: Program, finder: EffectFinder, draft: Draft) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.scopes: list[int] = []
        self.calls: dict[tuple[int, int], int] = {}
        self._reaching = reaching(program)

    def add(self, entry: int, *, judged: bool = True) -> None:
        """Take in a function that a record loop calls, and all that it needs; raises DeclinedError where
        one of them cannot become a generator, and then takes in nothing.

        Without `judged` it is left to others whether its effects allow that records run together.
        """
        scopes, calls = list(self.scopes), dict(self.calls)
        try:
            if entry not in self._reaching:
                raise self.program.file_of(entry).decline(
                    Reason.CALL_FORM, "it sends no request", self.program.function(entry)
                )
            self._close(entry, ())
        except DeclinedError:
            self.scopes, self.calls = scopes, calls
            raise
        if judged:
            self._check_effects(entry)

    def _close(self, scope: int, way: tuple[int, ...]) -> None:
        """Take in a function and all functions it calls that send requests."""
        program = self.program
        node = program.function(scope)
        file = program.file_of(scope)
        if scope in way:
            raise file.decline(Reason.RECURSION, f"{node.name} calls itself", node)
        if scope in self.scopes:
            return
        self._check_form(file, node, scope)
        self.scopes.append(scope)
        for number in range(len(program.linker.scopes.all[scope].facts.calls)):
            key = (scope, number)
            site = program.sites.get(key)
            if site is not None:
                _, call = check_site(program, self.draft, site)
                self._check_place(file, call, node)
                continue
            edges = [edge for edge in program.edges(key) if edge.target in self._reaching]
            if not edges:
                continue
            call = program.call(scope, number)
            if len(program.edges(key)) > 1:
                raise file.decline(Reason.DYNAMIC_DISPATCH, "the call may lead to several functions", call)
            if not program.is_plain(edges[0]):
                raise file.decline(Reason.CALL_FORM, "the call runs a function that sends requests", call)
            self._check_place(file, call, node)
            self.calls[key] = edges[0].target
            self._close(edges[0].target, (*way, scope))

    def _check_form(self, file: ProgramFile, node: FunctionNode, scope: int) -> None:
        facts = self.program.linker.scopes.all[scope].facts
        if isinstance(node, ast.AsyncFunctionDef):
            raise file.decline(Reason.ASYNC, f"{node.name} is a coroutine", node)
        if facts.is_generator:
            raise file.decline(Reason.FUNCTION_FORM, f"{node.name} is a generator", node)
        if node.name.startswith("__"):
            raise file.decline(Reason.FUNCTION_FORM, f"{node.name} is called by Python itself", node)
        for decorator in node.decorator_list:
            if not (isinstance(decorator, ast.Name) and decorator.id in _KEPT_DECORATORS):
                raise file.decline(Reason.DECORATED, f"{node.name} is decorated", decorator)
        if node.body[0].lineno == node.lineno:
            raise file.decline(Reason.FUNCTION_FORM, f"{node.name} is written on one line", node)
        if getattr(node, "type_params", None):
            raise file.decline(Reason.FUNCTION_FORM, f"{node.name} has type parameters", node)
        for edge in self.program.callers(scope):
            if edge.kind is EdgeKind.DECORATOR:
                raise file.decline(Reason.DECORATED, f"{node.name} decorates something", node)

    def _check_place(self, file: ProgramFile, call: ast.Call, function: FunctionNode) -> None:
        """Whether a `yield` may stand where a call stands."""
        for outer in file.ancestors(call):
            if outer is function:
                return
            if isinstance(outer, names.COMPREHENSIONS + names.NESTED):
                raise file.decline(Reason.CALL_FORM, "the call stands in a comprehension or lambda", call)
            if isinstance(outer, ast.With):
                held = [i for i in outer.items if dotted(file, _callee(i.context_expr)) not in _HARMLESS]
                if held:
                    message = "would stay open until the batch has ended"
                    raise file.decline(Reason.HELD_RESOURCE, message, held[0].context_expr)
            if isinstance(outer, ast.JoinedStr):
                raise file.decline(Reason.CALL_FORM, "the call stands in an f-string", call)
        raise file.decline(Reason.CALL_FORM, "the call stands in a decorator or default", call)

    def _check_effects(self, entry: int) -> None:
        """Steps of all records run interleaved: they may not meet in anything."""
        effects = self.finder.of_function(entry)
        file, node = self.program.file_of(entry), self.program.function(entry)
        if effects.dynamic:
            raise file.decline(Reason.DYNAMIC_SCOPE, f"{node.name} looks at its own variables", node)
        for place in sorted(effects.writes):
            if place.kind == "channel":
                if place.name == "standard output":
                    self.draft.object(file, Reason.EFFECT_ORDER, f"{node.name} prints", node)
                elif not effects.unknown:
                    self.draft.object(file, Reason.EFFECT_ORDER, f"{node.name} changes {place.name}", node)
            else:
                self.draft.object(
                    file, Reason.SHARED_STATE, f"{node.name} changes {place.name!r} of all records", node
                )
        for what in dict.fromkeys(effects.unknown):
            message = f"{node.name} runs {what}, whose effects are not known"
            self.draft.object(file, Reason.UNKNOWN_EFFECT, message, node)
        if effects.exits:
            self.draft.object(file, Reason.EARLY_EXIT, f"{node.name} may end the program", node)

    # emission

    def emit(self, converted: set[tuple[int, int]]) -> None:
        """Plan the edits of all functions; `converted` are the calls outside of them that change too."""
        for scope in self.scopes:
            self._emit_function(scope, converted | set(self.calls))

    def steps_name(self, scope: int) -> str:
        """The name of a function's generator."""
        return f"{self.program.function(scope).name}_steps"

    def _emit_function(self, scope: int, converted: set[tuple[int, int]]) -> None:
        file, node, draft = self.program.file_of(scope), self.program.function(scope), self.draft
        new = self.steps_name(scope)
        if new in file.names:
            raise file.decline(Reason.FUNCTION_FORM, f"there is a {new} already", node)
        match = re.compile(rb"def\s+(\w+)").match(file.text, file.start(node))
        assert match is not None
        draft.claim(file, node)
        draft.edit(file, match.start(1), match.end(1), new)
        if node.returns is not None:
            step = draft.use(file, "Step")
            draft.edit(file, file.start(node.returns), file.start(node.returns), f"{step}[")
            draft.edit(file, file.end(node.returns), file.end(node.returns), "]")
        for (at, number), target in self.calls.items():
            if at == scope:
                self._emit_call(file, self.program.call(at, number), target)
        for at, number in draft.sites:
            if at == scope:
                call = self.program.call(at, number)
                edits = request_edits(file, draft, self.program.sites[at, number], call)
                self._yield(file, call, "yield ", edits)
        self._emit_sleeps(file, node)
        if self._is_needed(scope, converted):
            self._emit_wrapper(file, node, new)

    def _emit_call(self, file: ProgramFile, call: ast.Call, target: int) -> None:
        self._yield(file, call, "yield from ", self.renamed(file, call.func, target))

    def renamed(self, file: ProgramFile, function: ast.expr, target: int) -> list[tuple[int, int, str]]:
        """The edits that make a mention of a function one of its generator."""
        if isinstance(function, ast.Name):
            self._import_beside(file, function, target)
        elif not isinstance(function, ast.Attribute):
            raise file.decline(Reason.CALL_FORM, "the function has no name here", function)
        name = function.id if isinstance(function, ast.Name) else function.attr
        if name != self.program.function(target).name and isinstance(function, ast.Attribute):
            raise file.decline(Reason.CALL_FORM, "the function has another name here", function)
        end = file.end(function)
        return [(end, end, "_steps")]

    def _import_beside(self, file: ProgramFile, function: ast.Name, target: int) -> None:
        """A function from another module: its generator is imported beside it."""
        own = self.program.file_of(target)
        node = self.program.function(target)
        if own is file and node.name == function.id:
            return
        for statement in file.tree.body:
            if isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    if (alias.asname or alias.name) == function.id and alias.name == node.name:
                        new = f"{node.name}_steps"
                        alias_text = new if alias.asname is None else f"{new} as {alias.asname}_steps"
                        self._note_sibling(file, statement, alias_text, f"{function.id}_steps")
                        return
        raise file.decline(Reason.CALL_FORM, f"how {function.id!r} came here is not seen", function)

    def _note_sibling(self, file: ProgramFile, statement: ast.ImportFrom, text: str, name: str) -> None:
        known = self.draft.siblings.setdefault(file.path, [])
        if (statement, text) not in known:
            if name in file.names:
                raise file.decline(Reason.FUNCTION_FORM, f"there is a {name} already", statement)
            known.append((statement, text))

    def _yield(self, file: ProgramFile, call: ast.Call, word: str, edits: list[tuple[int, int, str]]) -> None:
        """Put `yield` before a call, in parentheses where the grammar wants them."""
        parent = file.parents[call]
        is_bare = isinstance(parent, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr)
        wrap = () if is_bare or _is_parenthesised(file, call) else ("(", ")")
        start, end = file.start(call), file.end(call)
        opening = wrap[0] if wrap else ""
        if edits[0][0] == start:
            (_, to, text), *rest = edits
            edits = [(start, to, opening + word + text), *rest]
        else:
            edits = [(start, start, opening + word), *edits]
        for at, to, text in edits:
            self.draft.edit(file, at, to, text)
        if wrap:
            self.draft.edit(file, end, end, wrap[1])

    def _emit_sleeps(self, file: ProgramFile, node: FunctionNode) -> None:
        """Waiting pauses all records at once instead of one after the other."""
        for inner in names.walk_scope(node.body):
            if isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Call):
                call = inner.value
                plain = (
                    len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Starred)
                )
                if plain and dotted(file, call.func) == "time.sleep":
                    pause = self.draft.use(file, "pause")
                    self.draft.edit(file, file.start(call), file.end(call.func), f"yield {pause}")

    def _is_needed(self, scope: int, converted: set[tuple[int, int]]) -> bool:
        """Whether somebody else may call the function under its old name."""
        node, file = self.program.function(scope), self.program.file_of(scope)
        word = re.compile(rb"\b%s\b" % node.name.encode())
        callers = {(edge.caller, edge.call) for edge in self.program.callers(scope)}
        if not callers <= converted:
            return True
        own = sum(1 for key in callers if self.program.places.path(key[0]) == file.path)
        if isinstance(file.scope(node), FunctionNode):
            return len(word.findall(file.text)) > own + 1
        if not node.name.startswith("_") and self.program.is_package(file):
            return True
        mentions = sum(len(word.findall(text)) for text in self.program.all_texts())
        return mentions > len(callers) + 1

    def _emit_wrapper(self, file: ProgramFile, node: FunctionNode, new: str) -> None:
        """The function under its old name, for callers that wait for one result."""
        outer = file.scope(node)
        indent = file.indent(node)
        header_end = _header_end(file, node)
        header = file.text[file.start(node) : header_end].decode()
        body_indent = file.indent(node.body[0]) if node.body[0].lineno > node.lineno else f"{indent}    "
        decorators = "".join(f"{indent}@{file.source(d)}\n" for d in node.decorator_list)
        arguments, receiver = _forwarded(file, node, outer)
        run = self.draft.use(file, "run_now")
        blank = "\n\n" if isinstance(outer, ast.Module) else "\n"
        end = _line_end(file, node)
        missing = "" if file.text[:end].endswith(b"\n") else "\n"
        text = (
            f"{missing}{blank}{decorators}{indent}{header}\n"
            f"{body_indent}return {run}({receiver}{new}({arguments}))\n"
        )
        self.draft.edit(file, end, end, text)


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _is_parenthesised(file: ProgramFile, call: ast.Call) -> bool:
    """Whether a call is the one argument of another, whose parentheses do."""
    before, after = file.text[: file.start(call)].rstrip(), file.text[file.end(call) :].lstrip()
    parent = file.parents[call]
    is_group = not isinstance(parent, ast.Call | ast.Tuple | ast.GeneratorExp | ast.keyword | ast.Starred)
    return is_group and before.endswith(b"(") and after.startswith(b")")


def _header_end(file: ProgramFile, node: FunctionNode) -> int:
    """The byte after the colon of a definition's header."""
    ends = [file.end(d) for d in (*node.args.defaults, *(k for k in node.args.kw_defaults if k))]
    ends += [file.lines.offset(p.end_lineno or 1, p.end_col_offset or 0) for p in names.parameters(node.args)]
    if node.returns is not None:
        ends.append(file.end(node.returns))
    at = max(ends, default=file.text.index(b"(", file.start(node)))
    while file.text[at : at + 1] != b":":
        if file.text[at : at + 1] == b"#":
            at = file.text.index(b"\n", at)
        at += 1
    return at + 1


def _line_end(file: ProgramFile, node: ast.stmt) -> int:
    """The beginning of the line after a statement."""
    found = file.text.find(b"\n", file.end(node))
    return len(file.text) if found < 0 else found + 1


def _forwarded(file: ProgramFile, node: FunctionNode, outer: ast.AST) -> tuple[str, str]:
    """The arguments that a wrapper hands on, and the receiver of the generator."""
    spec = node.args
    ordered = [p.arg for p in (*spec.posonlyargs, *spec.args)]
    receiver = ""
    if isinstance(outer, ast.ClassDef):
        kinds = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
        if "staticmethod" in kinds:
            if not isinstance(file.scope(outer), ast.Module):
                raise file.decline(Reason.FUNCTION_FORM, "a static method of a nested class", node)
            receiver = f"{outer.name}."
        elif not ordered:
            raise file.decline(Reason.FUNCTION_FORM, "a method without receiver", node)
        else:
            receiver = f"{ordered.pop(0)}."
    parts = list(ordered)
    if spec.vararg is not None:
        parts.append(f"*{spec.vararg.arg}")
    parts += [f"{p.arg}={p.arg}" for p in spec.kwonlyargs]
    if spec.kwarg is not None:
        parts.append(f"**{spec.kwarg.arg}")
    return ", ".join(parts), receiver


def reaching(program: Program) -> set[int]:
    """The functions that may send requests."""
    found = {scope for scope, _ in program.sites}
    todo = list(found)
    while todo:
        for edge in program.callers(todo.pop()):
            if edge.caller not in found:
                found.add(edge.caller)
                todo.append(edge.caller)
    return found
