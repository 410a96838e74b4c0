"""Pools that nothing uses after a rewrite: their `with` block or assignment goes, what is inside stays."""

import ast
from collections.abc import Iterable

from batchlint.fix.draft import Draft
from batchlint.fix.edits import Edit
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import dotted, is_harmless
from batchlint.fix.forms import Binder, pool_paths

_CLOSING = frozenset({"shutdown", "close", "join", "terminate"})


def retire(program: Program, draft: Draft) -> None:
    """Take away the pools that a draft has left without a use."""
    for path in sorted({use.path for use in draft.pools}):
        file = program.file(path)
        gone = {inner for use in draft.pools if use.path == path for inner in ast.walk(use.node)}
        binders = {id(use.binder.statement): use.binder for use in draft.pools if use.path == path}
        blocks: list[ast.With] = []
        items: list[ast.withitem] = []
        for binder in binders.values():
            statement = binder.statement
            if isinstance(statement, ast.Assign):
                _drop_assignment(file, draft, binder, gone)
            elif _is_unused(file, statement, binder.name, gone) and _is_removable(file, binder.constructor):
                if len(statement.items) == 1:
                    blocks.append(statement)
                else:
                    items += [i for i in statement.items if i.context_expr is binder.constructor]
        for block in list(blocks):
            blocks += [outer for outer in _idle_around(file, block, {*gone}) if outer not in blocks]
        _drop_blocks(file, draft, blocks)
        for item in items:
            _drop_item(file, draft, item)


def _drop_item(file: ProgramFile, draft: Draft, item: ast.withitem) -> None:
    """Remove one of several things that a `with` block holds."""
    block = file.parents[item]
    assert isinstance(block, ast.With)
    place = block.items.index(item)
    if place:
        draft.edit(file, _item_end(file, block.items[place - 1]), _item_end(file, item), "")
    else:
        draft.edit(file, file.start(item.context_expr), file.start(block.items[1].context_expr), "")


def _item_end(file: ProgramFile, item: ast.withitem) -> int:
    return file.end(item.optional_vars or item.context_expr)


def _uses(nodes: Iterable[ast.AST], name: str, gone: set[ast.AST]) -> list[ast.Name]:
    return [n for n in nodes if isinstance(n, ast.Name) and n.id == name and n not in gone]


def _is_unused(file: ProgramFile, block: ast.With, name: str, gone: set[ast.AST]) -> bool:
    """Whether nothing is left that uses the pool of a block, in it or, as far as nothing else has its name,
    behind it."""
    inside = {node for statement in block.body for node in ast.walk(statement)}
    if _uses(inside, name, gone):
        return False
    around = set(ast.walk(block))
    others = [n for n in _uses(ast.walk(file.scope(block)), name, gone) if n not in around]
    return any(isinstance(n.ctx, ast.Store) for n in others) or not others


def _is_removable(file: ProgramFile, constructor: ast.Call) -> bool:
    """Whether making a pool does nothing else: its arguments are values or harmless calls."""
    values = [*constructor.args, *(k.value for k in constructor.keywords)]
    return all(is_harmless(file, value) for value in values)


def _idle_around(file: ProgramFile, block: ast.With, gone: set[ast.AST]) -> list[ast.With]:
    """Blocks around one that goes, which hold a pool under the same name that nobody uses."""
    found = []
    for outer in file.ancestors(block):
        if isinstance(outer, FunctionNode):
            break
        if not isinstance(outer, ast.With) or len(outer.items) != 1:
            continue
        item = outer.items[0]
        name = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else ""
        inside = [n for s in outer.body for n in ast.walk(s)]
        uses = _uses(inside, name, gone)
        is_pool = (
            isinstance(item.context_expr, ast.Call) and dotted(file, item.context_expr.func) in pool_paths()
        )
        bound_again = {
            n
            for w in inside
            if isinstance(w, ast.With)
            for i in w.items
            for n in ast.walk(i)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        if name and is_pool and set(uses) <= bound_again:
            found.append(outer)
    return found


def _drop_assignment(file: ProgramFile, draft: Draft, binder: Binder, gone: set[ast.AST]) -> None:
    """Remove `pool = Pool()` and what closes it, each a statement on lines of its own."""
    scope = file.scope(binder.statement)
    nodes = list(ast.walk(scope))
    closing: list[ast.stmt] = []
    for use in _uses(nodes, binder.name, gone):
        if isinstance(use.ctx, ast.Store):
            continue
        statement = file.statement(use)
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=value, attr=attr))) if value is use:
                if attr in _CLOSING:
                    closing.append(statement)
                    continue
        return
    whole: list[ast.stmt] = [binder.statement, *closing]
    if not _is_removable(file, binder.constructor) or not all(_has_company(file, s, whole) for s in whole):
        return
    for statement in whole:
        draft.edit(file, *_lines(file, statement), "")


