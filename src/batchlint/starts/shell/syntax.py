"""The tree of a shell script: what is needed to know which commands run, where, and how often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """Text of a word; `is_quoted` keeps empty words alive."""

    text: str
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME[@]}`; `operator` is what follows the name."""

    name: str
    operator: str = ""
    default: Word | None = None
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(...)`, backquotes or `<(...)`: a script whose output becomes text."""

    script: Block
    is_quoted: bool = False


Part = Literal | Parameter | Substitution


@dataclass(frozen=True, slots=True)
class Word:
    """One word before expansion."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """`NAME=value` or `NAME=(a b c)`."""

    name: str
    values: tuple[Word, ...]
    is_array: bool = False


@dataclass(frozen=True, slots=True)
class Simple:
    """A command with its words. `outputs` are the files it writes to, `stdin` a here-document."""

    line: int
    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    outputs: tuple[Word, ...] = ()
    stdin: str | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by `|`."""

    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """`for`, `while`, `until`, `select`; `variable` and `values` belong to `for`."""

    condition: Block
    body: Block
    variable: str = ""
    values: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """`if` and `case`: any of the blocks may run."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """`{ ...; }`, or `( ... )`, whose changes stay inside."""

    body: Block
    is_subshell: bool


@dataclass(frozen=True, slots=True)
class Function:
    """`name() { ... }`."""

    name: str
    body: Block


Command = Simple | Pipeline | Loop | Branch | Group | Function
Block = tuple[Command, ...]
