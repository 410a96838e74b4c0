"""Scopes of all files under one numbering, and what a name means in each of them."""

import builtins
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from batchlint.facts import FileFacts, ScopeFacts, ScopeKind
from batchlint.program.objects import Module
from batchlint.program.solver import Solver


class Modules(Protocol):
    """What linking asks of the module index."""

    def resolve(self, importer_path: str, dotted_name: str, level: int) -> str | None:
        """The path of the file that an import in `importer_path` means, None for a foreign one."""
        ...

    def is_namespace(self, importer_path: str, dotted_name: str) -> bool:
        """Whether a dotted name is a folder of the program without a file of its own."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope of the program: its number, its file's number and its facts.

    `base` is the node of the scope's first value; `returns` and `yields` are nodes too.
    """

    number: int
    file: int
    facts: ScopeFacts
    parent: int
    base: int
    returns: int
    yields: int


class Scopes:
    """All scopes, and the nodes of names.

    `foreign` are import roots that never mean a file of the program unless it is a package of that
    name at the root: a script `openai.py` does not hide the SDK from its siblings.
    """

    def __init__(
        self, solver: Solver, files: Sequence[FileFacts], modules: Modules, foreign: frozenset[str]
    ) -> None:
        self.solver = solver
        self.files = files
        self.modules = modules
        self.foreign = foreign | sys.stdlib_module_names
        self.file_of_path = {facts.path: number for number, facts in enumerate(files)}
        self.all: list[Scope] = []
        self.module_scope: list[int] = []
        for number, facts in enumerate(files):
            first = len(self.all)
            self.module_scope.append(first if facts.scopes else -1)
            for scope in facts.scopes:
                base = solver.nodes(len(scope.values) + 2)
                parent = first + scope.parent if scope.parent >= 0 else -1
                self.all.append(
                    Scope(
                        len(self.all),
                        number,
                        scope,
                        parent,
                        base,
                        base + len(scope.values),
                        base + len(scope.values) + 1,
                    )
                )
        self.bases = [scope.base for scope in self.all]
        self._outside_bindings = self._collect_outside_bindings()
        self._names: dict[tuple[int, str], int] = {}
        self._members: dict[tuple[int, str], int | None] = {}
        self._by_name: dict[str, list[int]] = {}

    # modules

    def import_(self, file: int, name: str, level: int) -> int | None:
        """The object of the module that `name` means in a file, None for a foreign one."""
        path = self.files[file].path
        found = self.modules.resolve(path, name, level)
        top = name.partition(".")[0]
        if level == 0 and top in self.foreign and not self._is_own(path, name, found):
            return None
        if level == 0 and found is not None and self._stands_in_for(found, top):
            return None
        if found is not None:
            number = self.file_of_path.get(found)
            if number is None or not self.files[number].scopes:
                return None
            return self.solver.objects.number(Module(number, self.files[number].module, -1))
        if self.modules.is_namespace(path, name) and level == 0:
            return self.solver.objects.number(Module(-1, name, file))
        return None

    def _is_own(self, importer: str, name: str, found: str | None) -> bool:
        """Whether a file is what a name of the catalog means here: a package of that name at the root,
        or a module beside the importing script that does not import the foreign one itself."""
        if found is None:
            return False
        top = name.partition(".")[0]
        if found.startswith((f"{top}/", f"src/{top}/")):
            return True
        number = self.file_of_path.get(found)
        if top in sys.stdlib_module_names or number is None or found.rpartition("/")[2] != f"{top}.py":
            return False
        if found.rpartition("/")[0] != importer.rpartition("/")[0]:
            return False
        return not self._stands_in_for(found, top)

    def _stands_in_for(self, found: str, top: str) -> bool:
        """Whether a module has the name of a foreign one that it imports itself, such as the `celery.py`
        of a Django project: whoever imports the name from outside of its package means the foreign one."""
        number = self.file_of_path.get(found)
        if number is None or found.rpartition("/")[2] != f"{top}.py":
            return False
        return any(
            value.op == "import"
            and isinstance(value.payload, tuple)
            and value.payload[2] == 0
            and value.payload[0].split(".")[0] == top
            for scope in self.files[number].scopes
            for value in scope.values
        )

    def submodule(self, module: Module, name: str) -> int | None:
        """The object of a module's submodule."""
        if module.file < 0:
            return self.import_(module.importer, f"{module.name}.{name}", 0)
        facts = self.files[module.file]
        if not facts.is_package:
            return None
        found = self.modules.resolve(facts.path, name, 1)
        number = self.file_of_path.get(found) if found is not None else None
        if number is None or not self.files[number].scopes:
            return None
        return self.solver.objects.number(Module(number, self.files[number].module, -1))

    # names

    def member(self, file: int, name: str) -> int | None:
        """The node of a module's attribute, None where the module has none of that name."""
        key = (file, name)
        if key in self._members:
            return self._members[key]
        self._members[key] = None  # star imports may go in circles
        self._members[key] = found = self._find_member(file, name)
        return found

    def _find_member(self, file: int, name: str) -> int | None:
        scope = self.all[self.module_scope[file]]
        if name in scope.facts.bindings or (scope.number, name) in self._outside_bindings:
            return self._name_node(scope, name)
        module = Module(file, self.files[file].module, -1)
        submodule = self.submodule(module, name)
        if submodule is not None:
            node = self.solver.node()
            self.solver.add(node, submodule)
            return node
        # Of two star imports that bring the name, the later one wins.
        for value in reversed(scope.facts.star_imports):
            node_or_none = self._star_member(scope, value, name)
            if node_or_none is not None:
                return node_or_none
        return None

    def _star_member(self, scope: Scope, value: int, name: str) -> int | None:
        payload = scope.facts.values[value].payload
        assert isinstance(payload, tuple)
        target: str = payload[0]
        level: int = payload[2]
        module = self.import_(scope.file, target, level)
        if module is not None:
            record = self.solver.objects.all[module]
            if isinstance(record, Module) and record.file >= 0:
                return self.member(record.file, name)
        elif level == 0 and not hasattr(builtins, name):
            node = self.solver.node()
            self.solver.add(node, self.solver.objects.external(*target.split("."), name))
            return node
        return None

    def free(self, scope: Scope, name: str) -> int | None:
        """The node of a name that a scope reads without having bound it on that path."""
        facts = scope.facts
        if name in facts.global_names:
            return self.member(scope.file, name)
        if name in facts.bindings and facts.kind is not ScopeKind.CLASS and name not in facts.nonlocal_names:
            return self._name_node(scope, name)
        for outer in self.enclosing(scope):
            if outer.facts.kind is ScopeKind.CLASS:
                continue
            if outer.facts.kind is ScopeKind.MODULE or name in outer.facts.global_names:
                break
            if name in outer.facts.bindings:
                return self._name_node(outer, name)
        return self.member(scope.file, name)

    def enclosing(self, scope: Scope) -> Iterator[Scope]:
        """The scopes around a scope, innermost first."""
        while scope.parent >= 0:
            scope = self.all[scope.parent]
            yield scope

    def named(self, name: str) -> list[int]:
        """The functions and classes that a text names: by module and qualified name (`app.tasks.nightly`,
        `app.tasks:nightly`), or by a bare name that only one function at the top of a module has."""
        module, _, attribute = name.replace(":", ".").rpartition(".")
        found = self.called(attribute)
        if not module:
            return found if len(found) == 1 and self.all[found[0]].facts.kind is ScopeKind.FUNCTION else []
        own = [(number, self.files[self.all[number].file].module) for number in found]
        return [number for number, of in own if of == module or of.endswith(f".{module}")]

    def called(self, qualname: str) -> list[int]:
        """The functions and classes of that qualified name, of whatever module."""
        if not self._by_name:
            for scope in self.all:
                self._by_name.setdefault(scope.facts.qualname, []).append(scope.number)
        return self._by_name.get(qualname, [])

    def bound_in(self, scope: Scope, name: str) -> int | None:
        """The node of a name bound in exactly this scope (a class attribute), None for none."""
        return self._name_node(scope, name) if name in scope.facts.bindings else None

    def _name_node(self, scope: Scope, name: str) -> int:
        key = (scope.number, name)
        found = self._names.get(key)
        if found is None:
            found = self._names[key] = self.solver.node()
            for version in scope.facts.bindings.get(name, ()):
                self.solver.edge(scope.base + version, found)
            for writer, version in self._outside_bindings.get(key, ()):
                self.solver.edge(self.all[writer].base + version, found)
        return found

    def _collect_outside_bindings(self) -> dict[tuple[int, str], list[tuple[int, int]]]:
        """What functions write through `global` and `nonlocal`: (owner, name) -> (writer, version)."""
        found: dict[tuple[int, str], list[tuple[int, int]]] = {}
        for scope in self.all:
            facts = scope.facts
            for name in facts.global_names:
                key = (self.module_scope[scope.file], name)
                found.setdefault(key, []).extend((scope.number, v) for v in facts.bindings.get(name, ()))
            for name in facts.nonlocal_names:
                for outer in self.enclosing(scope):
                    if outer.facts.kind is ScopeKind.FUNCTION and name in outer.facts.bindings:
                        found.setdefault((outer.number, name), []).extend(
                            (scope.number, v) for v in facts.bindings.get(name, ())
                        )
                        break
        return found
