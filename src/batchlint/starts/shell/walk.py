"""From shell text to the commands it starts, each with its words, folder and variables.

Nothing is executed: variables that are assigned constants are followed, everything else is `UNKNOWN`.
Every branch is taken, loops over constants run once per value, functions run where they are called.
All of it is bounded by `STEPS_MAX`.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from batchlint.starts.model import ROOT, UNKNOWN, Script
from batchlint.starts.places import is_outside, join
from batchlint.starts.shell.parse import parse_shell
from batchlint.starts.shell.syntax import (
    Assignment,
    Block,
    Branch,
    Command,
    Function,
    Group,
    Literal,
    Loop,
    Parameter,
    Pipeline,
    Simple,
    Word,
)

STEPS_MAX = 3_000
TEXT_MAX = 250_000
_VALUE_MAX = 4_000
_LOOP_VALUES_MAX = 30
_CALL_DEPTH_MAX = 8
# Commands that start nothing, whatever their words.
_QUIET = frozenset(
    ("echo", "printf", "test", "[", "true", "false", ":", "exit", "return", "read", "sleep", "mkdir", "rm")
)
_DECLARATIONS = ("export", "declare", "local", "readonly", "typeset")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command as the shell would start it.

    `directory` is root-relative or outside (`places.is_outside`); `outputs` are the files it writes to
    and, as `|name`, the command it pipes into.
    """

    words: tuple[str, ...]
    line: int
    directory: str
    variables: Mapping[str, str]
    in_loop: bool
    stdin: str | None
    outputs: tuple[str, ...]


def walk(script: Script) -> Iterator[Invocation]:
    """The commands a script starts, in order; nothing for text over the limit."""
    if len(script.text) > TEXT_MAX:
        return
    shell = _Shell(script)
    yield from shell.run(parse_shell(script.text))
    yield from shell.run_uncalled()


