"""Functions that a pool or `map` runs for each record: `list(pool.map(f, xs))` becomes `run_batch([...])`."""

import ast
from dataclasses import dataclass

from batchlint.fix import names
from batchlint.fix.callables import Callables, Target, own_parameters
from batchlint.fix.consumers import Consumer, beside, consumer_of
from batchlint.fix.decline import Reason
from batchlint.fix.delayed import Delayed
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.emit import shifted
from batchlint.fix.fanned import listed
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.fix.forms import Form, Use, Workers, form_of, is_delayed, table
from batchlint.fix.frames import Frames, is_frame
from batchlint.fix.futures import Futures
from batchlint.fix.iterables import Supply, supply_of, without_progress
from batchlint.fix.places import STDOUT, conflicts
from batchlint.fix.sharing import Sharing
from batchlint.fix.steps import Steps


@dataclass(frozen=True, slots=True)
class Element:
    """The call of a generator for one record, and the `for` clauses that give the records.

    `varying` are the variables that the clauses bind; `call` is the call as a tree, for what its arguments
    are.
    """

    text: str
    clauses: str
    varying: frozenset[str]
    call: ast.Call


def plan_fan_out(
    program: Program, finder: EffectFinder, draft: Draft, steps: Steps, key: tuple[int, int]
) -> set[tuple[int, int]]:
    """Plan the rewrite of a call that fans out records; gives the calls that change into others.

    Raises DeclinedError where the form has no rewrite.
    """
    if is_delayed(program, key):
        return Delayed(program, finder, draft, steps).plan(key)
    if is_frame(program, key):
        return Frames(program, finder, draft, steps).plan(key)
    file = program.file_of(key[0])
    form = form_of(program, file, key)
    if form.takes in ("own", "packed"):
        return Futures(program, finder, draft, steps).plan(file, key, form)
    return FanOut(program, finder, draft, steps).plan(file, key, form)


