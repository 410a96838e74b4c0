"""Shell text to a tree: POSIX sh and the parts of bash that decide which commands run.

The parser never fails on bad text: what does not fit is skipped. Text nested beyond `NESTING_MAX`
gives an empty tree.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

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
from batchlint.starts.shell.words import TooDeepError, WordReader

_RESERVED = re.compile(
    r"(?:if|then|elif|else|fi|for|select|while|until|do|done|case|esac|function|\[\[|\{|\}|!)(?=[\s;&|()]|$)"
)
_CLOSERS = frozenset(("then", "elif", "else", "fi", "do", "done", "esac", "}"))
_IN = re.compile(r"in(?=[\s;]|$)")
_LOOP_VARIABLE = re.compile(r"[A-Za-z_]\w*")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(?:\[[^\]\s]*\])?\+?=")
_FUNCTION = re.compile(r"(?:function[ \t]+([\w.:-]+)[ \t]*(?:\([ \t]*\))?|([\w.:-]+)[ \t]*\([ \t]*\))")
_REDIRECTION = re.compile(r"(?:\d+|\{\w+\})?(<<<|<<-?|<>|<&|>&|>>|>\||&>>|&>|<(?!\()|>(?!\())[ \t]*")
_CASE_PATTERN = re.compile(r"[^)]{0,1000}\)")


@lru_cache(maxsize=128)
def parse_shell(text: str) -> Block:
    """The commands of shell text; empty where there are none or the text nests too deeply."""
    try:
        return _Parser(text.replace("\r\n", "\n").replace("\r", "\n")).script()
    except TooDeepError:
        return ()


class _Parser(WordReader):
    """A recursive-descent parser of commands."""

    def __init__(self, text: str, depth: int = 0, first_line: int = 1) -> None:
        super().__init__(text, depth, first_line)
        # Where reading goes on after the newline that precedes here-documents.
        self._after_newline: dict[int, int] = {}

    def script(self) -> Block:
        """Every command of the text; closing words and parentheses that close nothing are skipped."""
        commands: list[Command] = []
        while not self._is_done():
            commands += self._block()
            if not self._is_done() and not self._take(_RESERVED):
                self._at += 1
        return tuple(commands)

    def _commands_of(self, text: str, line: int) -> Block:
        with self._deeper():
            return _Parser(text, self._depth, line).script()

    def _skip_blanks(self) -> None:
        """Blanks, comments and newlines with the here-documents that follow them."""
        while True:
            self._skip_spaces()
            if not self._sees("\n"):
                return
            self._at = self._after_newline.pop(self._at, self._at + 1)

    def _skip_separators(self) -> None:
        """Blanks, comments, newlines and the operators between commands, except `;;`, which ends a case."""
        while True:
            self._skip_blanks()
            if self._sees(";;", "&>") or not self._sees(";", "&", "|"):
                return
            self._at += 1

    def _block(self) -> Block:
        """Commands until a closing word or parenthesis or `;;`, which is not consumed."""
        commands: list[Command] = []
        with self._deeper():
            while True:
                self._skip_separators()
                if self._is_done() or self._sees(")", ";;"):
                    break
                reserved = _RESERVED.match(self._text, self._at)
                if reserved and reserved[0] in _CLOSERS:
                    break
                start = self._at
                commands += self._pipeline()
                if self._at == start:
                    self._at += 1
        return tuple(commands)

    def _pipeline(self) -> Iterator[Command]:
        commands = [*self._command()]
        while True:
            self._skip_spaces()
            if not self._sees("|") or self._sees("||"):
                break
            self._at += 2 if self._sees("|&") else 1
            self._skip_blanks()
            commands += self._command()
        if len(commands) > 1:
            yield Pipeline(tuple(commands))
        else:
            yield from commands

    def _command(self) -> Iterator[Command]:
        if self._sees("(("):
            self._skip_to("))")
            return
        if self._sees("("):
            self._at += 1
            yield Group(self._block_in_parentheses(), is_subshell=True)
        elif function := _FUNCTION.match(self._text, self._at):
            self._at = function.end()
            self._skip_blanks()
            with self._deeper():
                yield Function(function[1] or function[2], tuple(self._command()))
        elif reserved := self._take(_RESERVED):
            yield from self._compound(reserved[0])
        else:
            yield from self._simple()
            return
        self._skip_redirections()

    def _compound(self, word: str) -> Iterator[Command]:
        match word:
            case "if":
                yield self._if()
            case "for" | "select":
                yield self._for()
            case "while" | "until":
                condition = self._block()
                yield Loop(condition, self._enclosed("do", "done"))
            case "case":
                yield self._case()
            case "{":
                body = self._block()
                self._accept("}")
                yield Group(body, is_subshell=False)
            case "[[":
                self._skip_to("]]")
            case "!":
                self._skip_blanks()
                with self._deeper():
                    yield from self._command()
            case _:  # a closing word that closes nothing
                return

    def _accept(self, word: str) -> bool:
        self._skip_separators()
        reserved = _RESERVED.match(self._text, self._at)
        if reserved and reserved[0] == word:
            self._at = reserved.end()
            return True
        return False

    def _enclosed(self, opening: str, closing: str) -> Block:
        self._accept(opening)
        body = self._block()
        self._accept(closing)
        return body

    def _if(self) -> Command:
        conditions = [self._block()]
        blocks: list[Block] = []
        self._accept("then")
        blocks.append(self._block())
        while True:
            if self._accept("elif"):
                conditions.append(self._block())
                self._accept("then")
                blocks.append(self._block())
            elif self._accept("else"):
                blocks.append(self._block())
            else:
                break
        self._accept("fi")
        condition = tuple(command for block in conditions for command in block)
        return Group((*condition, Branch(tuple(blocks))), is_subshell=False)

    def _for(self) -> Command:
        self._skip_spaces()
        if self._sees("(("):
            self._skip_to("))")
            return Loop((), self._enclosed("do", "done"))
        name = self._take(_LOOP_VARIABLE)
        self._skip_blanks()
        values: list[Word] = []
        if self._take(_IN):
            values = self._plain_words()
        else:
            values.append(Word((Parameter("@", is_quoted=True),)))
        return Loop((), self._enclosed("do", "done"), name[0] if name else "", tuple(values))

    def _case(self) -> Command:
        self._plain_words(1)
        self._skip_blanks()
        self._take(_IN)
        blocks: list[Block] = []
        while True:
            self._skip_separators()
            if self._is_done() or _RESERVED.match(self._text, self._at):
                break
            if not self._take(_CASE_PATTERN):
                break
            blocks.append(self._block())
            while self._sees(";", "&"):
                self._at += 1
        self._accept("esac")
        return Branch(tuple(blocks))

    def _block_in_parentheses(self) -> Block:
        body = self._block()
        while not self._is_done() and not self._sees(")"):  # a stray closing word
            self._at += 1
            body += self._block()
        self._at += 1
        return body

    def _simple(self) -> Iterator[Command]:
        line = self._line()
        assignments: list[Assignment] = []
        words: list[Word] = []
        outputs: list[Word] = []
        stdin: str | None = None
        while True:
            self._skip_spaces()
            if self._is_done():
                break
            if redirection := self._take(_REDIRECTION):
                if redirection[1].startswith("<<") and redirection[1] != "<<<":
                    stdin = self._heredoc(strips_tabs=redirection[1] == "<<-")
                    continue
                word = self._word()
                if ">" in redirection[1] and redirection[1] != ">&" and word.parts:
                    outputs.append(word)
            elif not words and (assignment := self._take(_ASSIGNMENT)):
                assignments.append(self._assignment(assignment[1]))
            else:
                word = self._word()
                if not word.parts:
                    break
                words.append(word)
        if words or assignments:
            yield Simple(line, tuple(assignments), tuple(words), tuple(outputs), stdin)

    def _assignment(self, name: str) -> Assignment:
        if not self._sees("("):
            return Assignment(name, (self._word(),))
        self._at += 1
        values: list[Word] = []
        while True:
            self._skip_blanks()
            if self._is_done() or self._sees(")"):
                break
            word = self._word()
            if word.parts:
                values.append(word)
            else:
                self._at += 1
        self._at += 1
        return Assignment(name, tuple(values), is_array=True)

    def _skip_redirections(self) -> None:
        while True:
            self._skip_spaces()
            redirection = self._take(_REDIRECTION)
            if not redirection:
                return
            if redirection[1] in ("<<", "<<-"):
                self._heredoc(strips_tabs=redirection[1] == "<<-")
            else:
                self._word()

    def _heredoc(self, *, strips_tabs: bool) -> str:
        """The here-document whose delimiter comes next; reading goes on behind it at the next newline."""
        delimiter = "".join(part.text for part in self._word().parts if isinstance(part, Literal))
        newline = self._text.find("\n", self._at)
        if newline < 0:
            return ""
        start = end = self._after_newline.get(newline, newline + 1)
        while end < len(self._text):
            stop = self._text.find("\n", end)
            stop = len(self._text) if stop < 0 else stop
            line = self._text[end:stop]
            if (line.lstrip("\t") if strips_tabs else line) == delimiter:
                self._after_newline[newline] = min(stop + 1, len(self._text))
                return self._text[start:end]
            end = stop + 1
        self._after_newline[newline] = len(self._text)
        return self._text[start:]
