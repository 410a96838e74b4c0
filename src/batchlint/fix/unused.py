"""Imports whose last use a rewrite has taken away."""

import ast
import re
import sys

from batchlint.fix.draft import Draft
from batchlint.fix.files import FunctionNode, Program, ProgramFile

_OTHERS = frozenset({"tqdm", "joblib"})
"""Packages besides the standard library whose import does nothing but define names."""


def drop_unused(program: Program, draft: Draft, file: ProgramFile, text: bytes) -> None:
    """Plan to remove the imports that the file used and its new `text` does not."""
    if file.path.endswith("__init__.py"):
        return
    tree = ast.parse(text)
    left = _used(tree) - _drop_registrations(draft, file, tree)
    gone = _used(file.tree) - left
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom) or not _is_removable(file, node):
            continue
        unused = [a for a in node.names if _bound(node, a) in gone and not _is_taken(program, file, a)]
        if unused:
            _drop(draft, file, node, unused)


def _drop_registrations(draft: Draft, file: ProgramFile, new: ast.AST) -> set[str]:
    """Plan to remove `tqdm.pandas()` where no progress bar of pandas is left; gives the names then unused."""
    if not _has_progress(file.tree) or _has_progress(new):
        return set()
    for node in ast.walk(file.tree):
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="pandas"))):
                start, end = _lines(file, node)
                body = getattr(file.parents[node], "body", [])
                is_alone = file.text[start:end].strip() == file.source(node).encode()
                if is_alone and isinstance(body, list) and len(body) > 1:
                    draft.edit(file, start, end, "")
                    uses = [n for n in ast.walk(new) if isinstance(n, ast.Name) and n.id == name]
                    return {name} if len(uses) == 1 else set()
    return set()


def _has_progress(tree: ast.AST) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr.startswith("progress_") for n in ast.walk(tree))


def _used(tree: ast.AST) -> set[str]:
    """The names that a module mentions outside of its imports, in texts such as annotations too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
            found |= set(re.findall(r"\w+", node.value))
    return found


def _bound(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    name = alias.asname or alias.name
    return name if isinstance(node, ast.ImportFrom) else name.partition(".")[0]


def _is_removable(file: ProgramFile, node: ast.Import | ast.ImportFrom) -> bool:
    """Whether an import only defines names, and stands where a statement may be missing."""
    modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    known = all(m.split(".")[0] in sys.stdlib_module_names | _OTHERS for m in modules)
    parent = file.parents[node]
    is_plain = isinstance(parent, ast.Module) or (isinstance(parent, FunctionNode) and len(parent.body) > 1)
    start, end = _lines(file, node)
    alone = file.text[start:end].strip() == file.source(node).encode()
    return known and is_plain and alone and not getattr(node, "level", 0) and node.names[0].name != "*"


def _is_taken(program: Program, file: ProgramFile, alias: ast.alias) -> bool:
    """Whether another file of the project may take the name from this one."""
    module = file.path.rpartition("/")[2].removesuffix(".py").encode()
    name = (alias.asname or alias.name).split(".")[0].encode()
    word = re.compile(
        rb"from\s+[\w.]*\b" + re.escape(module) + rb"\s+import\s[^\n]*\b" + re.escape(name)
        + rb"\b|\b" + re.escape(module) + rb"\." + re.escape(name) + rb"\b"
    )  # fmt: skip
    return any(word.search(text) for text in program.all_texts())


def _drop(
    draft: Draft, file: ProgramFile, node: ast.Import | ast.ImportFrom, unused: list[ast.alias]
) -> None:
    if len(unused) == len(node.names):
        start, end = _lines(file, node)
        before, after = file.text[:start], file.text[end:]
        blank = next((b for b in (b"\n", b"\r\n") if after.startswith(b)), b"")
        is_apart = not before or before.endswith((b"\n\n", b"\n\r\n"))
        draft.edit(file, start, end + (len(blank) if is_apart else 0), "")
        return
    kept = [alias for alias in node.names if alias not in unused]
    for number, alias in enumerate(node.names):
        if alias not in unused:
            continue
        if any(other in kept for other in node.names[:number]):
            start, end = file.end(node.names[number - 1]), file.end(alias)
        else:
            start, end = file.start(alias), file.start(node.names[number + 1])
        draft.edit(file, start, end, "")


def _lines(file: ProgramFile, statement: ast.stmt) -> tuple[int, int]:
    end = file.text.find(b"\n", file.end(statement))
    return file.line_start(statement), len(file.text) if end < 0 else end + 1
