"""Where the copied batch helpers go, and how a file imports them."""

import ast
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from batchlint.fix.decline import DeclinedError, Reason
from batchlint.fix.draft import PACKAGE, Draft
from batchlint.fix.files import ProgramFile
from batchlint.helpers import CORE_NAMES, EXTRA_NAMES, PARTS, files_for, init_for
from batchlint.program.scopes import Modules
from batchlint.text import Location

_MODULES = frozenset(part.module for part in PARTS.values())
_OWN_MODULES = {"Step": "lockstep"}
"""Names that the package does not export at its top."""


def place(
    root: Path, modules: Modules, files: list[ProgramFile], wanted: str | None
) -> tuple[str, dict[str, str]]:
    """The folder for the helpers, inside the `wanted` one where the user has one, and the module name by
    which each of the files imports them.

    Raises DeclinedError where no folder, or not the wanted one, can be imported from all files.
    """
    at = Location(files[0].path, 1, 1, 1, 1)
    bases = {file.path: _base(root, modules, file) for file in files}
    different = sorted(set(bases.values()))
    if len(different) > 1:
        message = "the files have no folder in common that all of them import from"
        raise DeclinedError(Reason.NO_IMPORT_PATH, message, at)
    base = different[0]
    if wanted is not None:
        inside = PurePosixPath(wanted)
        if not inside.is_relative_to(base):
            message = f"fix.helper is {wanted!r}, but the file imports from {base!r}"
            raise DeclinedError(Reason.NO_IMPORT_PATH, message, at)
        parts = (*inside.relative_to(base).parts, PACKAGE)
        module = ".".join(parts)
        return (inside / PACKAGE).as_posix(), {file.path: module for file in files}
    tops = {_package_below(root, base, file.path) for file in files}
    top = tops.pop() if len(tops) == 1 else None
    folder = PurePosixPath(base, top or "", PACKAGE).as_posix()
    module = f"{top}.{PACKAGE}" if top else PACKAGE
    return folder, {file.path: _relative(file, module, top, base) for file in files}


def _base(root: Path, modules: Modules, file: ProgramFile) -> str:
    """The folder on `sys.path` that a file is imported from, or that its own imports come from."""
    folder = PurePosixPath(file.path).parent
    for node in file.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0):
            for name in [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]:
                found = modules.resolve(file.path, name, 0)
                if found is None:
                    continue
                parts = PurePosixPath(found.removesuffix(".py").removesuffix("/__init__")).parts
                wanted = tuple(name.split("."))
                if parts[-len(wanted) :] == wanted:
                    return PurePosixPath(*parts[: -len(wanted)]).as_posix()
    if not _is_main(file):
        while (root / folder / "__init__.py").exists() and folder.parts:
            folder = folder.parent
    return folder.as_posix()


def _is_main(file: ProgramFile) -> bool:
    """Whether a file is run as a script and imports nothing relatively."""
    if any(isinstance(n, ast.ImportFrom) and n.level for n in ast.walk(file.tree)):
        return False
    return any(isinstance(n, ast.If) and "__name__" in ast.unparse(n.test) for n in file.tree.body)


def _package_below(root: Path, base: str, path: str) -> str | None:
    """The package directly under a folder that a file belongs to."""
    parts = PurePosixPath(path).relative_to(base).parts if base != "." else PurePosixPath(path).parts
    if len(parts) > 1 and (root / base / parts[0] / "__init__.py").exists():
        return parts[0]
    return None


def _relative(file: ProgramFile, module: str, top: str | None, base: str) -> str:
    """The name of the helpers' module as a file imports its own package: relatively or not."""
    imports = [n for n in ast.walk(file.tree) if isinstance(n, ast.ImportFrom)]
    if top is None or not any(n.level for n in imports):
        return module
    path = PurePosixPath(file.path)
    depth = len(path.parts) - len(PurePosixPath(base, top).parts)
    return "." * depth + PACKAGE


def helper_files(root: Path, folder: str, draft: Draft, overlay: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files of the helpers that are not there yet, by root-relative path; `overlay` counts as there.

    What is there stays as it is; only an `__init__.py` nobody edited is extended for what else is needed.
    Raises DeclinedError where an edited one lacks something.
    """

    def text_of(name: str) -> str | None:
        path = f"{folder}/{name}"
        if path in overlay:
            return overlay[path].decode()
        return (root / path).read_text("utf-8") if (root / path).exists() else None

    present = {p for p, part in PARTS.items() if text_of(f"{part.module}.py") is not None}
    modules = {m for m in (*CORE_NAMES, *EXTRA_NAMES, *_MODULES) if text_of(f"{m}.py") is not None}
    used = {name for names in draft.imports.values() for name in names}
    extras = [m for m, names in EXTRA_NAMES.items() if m in modules or not used.isdisjoint(names)]
    found: dict[str, bytes] = {}
    for name, text in files_for(draft.providers | present, extras).items():
        known = text_of(name)
        if known is None:
            found[f"{folder}/{name}"] = text.encode()
        elif name == "__init__.py" and known != text:
            if known != init_for(modules):
                at = Location(f"{folder}/{name}", 1, 1, 1, 1)
                needed = ", ".join(sorted(draft.providers))
                message = f"it was edited and does not import all that is needed for {needed}"
                raise DeclinedError(Reason.HELPER_EDITED, message, at)
            found[f"{folder}/{name}"] = text.encode()
    return found


def import_edits(draft: Draft, file: ProgramFile, module: str) -> None:
    """Plan the imports that a file needs: in the statement it has for the module, else after the others."""
    wanted: dict[str, list[str]] = {}
    for name, alias in sorted(draft.imports.get(file.path, {}).items()):
        source = f"{module}.{_OWN_MODULES[name]}" if name in _OWN_MODULES else module
        wanted.setdefault(source, []).append(name if name == alias else f"{name} as {alias}")
    lines: list[str] = []
    for source, listed in sorted(wanted.items()):
        known = helper_import(file, source)
        if known is None:
            lines.append(_import_line(source, listed))
            continue
        held = [f"{a.name} as {a.asname}" if a.asname else a.name for a in known.names]
        if not set(listed) <= set(held):
            text = _import_line(source, sorted({*held, *listed}))
            draft.edit(file, file.start(known), file.end(known), text)
    at, is_first = _after_imports(file)
    if lines:
        text = "\n".join(lines) + "\n"
        draft.edit(file, at, at, f"\n{text}" if is_first else text)
    for statement, text in draft.siblings.get(file.path, []):
        last = statement.names[-1]
        end = file.lines.offset(last.end_lineno or 1, last.end_col_offset or 0)
        draft.edit(file, end, end, f", {text}")


def helper_import(file: ProgramFile, source: str) -> ast.ImportFrom | None:
    """The statement by which a file imports from a module at its top."""
    level = len(source) - len(source.lstrip("."))
    for node in file.tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module, node.level) == (source[level:], level):
            return node
    return None


def _import_line(source: str, listed: list[str]) -> str:
    line = f"from {source} import {', '.join(listed)}"
    if len(line) <= 88:
        return line
    return f"from {source} import (\n" + "".join(f"    {name},\n" for name in listed) + ")"


def _after_imports(file: ProgramFile) -> tuple[int, bool]:
    """Where further imports go, and whether they would be the first of the file."""
    last: ast.stmt | None = None
    has_imports = False
    for number, node in enumerate(file.tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            last, has_imports = node, True
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef | ast.For | ast.While):
            break
        elif number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            last = node
    if last is None:
        return 0, False
    found = file.text.find(b"\n", file.end(last))
    return (len(file.text) if found < 0 else found + 1), not has_imports
