"""Loops whose requests are sent from a generator of their own, made of the statements up to the last one."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from batchlint.fix import names
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.edits import Edit
from batchlint.fix.emit import LoopEmitter
from batchlint.fix.files import ProgramFile
from batchlint.fix.flow import Flow, exposed, sure_at_end
from batchlint.fix.generators import convert
from batchlint.fix.loop import read_outside
from batchlint.fix.moving import first_byte, last_byte, moved
from batchlint.fix.parts import Parts
from batchlint.fix.steps import Steps


class LiftEmitter(LoopEmitter):
    """Plans the edits of a loop whose requests are sent from a generator function in front of it."""

    def __init__(self, steps: Steps, draft: Draft, parts: Parts, scope: int) -> None:
        super().__init__(steps.program, draft, parts, [], is_steps=True)
        self.steps = steps
        self.scope = scope

    def emit(self) -> None:
        """Plan all edits; what is in the way becomes obstacles of the draft."""
        parts, file, draft = self.parts, self.file, self.draft
        draft.claim(file, parts.loop)
        check_class(file, parts.inner)
        name = file.fresh("ask", "ask_model")
        given, taken = self._given(), self._taken()
        body = f"{self.indent}    "
        inner = replace(draft, edits={})
        convert(self.steps, inner, file, self.scope, parts.inner)
        is_returned = self._returns_at_once(taken, inner)
        text = moved(file, parts.inner, inner.edits.get(file.path, []), body)
        returned = "" if is_returned or not taken else f"{body}return {', '.join(taken)}\n"
        gap = "\n" if self.indent else "\n\n"
        definition = f"{self.indent}def {name}({', '.join(given)}):\n{text}{returned}{gap}"
        element = f"{name}({', '.join(given)})"
        if parts.before:
            self._emit_two_loops(element, definition)
        else:
            self._emit_comprehension(element, definition)
        start, end = first_byte(file, parts.inner[0]), last_byte(file, parts.inner[-1])
        left = f"{', '.join(taken)} = " if taken else ""
        draft.edit(file, start, end, f"{file.indent(parts.inner[0])}{left}{self.outcome}.result()\n")
        self._drop_idle()

    def _given(self) -> list[str]:
        """What the generator is told of a record."""
        parts = self.parts
        read = exposed(parts.inner, ())
        return [name for name in self._in_order() if name in read and name in parts.local]

    def _taken(self) -> list[str]:
        """What the rest of the loop, or code after it, needs of what the generator has found out."""
        parts, file = self.parts, self.file
        flow = Flow(skipped=frozenset(parts.inner))
        flow.run(parts.after, frozenset())
        outside = read_outside(file, parts.loop)
        made = names.bound(parts.inner)
        self._check_failing(made, outside)
        order = sorted(sorted(made), key=lambda name: _first_binding(parts.inner, name))
        taken = [name for name in order if name in flow.exposed | outside]
        sure = sure_at_end(parts.inner, parts.local)
        for name in taken:
            if sure is not None and name not in sure:
                self._may_be_stale(name)
        return taken

    def _check_failing(self, made: set[str], outside: set[str]) -> None:
        """What is made before a failure is seen where the failure is handled."""
        parts = self.parts
        seen = set(outside) if parts.tries else set()
        for around in parts.tries:
            flow = Flow()
            for handler in around.handlers:
                flow.run(handler.body, frozenset({handler.name} if handler.name else ()))
            flow.run(around.finalbody, frozenset())
            seen |= flow.exposed
        for name in sorted(made & seen):
            message = f"{name!r} is made inside of the `try` and used where it has failed"
            raise self.file.decline(Reason.BLOCK, message, parts.inner[0])

    def _may_be_stale(self, name: str) -> None:
        """A variable that a record may leave as it is: what it then holds comes from before."""
        parts, file = self.parts, self.file
        inside = set(ast.walk(parts.loop))
        scope = file.scope(parts.loop)
        elsewhere = any(
            isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) and n not in inside
            for n in ast.walk(scope)
        )
        if elsewhere or name in parts.targets:
            raise file.decline(
                Reason.LOOP_CARRIED, f"{name!r} may keep what it held before the record", parts.loop
            )
        message = f"{name!r} may be left over from an earlier record, which would be an error then"
        self.draft.object(file, Reason.STALE_VALUE, message, parts.inner[-1])

    def _in_order(self) -> list[str]:
        """The names that belong to a record when the generator begins, in the order of the text."""
        nodes = [self.parts.loop.target, *self.parts.before]
        return sorted(sorted(self.parts.local), key=lambda name: _first_binding(nodes, name))

    def _returns_at_once(self, taken: list[str], inner: Draft) -> bool:
        """Whether the last statement only gives the one response its name: it becomes the `return`."""
        last = self.parts.inner[-1]
        match last:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if [name] != taken or call not in self.parts.calls:
                    return False
            case _:
                return False
        file, start, end = self.file, self.file.start(last), self.file.end(call)
        kept: list[Edit] = []
        own: list[Edit] = []
        for edit in inner.edits[file.path]:
            (own if start <= edit.start and edit.end <= end else kept).append(edit)
        first = min(own)
        own[own.index(first)] = first._replace(text=f"({first.text}")
        inner.edits[file.path] = kept + own
        inner.edit(file, start, file.start(call), "return ")
        inner.edit(file, end, end, ")")
        return True


def check_class(file: ProgramFile, statements: Sequence[ast.stmt]) -> None:
    """Raise DeclinedError where statements cannot move into a function because they ask for their class."""
    for node in (inner for statement in statements for inner in ast.walk(statement)):
        if isinstance(node, ast.Name) and node.id in ("super", "__class__"):
            raise file.decline(Reason.FUNCTION_FORM, "the requests' code asks for its class", node)


def _first_binding(nodes: Sequence[ast.AST], name: str) -> tuple[int, int]:
    """Where a name is bound first."""
    places = [
        (node.lineno, node.col_offset)
        for top in nodes
        for node in ast.walk(top)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]
    return min(places, default=(1 << 30, 0))
