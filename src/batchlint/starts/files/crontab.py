"""Crontabs: a user's, and those of /etc/cron.d, which name the user in a sixth column."""

import re
from collections.abc import Iterator

from batchlint.catalog.model import Wait
from batchlint.starts.model import Launch, Schedule, Script, StartKind
from batchlint.starts.places import Tree, folder_of
from batchlint.starts.shell import walk
from batchlint.starts.when import runs_per_month

_FIELD = r"(?:\*|[\dA-Za-z])[\w*/,#?-]*"
_LINE = re.compile(rf"\s*(@[a-z]+|{_FIELD}(?:\s+{_FIELD}){{4}})\s+(\S.*)")
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*")
# A first word that is an account: it is followed by a command, which a program's option is not.
_USER = re.compile(r"(root|www-data|ubuntu|nobody|app|user|ec2-user|admin|deploy|[a-z_][\w-]*)\s+(\S.*)")
_USERS = ("root", "www-data", "ubuntu", "nobody", "app", "ec2-user", "deploy")
_COMMAND_WORD = re.compile(
    r"[/.~$(]|cd\b|[A-Z_]+=|(?:ba|z|da)?sh\b|python|flock\b|timeout\b|env\b|nice\b|test\b|\["
)


def read_crontab(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per line with a schedule and a command."""
    yield from crontab_launches(
        path, tree.required(path), system="cron.d/" in path or path.endswith("etc/crontab")
    )


def crontab_launches(path: str, text: str, first_line: int = 0, *, system: bool = False) -> Iterator[Launch]:
    """The starts of crontab text that is the file `path`, or that a command at `first_line` of it writes.

    `system` says that each line names a user; without it a line only does when its first word is a
    customary account followed by a command.
    """
    variables: dict[str, str] = {}
    folder = folder_of(path)
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        if assignment := _ASSIGNMENT.fullmatch(line):
            variables[assignment[1]] = assignment[2].strip("\"'")
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        when, command = match.groups()
        runs = runs_per_month(when)
        if runs is None and when != "@reboot":
            continue
        zone = variables.get("CRON_TZ") or variables.get("TZ")
        schedule = None if when == "@reboot" else Schedule(" ".join(when.split()), zone, runs)
        text = _without_user(command, system=system).replace("\\%", "%")
        script = Script(text, path, (first_line or number,), "", folder, variables=tuple(variables.items()))
        wait = Wait.OFFLINE if schedule else None
        origin = f"cron {schedule.text!r}" if schedule else "cron @reboot"
        yield Launch(StartKind.CRONTAB, origin, path, script, 0, wait, schedule)


def written_crontabs(script: Script) -> Iterator[tuple[int, str]]:
    """The crontab text that shell commands write (`echo ... | crontab -`, `cat > /etc/cron.d/x <<EOF`),
    with the line of each command."""
    for invocation in walk(script):
        writes = any(
            word == "|crontab" or "cron" in word.rpartition("/etc/")[2] for word in invocation.outputs
        )
        if invocation.stdin and (writes or invocation.words[0] == "crontab"):
            yield script.file_line(invocation.line), invocation.stdin
        elif writes and invocation.words[0] in ("echo", "printf"):
            texts = (word for word in invocation.words[1:] if not word.startswith("-"))
            yield script.file_line(invocation.line), " ".join(texts).replace("\\n", "\n")


def _without_user(command: str, *, system: bool) -> str:
    match = _USER.fullmatch(command)
    if match is None:
        return command
    is_account = match[1] in _USERS and _COMMAND_WORD.match(match[2])
    return match[2] if system or is_account else command
