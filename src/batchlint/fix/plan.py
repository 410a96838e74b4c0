"""From call sites to rewrites: which form each record loop takes, and what is in the way."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from batchlint.analysis.judge import Judgement
from batchlint.analysis.model import CallSite
from batchlint.catalog.model import RootKind, Wait
from batchlint.finding import FixKind, Site, Verdict
from batchlint.fix.awaited import CoroutineLoops
from batchlint.fix.coroutines import Coroutines, is_coroutine
from batchlint.fix.decline import DeclinedError, Obstacle, Reason
from batchlint.fix.draft import Draft
from batchlint.fix.edits import Edit, OverlapError, apply
from batchlint.fix.effects import EffectFinder
from batchlint.fix.fanout import plan_fan_out
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.find import contradictions
from batchlint.fix.foreign import means_builtin
from batchlint.fix.forms import is_fan_out, runs_in_pool
from batchlint.fix.generators import GeneratorEmitter
from batchlint.fix.loop_forms import LoopForms, check_others, check_supply, loop_around
from batchlint.fix.placement import helper_files, import_edits, place
from batchlint.fix.pools import retire
from batchlint.fix.requests import check_site
from batchlint.fix.single import plan_single
from batchlint.fix.steps import Steps
from batchlint.fix.unused import drop_unused
from batchlint.pipeline import Analysis


@dataclass(frozen=True, slots=True)
class Plan:
    """How one record loop, with all call sites it leads to, is rewritten; or why it is not.

    `sites` are the inventory's rows. `edits` change existing files, `added` are new ones, both by
    root-relative path; both are empty where `kind` is `none`. `draft` is what they were made from.
    """

    kind: FixKind
    sites: tuple[Site, ...]
    obstacles: tuple[Obstacle, ...]
    edits: dict[str, tuple[Edit, ...]]
    added: dict[str, bytes]
    draft: Draft = field(default_factory=Draft, compare=False, repr=False)


_FIXABLE = frozenset({Verdict.ELIGIBLE, Verdict.MIXED})


_SHORT_LIVED = frozenset({RootKind.TASK_QUEUE, RootKind.CLOUD_FUNCTION, RootKind.CI})
"""What is ended or started anew before a day is over."""


def plans(
    root: Path, analysis: Analysis, overlay: Mapping[str, bytes], helper: str | None = None
) -> list[Plan]:
    """A plan for every site whose verdict is `eligible` or `mixed`; one for all sites of a record loop.

    `overlay` is text that stands in for files, as the analysis was given it; `helper` the folder that the
    batch helpers go into, where the user has chosen one.
    """
    return Planner(root, analysis, overlay, helper).plans()


class Planner:
    """Plans rewrites of one analysed program; see `plans`."""

    def __init__(
        self, root: Path, analysis: Analysis, overlay: Mapping[str, bytes], helper: str | None = None
    ) -> None:
        self.program = Program(root, analysis, overlay)
        self.root = root
        self.helper = helper
        self.analysis = analysis
        self.finder = EffectFinder(self.program)

    def plans(self) -> list[Plan]:
        """All plans, in the order of the sites."""
        rows = {(call.scope, call.call): site for site, call, _ in self.analysis.sites}
        found: list[Plan] = []
        done: set[tuple[int, int]] = set()
        for site, call, judgement in self.analysis.sites:
            if site.verdict not in _FIXABLE or (call.scope, call.call) in done:
                continue
            plan, keys = self._guarded(site, call, judgement, rows)
            done |= keys
            found.append(plan)
        return found

    def _guarded(
        self, site: Site, call: CallSite, judgement: Judgement, rows: dict[tuple[int, int], Site]
    ) -> tuple[Plan, set[tuple[int, int]]]:
        """The plan for one site; none where a file has gone meanwhile, or is nested too deeply for us.

        A list of calls is worth having even where one of them cannot be planned for.
        """
        try:
            return self._plan(site, call, judgement, rows)
        except OSError as error:
            reason, message = Reason.ENCODING, f"a file cannot be read: {error.strerror}"
        except RecursionError:
            reason, message = Reason.TOO_DEEP, "the program is nested too deeply to be planned for"
        obstacle = Obstacle(reason, message, site.location)
        return Plan(FixKind.NONE, (site,), (obstacle,), {}, {}), {(call.scope, call.call)}

    def together(
        self, chosen: list[Plan]
    ) -> tuple[list[Plan], dict[str, tuple[Edit, ...]], dict[str, bytes]]:
        """As many of some plans as fit together, with their edits and the files they add."""
        taken: list[Plan] = []
        whole = Draft()
        edits: dict[str, tuple[Edit, ...]] = {}
        added: dict[str, bytes] = {}
        for plan in chosen:
            if plan.draft.meets(whole):
                continue
            wider = whole.copy()
            wider.add(plan.draft)
            try:
                edits, added = self._finish(wider.copy())
            except DeclinedError:
                continue
            whole = wider
            taken.append(plan)
        return taken, edits, added

    def _plan(
        self, site: Site, call: CallSite, judgement: Judgement, rows: dict[tuple[int, int], Site]
    ) -> tuple[Plan, set[tuple[int, int]]]:
        """The plan for one site, and the keys of the sites it covers: for the outermost of the loops that
        lead to it that has one."""
        for key in self._loops_to(judgement):
            found = self._plan_at(site, call, judgement, rows, key)
            if found[0].kind is not FixKind.NONE:
                break
        return found

    def _loops_to(self, judgement: Judgement) -> list[tuple[int, int] | None]:
        """The calls in record loops on the way to a site, outermost first: coroutines run concurrently
        through all of them; of others the innermost."""
        way = judgement.way
        if way is None or way.hit is None:
            return [None]
        hit = (way.hit.scope, way.hit.call)
        if hit not in way.calls or not is_coroutine(self.program, hit):
            return [hit]
        outer = [k for k in way.calls[: way.calls.index(hit)] if is_coroutine(self.program, k)]
        return [*(key for key in outer if self.program.in_record_loop(key)), hit]

    def _plan_at(
        self,
        site: Site,
        call: CallSite,
        judgement: Judgement,
        rows: dict[tuple[int, int], Site],
        key: tuple[int, int] | None,
    ) -> tuple[Plan, set[tuple[int, int]]]:
        """The plan for one site that rewrites the loop around one call on the way to it."""
        draft = Draft()
        own = (call.scope, call.call)
        try:
            self._draft(draft, call, judgement, key)
            if own not in draft.sites:
                raise DeclinedError(Reason.CONTRADICTION, "the way leads to another call", site.location)
            hard = [obstacle for obstacle in draft.obstacles if not obstacle.is_unsafe]
            if hard:
                return Plan(FixKind.NONE, (site,), (*hard, *draft.obstacles), {}, {}), {own}
            edits, added = self._finish(draft.copy())
        except DeclinedError as declined:
            return Plan(FixKind.NONE, (site,), (declined.obstacle, *draft.obstacles), {}, {}), {own}
        covered = {key for key in draft.sites if key in rows}
        sites = tuple(rows[key] for key in sorted(covered))
        kind = FixKind.UNSAFE if draft.obstacles else FixKind.SAFE
        return Plan(kind, sites, tuple(draft.obstacles), edits, added, draft), covered

    def _draft(self, draft: Draft, site: CallSite, judgement: Judgement, key: tuple[int, int] | None) -> None:
        """Plan the rewrite of the record loops that lead to a site: the one around the call `key` on the
        way, and the others as far as they can be rewritten too."""
        way = judgement.way
        file, node = check_site(self.program, Draft(), site, awaits=True)
        if way is not None and way.root.kind in _SHORT_LIVED:
            message = "the process may not live until the batch has ended"
            draft.object(file, Reason.SHORT_LIVED, message, node)
        if way is None or key is None:
            plan_single(self.program, draft, site, judgement)
            return
        steps = Steps(self.program, self.finder, draft)
        coroutines = Coroutines(self.program, draft)
        coroutines.check_way(way, key)
        converted = dict.fromkeys(self._loop(draft, steps, coroutines, key), self._region(key))
        if key not in self.program.sites:
            for other_key, _ in self.program.record_calls({scope for scope, _ in draft.sites}):
                is_inside = (
                    other_key[0] in coroutines.taken.scopes
                )  # a fan-out in a fan-out: one run for both
                if other_key not in converted and other_key not in steps.calls and not is_inside:
                    self._try_loop(draft, steps, coroutines, other_key, converted)
        GeneratorEmitter(steps).emit(set(converted))
        coroutines.emit()

    def _try_loop(
        self,
        draft: Draft,
        steps: Steps,
        coroutines: Coroutines,
        key: tuple[int, int],
        converted: dict[tuple[int, int], ast.AST],
    ) -> None:
        """Rewrite one more loop where that adds no obstacle; else it goes on with real-time calls."""
        file, call = self.program.file_of(key[0]), self.program.call(*key)
        earlier, scopes, calls = draft.copy(), list(steps.scopes), dict(steps.calls)
        taken = coroutines.taken.copy()
        try:
            loop = self._region(key)
            for other in converted.values():
                if loop is other or loop in file.ancestors(other) or other in file.ancestors(loop):
                    raise file.decline(Reason.SEVERAL_CALLS, "the loops are nested", call)
            done = self._loop(draft, steps, coroutines, key)
            if draft.is_nested(len(earlier.regions)):
                raise file.decline(Reason.SEVERAL_CALLS, "the loops are nested", call)
            why = draft.obstacles[len(earlier.obstacles) :]
        except DeclinedError as declined:
            why = [declined.obstacle]
        if not why:
            converted.update(dict.fromkeys(done, loop))
            return
        draft.restore(earlier)
        steps.scopes, steps.calls = scopes, calls
        coroutines.taken = taken
        if why[0].reason is Reason.LIVE:
            return
        draft.object(file, Reason.PARTIAL, f"this loop would go on in real time: {why[0].message}", call)

    def _region(self, key: tuple[int, int]) -> ast.AST:
        """What changes around a call: its loop, or the statement of a fan-out."""
        call, file = self.program.call(*key), self.program.file_of(key[0])
        is_apart = is_fan_out(self.program, key) or is_coroutine(self.program, key)
        return file.statement(call) if is_apart else loop_around(file, call)

    def _loop(
        self, draft: Draft, steps: Steps, coroutines: Coroutines, key: tuple[int, int]
    ) -> set[tuple[int, int]]:
        """Plan the rewrite of the loop around one call; gives the calls that change into others."""
        program = self.program
        call, file = program.call(*key), program.file_of(key[0])
        self._check_nobody_waits(file, key[0], call)
        if is_coroutine(program, key):
            loop, supplies = CoroutineLoops(program, self.finder, draft, coroutines).plan(key)
            for records in supplies:
                check_supply(program, draft, file, call, records)
            check_others(program, draft, file, call, loop)
            return {key}
        if runs_in_pool(program, key[0]):
            message = "the loop runs in several threads, each of which would wait for batches of its own"
            raise file.decline(Reason.LOOP_FORM, message, call)
        for name in ("zip", "list"):
            if not means_builtin(file, name):
                message = f"the file gives {name!r} a meaning of its own"
                raise file.decline(Reason.CAPTURED_VARIABLE, message, call)
        if is_fan_out(program, key):
            return plan_fan_out(program, self.finder, draft, steps, key)
        return LoopForms(program, self.finder, draft, steps).plan(key)

    def _check_nobody_waits(self, file: ProgramFile, scope: int, call: ast.Call) -> None:
        """A loop that somebody waits for stays as it is, whoever else runs it."""
        for way in self.analysis.narrator.reach.ways_to(scope):
            if way.root.wait is Wait.LIVE and not way.doubtful:
                message = f"{way.root.message} waits for the loop"
                raise file.decline(Reason.LIVE, message, call)

    def _finish(self, draft: Draft) -> tuple[dict[str, tuple[Edit, ...]], dict[str, bytes]]:
        """Add imports, ask the second finder, and check that the edits fit together."""
        retire(self.program, draft)
        files = [self.program.file(path) for path in sorted(draft.edits)]
        folder, modules = place(self.root, self.program.linker.scopes.modules, files, self.helper)
        added = dict(helper_files(self.root, folder, draft, self.program.overlay))
        for file in files:
            import_edits(draft, file, modules[file.path])
            self._ask_second_finder(draft, file)
            try:
                drop_unused(self.program, draft, file, apply(file.text, draft.edits[file.path]))
                ast.parse(apply(file.text, draft.edits[file.path]))
            except (OverlapError, SyntaxError) as error:
                raise file.decline(
                    Reason.OVERLAP, f"the edits do not fit: {error}", file.tree.body[0]
                ) from None
        shift = {file.path: 3 if file.has_bom else 0 for file in files}
        edits = {
            path: tuple(Edit(e.start + shift[path], e.end + shift[path], e.text) for e in listed)
            for path, listed in draft.edits.items()
        }
        return edits, added

    def _ask_second_finder(self, draft: Draft, file: ProgramFile) -> None:
        calls: dict[tuple[int, int], tuple[str, str]] = {}
        for key in draft.sites:
            if self.program.places.path(key[0]) == file.path:
                node = self.program.call(*key)
                assert isinstance(node.func, ast.Attribute)
                column = file.location(node).column - 1
                calls[node.lineno, column] = (self.program.sites[key].provider, node.func.attr)
        if calls:
            for message in contradictions(file.text, calls):
                raise file.decline(Reason.CONTRADICTION, message, file.tree.body[0])
