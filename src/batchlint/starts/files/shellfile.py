"""Shell scripts, and executables without a suffix whose first line names their interpreter."""

import re
from collections.abc import Iterator

from batchlint.starts.files.crontab import crontab_launches, written_crontabs
from batchlint.starts.model import Launch, Script, StartKind, Target
from batchlint.starts.places import Places, Tree, folder_of
from batchlint.starts.references import Reference
from batchlint.starts.targets import Spot, script_target

_SHEBANG = re.compile(r"#!\s*(?:\S*env\s+(?:-S\s+)?|\S*/)(python|bash|zsh|dash|ksh|sh)[\d.]*\b")


def read_shell_file(path: str, tree: Tree) -> Iterator[Launch]:
    """The start of a shell script, for its caller to say whether someone waits, and crontabs it writes."""
    script = _script(path, tree.required(path))
    yield Launch(StartKind.SHELL_SCRIPT, "shell script", path, script)
    for line, crontab in written_crontabs(script) if "cron" in script.text else ():
        yield from crontab_launches(path, crontab, line)


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
