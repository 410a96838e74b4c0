"""One walk over the project: its Python files and the files that can start programs.

Symbolic links are never followed, so there are no loops and nothing outside the root is read. A link
to a place inside the root is remembered: the code there is found at its own path, imports through the
link still find it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from batchlint.discover.ignore import IgnoreRules, Ignores
from batchlint.discover.kinds import (
    PROJECT_NAMES,
    PYTHON_SUFFIXES,
    STARTER_BYTES_MAX,
    FileKind,
    kind_of,
    kind_of_script,
)
from batchlint.finding import Failure
from batchlint.text import Location

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "_vendor",
    "buck-out",
    "build",
    "dist",
    "env",
    "node_modules",
    "site-packages",
    "third_party",
    "vendor",
    "vendored",
    "venv",
)
"""The names of folders that hold no code of the project's own: ruff's list and vendored code."""

_PACKAGE_NAMES = frozenset({"build", "dist", "env"})
"""Names of the list that are also names of packages: a folder with an `__init__.py` is kept."""

_ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})

_PYTHON = (FileKind.PYTHON, FileKind.BOTH)
_STARTER = (FileKind.STARTER, FileKind.BOTH)


@dataclass(frozen=True, slots=True)
class DiscoverOptions:
    """What the walk leaves out.

    `exclude` are names or globs as in `.gitignore`, relative to the root. `explicit` are files and
    folders the user named: they are part of the program even where excluded or ignored, and a file
    among them is Python whatever its suffix. Leave it empty for `--force-exclude`.
    """

    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    explicit: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a project; all paths are relative to the root, with `/`, sorted.

    `starters` are files that can start programs, `projects` the folders with a `pyproject.toml`,
    `setup.py` or `setup.cfg` (empty for the root). `links` are symbolic links inside the root with
    the places they stand for. `excluded` and `ignored` count entries left out, a folder as one.
    """

    root: Path
    files: tuple[str, ...]
    starters: tuple[str, ...]
    projects: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    failures: tuple[Failure, ...]
    excluded: int
    ignored: int


def discover(root: Path, options: DiscoverOptions) -> Tree:
    """Walk the project at `root`. What cannot be read becomes a failure of the tree; nothing raises."""
    walk = _Walk(root, options)
    walk.run("", Ignores.above(walk.root) if options.respect_gitignore else None)
    for path in options.explicit:
        walk.include(path)
    return Tree(
        root,
        tuple(sorted(walk.files)),
        tuple(sorted(walk.starters)),
        tuple(sorted(walk.projects)),
        tuple(sorted(walk.links)),
        tuple(walk.failures),
        walk.excluded,
        walk.ignored,
    )


def _is_installed(names: set[str]) -> bool:
    """Whether a folder holds installed distributions (`pip install --target`), whatever its name."""
    return any(name.endswith(".dist-info") for name in names) or len(_DEPENDENCIES & names) >= 3


_DEPENDENCIES = frozenset(
    {
        "boto3",
        "botocore",
        "certifi",
        "charset_normalizer",
        "idna",
        "numpy",
        "pip",
        "pydantic",
        "requests",
        "six.py",
        "typing_extensions.py",
        "urllib3",
    }
)
"""Distributions that almost every installed tree holds and no project has side by side as its own."""