class FanOut:
    """Plans the rewrite of a call that runs a function for each record, or raises DeclinedError."""

    def __init__(self, program: Program, finder: EffectFinder, draft: Draft, steps: Steps) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.steps = steps

    def plan(self, file: ProgramFile, key: tuple[int, int], form: Form) -> set[tuple[int, int]]:
        """Plan all edits; gives the calls that no longer call the functions themselves."""
        statement = file.statement(form.call)
        if isinstance(file.scope(form.call), ast.ClassDef):
            raise file.decline(Reason.LOOP_FORM, "the call stands in the body of a class", form.call)
        self._check_options(file, form)
        target = Callables(self.program, self.draft, self.steps).target(file, key, form.function)
        self.steps.add(target.scope, judged=form.workers is Workers.NONE)
        element = self._element(file, form, target)
        consumer = consumer_of(self.program, self.draft, file, form)
        self._check(file, form, target, element, consumer)
        self.draft.claim(file, statement)
        self._emit(file, form, element, consumer)
        if form.binder is not None:
            self.draft.pools.append(Use(file.path, form.binder, form.call))
        return {key, *([target.key] if target.key else [])}

    def _check_options(self, file: ProgramFile, form: Form) -> None:
        for keyword in form.keywords:
            if keyword.arg == "timeout":
                message = "the wait may end early, after all requests are paid"
                self.draft.object(file, Reason.EARLY_EXIT, message, form.call)
            elif keyword.arg not in table()["options"]["harmless"]:
                message = f"the option {keyword.arg or '**'!r} has no batch form"
                raise file.decline(Reason.CALL_FORM, message, form.call)

    # what runs for each record

    def _element(self, file: ProgramFile, form: Form, target: Target) -> Element:
        if target.body is not None:
            return self._of_lambda(file, form, target)
        sources = [without_progress(file, node) for node in form.rest]
        if not sources or any(isinstance(node, ast.Starred) for node in sources):
            raise file.decline(Reason.CALL_FORM, "what the records are is not seen", form.call)
        if form.takes == "zip":
            return self._of_several(file, target, sources)
        if form.takes == "star" and isinstance(sources[0], ast.ListComp | ast.GeneratorExp):
            made = sources[0]
            if isinstance(made.elt, ast.Tuple):
                return self._of_comprehension(file, target, made, made.elt.elts)
        if form.takes == "star":
            variable = self._variable(file, target, "args")
            arguments: list[ast.expr] = [ast.Starred(ast.Name(variable, ast.Load()), ast.Load())]
        else:
            wish = target.parameters[0] if target.parameters else "item"
            variable = self._variable(file, target, wish)
            arguments = [ast.Name(variable, ast.Load())]
        source = sources[0]
        call, text = self._call(file, target, arguments)
        return Element(text, f"for {variable} in {self._source(file, source)}", frozenset({variable}), call)

    def _of_several(self, file: ProgramFile, target: Target, sources: list[ast.expr]) -> Element:
        """One argument from each iterable; what `repeat` repeats is written down."""
        first = sources[0]
        made = isinstance(first, ast.ListComp | ast.GeneratorExp) and len(sources) == 1
        if isinstance(first, ast.ListComp | ast.GeneratorExp) and made:
            return self._of_comprehension(file, target, first, [first.elt])
        arguments: list[ast.expr] = []
        variables: list[str] = []
        varying: list[ast.expr] = []
        for number, source in enumerate(sources):
            if number and (constant := _repeated(file, source)) is not None:
                arguments.append(constant)
                continue
            wish = target.parameters[number] if number < len(target.parameters) else "item"
            variables.append(self._variable(file, target, wish, *variables))
            varying.append(source)
            arguments.append(ast.Name(variables[-1], ast.Load()))
        read = names.read([a for a in arguments if not isinstance(a, ast.Name) or a.id not in variables])
        if read & set(variables):
            raise file.decline(Reason.CALL_FORM, "the repeated arguments have the parameters' names", first)
        over = ", ".join(self._source(file, source) for source in varying)
        clauses = f"for {', '.join(variables)} in " + (f"zip({over})" if len(varying) > 1 else over)
        call, text = self._call(file, target, arguments)
        return Element(text, clauses, frozenset(variables), call)

    def _of_comprehension(
        self,
        file: ProgramFile,
        target: Target,
        made: ast.ListComp | ast.GeneratorExp,
        arguments: list[ast.expr],
    ) -> Element:
        """The arguments are made by a comprehension, whose clauses serve as they are."""
        varying = {n.id for g in made.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        if varying & target.mentioned or any(g.is_async for g in made.generators):
            raise file.decline(Reason.CALL_FORM, "the comprehension hides a name of the call", made)
        start, end = file.start(made.generators[0].target), file.end(_last_part(made))
        words = file.text[: file.start(made.generators[0].target)].rstrip()
        assert words.endswith(b"for")
        clauses = "for " + file.text[start:end].decode()
        call, text = self._call(file, target, arguments)
        return Element(text, clauses, frozenset(varying), call)

    def _of_lambda(self, file: ProgramFile, form: Form, target: Target) -> Element:
        """The lambda's parameters become the comprehension's variables, its body the element."""
        body = target.body
        assert body is not None
        sources = [without_progress(file, node) for node in form.rest]
        if form.takes == "star" or len(target.parameters) != len(sources):
            raise file.decline(Reason.CALL_FORM, "the lambda's arguments are not seen", form.call)
        over = ", ".join(self._source(file, source) for source in sources)
        clauses = f"for {', '.join(target.parameters)} in " + (f"zip({over})" if len(sources) > 1 else over)
        text = target.name + file.text[file.end(body.func) : file.end(body)].decode()
        return Element(text, clauses, frozenset(target.parameters), body)

    def _variable(self, file: ProgramFile, target: Target, *wishes: str) -> str:
        """A name for the records that hides nothing that the element mentions."""
        wish, *others = wishes
        taken = {*target.mentioned, *others}
        return wish if wish not in taken else file.fresh("item", "record")

    def _source(self, file: ProgramFile, node: ast.expr) -> str:
        text = file.source(node)
        if isinstance(node, ast.Lambda | ast.IfExp | ast.Tuple) and not text.startswith("("):
            return f"({text})"
        return text

    def _call(self, file: ProgramFile, target: Target, arguments: list[ast.expr]) -> tuple[ast.Call, str]:
        function = ast.parse(target.name, mode="eval").body
        call = ast.Call(function, [*target.front, *arguments], target.back)
        parts = [self._text(file, argument) for argument in (*target.front, *arguments)]
        for keyword in target.back:
            name = f"{keyword.arg}=" if keyword.arg else "**"
            parts.append(f"{name}{file.source(keyword.value)}")
        return call, f"{target.name}({', '.join(parts)})"

    def _text(self, file: ProgramFile, node: ast.expr) -> str:
        return file.source(node) if hasattr(node, "lineno") else ast.unparse(node)

    # whether that is the same

    def _check(
        self, file: ProgramFile, form: Form, target: Target, element: Element, consumer: Consumer
    ) -> None:
        function = self.program.function(target.scope)
        seen = element.varying & self.finder.of_function(target.scope).free_names
        if seen and isinstance(file.scope(form.call), ast.Module):
            seen = frozenset()  # the variables of a comprehension are nobody else's
        own = own_parameters(function, element.call, set(element.varying))
        arguments = [*element.call.args, *(k.value for k in element.call.keywords)]
        made = self.finder.of(file, [a for a in arguments if hasattr(a, "lineno")])
        for what in dict.fromkeys(made.unknown):
            message = f"{what} would run for all records at once; its effects are not known"
            self.draft.object(file, Reason.UNKNOWN_EFFECT, message, form.call)
        if target.body is not None and consumer.is_swallowing and not _is_plain_call(element.call):
            raise file.decline(Reason.CALL_FORM, "what the lambda computes may fail by itself", form.call)
        if form.workers is Workers.NONE:
            self._check_one_by_one(file, form, target, consumer)
            return
        code = self.finder.of(file, beside(file, form, consumer))
        Sharing(self.program, self.finder, self.draft, self.steps).check(
            target.scope, own, form.workers, code, may_be_one=form.may_be_one
        )

    def _check_one_by_one(self, file: ProgramFile, form: Form, target: Target, consumer: Consumer) -> None:
        """Without workers, the function and what consumes its results run in turns."""
        for source in form.rest:
            found = supply_of(self.program, file, form.call, without_progress(file, source))
            if found is Supply.LAZY:
                raise file.decline(Reason.LAZY, "records are produced while the requests run", source)
            if found is Supply.UNKNOWN:
                message = "where the records come from is not known"
                self.draft.object(file, Reason.UNKNOWN_ITERABLE, message, source)
        if consumer.loop is None:
            return
        steps = self.finder.of_function(target.scope)
        body = self.finder.of(file, list(consumer.loop.body))
        for place in conflicts(body.writes, steps.reads):
            self.draft.object(
                file, Reason.LOOP_CARRIED, f"{place.name!r} changes from record to record", consumer.loop
            )
        if body.unknown or (STDOUT in body.writes and STDOUT in steps.writes):
            message = "what the loop does would come after all requests"
            self.draft.object(file, Reason.EFFECT_ORDER, message, consumer.loop)

    # emission

    def _emit(self, file: ProgramFile, form: Form, element: Element, consumer: Consumer) -> None:
        node = consumer.node
        runner = self.draft.use(file, "run_outcomes" if consumer.is_swallowing else "run_batch")
        indent = file.indent(file.statement(form.call))
        at = file.line_start(node)
        column = len(file.text[at : file.start(node)].decode())
        rest = file.text[file.end(node) :].split(b"\n", 1)[0].decode()
        text = listed(runner, element.text, element.clauses, indent, column, len(rest))
        self.draft.edit(file, file.start(node), file.end(node), shifted(file, node, text, indent))
        if consumer.loop is not None and consumer.is_swallowing:
            self._emit_outcomes(file, consumer.loop)

    def _emit_outcomes(self, file: ProgramFile, loop: ast.For) -> None:
        """The failure of a record appears when its turn comes, as before."""
        outcome = file.fresh("outcome", "batch_outcome")
        target = file.source(loop.target)
        self.draft.edit(file, file.start(loop.target), file.end(loop.target), outcome)
        at = file.line_start(loop.body[0])
        self.draft.edit(file, at, at, f"{file.indent(loop.body[0])}{target} = {outcome}.result()\n")


def _last_part(made: ast.ListComp | ast.GeneratorExp) -> ast.expr:
    last = made.generators[-1]
    return last.ifs[-1] if last.ifs else last.iter


def _repeated(file: ProgramFile, node: ast.expr) -> ast.expr | None:
    """The value that `itertools.repeat(value)` or `[value] * n` gives again and again."""
    match node:
        case ast.Call(args=[ast.Name() | ast.Constant() | ast.Attribute() as value], keywords=[]):
            return value if dotted(file, node.func) == "itertools.repeat" else None
        case ast.BinOp(
            left=ast.List(elts=[ast.Name() | ast.Constant() as value]),
            op=ast.Mult(),
            right=ast.Call(func=ast.Name(id="len")),
        ):
            return value
    return None


def _is_plain_call(call: ast.Call) -> bool:
    values = [*call.args, *(k.value for k in call.keywords)]
    return all(isinstance(value, ast.Name | ast.Constant) for value in values)
