"""Programs: module bodies that run as scripts, and what files that start programs name."""

from collections.abc import Iterator, Sequence

from batchlint.analysis.model import Root
from batchlint.analysis.places import Places
from batchlint.catalog.model import RootKind, Wait
from batchlint.program.linker import Linker
from batchlint.program.objects import Module
from batchlint.starts.model import Start, TargetKind


class Programs:
    """Finds the roots that are programs. `imported` are the files that others import."""

    def __init__(self, linker: Linker, places: Places) -> None:
        self.linker = linker
        self.places = places
        self.imported = self._imported_files()

    def started(self, starts: Sequence[Start]) -> Iterator[Root]:
        """The roots that files which start programs name."""
        for start in starts:
            for scope in self._targets(start):
                wait = start.wait or start.target.wait
                schedule = start.schedule
                if wait is Wait.LIVE:
                    kind = RootKind.WEB
                elif schedule is not None:
                    kind = RootKind.SCHEDULED
                elif wait is Wait.OFFLINE:
                    kind = RootKind.CI
                else:
                    kind = RootKind.COMMAND
                yield Root(
                    scope,
                    wait or Wait.OFFLINE,
                    kind,
                    start.location,
                    start.label,
                    schedule.text if schedule is not None else None,
                    schedule.runs_per_month if schedule is not None else None,
                )

    def _targets(self, start: Start) -> Iterator[int]:
        target = start.target
        if target.kind is TargetKind.ATTRIBUTE and (start.wait or target.wait) is Wait.LIVE:
            return  # the application object: its routes are roots by themselves
        for path in target.paths:
            file = self.linker.scopes.file_of_path.get(path)
            if file is None or target.kind is TargetKind.PYTEST:
                continue
            first = self.linker.scopes.module_scope[file]
            if target.kind in (TargetKind.SCRIPT, TargetKind.MODULE):
                if (start.wait or target.wait) is not Wait.LIVE:
                    yield first
            elif target.attribute:
                for offset, scope in enumerate(self.linker.scopes.files[file].scopes):
                    if scope.qualname == target.attribute:
                        yield first + offset

    def modules(self) -> Iterator[Root]:
        """Module bodies that run as scripts."""
        imported = self.imported
        for file, number in enumerate(self.linker.scopes.module_scope):
            if number < 0:
                continue
            facts = self.linker.scopes.all[number].facts
            path = self.linker.scopes.files[file].path
            guarded = any(self.is_main_guard(number, g) for g in range(len(facts.guards)))
            is_notebook = path.endswith(".ipynb")
            if guarded or is_notebook or (file not in imported and not path.endswith("__init__.py")):
                kind = RootKind.NOTEBOOK if is_notebook else RootKind.SCRIPT
                noun = "notebook" if is_notebook else "script"
                yield Root(number, Wait.OFFLINE, kind, self.places.definition(number), f"{noun} {path}")

    def _imported_files(self) -> set[int]:
        found: set[int] = set()
        for scope in self.linker.scopes.all:
            for value in scope.facts.values:
                if value.op == "import" and isinstance(value.payload, tuple):
                    name, member, level, _ = value.payload
                    for dotted in (name, f"{name}.{member}" if name else member):
                        obj = self.linker.scopes.import_(scope.file, dotted, level) if dotted else None
                        record = self.linker.record(obj) if obj is not None else None
                        if isinstance(record, Module) and record.file >= 0 and record.file != scope.file:
                            found.add(record.file)
        return found

    def is_main_guard(self, module: int, guard: int) -> bool:
        """Whether a guard of a module body is `if __name__ == "__main__"`."""
        facts = self.linker.scopes.all[module].facts
        test = facts.values[facts.guards[guard].test]
        return (
            facts.guards[guard].positive
            and test.op == "opaque"
            and any(
                facts.values[operand].op == "free" and facts.values[operand].payload == "__name__"
                for operand in test.operands
            )
        )