class _Walk:
    """The state of one walk."""

    def __init__(self, root: Path, options: DiscoverOptions) -> None:
        self.root = os.path.realpath(root)
        self.files: set[str] = set()
        self.starters: set[str] = set()
        self.projects: set[str] = set()
        self.links: list[tuple[str, str]] = []
        self.failures: list[Failure] = []
        self.excluded = 0
        self.ignored = 0
        self._respect_gitignore = options.respect_gitignore
        patterns = (*options.exclude, *options.extend_exclude)
        self._unless_package = _PACKAGE_NAMES.intersection(patterns)
        self._exclude = IgnoreRules(p for p in patterns if p not in _PACKAGE_NAMES)
        self._pruned: set[str] = set()

    def run(self, start: str, ignores: Ignores | None) -> None:
        """Walk the folder at the root-relative path `start`, which itself is never left out."""
        stack = [(start, ignores)]
        while stack:
            folder, ignores = stack.pop()
            absolute = os.path.join(self.root, folder) if folder else self.root
            try:
                with os.scandir(absolute) as found:
                    entries = list(found)
            except OSError as error:
                self._fail(folder, f"cannot be listed: {error.strerror}")
                continue
            names = {entry.name for entry in entries}
            if folder != start and (not _ENVIRONMENT_MARKS.isdisjoint(names) or _is_installed(names)):
                self._pruned.add(folder)
                self.excluded += 1
                continue
            if ignores is not None:
                ignores = ignores.entered(absolute, folder, names)
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                try:
                    if self._entry(path, folder, entry, ignores):
                        stack.append((path, ignores))
                except OSError as error:
                    self._fail(path, f"cannot be read: {error.strerror}")

    def _entry(self, path: str, folder: str, entry: os.DirEntry[str], ignores: Ignores | None) -> bool:
        """Note what an entry is; whether it is a folder to walk."""
        if entry.is_symlink():
            self._link(path, entry)
        elif entry.is_dir(follow_symlinks=False):
            if not self._leaves_out(path, entry, ignores, is_folder=True):
                return True
            self._pruned.add(path)
        else:
            kind = kind_of(entry.name, folder)
            if kind is not FileKind.OTHER and not self._leaves_out(path, entry, ignores, is_folder=False):
                self._file(path, folder, entry, kind)
        return False

    def include(self, path: Path) -> None:
        """Add a file or folder the user named, where the walk has left it out."""
        absolute = os.path.realpath(path)
        if absolute != self.root and not absolute.startswith(os.path.join(self.root, "")):
            self._fail(str(path), f"is outside of the root {self.root}: pass a --root that holds it")
            return
        inside = os.path.relpath(absolute, self.root).replace(os.sep, "/")
        if os.path.isdir(absolute):
            if any(inside == pruned or inside.startswith(f"{pruned}/") for pruned in self._pruned):
                self.run(inside, Ignores() if self._respect_gitignore else None)
        elif os.path.lexists(absolute):
            self.files.add(inside)
        else:
            self._fail(inside, "no such file or folder")

    def _leaves_out(
        self, path: str, entry: os.DirEntry[str], ignores: Ignores | None, is_folder: bool
    ) -> bool:
        name = entry.name
        excluded = self._exclude.decide(path, name, is_folder)
        if excluded is None and is_folder and name in self._unless_package:
            excluded = not os.path.lexists(os.path.join(entry.path, "__init__.py"))
        if excluded:
            self.excluded += 1
            return True
        if ignores is not None and ignores.ignores(path, name, is_folder):
            self.ignored += 1
            return True
        return False

    def _file(self, path: str, folder: str, entry: os.DirEntry[str], kind: FileKind) -> None:
        if not entry.is_file(follow_symlinks=False):
            return  # a socket, a pipe, a device
        if kind is FileKind.SCRIPT:
            kind = kind_of_script(entry.path)
        if kind in _PYTHON:
            self.files.add(path)
        if kind in _STARTER and entry.stat(follow_symlinks=False).st_size <= STARTER_BYTES_MAX:
            self.starters.add(path)
        if entry.name in PROJECT_NAMES:
            self.projects.add(folder)

    def _link(self, path: str, entry: os.DirEntry[str]) -> None:
        """Remember a link to another place inside the root."""
        target = os.path.realpath(entry.path)
        if target.startswith(os.path.join(self.root, "")) and (
            target.endswith(PYTHON_SUFFIXES) or os.path.isdir(target)
        ):
            self.links.append((path, os.path.relpath(target, self.root).replace(os.sep, "/")))

    def _fail(self, path: str, message: str) -> None:
        self.failures.append(Failure(Location(path or ".", 1, 1, 1, 1), message))
