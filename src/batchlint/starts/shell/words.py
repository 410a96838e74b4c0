"""Words of shell text: quoting, parameters and substitutions; the half of the parser below commands."""

import re
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager

from batchlint.starts.shell.syntax import Block, Literal, Parameter, Part, Substitution, Word

NESTING_MAX = 40

_BLANK = re.compile(r"(?:[ \t]|\\\n)+")
_PARAMETER = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
_BRACED = re.compile(r"[!#]?([A-Za-z_]\w*|[0-9]+|[@*#?$!-])(\[[^\]}]{0,200}\])?")
_PLAIN = re.compile(r"[^\s;&|<>()'\"\\$`]+")
_PLAIN_QUOTED = re.compile(r"[^\"\\$`]+")
_PLAIN_BRACED = re.compile(r"[^}'\"\\$`]+")
_BACKQUOTED = re.compile(r"`((?:[^`\\]|\\.)*)`?", re.DOTALL)
_SINGLE_QUOTED = re.compile(r"'([^']*)'?")
_ANSI_QUOTED = re.compile(r"\$'((?:[^'\\]|\\.)*)'?", re.DOTALL)


class TooDeepError(Exception):
    """Shell text nests beyond `NESTING_MAX`."""


class WordReader(ABC):
    """A position in one text, and the reading of words there; every step consumes a character or ends."""

    def __init__(self, text: str, depth: int = 0, first_line: int = 1) -> None:
        self._text = text
        self._at = 0
        self._depth = depth
        self._first_line = first_line
        self._newlines = [match.start() for match in re.finditer("\n", text)]

    @abstractmethod
    def _block_in_parentheses(self) -> Block:
        """The commands up to the closing parenthesis, which is consumed."""

    @abstractmethod
    def _commands_of(self, text: str, line: int) -> Block:
        """The commands of a text that starts at `line`, one level further down."""

    def _line(self) -> int:
        return self._first_line + bisect_right(self._newlines, self._at - 1)

    def _is_done(self) -> bool:
        return self._at >= len(self._text)

    def _sees(self, *texts: str) -> bool:
        return self._text.startswith(texts, self._at)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match

    def _skip_to(self, text: str) -> None:
        end = self._text.find(text, self._at)
        self._at = len(self._text) if end < 0 else end + len(text)

    def _skip_spaces(self) -> None:
        """Blanks within a line, and the comment that ends it."""
        self._take(_BLANK)
        if self._sees("#"):
            end = self._text.find("\n", self._at)
            self._at = len(self._text) if end < 0 else end

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > NESTING_MAX:
            raise TooDeepError
        yield
        self._depth -= 1

    def _plain_words(self, most: int = 1_000_000) -> list[Word]:
        words: list[Word] = []
        while len(words) < most:
            self._skip_spaces()
            word = self._word()
            if not word.parts:
                break
            words.append(word)
        return words

    def _word(self) -> Word:
        parts: list[Part] = []
        while not self._is_done():
            part = self._quoted() if self._sees('"', '$"') else self._part()
            if not part:
                break
            parts += part
        return Word(tuple(parts))

    def _part(self) -> tuple[Part, ...]:
        """The next part of an unquoted word; empty at the word's end."""
        if plain := self._take(_PLAIN):
            return (Literal(plain[0]),)
        char = self._text[self._at]
        if char == "'":
            single = self._take(_SINGLE_QUOTED)
            return (Literal(single[1] if single else "", is_quoted=True),)
        if char == "\\":
            escaped = self._text[self._at + 1 : self._at + 2]
            self._at += 2
            return (Literal("" if escaped == "\n" else escaped, is_quoted=True),)
        if ansi := self._take(_ANSI_QUOTED):
            return (Literal(ansi[1], is_quoted=True),)
        if char in "$`":
            return (self._expansion(is_quoted=False),)
        if self._sees("<(", ">("):
            self._at += 2
            return (Substitution(self._block_in_parentheses()),)
        return ()

    def _quoted(self) -> tuple[Part, ...]:
        """A double-quoted string, its quotes consumed."""
        self._at += 2 if self._sees("$") else 1
        parts: list[Part] = [Literal("", is_quoted=True)]
        while not self._is_done():
            if plain := self._take(_PLAIN_QUOTED):
                parts.append(Literal(plain[0], is_quoted=True))
            elif self._sees('"'):
                self._at += 1
                break
            elif self._sees("\\"):
                escaped = self._text[self._at + 1 : self._at + 2]
                self._at += 2
                kept = escaped if escaped in '"\\$`' else "" if escaped == "\n" else "\\" + escaped
                parts.append(Literal(kept, is_quoted=True))
            else:
                parts.append(self._expansion(is_quoted=True))
        return tuple(parts)

    def _expansion(self, *, is_quoted: bool) -> Part:
        """What starts with `$` or a backquote, which comes next."""
        line = self._line()
        if backquoted := self._take(_BACKQUOTED):
            inner = re.sub(r"\\([\\$`])", r"\1", backquoted[1])
            return Substitution(self._commands_of(inner, line), is_quoted)
        self._at += 1
        if self._sees("(("):
            self._skip_to("))")
            return Parameter("?", is_quoted=is_quoted)  # a number, known only at run time
        if self._sees("("):
            self._at += 1
            return Substitution(self._block_in_parentheses(), is_quoted)
        if self._sees("{"):
            self._at += 1
            with self._deeper():
                return self._braced(is_quoted=is_quoted)
        if name := self._take(_PARAMETER):
            return Parameter(name[0], is_quoted=is_quoted)
        return Literal("$", is_quoted)

    def _braced(self, *, is_quoted: bool) -> Part:
        name = self._take(_BRACED)
        if not name:
            self._skip_to("}")
            return Parameter("?", is_quoted=is_quoted)
        is_length = name[0].startswith("#") and len(name[0]) > 1
        operator, default = name[2] or "", None
        if self._sees(":-", ":=", "-", "=", ":+", "+", ":?", "?"):
            start = self._at
            self._at += 2 if self._sees(":") else 1
            operator = self._text[start : self._at]
            default = self._default()
        while not self._is_done() and not self._sees("}"):
            operator += self._text[self._at]
            self._at += 1
        self._at += 1
        return Parameter("?" if is_length else name[1], operator, default, is_quoted)

    def _default(self) -> Word:
        """The word up to the closing brace."""
        parts: list[Part] = []
        while not self._is_done() and not self._sees("}"):
            if plain := self._take(_PLAIN_BRACED):
                parts.append(Literal(plain[0]))
                continue
            part = self._quoted() if self._sees('"', '$"') else self._part()
            if not part:
                break
            parts += part
        return Word(tuple(parts))
