"""Fan-outs of coroutines as runs: `asyncio.gather(*coroutines)` becomes `run_batch_async(coroutines)`."""

import ast

from batchlint.fix import names
from batchlint.fix.awaiting import kind_of
from batchlint.fix.coroutine_phases import CoroutinePhases, meetings
from batchlint.fix.coroutines import Coroutines
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.foreign import bind, dotted
from batchlint.fix.gathered import FanOut, runs_before
from batchlint.fix.loop import is_bound_by_loop
from batchlint.fix.origins import root
from batchlint.fix.places import FILES, STDOUT, WORLD, Effects, conflicts

_SHOWN_ONLY = frozenset({"total", "desc", "unit", "leave", "disable", "ncols", "colour", "position", "file"})
"""Arguments of progress bars, which a run has its own of."""


class FanOutCheck:
    """Whether records may run as they would in a fan-out, with all requests in one batch."""

    def __init__(
        self, program: Program, finder: EffectFinder, draft: Draft, coroutines: Coroutines, found: FanOut
    ) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.coroutines = coroutines
        self.found = found
        self.file = found.file
        self.phases = CoroutinePhases(program, finder, coroutines)

    def check(self, scope: int) -> None:
        """Take in all coroutines of the fan-out in the function `scope` and note every obstacle; raises
        DeclinedError where nothing helps."""
        before = len(self.coroutines.taken.left)
        scopes = self._take()
        left = self.coroutines.taken.left[before:]
        if left and not any(scope in scopes for scope, _ in self.coroutines.taken.sites):
            raise self.file.decline(left[0].reason, left[0].message, self.found.sink)
        early, late = Effects(), Effects()
        for fill in self.found.fills:
            self._check_task(fill.task)
            for call in fill.calls:
                self._add(call, early, late)
        self._check_requests(scopes, early, late)
        if self.found.kind == "gatherer" or self.coroutines.limited(scopes):
            if left:
                raise self.file.decline(
                    Reason.HELD_RESOURCE, "requests that go on in real time need their limit", self.found.sink
                )
            self._check_phases(early, late, "the limit")
        if left:
            message = f"some requests would go on in real time: {left[0].message}"
            self.draft.object(self.file, Reason.PARTIAL, message, self.found.sink)
        self.coroutines.check_around(self.file, self.found.sink)
        whole = self._taking_loop() or self.file.statement(self.found.sink)
        self.coroutines.check_rounds(self.file, scope, whole)
        self._check_body(early, late)

    def _take(self) -> set[int]:
        scopes: set[int] = set()
        for fill in self.found.fills:
            for call in fill.calls:
                key = self.program.key(self.file, call)
                if key in self.program.sites:
                    self.coroutines.add_site(key)
                elif key is not None:
                    scopes |= self.coroutines.add({edge.target for edge in self.program.edges(key)})
        return scopes

    def _check_task(self, task: ast.Call | None) -> None:
        if task is not None and (len(task.args) != 1 or any(k.arg != "name" for k in task.keywords)):
            raise self.file.decline(Reason.CALL_FORM, "the task is begun with more than a coroutine", task)

    def _add(self, call: ast.Call, early: Effects, late: Effects) -> None:
        """The effects of one call of a coroutine; objects that belong to one record are left out."""
        own = self._own(call)
        key = self.program.key(self.file, call)
        for edge in self.program.edges(key) if key is not None else ():
            self._check_given(edge.target, call, own)
            for phase, into in zip(self.phases.of(edge.target), (early, late), strict=True):
                seen = self.phases.seen(edge.target, call, phase)
                seen.writes = {p for p in seen.writes if p.kind == "channel" or p.name not in own}
                into.add(seen)

    def _check_given(self, scope: int, call: ast.Call, own: set[str]) -> None:
        """An object that all records are given may not change before it goes into their requests."""
        node, file = self.program.function(scope), self.program.file_of(scope)
        early, _ = self.phases.of(scope)
        passed = bind(call, node) or {}
        for place in early.writes:
            is_shared = place.kind == "parameter" and root(passed.get(place.name, call)) not in own
            if is_shared and self.phases.is_asked(file, node, place.name):
                message = f"{place.name!r}, which the requests are built from, changes from record to record"
                self.draft.object(file, Reason.LOOP_CARRIED, message, node)

    def _own(self, call: ast.Call) -> set[str]:
        """The variables of the loops around a call inside of its fan-out."""
        found: set[str] = set()
        for outer in self.file.ancestors(call):
            if isinstance(outer, names.COMPREHENSIONS):
                for generator in outer.generators:
                    found |= names.targets(generator.target) or set()
            elif isinstance(outer, ast.For | ast.AsyncFor) and self.found.sink not in ast.walk(outer):
                found |= names.targets(outer.target) or set()
            elif isinstance(outer, names.NESTED):
                break
        return found

    def _check_requests(self, scopes: set[int], early: Effects, late: Effects) -> None:
        """The provider's client reads a request's objects a moment after the call, the batch at once."""
        reads = Effects()
        for scope, number in self.coroutines.taken.sites:
            if scope in scopes:
                file, call = self.program.file_of(scope), self.program.call(scope, number)
                parts = self.finder.of(file, [k.value for k in call.keywords])
                node = self.program.function(scope)
                local = names.bound(node.body) | {p.arg for p in names.parameters(node.args)}
                reads.reads |= {
                    p for p in parts.reads if p.kind not in ("name", "part") or p.name not in local
                }
        writes = [p for p in early.writes | late.writes if p.kind != "channel"]
        for place in conflicts(writes, reads.reads):
            message = f"{place.name!r}, which the requests are built from, changes from record to record"
            self.draft.object(self.file, Reason.LOOP_CARRIED, message, self.found.sink)

    def _check_phases(self, early: Effects, late: Effects, what: str) -> None:
        """What no longer runs in turns must not meet."""
        node = self.found.sink
        for place in meetings(early, late):
            message = f"{place.name!r} is shared by the records, and {what} orders them"
            self.draft.object(self.file, Reason.SHARED_STATE, message, node)
        for channel in (STDOUT, FILES):
            if channel in early.writes and channel in late.writes:
                message = f"{channel.name} is written to before and after the requests"
                self.draft.object(self.file, Reason.EFFECT_ORDER, message, node)
        if conflicts([p for p in late.writes if p in (FILES, WORLD)], early.reads):
            message = "what one record writes may be read for the next"
            self.draft.object(self.file, Reason.EFFECT_ORDER, message, node)
        for name in dict.fromkeys(early.unknown):
            message = f"{name} would run for all records at once; its effects are not known"
            self.draft.object(self.file, Reason.UNKNOWN_EFFECT, message, node)

    def _taking_loop(self) -> ast.For | None:
        """The loop that takes results one by one."""
        node = self.file.parents[self.found.sink]
        while self.found.kind == "completed" and isinstance(node, ast.Call):
            node = self.file.parents[node]
        return node if isinstance(node, ast.For) else None

    def _check_body(self, early: Effects, late: Effects) -> None:
        """A loop over results as they come would now run after all coroutines, no longer between them."""
        loop = self._taking_loop()
        if loop is None:
            return
        body = self.finder.of(self.file, loop.body)
        whole = Effects()
        whole.add(early)
        whole.add(late)
        self._check_phases(whole, Effects(body.reads, body.writes), "the loop")
        for leaving in _leaving(loop):
            message = "the loop may end early, after all requests are paid"
            self.draft.object(self.file, Reason.EARLY_EXIT, message, leaving)
        for node in names.walk_scope(loop.body):
            if isinstance(node, ast.Yield | ast.YieldFrom):
                message = "results are handed out while the loop runs"
                self.draft.object(self.file, Reason.LAZY, message, node)