def _has_company(file: ProgramFile, statement: ast.stmt, others: list[ast.stmt]) -> bool:
    """Whether a block keeps a statement when some go, each of which stands alone on its lines."""
    start, end = _lines(file, statement)
    alone = file.text[start:end].strip() == file.source(statement).encode()
    parent = file.parents[statement]
    blocks = [getattr(parent, name, []) for name in ("body", "orelse", "finalbody")]
    block = next((b for b in blocks if statement in b), [])
    return alone and any(s not in others for s in block)


def _lines(file: ProgramFile, statement: ast.stmt) -> tuple[int, int]:
    """The bytes of the whole lines of a statement."""
    end = file.text.find(b"\n", file.end(statement))
    return file.line_start(statement), len(file.text) if end < 0 else end + 1


def _drop_blocks(file: ProgramFile, draft: Draft, blocks: list[ast.With]) -> None:
    """Remove `with` lines and move what stands under them to the left."""
    moved: dict[int, int] = {}
    edits = draft.edits.setdefault(file.path, [])
    for block in blocks:
        if not _can_move(file, block, edits):
            continue
        inner = len(file.indent(block.body[0])) - len(file.indent(block))
        header = file.line_start(block)
        first = _after_header(file, block)
        edits.append(Edit(header, first, ""))
        frozen = _text_lines([block])
        for line in range(block.lineno + 1, (block.end_lineno or block.lineno) + 1):
            at = file.lines.offset(line, 0)
            if at >= first and line not in frozen:
                moved[line] = moved.get(line, 0) + inner
    starts = {file.lines.offset(line, 0): amount for line, amount in moved.items()}
    for number, edit in enumerate(edits):
        line = file.text.rfind(b"\n", 0, edit.start) + 1
        amount = starts.get(line, 0)
        if amount and edit.text:
            edits[number] = Edit(
                edit.start, edit.end, _shifted(edit.text, amount, is_whole=edit.start == line)
            )
    spans = [(edit.start, edit.end) for edit in edits if edit.end > edit.start]
    for at, amount in sorted(starts.items()):
        if file.text[at : at + amount].strip() or b"\n" in file.text[at : at + amount]:
            continue
        if not any(start <= at < end for start, end in spans):
            edits.append(Edit(at, at + amount, ""))


def _can_move(file: ProgramFile, block: ast.With, edits: list[Edit]) -> bool:
    """Whether the lines of a block may move: it stands alone, and no text of ours has lines in strings."""
    if block.body[0].lineno == block.lineno or file.text[file.line_start(block) : file.start(block)].strip():
        return False
    start, end = file.start(block), file.end(block)
    within = [edit.text for edit in edits if start <= edit.start and edit.end <= end and "\n" in edit.text]
    return not any(quote in text for text in within for quote in ('"""', "'''"))


def _after_header(file: ProgramFile, block: ast.With) -> int:
    """The beginning of the line after the header of a `with` block."""
    at = _item_end(file, block.items[-1])
    while file.text[at : at + 1] != b":":
        at = file.text.index(b"\n", at) if file.text[at : at + 1] == b"#" else at + 1
    return file.text.index(b"\n", at) + 1


def _text_lines(nodes: Iterable[ast.AST]) -> set[int]:
    """The lines that begin inside of a string."""
    return {
        line
        for top in nodes
        for node in ast.walk(top)
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno is not None
        for line in range(node.lineno + 1, node.end_lineno + 1)
    }


def _shifted(text: str, amount: int, *, is_whole: bool) -> str:
    """A text with its lines moved to the left; the first one too where the text `is_whole` lines."""
    lines = text.split("\n")
    first = 0 if is_whole else 1
    moved = [line[amount:] if not line[:amount].strip() else line for line in lines[first:]]
    return "\n".join([*lines[:first], *moved])
