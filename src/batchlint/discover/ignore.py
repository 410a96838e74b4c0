"""What git ignores: the rules of ignore files, asked about one entry at a time.

The walk never enters an ignored folder, so a rule only has to be asked about an entry itself, never
about the folders above it. That is what makes it fast: most rules have no slash and speak of names,
and names repeat (`__init__.py`), so their answers are remembered. `pathspec` is loaded only for rules
that put wildcards into paths, the standard library's `fnmatch` translates wildcards in names.

Source of the rules: https://git-scm.com/docs/gitignore; `.ignore` files, and that they win over
`.gitignore`, are ripgrep's and ruff's. Unlike those, a `.gitignore` counts outside of a repository too.
"""

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import translate
from typing import NamedTuple

# Names and paths without wildcards, escapes and comments: nothing to translate.
_LITERAL = re.compile(r"[\w.+@~,=%$ &-]+(?:/[\w.+@~,=%$ &-]+)*")

# Each wildcard of a path multiplies the time a hostile name can take to match.
_PATH_WILDCARDS_MAX = 4
_WILDCARD = re.compile(r"\*+|\?")

# A longer ignore file is no ignore file.
_FILE_CHARACTERS_MAX = 1_000_000


class _Rule(NamedTuple):
    """One line: its place in the file, whether it ignores (or with `!` keeps), whether only folders."""

    order: int
    ignores: bool
    folders_only: bool


class IgnoreRules:
    """The rules of one ignore file in the folder `base` (root-relative, empty for the root).

    `above` is the way down from the file's folder to the root where the file lies above the root.
    Lines that are no valid rule are skipped, as git does.
    """

    __slots__ = ("_above", "_cut", "_globs", "_known", "_names", "_path_globs", "_paths")

    def __init__(self, lines: Iterable[str], base: str = "", above: str = "") -> None:
        self._cut = len(base) + 1 if base else 0
        self._above = f"{above}/" if above else ""
        self._names: dict[str, list[_Rule]] = {}
        self._paths: dict[str, list[_Rule]] = {}
        self._globs: list[tuple[_Rule, re.Pattern[str]]] = []
        self._path_globs: list[tuple[_Rule, re.Pattern[str]]] = []
        self._known: dict[tuple[str, bool], _Rule | None] = {}
        for order, line in enumerate(lines):
            self._add(order, line)

    def decide(self, path: str, name: str, is_folder: bool) -> bool | None:
        """Whether the entry at a root-relative path is ignored (True), kept (False) or not spoken of."""
        key = (name, is_folder)
        try:
            best = self._known[key]
        except KeyError:
            best = self._known[key] = self._by_name(name, is_folder)
        if self._paths or self._path_globs:
            best = self._by_path(self._above + path[self._cut :], is_folder, best)
        return None if best is None else best.ignores

    def _by_name(self, name: str, is_folder: bool) -> _Rule | None:
        best = _last(self._names.get(name, ()), is_folder, None)
        return _last(
            (rule for rule, glob in self._globs if glob.match(name) is not None),
            is_folder,
            best,
        )

    def _by_path(self, path: str, is_folder: bool, best: _Rule | None) -> _Rule | None:
        best = _last(self._paths.get(path, ()), is_folder, best)
        text = f"{path}/" if is_folder else path
        for rule, glob in self._path_globs:
            if best is None or rule.order > best.order:
                match = glob.search(text)
                # The one group of these expressions is the slash after a matched folder: the entry
                # itself was matched when nothing follows it.
                if match is not None and (match.lastindex is None or match.end() == len(text)):
                    best = rule
        return best

    def _add(self, order: int, line: str) -> None:
        pattern = line.rstrip("\r\n")
        if not pattern.endswith("\\ "):
            pattern = pattern.rstrip(" ")
        if not pattern or pattern.startswith("#"):
            return
        ignores = not pattern.startswith("!")
        pattern = pattern if ignores else pattern[1:]
        body = pattern.rstrip("/")
        rule = _Rule(order, ignores, body != pattern)
        if body.startswith("**/") and "/" not in body[3:]:
            body = body[3:]
        if not body:
            return
        if "/" in body or "\\" in body:
            self._add_path(rule, body)
        elif _LITERAL.fullmatch(body):
            self._names.setdefault(body, []).append(rule)
        else:
            self._globs.append((rule, re.compile(translate(body.replace("[^", "[!")))))

    def _add_path(self, rule: _Rule, body: str) -> None:
        if _LITERAL.fullmatch(body.removeprefix("/")):
            self._paths.setdefault(body.removeprefix("/"), []).append(rule)
            return
        if len(_WILDCARD.findall(body)) > _PATH_WILDCARDS_MAX:
            return
        from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

        # `folder/**` speaks of what is in the folder, not of the folder itself.
        pattern = (f"{body}/*" if body.endswith("/**") else body) + ("/" if rule.folders_only else "")
        try:
            glob = GitIgnoreSpecPattern(pattern).regex
        except (ValueError, re.error):
            return
        if glob is not None:
            self._path_globs.append((rule, glob))


