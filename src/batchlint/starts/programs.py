"""The programs known to start other programs or to load Python code: `programs.toml`, and its matching."""

import posixpath
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from batchlint.catalog.model import Wait


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A program whose remaining words are another command; the fields are those of `programs.toml`."""

    command: tuple[str, ...]
    options: frozenset[str]
    directory: frozenset[str]
    module: frozenset[str]
    text: frozenset[str]
    positionals: int
    rest: str
    separator: bool
    loop: bool
    tasks: bool


@dataclass(frozen=True, slots=True)
class Runner:
    """A program one of whose words names Python code; the fields are those of `programs.toml`."""

    command: tuple[str, ...]
    options: frozenset[str]
    target: tuple[str, ...]
    form: str
    wait: Wait | None
    variable: str
    default: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Programs:
    """The whole table, by the first word of a command, longer commands first."""

    wrappers: Mapping[str, tuple[Wrapper, ...]]
    runners: Mapping[str, tuple[Runner, ...]]
    ignored_modules: frozenset[str]
    ignored_commands: frozenset[str]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The words of a command taken apart: what stands before the command of a wrapper, or everything.

    `rest` are the words from the first one that is neither option nor consumed positional.
    """

    options: Mapping[str, str]
    positionals: tuple[str, ...]
    rest: tuple[str, ...]


@cache
def load_programs() -> Programs:
    """The packaged table."""
    text = resources.files(__package__).joinpath("programs.toml").read_text("utf-8")
    data = tomllib.loads(text)
    wrappers: dict[str, list[Wrapper]] = {}
    runners: dict[str, list[Runner]] = {}
    for row in data["wrapper"]:
        for command in row["commands"]:
            words = tuple(command.split())
            wrappers.setdefault(words[0], []).append(_wrapper(words, row))
    for row in data["runner"]:
        for command in row["commands"]:
            words = tuple(command.split())
            runners.setdefault(words[0], []).append(_runner(words, row))
    return Programs(
        {name: tuple(sorted(rows, key=lambda row: -len(row.command))) for name, rows in wrappers.items()},
        {name: tuple(sorted(rows, key=lambda row: -len(row.command))) for name, rows in runners.items()},
        frozenset(data["ignored"]["modules"]),
        frozenset(data["ignored"]["commands"]),
    )


def program_name(word: str) -> str:
    """The name of a program without folder and `.exe`."""
    return posixpath.basename(word.replace("\\", "/")).removesuffix(".exe")


def match_wrapper(words: Sequence[str]) -> tuple[Wrapper, Parsed] | None:
    """The wrapper a command starts with, and its words up to the command inside."""
    for row in load_programs().wrappers.get(program_name(words[0]), ()):
        takes_value = row.options | row.directory | row.module | row.text
        after = _after_command(words, row.command, takes_value)
        if after is None:
            continue
        if row.separator and "--" in words:
            return row, Parsed(after[0], (), tuple(words[words.index("--") + 1 :]))
        options, positionals, rest = _split(after[1], takes_value, row.positionals)
        return row, Parsed(after[0] | options, positionals, rest)
    return None


def match_runner(words: Sequence[str]) -> tuple[Runner, Parsed] | None:
    """The runner a command starts with, and all its words taken apart."""
    for row in load_programs().runners.get(program_name(words[0]), ()):
        takes_value = row.options | frozenset(row.target)
        after = _after_command(words, row.command, takes_value)
        if after is not None:
            options, positionals, _ = _split(after[1], takes_value, len(words))
            return row, Parsed(after[0] | options, positionals, ())
    return None


def _after_command(
    words: Sequence[str], command: tuple[str, ...], takes_value: frozenset[str]
) -> tuple[dict[str, str], tuple[str, ...]] | None:
    """The options before the last word of `command` and the words after it; None if it does not match."""
    rest = tuple(words[1:])
    seen: dict[str, str] = {}
    for wanted in command[1:]:
        options, positionals, rest = _split(rest, takes_value, 1)
        seen |= options
        if positionals != (wanted,):
            return None
    return seen, rest


def _split(
    words: Sequence[str], takes_value: frozenset[str], most: int
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    """Options with their values, up to `most` positional words, and the rest.

    `--` ends the options when the positional words are complete, and is skipped before.
    """
    options: dict[str, str] = {}
    positionals: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            at += 1
            if len(positionals) >= most:
                break
        elif word.startswith("-") and len(word) > 1:
            name, equals, value = word.partition("=")
            has_value = not equals and name in takes_value
            options[name] = words[at + 1] if has_value and at + 1 < len(words) else value
            at += 2 if has_value else 1
        elif len(positionals) < most:
            positionals.append(word)
            at += 1
        else:
            break
    return options, tuple(positionals), tuple(words[at:])


def _wrapper(command: tuple[str, ...], row: Mapping[str, object]) -> Wrapper:
    positionals, rest = row.get("positionals", 0), row.get("rest", "command")
    return Wrapper(
        command,
        frozenset(_strings(row, "options")),
        frozenset(_strings(row, "directory")),
        frozenset(_strings(row, "module")),
        frozenset(_strings(row, "text")),
        positionals if isinstance(positionals, int) else 0,
        str(rest),
        bool(row.get("separator", False)),
        bool(row.get("loop", False)),
        bool(row.get("tasks", False)),
    )


def _runner(command: tuple[str, ...], row: Mapping[str, object]) -> Runner:
    wait = str(row.get("wait", ""))
    return Runner(
        command,
        frozenset(_strings(row, "options")),
        tuple(_strings(row, "target")),
        str(row.get("form", "import")),
        Wait(wait) if wait else None,
        str(row.get("variable", "")),
        tuple(_strings(row, "default")),
    )


def _strings(row: Mapping[str, object], key: str) -> list[str]:
    value = row.get(key, [])
    return [str(item) for item in value] if isinstance(value, list) else []
