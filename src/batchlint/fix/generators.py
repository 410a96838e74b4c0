"""The text of functions that become generators of requests."""

import ast
import re
from collections.abc import Iterable

from batchlint.fix import names
from batchlint.fix.calls import pauses, renamed, yielded
from batchlint.fix.decline import Reason
from batchlint.fix.decorators import is_kept, retries
from batchlint.fix.draft import Draft
from batchlint.fix.files import FunctionNode, ProgramFile
from batchlint.fix.requests import request_edits
from batchlint.fix.steps import Steps


class GeneratorEmitter:
    """Plans the edits of all functions that become generators."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.program = steps.program
        self.draft = steps.draft

    def emit(self, converted: set[tuple[int, int]]) -> None:
        """Plan the edits of all functions; `converted` are the calls outside of them that change too."""
        for scope in self.steps.scopes:
            self._emit_function(scope, converted | set(self.steps.calls))

    def _emit_function(self, scope: int, converted: set[tuple[int, int]]) -> None:
        file, node, draft = self.program.file_of(scope), self.program.function(scope), self.draft
        new = f"{node.name}_steps"
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
        for decorator in retries(file, node):
            at = file.line_start(decorator)
            draft.edit(file, at, at, f"{file.indent(node)}@{draft.use(file, 'retried_steps')}\n")
        convert(self.steps, draft, file, scope, node.body)
        if self._is_needed(scope, converted):
            self._emit_wrapper(file, node, new)

    def _is_needed(self, scope: int, converted: set[tuple[int, int]]) -> bool:
        """Whether somebody else may call the function under its old name."""
        node, file = self.program.function(scope), self.program.file_of(scope)
        word = re.compile(rb"\b%s\b" % node.name.encode())
        callers = {(edge.caller, edge.call) for edge in self.program.callers(scope)}
        if not callers <= converted:
            return True
        own = sum(1 for key in callers if self.program.places.path(key[0]) == file.path)
        outer = file.scope(node)
        if isinstance(outer, FunctionNode):
            uses = [n for n in ast.walk(outer) if isinstance(n, ast.Name) and n.id == node.name]
            return len(uses) > own
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
        decorators = "".join(f"{indent}@{file.source(d)}\n" for d in node.decorator_list if is_kept(d))
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


def convert(steps: Steps, draft: Draft, file: ProgramFile, scope: int, body: Iterable[ast.stmt]) -> None:
    """Plan the edits that make statements of a scope part of a generator."""
    inside = {node for node in names.walk_scope(body) if isinstance(node, ast.Call)}
    program = steps.program
    for (at, number), target in steps.calls.items():
        if at == scope and (call := program.call(at, number)) in inside:
            for edit in yielded(file, call, "yield from", renamed(program, draft, file, call.func, target)):
                draft.edit(file, *edit)
    for at, number in draft.sites:
        if at == scope and (call := program.call(at, number)) in inside:
            edits = request_edits(file, draft, program.sites[at, number], call)
            for edit in yielded(file, call, "yield", edits):
                draft.edit(file, *edit)
    pauses(draft, file, body)


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
