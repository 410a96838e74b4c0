"""HCL (Terraform) as nested blocks with raw expressions: enough to find resources and their references.

Expressions are not evaluated. Text that is no HCL gives what blocks can be made out, never an error.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from batchlint.starts.model import UNKNOWN

DEPTH_MAX = 30

_SKIP = re.compile(r"(?:\s|,|#[^\n]*|//[^\n]*|/\*(?:.*?\*/|.*))+", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w-]*|\"[^\"\n]*\"")
_HEREDOC = re.compile(r"<<[-~]?\s*([A-Za-z_]\w*)\n")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_COMMENT = re.compile(r"#[^\n]*|//[^\n]*|/\*(?:.*?\*/|.*)", re.DOTALL)
_INTERPOLATION = re.compile(r"\$\{([^{}]{0,500})\}")
_REFERENCE = re.compile(r"\b((?:data\.)?[a-z][\w-]*\.[\w-]+)")
_LIST_ITEM = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" "label" { attribute = expression ... }`, its attributes with their 1-based lines."""

    type: str
    labels: tuple[str, ...]
    line: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    blocks: tuple["Block", ...] = ()

    def within(self, *types: str) -> Iterator["Block"]:
        """The blocks below of the given nested types."""
        if not types:
            yield self
            return
        for block in self.blocks:
            if block.type == types[0]:
                yield from block.within(*types[1:])

    def everything(self) -> Iterator["Block"]:
        """The block and all below it."""
        yield self
        for block in self.blocks:
            yield from block.everything()

    def references(self) -> frozenset[str]:
        """The `type.name` addresses that expressions of the block name."""
        texts = (text for block in self.everything() for text in block.attributes.values())
        return frozenset(reference for text in texts for reference in _REFERENCE.findall(text))


def read_hcl(text: str) -> tuple[Block, ...]:
    """The top-level blocks of HCL text."""
    return _Reader(text.replace("\r\n", "\n")).body(0)[1]


def string_value(expression: str, values: Mapping[str, str]) -> str:
    """The text of a string expression; names are looked up in `values`, other parts are `UNKNOWN`."""
    expression = expression.strip()
    if _STRING.fullmatch(expression):
        inner = expression[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        return _INTERPOLATION.sub(lambda match: values.get(match[1].strip(), UNKNOWN), inner)
    return values.get(expression, UNKNOWN) if expression else ""


def list_value(expression: str) -> tuple[str, ...]:
    """The texts of a list of string literals; empty for other expressions."""
    expression = expression.strip()
    if not expression.startswith("["):
        return ()
    return tuple(
        _INTERPOLATION.sub(UNKNOWN, item).replace('\\"', '"') for item in _LIST_ITEM.findall(expression)
    )


class _Reader:
    """A position in HCL text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted_to = 0
        self._line = 1

    def body(self, depth: int) -> tuple[tuple[dict[str, str], dict[str, int]], tuple[Block, ...]]:
        """Attributes and blocks up to the closing brace, which is consumed, or the end."""
        attributes: dict[str, str] = {}
        lines: dict[str, int] = {}
        blocks: list[Block] = []
        while not self._closes():
            line = self._line_here()
            labels = tuple(self._names())
            sign = self._text[self._at : self._at + 1]
            if labels and sign == "=":
                self._at += 1
                attributes[labels[0]] = self._expression()
                lines[labels[0]] = line
            elif labels and sign == "{" and depth < DEPTH_MAX:
                self._at += 1
                (inner, inner_lines), below = self.body(depth + 1)
                blocks.append(Block(labels[0], labels[1:], line, inner, inner_lines, below))
            else:
                self._at += 1
        return (attributes, lines), tuple(blocks)

    def _closes(self) -> bool:
        if skipped := _SKIP.match(self._text, self._at):
            self._at = skipped.end()
        if self._text[self._at : self._at + 1] == "}":
            self._at += 1
            return True
        return self._at >= len(self._text)

    def _names(self) -> Iterator[str]:
        """The name and labels before `=` or `{`."""
        while name := _NAME.match(self._text, self._at):
            yield name[0].strip('"')
            self._at = name.end()
            while self._text[self._at : self._at + 1] in (" ", "\t"):
                self._at += 1

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line

    def _expression(self) -> str:
        """The text of an expression: to the end of the line outside all brackets."""
        start, depth = self._at, 0
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == '"' and (string := _STRING.match(self._text, self._at)):
                self._at = string.end()
                continue
            if heredoc := _HEREDOC.match(self._text, self._at):
                self._skip_heredoc(heredoc)
                continue
            if comment := _COMMENT.match(self._text, self._at):
                self._at = comment.end()
                continue
            if char in "([{":
                depth += 1
            elif char in ")]}":
                if depth == 0:
                    break
                depth -= 1
            elif char == "\n" and depth == 0:
                break
            self._at += 1
        return self._text[start : self._at].strip()

    def _skip_heredoc(self, heredoc: re.Match[str]) -> None:
        end = re.compile(rf"^\s*{heredoc[1]}\s*$", re.MULTILINE).search(self._text, heredoc.end())
        self._at = end.end() if end else len(self._text)
