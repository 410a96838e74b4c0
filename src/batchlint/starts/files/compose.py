"""Compose files: the command of each service, from the file or from the image it builds."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace

from batchlint.catalog.model import Wait
from batchlint.starts.files.dockerfile import Stage, image_script, stages
from batchlint.starts.files.pieces import command_text, environment
from batchlint.starts.model import UNKNOWN, Launch, Schedule, Script, StartKind
from batchlint.starts.nodes import EMPTY, Node, read_document
from batchlint.starts.places import Places, Tree, folder_of, join
from batchlint.starts.references import Reference
from batchlint.starts.when import runs_per_month

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_VARIABLE = re.compile(r"\$\$|\$\{(\w{1,200})(?::?-([^}]{0,500}))?[^}]{0,500}\}|\$(\w+)")
# Ofelia runs scheduled jobs that are written as labels of a service.
_OFELIA = re.compile(r"ofelia\.job-(?:exec|run|local)\.([\w.-]+)\.(schedule|command)")


def read_compose(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per service with a command; the program decides whether someone waits."""
    document = read_document(tree.required(path))
    for name, service in document.pairs("services"):
        script = _service(path, service, tree)
        if script:
            line = 0 if script.path == path else service.place
            yield Launch(StartKind.COMPOSE, f"compose service {name!r}", path, script, line)
        yield from _scheduled(path, service, script)


def follow_compose(reference: Reference, tree: Tree, places: Places) -> Iterator[Script]:
    """What `docker compose run SERVICE [COMMAND]` runs."""
    names = (reference.file,) if reference.file else _NAMES
    path = next((path for name in names if (path := places.find(name, reference.directory))), None)
    text = tree.text(path) if path else None
    if path is None or text is None:
        return
    document = read_document(text)
    service = document.get("services", reference.name)
    how, *words = reference.arguments
    if words and how == "exec":
        service = replace(service, entries={**service.entries, "entrypoint": Node(text="")})
    script = _service(path, service, tree, shlex.join(words) if words else None)
    if script and words:
        # The command itself is the caller's; only the service it runs in is named here.
        script = replace(script, path=path, lines=(service.place,))
    if script:
        yield script


def _service(path: str, service: Node, tree: Tree, command: str | None = None) -> Script | None:
    """The script of a service; `command` replaces its own."""
    own_command, own_entrypoint = service.get("command"), service.get("entrypoint")
    if command is None and own_command:
        command = _text(own_command)
    entrypoint = _text(own_entrypoint) if own_entrypoint else None
    dockerfile, stage = _stage(path, service.get("build"), tree)
    script = image_script(dockerfile, stage, entrypoint, command)
    if script is None:
        return None
    folder = folder_of(path)
    directory = _interpolated(service.string("working_dir"))
    line = next((node.place for node in (own_command, own_entrypoint) if node), 0)
    mounts = (*_volumes(service, folder), *script.mounts)
    variables = dict(script.variables) | dict(environment(service.get("environment")))
    script = replace(
        script,
        directory=join(stage.directory, directory) if directory else script.directory,
        mounts=mounts,
        variables=tuple(variables.items()),
    )
    return replace(script, path=path, lines=(line,), folder=folder) if line else script


def _text(node: Node) -> str:
    return _interpolated(command_text(node))


def _interpolated(text: str) -> str:
    def value(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else match[2] or UNKNOWN

    return _VARIABLE.sub(value, text)


def _stage(path: str, build: Node, tree: Tree) -> tuple[str, Stage]:
    """The Dockerfile a service builds and the stage it takes; an empty one if there is none."""
    context = join(folder_of(path), build.text or build.string("context") or ".")
    file = join(context, build.string("dockerfile") or "Dockerfile")
    text = tree.text(file) if build else None
    found = stages(text, context) if text is not None else []
    wanted = build.string("target")
    named = [stage for stage in found if wanted and stage.name == wanted]
    return (file, (named or found)[-1]) if found else (path, Stage())


def _volumes(service: Node, folder: str) -> Iterator[tuple[str, str]]:
    """Folders of the project that the container sees."""
    for volume in service.each("volumes"):
        source, _, rest = (volume.text or "").partition(":")
        target = rest.partition(":")[0] or volume.string("target")
        source = source or volume.string("source")
        if source.startswith(".") and target.startswith("/"):
            yield target, join(folder, source)


def _scheduled(path: str, service: Node, own: Script | None) -> Iterator[Launch]:
    """The jobs that a service's labels schedule; they run where its own command does."""
    labels: Mapping[str, Node] = service.get("labels").entries
    if not labels:
        pairs = [(*(item.text or "").partition("="), item) for item in service.each("labels")]
        labels = {name: replace(item, text=value) for name, _, value, item in pairs}
    jobs: dict[str, dict[str, Node]] = {}
    for label, node in labels.items():
        if match := _OFELIA.fullmatch(label):
            jobs.setdefault(match[1], {})[match[2]] = node
    for name, job in jobs.items():
        when, command = job.get("schedule", EMPTY).text, job.get("command", EMPTY)
        if when and command.text:
            schedule = Schedule(when, None, runs_per_month(when))
            script = own or Script("", path, folder=folder_of(path))
            script = replace(script, text=_text(command), path=path, lines=(command.place,))
            origin = f"Ofelia job {name!r} {when!r}"
            yield Launch(StartKind.COMPOSE, origin, path, script, 0, Wait.OFFLINE, schedule)