def _last(rules: Iterable[_Rule], is_folder: bool, best: _Rule | None) -> _Rule | None:
    """The rule that stands last in the file among `best` and the `rules` for this kind of entry."""
    for rule in rules:
        if (is_folder or not rule.folders_only) and (best is None or rule.order > best.order):
            best = rule
    return best


@dataclass(frozen=True, slots=True)
class Ignores:
    """The ignore rules in force in one folder, those that are asked first at the front."""

    dot: tuple[IgnoreRules, ...] = ()  # of .ignore files
    git: tuple[IgnoreRules, ...] = ()  # of .gitignore files, then of .git/info/exclude

    @classmethod
    def above(cls, root: str) -> "Ignores":
        """What the repository around the absolute path `root` says, down to but without `root` itself."""
        repository = root
        while not os.path.lexists(os.path.join(repository, ".git")):
            parent = os.path.dirname(repository)
            if parent == repository:
                return cls()
            repository = parent
        inside = os.path.relpath(root, repository).replace(os.sep, "/") if root != repository else ""
        found = cls(git=_rules(_info_exclude(repository), above=inside))
        parts = inside.split("/") if inside else []
        folder = repository
        for depth, part in enumerate(parts):
            rest = "/".join(parts[depth:])
            found = cls(
                _rules(os.path.join(folder, ".ignore"), above=rest) + found.dot,
                _rules(os.path.join(folder, ".gitignore"), above=rest) + found.git,
            )
            folder = os.path.join(folder, part)
        return found

    def entered(self, folder: str, path: str, names: Collection[str]) -> "Ignores":
        """The rules in the folder at the root-relative `path`, which holds the entries `names`.

        `folder` is the same folder for reading. A repository inside the repository starts afresh.
        """
        dot, git = self.dot, self.git
        if path and ".git" in names:
            git = _rules(_info_exclude(folder), path)
        if ".gitignore" in names:
            git = _rules(os.path.join(folder, ".gitignore"), path) + git
        if ".ignore" in names:
            dot = _rules(os.path.join(folder, ".ignore"), path) + dot
        return self if dot is self.dot and git is self.git else Ignores(dot, git)

    def ignores(self, path: str, name: str, is_folder: bool) -> bool:
        """Whether the entry at a root-relative path is ignored."""
        for rules in (self.dot, self.git):
            for rule in rules:
                decision = rule.decide(path, name, is_folder)
                if decision is not None:
                    return decision
        return False


def _rules(path: str, base: str = "", above: str = "") -> tuple[IgnoreRules, ...]:
    """The rules of an ignore file; none when it is missing or cannot be read."""
    text = _read(path)
    return (IgnoreRules(text.split("\n"), base, above),) if text else ()


def _info_exclude(repository: str) -> str:
    """The path of a repository's `info/exclude`; a worktree's `.git` is a file that leads to it."""
    git = os.path.join(repository, ".git")
    if not os.path.isdir(git):
        git = os.path.join(repository, _read(git).removeprefix("gitdir:").strip())
        git = os.path.join(git, _read(os.path.join(git, "commondir")).strip())
    return os.path.join(git, "info", "exclude")


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            return file.read(_FILE_CHARACTERS_MAX)
    except (OSError, ValueError):
        return ""