class _Shell:
    """The state of a shell that is read along: where it is, what it knows."""

    def __init__(self, script: Script) -> None:
        self._directory = script.directory
        self._variables: dict[str, tuple[str, ...]] = {name: (value,) for name, value in script.variables}
        self._variables["0"] = (f"{ROOT}/{script.path}",)
        self._variables["BASH_SOURCE"] = self._variables["0"]
        self._set_arguments(script.arguments)
        self._functions: dict[str, Block] = {}
        self._called: set[str] = set()
        self._calls_seen: set[tuple[tuple[str, ...], str, bool]] = set()
        self._loops = 0
        self._calls = 0
        self._steps = 0
        self._previous = script.directory
        self._output: str | None = None
        # Commands of substitutions, which run while words are expanded.
        self._captured: list[Invocation] = []

    def run(self, block: Block, piped: tuple[str, ...] = ()) -> Iterator[Invocation]:
        """The commands of a block; `piped` is where their output goes."""
        for command in block:
            self._steps += 1
            if self._steps > STEPS_MAX:
                return
            yield from self._command(command, piped)

    def run_uncalled(self) -> Iterator[Invocation]:
        """The functions nothing called: some dispatcher may."""
        for name, body in [*self._functions.items()]:
            if name not in self._called:
                yield from self._apart(body)

    def _command(self, command: Command, piped: tuple[str, ...]) -> Iterator[Invocation]:
        match command:
            case Simple():
                yield from self._simple(command, piped)
            case Pipeline(commands):
                for position, part in enumerate(commands):
                    after = commands[position + 1] if position + 1 < len(commands) else None
                    yield from self._apart((part,), self._sink(after) or piped)
            case Loop():
                yield from self._loop(command)
            case Branch(blocks):
                yield from self._branch(blocks)
            case Group(body, is_subshell):
                yield from self._apart(body, piped) if is_subshell else self.run(body, piped)
            case Function(name, body):
                self._functions[name] = body

    def _apart(self, block: Block, piped: tuple[str, ...] = ()) -> Iterator[Invocation]:
        """Runs a block whose changes are lost afterwards."""
        saved = self._directory, dict(self._variables)
        yield from self.run(block, piped)
        self._directory, self._variables = saved

    def _sink(self, command: Command | None) -> tuple[str, ...]:
        if isinstance(command, Simple) and command.words:
            first = command.words[0].parts[0]
            return (f"|{first.text}",) if isinstance(first, Literal) else ()
        return ()

    def _branch(self, blocks: tuple[Block, ...]) -> Iterator[Invocation]:
        """Runs every block from the same state; the first one's is kept."""
        before = self._directory, dict(self._variables)
        after = before
        for position, block in enumerate(blocks):
            self._directory, self._variables = before[0], dict(before[1])
            yield from self.run(block)
            if position == 0:
                after = self._directory, self._variables
        self._directory, self._variables = after

    def _loop(self, loop: Loop) -> Iterator[Invocation]:
        self._loops += 1
        yield from self.run(loop.condition)
        values = [value for word in loop.values for value in self._expand(word)]
        yield from self._take_captured()
        if not 0 < len(values) <= _LOOP_VALUES_MAX or any("*" in value for value in values):
            values = [UNKNOWN]
        for value in values:
            if loop.variable:
                self._variables[loop.variable] = (value,)
            yield from self.run(loop.body)
        self._loops -= 1

    def _simple(self, command: Simple, piped: tuple[str, ...]) -> Iterator[Invocation]:
        words = tuple(value for word in command.words for value in self._expand(word))
        assigned = {item.name: self._value(item) for item in command.assignments}
        outputs = (*(value for word in command.outputs for value in self._expand(word)), *piped)
        yield from self._take_captured()
        if not words:
            self._variables |= assigned
            return
        if words[0] in self._functions and self._calls < _CALL_DEPTH_MAX:
            yield from self._call(words)
            return
        builtin = _BUILTINS.get(words[0])
        if builtin and builtin(self, words):
            return
        if words[0] == "eval":
            words = ("sh", "-c", " ".join(words[1:]))
        if words[0] in _QUIET and not outputs:
            return
        known = {name: values[0] for name, values in (self._variables | assigned).items() if values}
        in_loop = self._loops > 0
        yield Invocation(words, command.line, self._directory, known, in_loop, command.stdin, outputs)

    def _call(self, words: tuple[str, ...]) -> Iterator[Invocation]:
        """Runs a function; one called again in the same way would start the same again."""
        call = (words, self._directory, self._loops > 0)
        if call in self._calls_seen:
            return
        self._calls_seen.add(call)
        self._called.add(words[0])
        self._calls += 1
        saved = {name: values for name, values in self._variables.items() if name in "123456789@*"}
        self._set_arguments(words[1:])
        yield from self.run(self._functions[words[0]])
        self._variables |= saved
        self._calls -= 1

    def _take_captured(self) -> Iterator[Invocation]:
        captured, self._captured = self._captured, []
        yield from captured

    def _set_arguments(self, arguments: tuple[str, ...]) -> None:
        for position in range(1, 10):
            self._variables.pop(str(position), None)
        for position, argument in enumerate(arguments[:9], start=1):
            self._variables[str(position)] = (argument,)
        self._variables["@"] = self._variables["*"] = arguments

    def _value(self, item: Assignment) -> tuple[str, ...]:
        if item.is_array:
            return tuple(value for word in item.values for value in self._expand(word)) or ("",)
        # An assignment does not split its value into words.
        return (" ".join(value for word in item.values for value in self._expand(word))[:_VALUE_MAX],)

    def _expand(self, word: Word) -> list[str]:
        """The fields of a word; an unquoted value splits at blanks, an empty one vanishes."""
        fields = [""]
        is_kept = False
        for part in word.parts:
            if isinstance(part, Literal):
                fields[-1] += part.text
                is_kept = is_kept or bool(part.text) or part.is_quoted
                continue
            values = self._parameter(part) if isinstance(part, Parameter) else (self._capture(part.script),)
            is_list = isinstance(part, Parameter) and (part.name == "@" or part.operator == "[@]")
            if not part.is_quoted:
                values = tuple(piece for value in values for piece in value.split())
            elif not is_list:
                values = (" ".join(values),)
            is_kept = is_kept or bool(values)
            fields[-1] += values[0] if values else ""
            fields += values[1:]
        if fields[0].startswith("~/"):
            fields[0] = UNKNOWN + fields[0][1:]
        return [field[:_VALUE_MAX] for field in fields[:1000]] if is_kept else []

    def _parameter(self, part: Parameter) -> tuple[str, ...]:
        """The values of a parameter. `${0%/*}` is the folder of a script; other cutting is not followed."""
        values = self._variables.get(part.name)
        operator = part.operator.partition("]")[2] if part.operator.startswith("[") else part.operator
        if part.default is not None and operator in (":-", "-", ":=", "="):
            if not values or values == ("",) or values == (UNKNOWN,):
                return tuple(self._expand(part.default)) or ("",)
        elif operator in ("%/*", "%%/*") and values and "/" in values[0]:
            return (posixpath.dirname(values[0]),)
        elif operator.startswith(("%", "#", "/", ":")) and operator not in (":?", ":+"):
            return (UNKNOWN,)
        return (UNKNOWN,) if values is None else values

    def _capture(self, block: Block) -> str:
        """What a substitution prints, if that is a path known without running it."""
        saved = self._directory, dict(self._variables), self._output
        self._output = None
        earlier, self._captured = self._captured, []
        inner = [*self.run(block)]
        self._captured = [*earlier, *inner]
        output = UNKNOWN if self._output is None else self._output
        self._directory, self._variables, self._output = saved
        return output

    # Builtins: each returns whether the command is dealt with.

    def change_directory(self, words: tuple[str, ...]) -> bool:
        """`cd`, `pushd` and `popd`, which here all remember one folder."""
        target = next((word for word in words[1:] if word == "-" or not word.startswith("-")), None)
        if target == "-" or words[0] == "popd":
            self._directory, self._previous = self._previous, self._directory
            return True
        self._previous = self._directory
        self._directory = join(self._directory, target) if target else UNKNOWN
        return True

    def declare(self, words: tuple[str, ...]) -> bool:
        """`export NAME=value` and its relatives."""
        for word in words[1:]:
            name, equals, value = word.partition("=")
            if equals and name.isidentifier():
                self._variables[name] = (value,)
        return True

    def shift(self, words: tuple[str, ...]) -> bool:
        """`shift` drops the first argument."""
        self._set_arguments(self._variables.get("@", ())[1:])
        return True

    def set(self, words: tuple[str, ...]) -> bool:
        """`set -- a b` replaces the arguments."""
        if "--" in words:
            self._set_arguments(words[words.index("--") + 1 :])
        return True

    def print_directory(self, words: tuple[str, ...]) -> bool:
        """`pwd`."""
        outside = is_outside(self._directory)
        self._output = self._directory if outside else f"{ROOT}/{self._directory}".rstrip("/")
        return True

    def print_parent(self, words: tuple[str, ...]) -> bool:
        """`dirname PATH`."""
        self._output = posixpath.dirname(words[-1]) or "."
        return True

    def print_path(self, words: tuple[str, ...]) -> bool:
        """`realpath PATH`, `readlink -f PATH`, `which NAME`, `command -v NAME`, `echo VALUE`."""
        if words[0] == "command" and words[1:2] != ("-v",):
            return False
        self._output = words[-1] if len(words) > 1 else ""
        return words[0] != "echo"

    def print_root(self, words: tuple[str, ...]) -> bool:
        """`git rev-parse --show-toplevel`."""
        if words[1:3] == ("rev-parse", "--show-toplevel"):
            self._output = ROOT
        return False


_BUILTINS: Mapping[str, Callable[[_Shell, tuple[str, ...]], bool]] = {
    "cd": _Shell.change_directory,
    "pushd": _Shell.change_directory,
    "popd": _Shell.change_directory,
    "pwd": _Shell.print_directory,
    "dirname": _Shell.print_parent,
    "realpath": _Shell.print_path,
    "readlink": _Shell.print_path,
    "which": _Shell.print_path,
    "command": _Shell.print_path,
    "echo": _Shell.print_path,
    "git": _Shell.print_root,
    "set": _Shell.set,
    "shift": _Shell.shift,
    **dict.fromkeys(_DECLARATIONS, _Shell.declare),
}