def _leaving(loop: ast.For) -> list[ast.stmt]:
    """The statements that leave a loop before its end."""
    found: list[ast.stmt] = []
    todo: list[tuple[ast.stmt, bool]] = [(s, True) for s in loop.body]
    while todo:
        node, is_own = todo.pop()
        if isinstance(node, ast.Return) or (isinstance(node, ast.Break) and is_own):
            found.append(node)
        inner = is_own and not isinstance(node, ast.For | ast.AsyncFor | ast.While)
        if not isinstance(node, names.NESTED):
            for part in ast.iter_child_nodes(node):
                if isinstance(part, ast.stmt):
                    todo.append((part, inner))
                elif isinstance(part, ast.ExceptHandler | ast.match_case):
                    todo += [(s, inner) for s in part.body]
    return found


class FanOutEmitter:
    """Plans the edits of a fan-out, those of its coroutines left out."""

    def __init__(self, draft: Draft, found: FanOut) -> None:
        self.draft = draft
        self.found = found
        self.file = found.file

    def emit(self) -> None:
        """Plan all edits; raises DeclinedError where the form has no rewrite."""
        file, found = self.file, self.found
        self.draft.claim(file, file.statement(found.sink))
        for fill in found.fills:
            self.draft.claim(file, file.statement(fill.outer))
            if fill.task is not None:
                self._replace(file.start(fill.task), file.start(fill.coroutine), "")
                self._replace(file.end(fill.coroutine), file.end(fill.task), "")
        if isinstance(found.binding, ast.AnnAssign) and any(fill.task for fill in found.fills):
            annotated = found.binding  # what it holds are no tasks any more
            self._replace(file.end(annotated.target), file.end(annotated.annotation), "")
        if found.kind == "gather":
            self._emit_gather(found.sink)
        elif found.kind == "gatherer":
            self._emit_gatherer(found.sink)
        else:
            self._emit_loop()

    def _replace(self, start: int, end: int, text: str) -> None:
        self.draft.edit(self.file, start, end, text)

    # gather

    def _emit_gather(self, sink: ast.expr) -> None:
        file = self.file
        assert isinstance(sink, ast.Call)
        if not isinstance(file.parents[sink], ast.Await) and not self._is_run(file.parents[sink]):
            raise file.decline(Reason.CALL_FORM, "what is gathered is awaited elsewhere", sink)
        kept = [k for k in sink.keywords if k.arg == "return_exceptions"]
        self._check_keywords(sink, kept)
        run = self.draft.use(file, "run_batch_async")
        self._replace(file.start(sink.func), file.end(sink.func), run)
        first, last = sink.args[0], sink.args[-1]
        if not kept:
            self._drop_keywords(sink)
        if len(sink.args) > 1 or not isinstance(first, ast.Starred):
            self._replace(file.start(first), file.start(first), "[")
            self._replace(file.end(last), file.end(last), "]")
            return
        inner = first.value
        self._replace(file.start(first), file.start(inner), "")
        rest = file.text[file.end(inner) : file.end(sink)].strip()
        if isinstance(inner, ast.GeneratorExp) and (rest == b")" or not kept) and not _has_comma(rest, kept):
            self._replace(file.start(inner), file.start(inner) + 1, "")
            self._replace(file.end(inner) - 1, file.end(inner), "")

    def _emit_gatherer(self, sink: ast.expr) -> None:
        """A function that only gathers: the run takes its place."""
        file, held = self.file, self.found.held
        assert held is not None
        if not isinstance(file.parents[sink], ast.Await):
            raise file.decline(Reason.CALL_FORM, "what is gathered is awaited elsewhere", sink)
        run = self.draft.use(file, "run_batch_async")
        self._replace(file.start(sink), file.start(held), f"{run}(")
        self._replace(file.end(held), file.end(sink), ")")

    def _is_run(self, parent: ast.AST) -> bool:
        """Whether the event loop is run until the gathered coroutines have ended."""
        return (
            isinstance(parent, ast.Call)
            and isinstance(parent.func, ast.Attribute)
            and parent.func.attr == "run_until_complete"
        )

    def _check_keywords(self, sink: ast.Call, kept: list[ast.keyword]) -> None:
        for keyword in sink.keywords:
            is_shown = keyword.arg in _SHOWN_ONLY and _is_plain(self.file, keyword.value)
            if keyword not in kept and not is_shown:
                raise self.file.decline(
                    Reason.CALL_FORM, f"the argument {keyword.arg!r} has no batch form", keyword.value
                )
        if kept and len(kept) < len(sink.keywords):
            raise self.file.decline(Reason.CALL_FORM, "the arguments have no batch form", sink)

    def _drop_keywords(self, sink: ast.Call) -> None:
        if sink.keywords:
            self._replace(self.file.end(sink.args[-1]), self.file.end(sink.keywords[-1].value), "")

    # loops over results

    def _emit_loop(self) -> None:
        file, sink = self.file, self.found.sink
        held: ast.expr = sink.args[0] if isinstance(sink, ast.Call) and self._is_completed(sink) else sink
        if held is not sink and isinstance(sink, ast.Call):
            if len(sink.args) != 1:
                raise file.decline(Reason.CALL_FORM, "arguments are passed by position", sink)
            self._check_keywords(sink, [])
        loop = self._loop()
        target = (
            loop.target.elts[-1] if isinstance(loop.target, ast.Tuple) and loop.target.elts else loop.target
        )
        if not isinstance(target, ast.Name):
            raise file.decline(Reason.LOOP_FORM, "the loop variable is unusual", sink)
        whole = file.parents[loop] if isinstance(loop, ast.comprehension) else loop
        uses = self._uses(target, whole)
        if isinstance(whole, ast.ListComp) and self._is_all(whole, uses, sink):
            run = self.draft.use(file, "run_batch_async")
            self._replace(file.start(whole), file.start(held), f"await {run}(")
            self._replace(file.end(held), file.end(whole), ")")
            return
        run, outcome = self.draft.use(file, "run_outcomes_async"), file.fresh("outcome", "batch_outcome")
        self._replace(file.start(sink), file.start(held), f"await {run}(")
        self._replace(file.end(held), file.end(sink), ")")
        self._replace(file.start(target), file.end(target), outcome)
        for use in uses:
            self._replace(file.start(use), file.end(use), f"{outcome}.result()")

    def _is_completed(self, sink: ast.Call) -> bool:
        return kind_of(self.file, sink.func) == "completed"

    def _loop(self) -> ast.For | ast.comprehension:
        """The loop that takes the results one by one, perhaps through a progress bar or `enumerate`."""
        file = self.file
        node: ast.AST = self.found.sink
        while True:
            parent = file.parents[node]
            match parent:
                case ast.For(iter=iterable) | ast.comprehension(iter=iterable) if iterable is node:
                    return parent
                case ast.Call(args=[first, *_]) if first is node and self._passes_on(parent):
                    node = parent
                case _:
                    raise file.decline(Reason.CALL_FORM, "it is not seen what takes the results", parent)

    def _passes_on(self, call: ast.Call) -> bool:
        path = dotted(self.file, call.func)
        return path == "enumerate" or (path is not None and path.split(".")[0] in ("tqdm", "rich"))

    def _uses(self, target: ast.Name, whole: ast.AST) -> list[ast.Await]:
        """Where a loop awaits its variable; nothing else may be done with it."""
        file = self.file
        found: list[ast.Await] = []
        for node in ast.walk(file.scope(whole)):
            if isinstance(node, ast.Name) and node.id == target.id and node is not target:
                parent = file.parents[node]
                inside = whole in file.ancestors(node) and file.scope(node) is file.scope(whole)
                is_other = (
                    isinstance(node.ctx, ast.Store)
                    or is_bound_by_loop(file, node, whole)
                    or runs_before(file, node, whole)
                )
                if not inside and (is_other or not isinstance(whole, ast.For)):
                    continue
                if not (inside and isinstance(parent, ast.Await)):
                    raise file.decline(
                        Reason.CALL_FORM, f"{target.id!r} is used for more than its result", node
                    )
                found.append(parent)
        if len(found) != 1:
            raise file.decline(Reason.CALL_FORM, f"{target.id!r} is not awaited at one place", target)
        return found

    def _is_all(self, whole: ast.ListComp, uses: list[ast.Await], sink: ast.expr) -> bool:
        """`[await task for task in tasks]`: nothing but all results."""
        generator = whole.generators[0]
        return (
            whole.elt is uses[0]
            and len(whole.generators) == 1
            and not generator.ifs
            and generator.iter is sink
            and isinstance(generator.target, ast.Name)
        )


def _is_plain(file: ProgramFile, node: ast.expr) -> bool:
    """Whether an argument can be left out: it does nothing."""
    match node:
        case ast.Call(args=[ast.Name()], keywords=[]):
            return dotted(file, node.func) == "len"
        case ast.Constant() | ast.Name() | ast.Attribute():
            return True
        case ast.JoinedStr(values=values):
            return all(_is_plain(file, value) for value in values)
        case ast.FormattedValue(value=value):
            return _is_plain(file, value)
    return False


def _has_comma(rest: bytes, kept: list[ast.keyword]) -> bool:
    """Whether something follows the one argument, so that a generator needs its parentheses."""
    return bool(kept) or rest.rstrip(b")").strip().endswith(b",")
