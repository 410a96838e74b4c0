"""Shell scripts, and executables without a suffix whose first line names their interpreter."""

import re
from collections.abc import Iterator

from batchlint.starts.model import Launch, Script, StartKind, Target
from batchlint.starts.places import Places, Tree, folder_of
from batchlint.starts.references import Reference
from batchlint.starts.targets import Spot, script_target

_SHEBANG = re.compile(
    r"#!\s*\S*?(python|bash|zsh|dash|ksh|sh)[\d.]*\b|#!\s*\S*env\s+(?:-S\s+)?(python|bash|zsh|sh)"
)


def read_shell_file(path: str, tree: Tree) -> Iterator[Launch]:
    """The start of a shell script; who calls it decides whether someone waits."""
    text = tree.required(path)
    yield Launch(StartKind.SHELL_SCRIPT, "shell script", path, _script(path, text))


def follow_shell(reference: Reference, tree: Tree, places: Places) -> Iterator[Script | Target]:
    """The script a command runs: shell text, or the target if its first line names Python."""
    path = places.find(reference.name, reference.directory)
    text = tree.text(path) if path else None
    if path is None or text is None:
        return
    shebang = _SHEBANG.match(text)
    interpreter = shebang[1] if shebang else ""
    if interpreter == "python":
        target = script_target(path, Spot(places, in_loop=reference.in_loop), reference.arguments)
        yield from (target,) if target else ()
    elif interpreter or path.endswith((".sh", ".bash")):
        yield _script(path, text, reference)


def _script(path: str, text: str, reference: Reference | None = None) -> Script:
    lines = tuple(range(1, text.count("\n") + 2))
    directory = reference.directory if reference else ""
    arguments = reference.arguments if reference else ()
    return Script(text, path, lines, directory, folder_of(path), arguments=arguments)
