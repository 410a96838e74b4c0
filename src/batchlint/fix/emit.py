"""The text of a rewritten loop or comprehension."""

import ast

from batchlint.fix import names
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.edits import Edit, apply
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.iterables import Supply, supply_of, without_progress
from batchlint.fix.loop import is_quiet
from batchlint.fix.moving import apart, first_byte, last_byte
from batchlint.fix.parts import Parts

LINE_MAX = 100


def replaced(file: ProgramFile, node: ast.AST, edits: list[tuple[int, int, str]]) -> str:
    """The text of a node with some of it replaced."""
    start = file.start(node)
    inner = [Edit(at - start, to - start, text) for at, to, text in edits]
    return apply(file.text[start : file.end(node)], inner).decode()


def shifted(file: ProgramFile, node: ast.AST, text: str, indent: str) -> str:
    """The text of a node, or one made from it, with its lines moved to another indentation.

    Lines inside of string literals stay as they are.
    """
    if "\n" not in text:
        return text
    old = file.indent(file.statement(node))
    frozen = {
        line - node.lineno  # type: ignore[attr-defined]
        for part in ast.walk(node)
        if isinstance(part, ast.Constant | ast.JoinedStr) and part.end_lineno is not None
        for line in range(part.lineno + 1, part.end_lineno + 1)
    }
    first, *rest = text.replace("\r\n", "\n").split("\n")
    moved = [
        indent + line[len(old) :] if number not in frozen and line.startswith(old) else line
        for number, line in enumerate(rest, 1)
    ]
    return "\n".join([first, *moved])


def joined(opening: str, element: str, tail: str, indent: str, closing: str = "])") -> str:
    """`opening element tail closing` on one line where it fits, else on several."""
    if "\n" not in element and len(indent) + len(opening) + len(element) + len(tail) + 3 <= LINE_MAX:
        return f"{opening}{element} {tail}{closing}"
    inner = f"{indent}    "
    if closing == "])":
        return f"{opening[:-1]}\n{inner}[\n{inner}    {element}\n{inner}    {tail}\n{inner}]\n{indent})"
    return f"{opening}\n{inner}{element}\n{inner}{tail}\n{indent}{closing}"


def span_with_parentheses(file: ProgramFile, node: ast.expr) -> tuple[int, int]:
    """The bytes of an expression whose value is used, with the parentheses that `await` needs around it."""
    start, end = file.start(node), file.end(node)
    if isinstance(node, ast.Await) and isinstance(file.parents[node], ast.Attribute | ast.Subscript):
        before, after = file.text[:start].rstrip(), file.text[end:].lstrip()
        if before.endswith(b"(") and after.startswith(b")"):
            return len(before) - 1, len(file.text) - len(after) + 1
    return start, end


