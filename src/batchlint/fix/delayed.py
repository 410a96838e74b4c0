"""joblib: `Parallel(n_jobs=4)(delayed(f)(x) for x in xs)` becomes `run_batch([f_steps(x) for x in xs])`."""

import ast

from batchlint.fix.callables import Callables, Target, own_parameters
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.fix.forms import Binder, Use, Workers, binder_of_name, table
from batchlint.fix.iterables import Supply, is_progress, supply_of, without_progress
from batchlint.fix.sharing import Sharing
from batchlint.fix.steps import Steps

_PARALLEL = frozenset({"joblib.Parallel", "joblib.parallel.Parallel"})


class Delayed:
    """Plans the rewrite of a comprehension of delayed calls, or raises DeclinedError."""

    def __init__(self, program: Program, finder: EffectFinder, draft: Draft, steps: Steps) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.steps = steps

    def plan(self, key: tuple[int, int]) -> set[tuple[int, int]]:
        """Plan all edits; gives the calls that change into others."""
        file, call = self.program.file_of(key[0]), self.program.call(*key)
        made = file.parents[call]
        if not isinstance(made, ast.GeneratorExp | ast.ListComp) or not isinstance(call.func, ast.Call):
            raise file.decline(Reason.LOOP_FORM, "the delayed call stands in no comprehension", call)
        whole = _run_by(file, made)
        constructor, binder = self._constructor(file, whole)
        workers, may_be_one = self._workers(file, constructor)
        if len(call.func.args) != 1 or isinstance(file.scope(call), ast.ClassDef):
            raise file.decline(Reason.CALL_FORM, "the delayed call has options of its own", call)
        target = Callables(self.program, self.draft, self.steps).target(file, key, call.func.args[0])
        if target.body is not None or target.fixed:
            raise file.decline(Reason.CALL_FORM, "the delayed function has no name", call)
        self.steps.add(target.scope, judged=workers is Workers.NONE)
        self._check(file, call, made, target, workers, may_be_one=may_be_one)
        self.draft.claim(file, file.statement(whole))
        self._emit(file, whole, made, call, target.name)
        if binder is not None:
            self.draft.pools.append(Use(file.path, binder, whole))
        return {key}

    def _constructor(self, file: ProgramFile, whole: ast.Call) -> tuple[ast.Call, Binder | None]:
        """The call that made what runs the comprehension."""
        if isinstance(whole.func, ast.Call):
            return whole.func, None
        binder = binder_of_name(file, whole, whole.func.id) if isinstance(whole.func, ast.Name) else None
        if binder is None or dotted(file, binder.constructor.func) not in _PARALLEL:
            raise file.decline(Reason.CALL_FORM, "what runs the delayed calls is not seen", whole)
        return binder.constructor, binder

    def _workers(self, file: ProgramFile, constructor: ast.Call) -> tuple[Workers, bool]:
        """Where the function runs, and whether that may be one after the other."""
        given = {k.arg: k.value for k in constructor.keywords}
        if constructor.args:
            given["n_jobs"] = constructor.args[0]
        if "timeout" in given:
            message = "the wait may end early, after all requests are paid"
            self.draft.object(file, Reason.EARLY_EXIT, message, constructor)
        known = {"timeout", "require", "temp_folder", "max_nbytes", *table()["options"]["harmless"]}
        if len(constructor.args) > 1 or not given.keys() <= known:
            raise file.decline(Reason.CALL_FORM, "the pool has options of its own", constructor)
        texts = {ast.unparse(value) for value in given.values()}
        count = ast.unparse(given.get("n_jobs", ast.Constant(1)))
        if count == "1":
            return Workers.NONE, True
        is_threads = bool(texts & {"'threads'", "'threading'", "'sharedmem'"})
        may_be_one = not count.lstrip("-").isdigit()
        return (Workers.THREADS if is_threads else Workers.PROCESSES), may_be_one

    def _check(
        self,
        file: ProgramFile,
        call: ast.Call,
        made: ast.GeneratorExp | ast.ListComp,
        target: Target,
        workers: Workers,
        *,
        may_be_one: bool,
    ) -> None:
        scope, name = target.scope, target.name
        arguments = [*call.args, *(k.value for k in call.keywords)]
        for what in dict.fromkeys(self.finder.of(file, arguments).unknown):
            message = f"{what} would run for all records at once; its effects are not known"
            self.draft.object(file, Reason.UNKNOWN_EFFECT, message, call)
        if workers is not Workers.NONE:
            targets = [g.target for g in made.generators]
            varying = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            given = ast.Call(ast.parse(name, mode="eval").body, call.args, call.keywords)
            own = own_parameters(self.program.function(scope), given, varying)
            Sharing(self.program, self.finder, self.draft, self.steps).check(
                scope, own, workers, None, may_be_one=may_be_one
            )
            return
        for generator in made.generators:
            found = supply_of(self.program, file, call, without_progress(file, generator.iter))
            if found is Supply.LAZY:
                raise file.decline(Reason.LAZY, "records are produced while the requests run", call)
            if found is Supply.UNKNOWN:
                message = "where the records come from is not known"
                self.draft.object(file, Reason.UNKNOWN_ITERABLE, message, call)

    def _emit(self, file: ProgramFile, whole: ast.Call, made: ast.AST, call: ast.Call, name: str) -> None:
        assert isinstance(made, ast.GeneratorExp | ast.ListComp)
        run = self.draft.use(file, "run_batch")
        last = made.generators[-1]
        end = file.end(last.ifs[-1] if last.ifs else last.iter)
        tail = file.text[end : file.end(whole)].decode()
        gap = file.text[file.end(whole.func) : file.start(call)].decode()
        lines = gap if "\n" in gap and not gap.strip(" \n\r([") else ""
        opening = f"{run}([{lines.strip('([')}"
        closing = ("\n" + tail.rsplit("\n", 1)[1].split(")")[0] if lines and "\n" in tail else "") + "])"
        self.draft.edit(file, file.start(whole), file.end(call.func), f"{opening}{name}")
        self.draft.edit(file, end, file.end(whole), closing)
        for generator in made.generators:
            bare = without_progress(file, generator.iter)
            if bare is not generator.iter:
                self.draft.edit(file, file.start(generator.iter), file.start(bare), "")
                self.draft.edit(file, file.end(bare), file.end(generator.iter), "")


def _run_by(file: ProgramFile, made: ast.expr) -> ast.Call:
    """The call that runs a comprehension of delayed calls."""
    child: ast.AST = made
    parent = file.parents[child]
    while isinstance(parent, ast.Call) and is_progress(file, parent) and parent.args[:1] == [child]:
        child, parent = parent, file.parents[parent]
    if not isinstance(parent, ast.Call) or parent.args != [child] or parent.keywords:
        raise file.decline(Reason.LOOP_FORM, "what runs the delayed calls is not seen", made)
    is_parallel = isinstance(parent.func, ast.Call) and dotted(file, parent.func.func) in _PARALLEL
    if not is_parallel and not isinstance(parent.func, ast.Name):
        raise file.decline(Reason.LOOP_FORM, "what runs the delayed calls is not seen", made)
    return parent
