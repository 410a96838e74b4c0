"""YAML, JSON, TOML and INI as one small tree with line numbers, safe to read from strangers.

YAML is read as events, without recursion and without building objects: tags do nothing, and aliases
count against `NODES_MAX`, so that a few lines cannot unfold to gigabytes. Asking for what is not there
gives an empty node, so readers need no checks.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from batchlint.starts.model import UnreadableError

NODES_MAX = 60_000

_SECTION = re.compile(r"\[([^\]]+)\].*")
_INI_SEPARATOR = re.compile(r"[=:]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Node:
    """A value: text of a scalar (None for others), items of a list, or entries of a mapping.

    `line` is where it starts, 1-based; for an entry of a mapping `key_line` is where its key stands.
    `is_block` marks a YAML literal block, whose text starts on the line after. `tag` is a YAML tag
    without `!`.
    """

    line: int = 1
    text: str | None = None
    items: tuple["Node", ...] = ()
    entries: Mapping[str, "Node"] = field(default_factory=dict)
    is_block: bool = False
    tag: str = ""
    key_line: int = 0
    size: int = 1

    def __bool__(self) -> bool:
        return self.text is not None or bool(self.items) or bool(self.entries)

    def get(self, *keys: str) -> "Node":
        """The value under nested keys; an empty node if there is none."""
        node = self
        for key in keys:
            node = node.entries.get(key, EMPTY)
        return node

    def string(self, *keys: str) -> str:
        """The text of the scalar under nested keys; empty if there is none."""
        return self.get(*keys).text or ""

    def each(self, *keys: str) -> tuple["Node", ...]:
        """The items of the list under nested keys, or the one value that stands in its place."""
        node = self.get(*keys)
        return node.items if node.items else (node,) if node else ()

    def strings(self, *keys: str) -> tuple[str, ...]:
        """The texts of the list under nested keys, or the one text that stands in its place."""
        return tuple(node.text for node in self.each(*keys) if node.text is not None)

    def pairs(self, *keys: str) -> Iterator[tuple[str, "Node"]]:
        """The entries of the mapping under nested keys, in order."""
        yield from self.get(*keys).entries.items()

    def leaves(self) -> Iterator["Node"]:
        """The scalars of nested lists, in order."""
        stack = [self]
        while stack:
            node = stack.pop()
            if node.text is not None:
                yield node
            stack.extend(reversed(node.items))

    @property
    def place(self) -> int:
        """The line to show for the node: that of its key where it has one."""
        return self.key_line or self.line


EMPTY = Node()


def read_yaml(text: str) -> tuple[Node, ...]:
    """The documents of YAML (or JSON) text.

    Raises `UnreadableError` for what is no YAML and for aliases that unfold beyond `NODES_MAX` nodes.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.add(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "unreadable characters"
        raise UnreadableError(f"is not valid YAML: {problem}", mark.line + 1 if mark else 1) from None
    return tuple(builder.documents)


def read_document(text: str) -> Node:
    """The first document of YAML text, an empty node if there is none; raises as `read_yaml`."""
    return next(iter(read_yaml(text)), EMPTY)


def called_document(text: str) -> Node:
    """The first document of a file that another one calls; empty if it does not parse, which is reported
    where the file itself is read."""
    try:
        return read_document(text)
    except UnreadableError:
        return EMPTY


def read_json(text: str) -> Node:
    """The value of JSON text; raises `UnreadableError` for what is no JSON."""
    # YAML, which is read for its line numbers, has no surrogate pairs.
    documents = read_yaml(_SURROGATE_ESCAPE.sub(r"\\u25a1", text))
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise UnreadableError("is not valid JSON", line) from None
    return documents[0] if documents else EMPTY


def read_toml(text: str) -> Node:
    """The table of TOML text, with the lines of keys found by name; raises `UnreadableError`."""
    try:
        return _from_data(tomllib.loads(text), _key_lines(text), (), 1)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        raise UnreadableError("is not valid TOML", int(found[1]) if found else 1) from None


def read_ini(text: str) -> Node:
    """The sections of INI text; a value over several lines is a list of them. Raises `UnreadableError`.

    Written here because configparser knows no lines and fails on some broken files.
    """
    sections: dict[str, tuple[int, dict[str, list[Node]]]] = {}
    entries: dict[str, list[Node]] | None = None
    key = ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", ";")):
            continue
        if header := _SECTION.fullmatch(stripped):
            entries = {}
            sections[header[1]] = (number, entries)
            key = ""
        elif entries is None:
            raise UnreadableError("is not valid INI: a line stands before the first section", number)
        elif line[0].isspace() and key:
            entries[key].append(Node(number, stripped))
        else:
            name, *value = _INI_SEPARATOR.split(stripped, maxsplit=1)
            key = name.strip().lower()
            entries[key] = [Node(number, text) for text in map(str.strip, value)]
    return Node(
        entries={
            section: Node(line, entries={name: _joined(lines) for name, lines in values.items()})
            for section, (line, values) in sections.items()
        }
    )


def _joined(lines: list[Node]) -> Node:
    """A value of one line, or the list of its lines that are not empty."""
    filled = tuple(line for line in lines if line.text)
    return lines[0] if len(lines) == 1 else Node(filled[0].line if filled else 1, items=filled)


class _Builder:
    """Builds nodes from the events of a YAML parser, with an explicit stack."""

    def __init__(self) -> None:
        self.documents: list[Node] = []
        self._open: list[tuple[object, list[Node]]] = []
        self._anchors: dict[str, Node] = {}
        self._total = 0

    def add(self, event: object) -> None:
        import yaml

        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._open.append((event, []))
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            start, children = self._open.pop()
            self._place(_collection(start, children), getattr(start, "anchor", None))
        elif isinstance(event, yaml.ScalarEvent):
            is_block = event.style == "|"
            node = Node(_line(event), event.value, is_block=is_block, tag=_tag(event))
            self._place(node, event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._place(self._anchors.get(event.anchor or "", EMPTY), None)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors.clear()

    def _place(self, node: Node, anchor: str | None) -> None:
        self._total += node.size
        if self._total > NODES_MAX or node.size > NODES_MAX:
            raise UnreadableError(f"unfolds to more than {NODES_MAX} YAML nodes", node.line)
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1][1].append(node)
        else:
            self.documents.append(node)


def _collection(start: object, children: list[Node]) -> Node:
    import yaml

    size = 1 + sum(child.size for child in children)
    if isinstance(start, yaml.SequenceStartEvent):
        return Node(_line(start), items=tuple(children), tag=_tag(start), size=size)
    entries: dict[str, Node] = {}
    merged: list[Node] = []
    for key, value in zip(children[::2], children[1::2], strict=False):
        if key.text == "<<":
            merged += value.items or (value,)
        elif key.text is not None:
            entries[key.text] = _with_key_line(value, key.line)
    for node in merged:
        entries = {**node.entries, **entries}
    return Node(_line(start), entries=entries, tag=_tag(start), size=size)


def _with_key_line(node: Node, line: int) -> Node:
    return Node(
        node.line, node.text, node.items, node.entries, node.is_block, node.tag, key_line=line, size=node.size
    )


def _line(event: object) -> int:
    mark = getattr(event, "start_mark", None)
    return mark.line + 1 if mark else 1


def _tag(event: object) -> str:
    return (getattr(event, "tag", None) or "").lstrip("!")


def _key_lines(text: str) -> Mapping[tuple[str, ...], int]:
    """The line of each key of TOML text, by its path; a light scan that need not be complete."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?([^\]]+)\]", line):
            table = _dotted_key(header[1])
            lines.setdefault(table, number)
        elif key := re.match(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=""", line):
            lines.setdefault((*table, *_dotted_key(key[1])), number)
    return lines


def _dotted_key(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(r"""[^\s."']+|"[^"]*"|'[^']*'""", text))


def _from_data(value: object, lines: Mapping[tuple[str, ...], int], path: tuple[str, ...], line: int) -> Node:
    line = lines.get(path, line)
    if isinstance(value, dict):
        entries = {
            str(key): _from_data(child, lines, (*path, str(key)), line) for key, child in value.items()
        }
        return Node(line, entries=entries)
    if isinstance(value, list):
        return Node(line, items=tuple(_from_data(child, lines, path, line) for child in value))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    # A string over several lines starts on the line after its key.
    return Node(line, text, is_block="\n" in text)
