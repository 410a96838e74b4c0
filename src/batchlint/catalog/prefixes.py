"""Which beginnings of access paths can still become a path that the catalog names.

Everything else that a program takes from foreign libraries is one opaque value: the cost of following
values grows with what the catalog can recognise, not with what a program imports.
"""

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from typing import Final

from batchlint.catalog.model import AccessPath

# Below a `**` this many steps are told apart; longer paths keep their first and their last step.
OPEN_STEPS_MAX: Final = 2


class _Node:
    __slots__ = ("children", "globs", "is_open")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.globs: list[tuple[str, _Node]] = []
        self.is_open = False


class Prefixes:
    """A trie of path patterns; `neutral` are step sequences that may stand anywhere (`with_options()`)."""

    def __init__(self, patterns: Iterable[AccessPath], neutral: Collection[AccessPath]) -> None:
        self._root = _Node()
        self._neutral = tuple(neutral)
        self._answers: dict[AccessPath, int | None] = {}
        for pattern in patterns:
            if not pattern or pattern[0] in ("*", "**"):
                continue  # of receivers whose type is unknown: found by name
            node = self._root
            for step in pattern:
                if step == "**":
                    node.is_open = True
                    break
                if "*" in step or "?" in step:
                    found = next((child for glob, child in node.globs if glob == step), None)
                    if found is None:
                        node.globs.append((step, found := _Node()))
                    node = found
                else:
                    node = node.children.setdefault(step, _Node())

    def reach(self, path: AccessPath) -> int | None:
        """None where no pattern begins like `path`; the length of the part before a `**` where only
        that lets it go on; 0 otherwise."""
        if path not in self._answers:
            self._answers[path] = self._reach(self._without_neutral(path))
        return self._answers[path]

    def _reach(self, path: AccessPath) -> int | None:
        nodes = [self._root]
        opened: int | None = None
        for place, step in enumerate(path):
            if opened is None and any(node.is_open for node in nodes):
                opened = place
            following = [child for node in nodes if (child := node.children.get(step)) is not None]
            following += [child for node in nodes for glob, child in node.globs if fnmatchcase(step, glob)]
            if not following:
                return opened
            nodes = following
        return 0

    def _without_neutral(self, path: AccessPath) -> AccessPath:
        """The path without its neutral parts; an unfinished one at the end is neutral too."""
        for steps in self._neutral:
            at = 1
            while at < len(path):
                part = path[at : at + len(steps)]
                if part == steps[: len(part)] and (len(part) == len(steps) or at + len(part) == len(path)):
                    path = path[:at] + path[at + len(part) :]
                else:
                    at += 1
        return path
