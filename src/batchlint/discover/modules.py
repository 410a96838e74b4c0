"""Dotted names of files, and which file an import means.

Nothing says for sure how a program will be started, so a file may be importable under several names.
Each file gets one name that tells it from all others; imports are resolved relative to the importer,
over every folder that Python could have on its path, the likeliest first.
"""

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence

from batchlint.discover.kinds import PYTHON_SUFFIXES

_IMPORTABLE = (".py", ".pyw")
_INIT = "__init__.py"


def module_name(path: str, packages: Collection[str], roots: Collection[str]) -> str:
    """The dotted name of the file at a root-relative path.

    The name is relative to the nearest folder of `roots` above the file's top-level package; `packages`
    are the folders that hold an `__init__.py`. Folders without one are parts of the name all the same
    (namespace packages). Dots inside a part become underscores. The name is never empty.
    """
    folder, _, name = path.rpartition("/")
    top = folder
    while top and top in packages:
        top = top.rpartition("/")[0]
    while top and top not in roots:
        top = top.rpartition("/")[0]
    parts = path[len(top) + 1 if top else 0 :].split("/")
    parts[-1] = _stem(name)
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(part.replace(".", "_") or "_" for part in parts)


class ModuleIndex:
    """The modules of a project; it does not change once it is built.

    `files` are the root-relative paths of the project's Python files, `projects` the folders of its
    projects (`Tree.projects`), `links` its symbolic links. `external` are import roots that a file of
    the same name does not shadow from afar: SDKs and frameworks, such as `openai` next to an
    `adapters/openai.py`. The standard library always is.
    """

    __slots__ = (
        "_at",
        "_bases",
        "_children",
        "_external",
        "_folder_names",
        "_folders",
        "_links",
        "_names",
        "_packages",
        "_resolved",
        "_roots",
        "_tails",
        "_tops",
    )

    def __init__(
        self,
        files: Sequence[str],
        projects: Iterable[str] = (),
        links: Iterable[tuple[str, str]] = (),
        external: Collection[str] = (),
    ) -> None:
        self._external = frozenset(external) | sys.stdlib_module_names
        self._links = {link.removesuffix(".py"): target.removesuffix(".py") for link, target in links}
        self._packages = frozenset(path[: -len(_INIT) - 1] for path in files if path.endswith(f"/{_INIT}"))
        self._folders = _folders(files)
        self._folder_names = frozenset(map(_last, self._folders))
        self._roots = _roots(self._folders, self._packages, projects)
        self._at: dict[str, str] = {}
        self._children: dict[str, list[str]] = {}
        self._tails: dict[str, list[str]] = {}
        for path in sorted(files):
            self._enter(path)
        self._tops: dict[str, list[str]] = {}
        for key in sorted(self._folders.union(self._at)):
            parent, _, name = key.rpartition("/")
            if parent in self._roots:
                self._tops.setdefault(name, []).append(parent)
        self._names = _unique_names(files, self._packages, self._roots)
        self._bases: dict[str, tuple[str, ...]] = {}
        self._resolved: dict[tuple[str, str], str | None] = {}

    def name_of(self, path: str) -> str:
        """The dotted name that tells the file at `path`, one of the index, from all others."""
        return self._names[path]

    @property
    def has_links(self) -> bool:
        """Whether files can also be imported through symbolic links."""
        return bool(self._links)

    def is_package(self, folder: str) -> bool:
        """Whether the folder at a root-relative path holds an `__init__.py`; the root never counts."""
        return folder in self._packages

    def is_namespace(self, importer_path: str, dotted_name: str) -> bool:
        """Whether an absolute name means a folder of the project that has no `__init__.py`."""
        key = dotted_name.replace(".", "/")
        return any(
            _join(base, key) in self._folders and _join(base, key) not in self._packages
            for base in self._bases_of(_folder(importer_path))
        )

    def has_folder(self, name: str) -> bool:
        """Whether some folder of the project has this name."""
        return name in self._folder_names

    def submodules(self, package: str) -> tuple[str, ...]:
        """The files directly below a package, given by the path of its `__init__.py` or its folder."""
        folder = _folder(package) if _last(package) == _INIT else package
        return tuple(self._children.get(folder, ()))

    def resolve(self, importer_path: str, dotted_name: str, level: int = 0) -> str | None:
        """The file that an import in `importer_path` means, None when it is no file of the project.

        `level` counts the leading dots; `dotted_name` may be empty then. An absolute name is tried in
        the folder of a script, next to the importer's top-level package, in the `src` folders and
        project roots above it and everywhere else, then as a name Python 2 would have found beside
        the importer, then as the end of any path (for scripts that extend `sys.path`): a single name
        only when one file fits.
        """
        folder = _folder(importer_path)
        if level:
            return self._relative(folder, dotted_name, level)
        key = (folder, dotted_name)
        try:
            found = self._resolved[key]
        except KeyError:
            found = self._resolved[key] = self._absolute(folder, dotted_name)
        if found == importer_path and found.endswith(f"{dotted_name}.py"):
            return None  # openai.py that imports openai
        return found

    def _relative(self, folder: str, dotted_name: str, level: int) -> str | None:
        for _ in range(level - 1):
            if not folder:
                return None
            folder = folder.rpartition("/")[0]
        found = self._lookup(folder, dotted_name.replace(".", "/"))
        if not dotted_name and found is not None and _last(found) != _INIT:
            return None  # the package has no body, and the module beside it only shares its name
        return found

    def _absolute(self, folder: str, dotted_name: str) -> str | None:
        key = dotted_name.replace(".", "/")
        bases = self._bases_of(folder)
        if self._is_foreign(dotted_name):
            nearest = bases[:1] if folder in self._packages else ()
            bases = (*nearest, *(base for base in bases if base in self._roots))
            return self._first(bases, key)
        return (
            self._first(bases, key)
            or self._first(self._far_roots(folder, key), key)
            or self._first((a for a in _upwards(folder) if a in self._packages), key)
            or self._by_tail(folder, key)
        )

    def _first(self, bases: Iterable[str], key: str) -> str | None:
        return next((found for base in bases if (found := self._lookup(base, key)) is not None), None)

    def _lookup(self, base: str, key: str) -> str | None:
        """The module that is `key` in the folder `base`, also through a symbolic link."""
        place = _join(base, key)
        found = self._at.get(place)
        if found is None and self._links:
            for part in _upwards(place):
                if part in self._links:
                    return self._at.get(_join(self._links[part], place[len(part) + 1 :]))
        return found

    def _is_foreign(self, dotted_name: str) -> bool:
        """Whether a name is the standard library's or an external package's, or lies inside of one."""
        while dotted_name:
            if dotted_name in self._external:
                return True
            dotted_name = dotted_name.rpartition(".")[0]
        return False

    def _bases_of(self, folder: str) -> tuple[str, ...]:
        """The folders above an importer that can be on Python's path, nearest first."""
        if folder not in self._bases:
            bases: list[str] = []
            for above in _upwards(folder):
                if above not in self._packages:
                    bases.append(above)
                if (source := _join(above, "src")) in self._roots and source not in bases:
                    bases.append(source)
            self._bases[folder] = tuple(bases)
        return self._bases[folder]

    def _far_roots(self, folder: str, key: str) -> list[str]:
        """The import roots elsewhere that have something of the name, nearest first."""
        roots = self._tops.get(key.partition("/")[0], ())
        return sorted(roots, key=lambda root: (-_shared(root, folder), root.count("/"), root))

    def _by_tail(self, folder: str, key: str) -> str | None:
        """The module whose path ends in `key`, the rest being a folder that a script may put on the path.

        That is seldom a package, so for a single name it must not be one: `import bs4` is not some
        package's `parsers/bs4.py`.
        """
        fits: list[tuple[bool, int, int, str]] = []
        for place in self._tails.get(_last(key), ()):
            if place == key or place.endswith(f"/{key}"):
                base = place[: -len(key) - 1]
                fits.append((base in self._packages, -_shared(place, folder), len(place), place))
        if "/" not in key:
            fits = [fit for fit in fits if not fit[0]]
            if len(fits) > 1:
                return None
        return self._at[min(fits)[3]] if fits else None

    def _enter(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        is_package = name == _INIT
        if not is_package and not name.endswith(_IMPORTABLE):
            return
        place = folder if is_package else _join(folder, _stem(name))
        if place not in self._at:
            self._tails.setdefault(_last(place), []).append(place)
        if is_package or place not in self._at:
            self._at[place] = path
        if place:
            self._children.setdefault(_folder(place), []).append(path)


def _unique_names(files: Sequence[str], packages: Collection[str], roots: Collection[str]) -> dict[str, str]:
    """A name for each file; those that would share one get their whole path as a name."""
    sharers: dict[str, list[str]] = {}
    for path in files:
        sharers.setdefault(module_name(path, packages, roots), []).append(path)
    names = {paths[0]: name for name, paths in sharers.items() if len(paths) == 1}
    taken = set(names.values())
    rest = [path for paths in sharers.values() if len(paths) > 1 for path in paths]
    for path in sorted(rest, key=lambda path: (_last(path) != _INIT, not path.endswith(_IMPORTABLE), path)):
        base = name = module_name(path, (), ("",))
        count = 1
        while name in taken:
            count += 1
            name = f"{base}~{count}"
        taken.add(name)
        names[path] = name
    return names


def _roots(folders: Collection[str], packages: Collection[str], projects: Iterable[str]) -> frozenset[str]:
    """The import roots: the repository's root, the projects in it and `src` folders that are no packages."""
    sources = {folder for folder in folders if _last(folder) == "src"}
    return frozenset({"", *(sources.union(projects).difference(packages))})


def _folders(files: Iterable[str]) -> frozenset[str]:
    """All folders above files, without the root."""
    found: set[str] = set()
    for path in files:
        folder = _folder(path)
        while folder and folder not in found:
            found.add(folder)
            folder = _folder(folder)
    return frozenset(found)


def _upwards(folder: str) -> Iterator[str]:
    """A folder and the folders above it, the root last."""
    while folder:
        yield folder
        folder = _folder(folder)
    yield ""


def _shared(one: str, other: str) -> int:
    """How many leading parts two paths share."""
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count


def _join(base: str, rest: str) -> str:
    return f"{base}/{rest}" if base and rest else base or rest


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _stem(name: str) -> str:
    """A file's name without its Python suffix."""
    for suffix in PYTHON_SUFFIXES:
        if name.endswith(suffix):
            return name[: -len(suffix)]
    return name
