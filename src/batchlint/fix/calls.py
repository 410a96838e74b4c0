"""The text of calls in generators: requests and other generators are yielded, and waiting is shared."""

import ast
from collections.abc import Iterable

from batchlint.fix import names
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.foreign import dotted

Edits = list[tuple[int, int, str]]


def renamed(program: Program, draft: Draft, file: ProgramFile, function: ast.expr, target: int) -> Edits:
    """The edits that make a mention of a function one of its generator."""
    if isinstance(function, ast.Name):
        _import_beside(program, draft, file, function, target)
    elif not isinstance(function, ast.Attribute):
        raise file.decline(Reason.CALL_FORM, "the function has no name here", function)
    name = function.id if isinstance(function, ast.Name) else function.attr
    if name != program.function(target).name and isinstance(function, ast.Attribute):
        raise file.decline(Reason.CALL_FORM, "the function has another name here", function)
    end = file.end(function)
    return [(end, end, "_steps")]


def _import_beside(
    program: Program, draft: Draft, file: ProgramFile, function: ast.Name, target: int
) -> None:
    """A function from another module: its generator is imported beside it."""
    own = program.file_of(target)
    node = program.function(target)
    if own is file and node.name == function.id:
        return
    for statement in file.tree.body:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                if (alias.asname or alias.name) == function.id and alias.name == node.name:
                    new = f"{node.name}_steps"
                    alias_text = new if alias.asname is None else f"{new} as {alias.asname}_steps"
                    _note_sibling(draft, file, statement, alias_text, f"{function.id}_steps")
                    return
    raise file.decline(Reason.CALL_FORM, f"how {function.id!r} came here is not seen", function)


def _note_sibling(draft: Draft, file: ProgramFile, statement: ast.ImportFrom, text: str, name: str) -> None:
    known = draft.siblings.setdefault(file.path, [])
    if (statement, text) not in known:
        if name in file.names:
            raise file.decline(Reason.FUNCTION_FORM, f"there is a {name} already", statement)
        known.append((statement, text))


def yielded(file: ProgramFile, call: ast.Call, word: str, edits: Edits) -> Edits:
    """The edits of a call with `yield` before it, in parentheses where the grammar wants them."""
    parent = file.parents[call]
    is_bare = isinstance(parent, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr)
    opening, closing = ("", "") if is_bare or is_parenthesised(file, call) else ("(", ")")
    start, end = file.start(call), file.end(call)
    if edits[0][0] == start:
        (_, to, text), *rest = edits
        edits = [(start, to, f"{opening}{word} {text}"), *rest]
    else:
        edits = [(start, start, f"{opening}{word} "), *edits]
    return [*edits, (end, end, closing)] if closing else edits


def is_parenthesised(file: ProgramFile, call: ast.Call) -> bool:
    """Whether a call is the one argument of another, whose parentheses do."""
    before, after = file.text[: file.start(call)].rstrip(), file.text[file.end(call) :].lstrip()
    parent = file.parents[call]
    is_group = not isinstance(parent, ast.Call | ast.Tuple | ast.GeneratorExp | ast.keyword | ast.Starred)
    return is_group and before.endswith(b"(") and after.startswith(b")")


def pauses(draft: Draft, file: ProgramFile, body: Iterable[ast.stmt]) -> None:
    """Waiting pauses all records at once instead of one after the other."""
    for inner in names.walk_scope(body):
        if isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Call):
            call = inner.value
            plain = len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Starred)
            if plain and dotted(file, call.func) == "time.sleep":
                pause = draft.use(file, "pause")
                draft.edit(file, file.start(call), file.end(call.func), f"yield {pause}")
