"""A rewrite in the making: edits by file, what each file needs imported, and what speaks against it."""

import ast
from dataclasses import dataclass, field

from batchlint.fix.decline import Obstacle, Reason
from batchlint.fix.edits import Edit
from batchlint.fix.files import ProgramFile
from batchlint.fix.forms import Use

PACKAGE = "llm_batch"
"""The name of the package of batch helpers in the user's tree."""


@dataclass(slots=True)
class Draft:
    """What a planner has put together so far.

    `imports` are names of the batch helpers that a file needs, by path; `sibling_imports` are
    (statement, name, new name, alias) of names to import beside others. `sites` are the provider calls that
    the rewrite turns into requests, as (scope, call); `providers` their catalog names. `regions` are the
    loops and functions that change, as (path, first byte, last byte); `pools` are uses of executors that go.
    """

    edits: dict[str, list[Edit]] = field(default_factory=dict)
    imports: dict[str, dict[str, str]] = field(default_factory=dict)
    siblings: dict[str, list[tuple[ast.ImportFrom, str]]] = field(default_factory=dict)
    obstacles: list[Obstacle] = field(default_factory=list)
    sites: set[tuple[int, int]] = field(default_factory=set)
    providers: set[str] = field(default_factory=set)
    regions: list[tuple[str, int, int]] = field(default_factory=list)
    pools: list[Use] = field(default_factory=list)

    def copy(self) -> "Draft":
        """A copy to fall back to."""
        return Draft(
            {path: list(edits) for path, edits in self.edits.items()},
            {path: dict(known) for path, known in self.imports.items()},
            {path: list(known) for path, known in self.siblings.items()},
            list(self.obstacles),
            set(self.sites),
            set(self.providers),
            list(self.regions),
            list(self.pools),
        )

    def restore(self, earlier: "Draft") -> None:
        """Become what an earlier copy is."""
        for name in ("edits", "imports", "siblings", "obstacles", "sites", "providers", "regions", "pools"):
            setattr(self, name, getattr(earlier, name))

    def claim(self, file: ProgramFile, node: ast.AST) -> None:
        """Note that a loop or function changes."""
        self.regions.append((file.path, file.start(node), file.end(node)))

    def meets(self, other: "Draft") -> bool:
        """Whether two rewrites change the same loop or function, or one inside of another."""
        return any(
            path == other_path and start < other_end and other_start < end
            for path, start, end in self.regions
            for other_path, other_start, other_end in other.regions
        )

    def is_nested(self, known: int) -> bool:
        """Whether one of the regions after the first `known` ones meets one of those."""
        first, later = Draft(regions=self.regions[:known]), Draft(regions=self.regions[known:])
        return later.meets(first)

    def add(self, other: "Draft") -> None:
        """Take in another rewrite that does not meet this one."""
        for path, edits in other.edits.items():
            self.edits.setdefault(path, []).extend(edits)
        for path, known in other.imports.items():
            self.imports.setdefault(path, {}).update(known)
        for path, wanted in other.siblings.items():
            held = self.siblings.setdefault(path, [])
            held.extend(each for each in wanted if each not in held)
        self.providers |= other.providers
        self.regions += other.regions
        self.pools += other.pools

    def edit(self, file: ProgramFile, start: int, end: int, text: str) -> None:
        """Plan an edit; line endings become the file's own."""
        if file.newline != "\n":
            text = text.replace("\r\n", "\n").replace("\n", file.newline)
        self.edits.setdefault(file.path, []).append(Edit(start, end, text))

    def use(self, file: ProgramFile, name: str) -> str:
        """Import a name of the helpers into a file; gives the name that it has there."""
        known = self.imports.setdefault(file.path, {})
        if name not in known:
            known[name] = _imported(file, name) or file.fresh(name, f"batch_{name}")
        return known[name]

    def object(self, file: ProgramFile, reason: Reason, message: str, node: ast.AST) -> None:
        """Note an obstacle at a node."""
        obstacle = Obstacle(reason, message, file.location(node))
        if obstacle not in self.obstacles:
            self.obstacles.append(obstacle)


def _imported(file: ProgramFile, name: str) -> str | None:
    """What a file that has been rewritten before calls a name of the helpers."""
    for node in file.tree.body:
        if isinstance(node, ast.ImportFrom) and PACKAGE in (node.module or "").split("."):
            for alias in node.names:
                if alias.name == name:
                    return alias.asname or name
    return None
