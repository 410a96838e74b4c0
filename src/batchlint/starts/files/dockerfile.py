"""Dockerfiles: what the image runs, and which folders of the project it holds where."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from batchlint.starts.files.crontab import crontab_launches, written_crontabs
from batchlint.starts.model import UNKNOWN, Launch, Script, StartKind
from batchlint.starts.places import Tree, folder_of, is_outside, join

_INSTRUCTIONS_MAX = 3_000

_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(\w{1,200})(?::?-([^}]{0,500}))?\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a build: commands with their lines, container folders mapped to the project's."""

    name: str = ""
    directory: str = "/"
    variables: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[tuple[str, str], ...] = ()
    entrypoint: tuple[int, str] | None = None
    command: tuple[int, str] | None = None
    crons: tuple[tuple[int, str], ...] = ()


def read_dockerfile(path: str, tree: Tree) -> Iterator[Launch]:
    """What each stage with an entry point or command runs, and crontab lines the build writes."""
    for stage in stages(tree.required(path), folder_of(path)):
        script = image_script(path, stage)
        if script:
            yield Launch(StartKind.DOCKERFILE, "Dockerfile command", path, script)
        for line, text in stage.crons:
            for launch in crontab_launches(path, text, line):
                script = launch.what if isinstance(launch.what, Script) else None
                if script:
                    mounted = replace(script, mounts=stage.mounts, lines=(line,))
                    yield replace(launch, what=mounted)


def image_script(
    path: str, stage: Stage, entrypoint: str | None = None, command: str | None = None
) -> Script | None:
    """The script of an image's entry point and command, each replaced by those of a container if given."""
    own_entrypoint = stage.entrypoint[1] if stage.entrypoint else ""
    own_command = stage.command[1] if stage.command else ""
    first = own_entrypoint if entrypoint is None else entrypoint
    # A container's entry point resets the image's command.
    second = command if command is not None else "" if entrypoint is not None else own_command
    text = f"{first} {second}".strip()
    if not text:
        return None
    line = next((part[0] for part in (stage.command, stage.entrypoint) if part), 1)
    variables = tuple(stage.variables.items())
    return Script(text, path, (line,), stage.directory, folder_of(path), stage.mounts, variables)


def stages(text: str, context: str) -> list[Stage]:
    """The stages of a Dockerfile whose build context is the root-relative folder `context`."""
    found: list[Stage] = []
    for line, word, rest in islice(_instructions(text), _INSTRUCTIONS_MAX):
        if word == "FROM":
            found.append(_from(rest, found))
        elif found:
            found[-1] = _applied(found[-1], line, word, rest, context)
    return found


def _from(rest: str, earlier: list[Stage]) -> Stage:
    """A stage starts as a copy of the earlier one it names."""
    words = rest.split()
    name = words[words.index("AS") + 1] if "AS" in words[:-1] else ""
    name = name or (words[words.index("as") + 1] if "as" in words[:-1] else "")
    image = next((word for word in words if not word.startswith("--")), "")
    for stage in earlier:
        if stage.name and stage.name == image:
            return replace(stage, name=name, crons=())
    return Stage(name)


def _applied(stage: Stage, line: int, word: str, rest: str, context: str) -> Stage:
    """The stage after one more instruction."""
    match word:
        case "WORKDIR":
            path = _substituted(rest.strip().strip("\"'"), stage.variables)
            return replace(stage, directory=join(stage.directory, path))
        case "ENV" | "ARG":
            return replace(stage, variables={**stage.variables, **_assignments(rest, stage.variables)})
        case "COPY" | "ADD":
            return replace(stage, mounts=(*stage.mounts, *_copied(stage, rest, context)))
        case "ENTRYPOINT":
            return replace(stage, entrypoint=(line, _command(rest)))
        case "CMD":
            return replace(stage, command=(line, _command(rest)))
        case "RUN" if "cron" in rest:
            crons = written_crontabs(Script(rest, context, (line,)))
            return replace(stage, crons=(*stage.crons, *crons))
        case _:
            return stage


def _copied(stage: Stage, rest: str, context: str) -> Iterator[tuple[str, str]]:
    """The container folders that a COPY fills with folders of the project."""
    words = [word for word in rest.split() if not word.startswith("--")]
    if "--from=" in rest or rest.lstrip().startswith("[") or len(words) < 2:
        return
    sources, target = words[:-1], join(stage.directory, _substituted(words[-1], stage.variables))
    into_folder = words[-1].endswith(("/", ".")) or len(sources) > 1
    for source in sources if is_outside(target) else ():
        local = join(context, source.removeprefix("/").rstrip("/") or ".")
        name = source.rsplit("/", 1)[-1]
        # A folder's contents are copied, a file keeps its name.
        is_file = "." in name.strip(".")
        yield (join(target, name) if is_file and into_folder else target), local


def _command(rest: str) -> str:
    """Shell text of the exec form (a JSON list) or the shell form."""
    text = rest.strip()
    if text.startswith("["):
        try:
            words = json.loads(text.replace("\\\n", " ").replace("\n", " "))
        except (ValueError, RecursionError):
            words = None
        if isinstance(words, list):
            return " ".join(shlex.quote(str(word)) for word in words)
    return text


def _assignments(rest: str, variables: Mapping[str, str]) -> dict[str, str]:
    """`A=b C=d`, or the old `A b`."""
    try:
        words = shlex.split(rest.replace("\\\n", " "))
    except ValueError:
        words = rest.split()
    if words and "=" not in words[0]:
        return {words[0]: _substituted(" ".join(words[1:]), variables)} if len(words) > 1 else {}
    pairs = (word.partition("=") for word in words)
    return {name: _substituted(value, variables) for name, equals, value in pairs if equals}


def _substituted(text: str, variables: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return variables.get(match[1] or match[3]) or match[2] or UNKNOWN

    return _VARIABLE.sub(value, text)[:1_000]


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Each instruction with its line, its name in capitals and the rest, continuation lines joined."""
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        start = start if pending else number
        if line.rstrip().endswith("\\"):
            pending += line.rstrip() + "\n"
            continue
        if match := _INSTRUCTION.fullmatch(pending + line):
            yield start, match[1].upper(), match[2]
        pending = ""
