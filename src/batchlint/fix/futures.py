"""Functions that a pool is given one record at a time: `pool.submit(f, x)` becomes a step, and the futures
become the outcomes of a batch run, whose `result()` returns or raises as that of a future does."""

import ast
from dataclasses import dataclass

from batchlint.fix import names
from batchlint.fix.callables import Callables, Target, own_parameters
from batchlint.fix.consumers import statements_beside
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.fix.forms import Form, Use, Workers
from batchlint.fix.futures_taken import Taken, taken
from batchlint.fix.origins import changed_names
from batchlint.fix.sharing import Sharing
from batchlint.fix.steps import Steps

_DISPLAYS = (ast.ListComp, ast.SetComp, ast.DictComp)


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the futures are kept.

    `whole` is the statement or expression that makes them all: a comprehension, or a loop that fills the
    container `name`, which `made` has made empty before. `holder` is a variable that holds one future for a
    moment. `as_key` and `as_value` say which part of a mapping the futures are.
    """

    whole: ast.expr | ast.stmt
    name: str
    made: ast.Assign | ast.AnnAssign | None
    holder: str
    as_key: bool
    as_value: bool

    @property
    def part(self) -> str:
        """What of the container the futures are."""
        return "key" if self.as_key else "value" if self.as_value else "item"


class Futures:
    """Plans the rewrite of a call that gives a pool one record, or raises DeclinedError."""

    def __init__(self, program: Program, finder: EffectFinder, draft: Draft, steps: Steps) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.steps = steps

    def plan(self, file: ProgramFile, key: tuple[int, int], form: Form) -> set[tuple[int, int]]:
        """Plan all edits; gives the calls that no longer call the functions themselves."""
        if isinstance(form.function, ast.Lambda) or form.workers is Workers.NONE:
            raise file.decline(Reason.CALL_FORM, "a pool of one worker, or a lambda", form.call)
        if isinstance(file.scope(form.call), ast.ClassDef | ast.Lambda):
            raise file.decline(Reason.LOOP_FORM, "the call stands in the body of a class", form.call)
        target = Callables(self.program, self.draft, self.steps).target(file, key, form.function)
        self.steps.add(target.scope, judged=False)
        kept = _Keeper(file, form).find()
        found = taken(self.draft, file, form, kept.whole, kept.name, kept.part)
        self._check(file, form, target, kept, found)
        self.draft.claim(file, file.statement(kept.whole))
        self._emit(file, form, target, kept, found)
        if form.binder is not None:
            self.draft.pools.append(Use(file.path, form.binder, form.call))
        return {key}

    # whether that is the same

    def _check(self, file: ProgramFile, form: Form, target: Target, kept: Kept, found: Taken) -> None:
        varying = _varying(file, form.call, kept.whole)
        given = _as_call(file, form, target)
        own = own_parameters(self.program.function(target.scope), given, varying)
        whole = file.statement(kept.whole)
        around = [whole] if isinstance(kept.whole, ast.stmt) else []
        bound = varying | names.bound(around)
        if bound & self.finder.of_function(target.scope).free_names and around:
            raise file.decline(
                Reason.CAPTURED_VARIABLE, "the function looks at variables of the loop", form.call
            )
        arguments = [*given.args, *(k.value for k in given.keywords)]
        if changed_names(list(around)) & names.read(arguments) - varying:
            message = "an argument of the call changes while the loop runs"
            raise file.decline(Reason.LOOP_CARRIED, message, form.call)
        code = self.finder.of(file, statements_beside(file, form, found.until), skip=[form.call])
        Sharing(self.program, self.finder, self.draft, self.steps).check(
            target.scope, own, form.workers, code, may_be_one=form.may_be_one
        )

    # emission

    def _emit(self, file: ProgramFile, form: Form, target: Target, kept: Kept, found: Taken) -> None:
        for at, to, text in [*self._step(file, form, target), *found.edits]:
            self.draft.edit(file, at, to, text)
        run = self.draft.use(file, "run_outcomes")
        if isinstance(kept.whole, ast.stmt):
            self._emit_loop(file, kept, run)
        elif kept.as_key or kept.as_value:
            self._emit_mapping(file, kept, run)
        else:
            start, end = file.start(kept.whole), file.end(kept.whole)
            is_list = isinstance(kept.whole, ast.ListComp)
            self.draft.edit(file, start, start if is_list else start + 1, f"{run}(" + "[" * (not is_list))
            self.draft.edit(file, end if is_list else end - 1, end, "]" * (not is_list) + ")")

    def _step(self, file: ProgramFile, form: Form, target: Target) -> list[tuple[int, int, str]]:
        """The edits that make `pool.submit(f, x)` the call `f_steps(x)`."""
        call = form.call
        fixed = [file.source(value) for value in target.front]
        last = [f"{k.arg}=" * bool(k.arg) + "**" * (not k.arg) + file.source(k.value) for k in target.back]
        if form.takes == "packed":
            text = ", ".join([*fixed, *_unpacked(file, form), *last])
            return [(file.start(call), file.end(call), f"{target.name}({text})")]
        rest = [*form.rest, *form.keywords]
        if not rest:
            return [(file.start(call), file.end(call), f"{target.name}({', '.join([*fixed, *last])})")]
        first, end = file.start(rest[0]), file.end(rest[-1])
        if isinstance(rest[0], ast.keyword) and rest[0].arg is None:
            first = file.text.rindex(b"**", 0, file.start(rest[0].value))
        gap = file.text[file.end(form.function) : first].decode().partition(",")[2]
        opening = gap if "\n" in gap and "#" not in gap else ""
        edits = [(file.start(call), first, f"{target.name}({opening}" + "".join(f"{t}, " for t in fixed))]
        if last:
            edits.append((end, end, ", " + ", ".join(last)))
        return edits

    def _emit_mapping(self, file: ProgramFile, kept: Kept, run: str) -> None:
        """A mapping of steps is made first, and one of outcomes from it."""
        steps = file.fresh("steps", "batch_steps")
        statement = file.statement(kept.whole)
        assert isinstance(statement, ast.Assign)
        (name,) = statement.targets
        self.draft.edit(file, file.start(name), file.end(name), steps)
        self._after(file, statement, f"{kept.name} = {_mapping(kept, steps, run)}")

    def _emit_loop(self, file: ProgramFile, kept: Kept, run: str) -> None:
        """The loop collects steps under another name; behind it they run."""
        assert isinstance(kept.whole, ast.stmt)
        assert kept.made is not None
        start, end = file.start(kept.whole), file.end(kept.whole)
        inside = {e.text for e in self.draft.edits.get(file.path, ()) if start <= e.start < end}
        wishes = [name for name in ("steps", f"{kept.name}_steps") if name not in inside]
        steps, step = file.fresh(*wishes), file.fresh("step", "batch_step")
        renamed = {kept.name: steps, kept.holder: step}
        for node in [*ast.walk(kept.made), *ast.walk(kept.whole)]:
            if isinstance(node, ast.Name) and node.id in renamed and node.id:
                self.draft.edit(file, file.start(node), file.end(node), renamed[node.id])
        made = f"{run}({steps})" if not (kept.as_key or kept.as_value) else _mapping(kept, steps, run)
        self._after(file, kept.whole, f"{kept.name} = {made}")

    def _after(self, file: ProgramFile, statement: ast.stmt, text: str) -> None:
        end = file.text.find(b"\n", file.end(statement))
        at = len(file.text) if end < 0 else end + 1
        missing = "\n" if end < 0 else ""
        self.draft.edit(file, at, at, f"{missing}{file.indent(statement)}{text}\n")


def _mapping(kept: Kept, steps: str, run: str) -> str:
    if kept.as_key:
        return f"dict(zip({run}({steps}), {steps}.values()))"
    return f"dict(zip({steps}, {run}({steps}.values())))"


def _as_call(file: ProgramFile, form: Form, target: Target) -> ast.Call:
    """The call of the function, as a tree."""
    function = ast.parse(target.name, mode="eval").body
    if form.takes == "packed":
        text = ", ".join(_unpacked(file, form))
        made = ast.parse(f"f({text})", mode="eval").body
        assert isinstance(made, ast.Call)
        return ast.Call(function, [*target.front, *made.args], [*made.keywords, *target.back])
    return ast.Call(function, [*target.front, *form.rest], [*form.keywords, *target.back])


def _unpacked(file: ProgramFile, form: Form) -> list[str]:
    """The arguments that a tuple and a mapping hold, as texts."""
    given = {k.arg: k.value for k in form.keywords}
    given.update(zip(("args", "kwds"), form.rest, strict=False))
    if not given.keys() <= {"args", "kwds"} or len(form.rest) > 2:
        raise file.decline(Reason.CALL_FORM, "the call has a callback", form.call)
    found: list[str] = []
    match given.get("args"):
        case None:
            pass
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            found += [file.source(part) for part in parts]
        case ast.expr() as other:
            found.append(f"*{file.source(other)}")
    match given.get("kwds"):
        case None:
            pass
        case ast.Dict(keys=keys, values=values) if all(
            isinstance(k, ast.Constant) and str(k.value).isidentifier() for k in keys
        ):
            for key, value in zip(keys, values, strict=True):
                assert isinstance(key, ast.Constant)
                found.append(f"{key.value!s}={file.source(value)}")
        case ast.expr() as other:
            found.append(f"**{file.source(other)}")
    return found


def _varying(file: ProgramFile, call: ast.Call, whole: ast.AST) -> set[str]:
    """The variables of the loops and comprehensions around a call, up to where all futures are made."""
    found: set[str] = set()
    for outer in file.ancestors(call):
        if isinstance(outer, ast.For):
            found |= {n.id for n in ast.walk(outer.target) if isinstance(n, ast.Name)}
        elif isinstance(outer, names.COMPREHENSIONS):
            targets = [g.target for g in outer.generators]
            found |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        if outer is whole:
            break
    return found


class _Keeper:
    """Finds where the futures of a call are kept."""

    def __init__(self, file: ProgramFile, form: Form) -> None:
        self.file = file
        self.call = form.call

    def find(self) -> Kept:
        file, call = self.file, self.call
        parent = file.parents[call]
        if isinstance(parent, _DISPLAYS):
            return self._of_comprehension(parent)
        statement = file.statement(call)
        match statement:
            case ast.Assign(targets=[ast.Name(id=holder)]) if statement.value is call:
                name, as_key, as_value = self._stored(statement, holder)
                return self._of_loop(name, holder, as_key=as_key, as_value=as_value)
        found = _stored_in(statement, call)
        if found is None:
            raise file.decline(Reason.LOOP_FORM, "where the futures are kept is not seen", call)
        return self._of_loop(found[0], "", as_key=found[1], as_value=found[2])

    def _of_comprehension(self, parent: ast.AST) -> Kept:
        file, call = self.file, self.call
        assert isinstance(parent, _DISPLAYS)
        as_key = isinstance(parent, ast.DictComp) and parent.key is call
        as_value = isinstance(parent, ast.DictComp) and not as_key
        if isinstance(parent, ast.DictComp) and as_value and not _has_own_keys(parent):
            raise file.decline(Reason.LOOP_FORM, "futures may replace each other in the mapping", parent)
        statement = file.statement(parent)
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) if statement.value is parent:
                return Kept(parent, name, None, "", as_key, as_value)
        if isinstance(parent, ast.DictComp):
            raise file.decline(Reason.LOOP_FORM, "where the futures are kept is not seen", call)
        return Kept(parent, "", None, "", False, False)

    def _stored(self, statement: ast.Assign, holder: str) -> tuple[str, bool, bool]:
        """The container that a variable's future is put into, right behind its making."""
        file = self.file
        block = _block_of(file, statement)
        following = block[block.index(statement) + 1 :]
        loop = next((o for o in file.ancestors(statement) if isinstance(o, ast.For | ast.While)), None)
        uses = [n for n in ast.walk(loop or file.tree) if isinstance(n, ast.Name) and n.id == holder]
        for other in following:
            loads = [n for n in ast.walk(other) if isinstance(n, ast.Name) and n.id == holder]
            if not loads:
                continue
            found = _stored_in(other, loads[0])
            if found is None or len(uses) != 2:
                break
            return found
        raise file.decline(Reason.CALL_FORM, "what becomes of the futures is not seen", statement)

    def _of_loop(self, name: str, holder: str, *, as_key: bool, as_value: bool) -> Kept:
        file = self.file
        made, whole = self._filled(name)
        if as_value:
            raise file.decline(Reason.LOOP_FORM, "futures may replace each other in the mapping", whole)
        stores = 0
        for node in ast.walk(whole):
            if isinstance(node, ast.Name) and node.id == name:
                is_filling = self._is_filling(node)
                stores += is_filling
                if (not is_filling and not self._is_length(node)) or stores > 1:
                    raise file.decline(Reason.CALL_FORM, "what becomes of the futures is not seen", node)
            if isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.Return):
                raise file.decline(Reason.LOOP_FORM, "the loop is left while futures are made", node)
        return Kept(whole, name, made, holder, as_key, False)

    def _filled(self, name: str) -> tuple[ast.Assign | ast.AnnAssign, ast.stmt]:
        """The statement that makes the empty container, and the loop behind it that fills it.

        Between them may be the blocks of pools, no condition and no other loop.
        """
        file = self.file
        child: ast.stmt = file.statement(self.call)
        whole: ast.stmt | None = None
        while isinstance(file.parents[child], ast.stmt | ast.Module):
            if isinstance(child, ast.For | ast.While):
                whole = child
            elif whole is not None and not isinstance(child, ast.With):
                break
            block = _block_of(file, child)
            for statement in block[: block.index(child)]:
                match statement:
                    case ast.Assign(targets=[ast.Name(id=bound)]) | ast.AnnAssign(target=ast.Name(id=bound)):
                        if bound == name and _is_empty(statement.value) and isinstance(whole, ast.For):
                            return statement, whole
            parent = file.parents[child]
            if not isinstance(parent, ast.stmt) or isinstance(parent, FunctionNode):
                break
            child = parent
        raise file.decline(Reason.LOOP_FORM, "where the futures are kept is not seen", self.call)

    def _is_filling(self, node: ast.Name) -> bool:
        """Whether a use of the container is the store of a future."""
        match self.file.parents[node]:
            case ast.Attribute(attr="append" | "add") | ast.Subscript(ctx=ast.Store()):
                return True
        return False

    def _is_length(self, node: ast.Name) -> bool:
        parent = self.file.parents[node]
        return isinstance(parent, ast.Call) and dotted(self.file, parent.func) == "len"