class LoopEmitter:
    """Plans the edits of a loop that is parted at its call.

    `request` are the edits that make the call one of a helper or generator; `runner` is `run_requests`
    or `run_outcomes`.
    """

    def __init__(
        self,
        program: Program,
        draft: Draft,
        parts: Parts,
        request: list[tuple[int, int, str]],
        is_steps: bool,
    ) -> None:
        self.program = program
        self.draft = draft
        self.parts = parts
        self.file = parts.file
        self.request = request
        self.is_steps = is_steps
        self.indent = self.file.indent(parts.loop)

    def emit(self) -> None:
        """Plan all edits."""
        parts = self.parts
        self.draft.claim(self.file, parts.loop)
        if parts.before:
            if parts.tries and (parts.inner or not all(map(_quiet_in(self.file), parts.arguments))):
                raise self.file.decline(
                    Reason.BLOCK, "what builds the request may fail inside of the `try`", parts.call
                )
            call = replaced(self.file, parts.call, self.request)
            indent = self.file.indent(parts.loop.body[0])
            self._emit_two_loops(shifted(self.file, parts.call, call, indent), "")
        elif parts.tries and (parts.inner or not all(map(_quiet_in(self.file), parts.arguments))):
            self._emit_with_function()
        else:
            self._emit_before()
        start, end = span_with_parentheses(self.file, parts.whole)
        self.draft.edit(self.file, start, end, f"{self.outcome}.result()")
        self._drop_idle()

    def _drop_idle(self) -> None:
        """Nothing waits for a limit of calls that are no longer made one by one."""
        parts, file = self.parts, self.file
        split = parts.loop.body.index(parts.before[-1]) + 1 if parts.before else 0
        moved = parts.loop.body[:split]
        for statement in parts.idle:
            if statement not in moved:
                self.draft.edit(file, first_byte(file, statement), last_byte(file, statement), "")

    @property
    def _runner(self) -> str:
        return self.draft.use(self.file, "run_outcomes" if self.is_steps else "run_requests")

    def _emit_before(self) -> None:
        """Nothing runs before the call: the requests are a comprehension in front of the loop."""
        call = replaced(self.file, self.parts.call, self.request)
        self._emit_comprehension(shifted(self.file, self.parts.call, call, f"{self.indent}        "), "")

    def _emit_comprehension(self, element: str, definition: str) -> None:
        parts, file = self.parts, self.file
        self.outcome = file.fresh("outcome", "batch_outcome")
        outcomes = file.fresh("outcomes", "batch_outcomes")
        prepared, first, second = self._iterables()
        target = file.source(parts.loop.target)
        runner = self._runner
        text = joined(f"{outcomes} = {runner}([", element, f"for {target} in {first}", self.indent)
        at = file.line_start(parts.loop)
        before = f"{self._apart(definition)}{definition}"
        self.draft.edit(file, at, at, f"{before}{prepared}{self.indent}{text}\n")
        self._emit_header(f"zip({second}, {outcomes})")

    def _emit_header(self, iterable: str) -> None:
        parts, file = self.parts, self.file
        target = file.source(parts.loop.target)
        if isinstance(parts.loop.target, ast.Tuple | ast.List) and not target.startswith(("(", "[")):
            target = f"({target})"
        start, end = file.start(parts.loop.target), file.end(parts.loop.iter)
        self.draft.edit(file, start, end, f"{target}, {self.outcome} in {iterable}")

    def _iterables(self) -> tuple[str, str, str]:
        """A statement that keeps the records where they can be read only once, what the requests are made
        from, and what the loop then runs over."""
        node, file = self.parts.loop.iter, self.file
        bare = without_progress(file, node)
        if supply_of(self.program, file, self.parts.call, bare) is Supply.AGAIN:
            return "", shifted(file, bare, file.source(bare), self.indent), file.source(node)
        records = file.fresh("records", "batch_records")
        kept = f"{self.indent}{records} = list({file.source(bare)})\n"
        if bare is node:
            return kept, records, records
        edits = [(file.start(bare), file.end(bare), records)]
        return kept, records, replaced(file, node, edits)

    def _emit_with_function(self) -> None:
        """What builds the request may fail inside of the `try`: it moves into a generator, so that its
        failure appears where the response is used."""
        parts, file = self.parts, self.file
        name = file.fresh("ask", "ask_model")
        own = parts.targets | names.bound(parts.inner)
        used = names.read([*parts.inner, *parts.arguments])
        given = [n for n in _in_order(parts.loop.target) if n in used and n in own]
        if names.bound(parts.inner) & self._read_elsewhere():
            raise file.decline(
                Reason.BLOCK, "what is made inside of the `try` is used after the call", parts.call
            )
        if any(
            isinstance(n, ast.Continue | ast.Raise | ast.Return) for s in parts.inner for n in ast.walk(s)
        ):
            raise file.decline(Reason.BLOCK, "the `try` block may be left before the call", parts.call)
        body = f"{self.indent}    "
        lines = f"{self.indent}{self._definition} {name}({', '.join(given)}):\n"
        if parts.inner:
            lines += self._moved(body)
        lines += f"{body}{self._asked(body)}\n\n" + ("" if self.indent else "\n")
        self.is_steps = True
        self._emit_comprehension(f"{name}({', '.join(given)})", lines)

    @property
    def _definition(self) -> str:
        return "def"

    def _asked(self, body: str) -> str:
        """The last line of the function that builds a request."""
        parts, file = self.parts, self.file
        call = shifted(file, parts.call, replaced(file, parts.call, self.request), body)
        return f"return ({'yield from' if self.is_steps else 'yield'} {call})"

    def _moved(self, indent: str) -> str:
        """The statements before the call, moved out of the `try`."""
        parts, file = self.parts, self.file
        start, end = file.line_start(parts.inner[0]), file.line_start(parts.statement)
        text = file.text[start:end].decode()
        if any(_has_long_string(statement) for statement in parts.inner):
            raise file.decline(Reason.BLOCK, "a text of several lines stands inside of the `try`", parts.call)
        old = file.indent(parts.inner[0])
        self.draft.edit(file, start, end, "")
        lines = text.replace("\r\n", "\n").split("\n")
        return "\n".join(indent + line[len(old) :] if line.startswith(old) else line for line in lines)

    def _read_elsewhere(self) -> set[str]:
        parts = self.parts
        inside = {n for top in [*parts.inner, *parts.arguments] for n in ast.walk(top)}
        scope = self.file.scope(parts.loop)
        found = {
            n.id
            for n in ast.walk(scope)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n not in inside
        }
        if isinstance(scope, ast.Module):
            for function in self.file.functions.values():
                found |= names.free(function)
        return found

    def _emit_two_loops(self, element: str, definition: str) -> None:
        """What runs before the call keeps its loop; a second loop uses the responses."""
        parts, file, draft = self.parts, self.file, self.draft
        split = parts.loop.body.index(parts.before[-1]) + 1
        inner = file.indent(parts.loop.body[0])
        carried = self._carried()
        requests = file.fresh("steps" if self.is_steps else "requests", "batch_requests")
        self.outcome = file.fresh("outcome", "batch_outcome")
        opening = f"{self._apart(definition)}{definition}{self.indent}{requests} = []\n"
        middle = f"{inner}{requests}.append({element})\n"
        run = f"{self._runner}({requests})"
        if carried:
            records = file.fresh("records", "batch_records")
            opening += f"{self.indent}{records} = []\n"
            whole = carried[0] if len(carried) == 1 else f"({', '.join(carried)})"
            middle += f"{inner}{records}.append({whole})\n"
            header = f"{self.indent}for {whole}, {self.outcome} in zip({records}, {run}):\n"
        else:
            header = f"{self.indent}for {self.outcome} in {run}:\n"
        start = file.line_start(parts.loop)
        draft.edit(file, start, start, opening)
        late = ""
        for statement in parts.loop.body[:split]:
            if statement not in parts.before:  # it only tells people something, and now does so later
                first, last = first_byte(file, statement), last_byte(file, statement)
                late += "" if statement in parts.idle else file.text[first:last].decode()
                draft.edit(file, first, last, "")
        at = first_byte(file, parts.loop.body[split])
        draft.edit(file, at, at, middle + header + late)

    def _apart(self, definition: str) -> str:
        """The blank lines before a definition in front of the loop."""
        return apart(self.file, self.file.line_start(self.parts.loop), self.indent) if definition else ""

    def _carried(self) -> list[str]:
        """The variables of a record that the second loop reads or may bind anew."""
        parts = self.parts
        gone = {n for top in [parts.call, *parts.inner] for n in ast.walk(top)}
        rest = {n.id for s in parts.after for n in ast.walk(s) if isinstance(n, ast.Name) and n not in gone}
        rest |= names.bound(parts.after)
        order = _in_order(parts.loop.target)
        for statement in parts.before:
            order += [n for n in _in_order(statement) if n not in order]
        return [n for n in order if n in parts.local and n in rest]


def _quiet_in(file: ProgramFile) -> "_Quiet":
    return _Quiet(file)


class _Quiet:
    """Whether expressions of a file cannot fail; a client's attributes never do."""

    def __init__(self, file: ProgramFile) -> None:
        self.file = file

    def __call__(self, node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute):
            node = node.value
        return is_quiet(self.file, node)


def _in_order(node: ast.AST) -> list[str]:
    """The names that a node binds, in the order of the text."""
    stores = [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    stores.sort(key=lambda n: (n.lineno, n.col_offset))
    return list(dict.fromkeys(n.id for n in stores))


def _has_long_string(statement: ast.stmt) -> bool:
    return any(
        isinstance(n, ast.Constant | ast.JoinedStr) and n.end_lineno != n.lineno for n in ast.walk(statement)
    )
