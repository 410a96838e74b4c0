"""Prompt texts that the program keeps in files of its own: read at a constant path, or loaded by name."""

from pathlib import Path
from typing import Final

from batchlint.costing.trace import Trace
from batchlint.facts.model import Value
from batchlint.program.scopes import Scope

_FILE_BYTES_MAX: Final = 2_000_000
_OPENED_DEPTH_MAX: Final = 4
# Where template loaders look by convention, besides the folder that they are given.
_TEMPLATE_FOLDERS: Final = ("", "templates", "prompts")


def file_text(trace: Trace, opened: int | None) -> str | None:
    """The text of a file of the project that `open(path).read()` or `path.read_text()` reads; `opened` is
    the node of what is read."""
    return None if opened is None else _text(trace.file(_path(trace, opened, 0)))


def template_text(trace: Trace, name: int, environment: int | None) -> str | None:
    """The text of the template that `environment.get_template(name)` loads from the project."""
    folders = [*_loader_folders(trace, environment), *_TEMPLATE_FOLDERS]
    for text in sorted(trace.texts(name)):
        for folder in folders:
            found = _text(trace.existing(f"{folder}/{text}" if folder else text, name))
            if found is not None:
                return found
    return None


def _loader_folders(trace: Trace, environment: int | None) -> list[str]:
    """The folders of `Environment(loader=FileSystemLoader(folder))`."""
    folders: list[str] = []
    for end in trace.ends(environment) if environment is not None else ():
        context = trace.linker.contexts.get(end)
        loader = context.argument(0, "loader") if context is not None else None
        for made in trace.ends(loader) if loader is not None else ():
            inner = trace.linker.contexts.get(made)
            node = inner.argument(0, "searchpath") if inner is not None else None
            folders += sorted(trace.path_texts(node)) if node is not None else []
    return folders


def _text(path: Path | None) -> str | None:
    try:
        if path is None or path.stat().st_size > _FILE_BYTES_MAX:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _path(trace: Trace, node: int, depth: int) -> int:
    """The path of what `open(path)` opens, through `with … as f`; any other node as it is."""
    found = trace.fact(node)
    if found is None or depth > _OPENED_DEPTH_MAX:
        return node
    scope, value = found
    if value.op == "enter":
        return _path(trace, scope.base + value.operands[0], depth + 1)
    if value.op == "call":
        call, name, receiver = trace.call(scope, value)
        if name == "open":
            if receiver is not None and not _is_module(scope, call.callee):
                return receiver
            return scope.base + call.arguments[0].value if call.arguments else node
    return node


def _is_module(scope: Scope, callee: int) -> bool:
    """Whether a method call's receiver is an imported module (`io.open`)."""
    value: Value = scope.facts.values[callee]
    return value.op == "attr" and scope.facts.values[value.operands[0]].op == "import"