def _stored_in(statement: ast.stmt, value: ast.AST) -> tuple[str, bool, bool] | None:
    """The container that a statement puts a value into, and whether as a key or a value."""
    match statement:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "add"), args=[given])
        ) if given is value:
            return name, False, False
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)]) if key is value:
            return name, True, False
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))]) if statement.value is value:
            return name, False, True
    return None


def _is_empty(node: ast.expr | None) -> bool:
    match node:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id="list" | "dict" | "set"), args=[], keywords=[]):
            return True
    return False


def _block_of(file: ProgramFile, statement: ast.stmt) -> list[ast.stmt]:
    parent = file.parents[statement]
    blocks = [getattr(parent, name, []) for name in ("body", "orelse", "finalbody")]
    return next(block for block in blocks if isinstance(block, list) and statement in block)


def _has_own_keys(made: ast.DictComp) -> bool:
    """Whether no two records of a mapping have the same key: numbers of `enumerate` or `range`, or keys."""
    if len(made.generators) != 1 or not isinstance(made.key, ast.Name):
        return False
    clause = made.generators[0]
    match clause.target, clause.iter:
        case ast.Tuple(elts=[ast.Name(id=first), *_]), ast.Call(func=ast.Name(id="enumerate")):
            return first == made.key.id
        case ast.Tuple(elts=[ast.Name(id=first), *_]), ast.Call(func=ast.Attribute(attr="items")):
            return first == made.key.id
        case ast.Name(id=first), ast.Call(func=ast.Name(id="range")):
            return first == made.key.id
    return False
