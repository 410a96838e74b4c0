"""Commands that run commands written in another file: make, npm, shell scripts, compose services."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from batchlint.starts.places import join
from batchlint.starts.programs import program_name


class ReferenceKind(StrEnum):
    """The tool whose file holds the commands."""

    SHELL = "shell"
    MAKE = "make"
    JUST = "just"
    TASK = "task"
    PROJECT_TASK = "project-task"
    PACKAGE = "package"
    COMPOSE = "compose"
    PROCFILE = "procfile"


@dataclass(frozen=True, slots=True)
class Reference:
    """Commands elsewhere: `name` is the target, script, task or service (several joined by blanks),
    `file` the file that holds it where the command says, `arguments` what is passed on."""

    kind: ReferenceKind
    directory: str
    name: str = ""
    file: str = ""
    arguments: tuple[str, ...] = ()
    in_loop: bool = False


_MAKE_OPTIONS = ("-C", "--directory", "-f", "--file", "--makefile", "-j", "-I", "-o", "-W", "-l")
_JUST_OPTIONS = ("-f", "--justfile", "-d", "--working-directory", "--set", "--shell", "--dotenv-path")
_TASK_OPTIONS = ("-t", "--taskfile", "-d", "--dir", "-C", "--concurrency", "-o", "--output")
_PACKAGE_OPTIONS = ("--prefix", "-C", "--dir", "--cwd", "-w", "--workspace", "--filter", "-F")
_COMPOSE_OPTIONS = (
    "-f", "--file", "-p", "--project-name", "--profile", "--env-file", "-e", "--env", "-u", "--user", "-v",
    "--volume", "-w", "--workdir", "--entrypoint", "--name", "-l", "--label", "--index",
    "--project-directory",
)  # fmt: skip
_PROJECT_TASK_TOOLS = ("poe", "poethepoet", "taskipy")


def read_reference(words: Sequence[str], directory: str, in_loop: bool) -> Reference | None:
    """What a command refers to; None if it is no such command."""
    name = program_name(words[0])
    rest = tuple(words[1:])
    if name in ("source", "."):
        return Reference(ReferenceKind.SHELL, directory, rest[0], in_loop=in_loop) if rest else None
    if name.endswith((".sh", ".bash")) or "/" in words[0]:
        return Reference(ReferenceKind.SHELL, directory, words[0], arguments=rest, in_loop=in_loop)
    if name in ("make", "gmake"):
        return _make(rest, directory, in_loop)
    if name == "just":
        return _just(rest, directory, in_loop)
    if name in ("task", "go-task"):
        return _task(rest, directory, in_loop)
    if name in _PROJECT_TASK_TOOLS:
        names = _positionals(rest, ("-C", "--root"))
        return Reference(ReferenceKind.PROJECT_TASK, directory, names[0], in_loop=in_loop) if names else None
    if name in ("npm", "yarn", "pnpm", "bun"):
        return _package(rest, directory, in_loop)
    if name in ("docker", "docker-compose", "podman-compose", "podman"):
        return _compose(name, rest, directory, in_loop)
    if name in ("honcho", "foreman", "overmind", "hivemind", "heroku"):
        return _procfile(rest, directory, in_loop)
    return None


def _make(rest: tuple[str, ...], directory: str, in_loop: bool) -> Reference:
    options = _options(rest, _MAKE_OPTIONS)
    folder = options.get("-C") or options.get("--directory") or "."
    file = options.get("-f") or options.get("--file") or options.get("--makefile") or ""
    words = _positionals(rest, _MAKE_OPTIONS)
    targets = tuple(word for word in words if "=" not in word)
    assigned = tuple(word for word in words if "=" in word)
    return Reference(ReferenceKind.MAKE, join(directory, folder), " ".join(targets), file, assigned, in_loop)


def _just(rest: tuple[str, ...], directory: str, in_loop: bool) -> Reference:
    options = _options(rest, _JUST_OPTIONS)
    folder = options.get("-d") or options.get("--working-directory") or "."
    file = options.get("-f") or options.get("--justfile") or ""
    words = _positionals(rest, _JUST_OPTIONS)
    return Reference(
        ReferenceKind.JUST, join(directory, folder), words[0] if words else "", file, words[1:], in_loop
    )


def _task(rest: tuple[str, ...], directory: str, in_loop: bool) -> Reference:
    options = _options(rest, _TASK_OPTIONS)
    folder = options.get("-d") or options.get("--dir") or "."
    file = options.get("-t") or options.get("--taskfile") or ""
    names = _positionals(rest, _TASK_OPTIONS)
    return Reference(ReferenceKind.TASK, join(directory, folder), " ".join(names), file, in_loop=in_loop)


def _package(rest: tuple[str, ...], directory: str, in_loop: bool) -> Reference | None:
    options = _options(rest, _PACKAGE_OPTIONS)
    folder = next((options[name] for name in ("--prefix", "-C", "--dir", "--cwd") if options.get(name)), ".")
    words = _positionals(rest, _PACKAGE_OPTIONS)
    words = words[1:] if words[:1] in (("run",), ("run-script",)) else words
    if not words or words[0] in ("install", "ci", "add", "exec", "dlx", "publish", "create", "init"):
        return None
    return Reference(
        ReferenceKind.PACKAGE, join(directory, folder), words[0], arguments=words[1:], in_loop=in_loop
    )


def _compose(name: str, rest: tuple[str, ...], directory: str, in_loop: bool) -> Reference | None:
    """`docker compose run|exec SERVICE [COMMAND]`; what `up` starts has its own start in the file.

    The arguments begin with `run` or `exec`: only `run` goes through the service's entry point.
    """
    options = _options(rest, _COMPOSE_OPTIONS)
    words = _positionals(rest, _COMPOSE_OPTIONS)
    if name in ("docker", "podman"):
        if words[:1] != ("compose",):
            return None
        words = words[1:]
    if len(words) < 2 or words[0] not in ("run", "exec"):
        return None
    file = options.get("-f") or options.get("--file") or ""
    service = words[1]
    # The command keeps its own options, which `_positionals` would have dropped.
    command = (words[0], *rest[rest.index(service) + 1 :])
    return Reference(ReferenceKind.COMPOSE, directory, service, file, command, in_loop)


def _procfile(rest: tuple[str, ...], directory: str, in_loop: bool) -> Reference | None:
    words = _positionals(rest, ("-f", "--procfile", "-e", "--env", "-p", "--port"))
    words = words[1:] if words[:1] == ("local",) else words
    if words[:1] != ("start",):
        return None
    return Reference(ReferenceKind.PROCFILE, directory, " ".join(words[1:]), in_loop=in_loop)


def _options(words: Sequence[str], takes_value: Sequence[str]) -> Mapping[str, str]:
    """The last value of each option, attached (`-Cdir`, `--x=y`) or in the next word."""
    options: dict[str, str] = {}
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word in takes_value and position + 1 < len(words):
            options[word] = words[position + 1]
        elif equals and name in takes_value:
            options[name] = value
        elif (match := re.fullmatch(r"(-[A-Za-z])([^-].*)", word)) and match[1] in takes_value:
            options[match[1]] = match[2]
    return options


def _positionals(words: Sequence[str], takes_value: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    at = 0
    while at < len(words):
        if words[at].startswith("-"):
            at += 2 if words[at] in takes_value else 1
        else:
            found.append(words[at])
            at += 1
    return tuple(found)
