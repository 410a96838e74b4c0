"""A comprehension over records: the requests are a comprehension of their own."""

import ast

from batchlint.fix import names
from batchlint.fix.consumers import is_taken_at_once
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.emit import joined, replaced, shifted, span_with_parentheses
from batchlint.fix.files import Program, ProgramFile
from batchlint.fix.iterables import Supply, supply_of
from batchlint.fix.places import STDOUT, Effects

_BLOCKS = (ast.Module, ast.FunctionDef, ast.For, ast.While, ast.If, ast.With, ast.Try, ast.ExceptHandler)


class ComprehensionEmitter:
    """Plans the edits of a list, set or dict comprehension around a call.

    Raises DeclinedError where the form has no rewrite.
    """

    def __init__(
        self,
        program: Program,
        finder: EffectFinder,
        draft: Draft,
        file: ProgramFile,
        call: ast.Call,
        steps: Effects | None,
        awaited: ast.Await | None = None,
    ) -> None:
        self.program = program
        self.draft = draft
        self.file = file
        self.call = call
        self.awaited = awaited
        self.whole: ast.expr = awaited or call
        self.finder = finder
        self.steps = steps or Effects()
        self.node = self._comprehension()

    def _comprehension(self) -> ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp:
        file, node = self.file, self.call
        child: ast.AST = node
        for outer in file.ancestors(node):
            match outer:
                case ast.ListComp() | ast.SetComp() | ast.DictComp():
                    if isinstance(child, ast.comprehension):
                        raise file.decline(Reason.CONDITIONAL_CALL, "the call is a condition", node)
                    return outer
                case ast.GeneratorExp() if is_taken_at_once(file, outer) and self.awaited is None:
                    if isinstance(child, ast.comprehension):
                        raise file.decline(Reason.CONDITIONAL_CALL, "the call is a condition", node)
                    return outer
                case ast.GeneratorExp():
                    raise file.decline(Reason.LAZY, "a generator is consumed while it runs", outer)
                case ast.IfExp(test=first) | ast.BoolOp(values=[first, *_]) if first is child:
                    pass
                case ast.IfExp() | ast.BoolOp() | ast.Lambda() | ast.NamedExpr() | ast.stmt():
                    raise file.decline(Reason.CONDITIONAL_CALL, "the call is not made for every record", node)
            child = outer
        raise file.decline(Reason.LOOP_FORM, "no comprehension is around the call", node)

    def emit(self, request: list[tuple[int, int, str]], *, is_steps: bool) -> None:
        """Plan the edits; note what is in the way."""
        file, node, draft = self.file, self.node, self.draft
        if isinstance(file.scope(node), ast.ClassDef):
            raise file.decline(Reason.LOOP_FORM, "the comprehension stands in the body of a class", node)
        self._check()
        draft.claim(file, file.statement(node))
        if isinstance(node, ast.ListComp | ast.GeneratorExp) and node.elt is self.whole and is_steps:
            run = self._runner("run_batch")
            for at, to, text in request:
                draft.edit(file, at, to, text)
            self._enclose(run)
            if self.awaited is not None:
                draft.edit(file, file.start(self.awaited), file.start(self.call), "")
                draft.edit(file, file.end(self.call), file.end(self.awaited), "")
            return
        self._emit_zip(request, is_steps=is_steps)

    def _enclose(self, run: str) -> None:
        """Put the call of the runner around the comprehension; a generator becomes a list."""
        file, node, draft = self.file, self.node, self.draft
        start, end = file.start(node), file.end(node)
        if isinstance(node, ast.ListComp):
            draft.edit(file, start, start, f"{run}(")
            draft.edit(file, end, end, ")")
            return
        parent = file.parents[node]
        is_shared = isinstance(parent, ast.Call) and file.end(parent.func) == start
        opening, closing = ("(", ")") if is_shared else ("", "")
        draft.edit(file, start, start + 1, f"{opening}{run}([")
        draft.edit(file, end - 1, end, f"]){closing}")

    def _runner(self, name: str) -> str:
        if self.awaited is None:
            return self.draft.use(self.file, name)
        return f"await {self.draft.use(self.file, f'{name}_async')}"

    def _check(self) -> None:
        file, node, call = self.file, self.node, self.call
        own = {n for g in node.generators for n in names.read([g.target])} | {
            n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)
        }
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr | ast.Await | ast.Lambda) and inner is not self.awaited:
                raise file.decline(
                    Reason.CALL_FORM, "the comprehension binds names, awaits or defines", inner
                )
        if own & self.steps.free_names and isinstance(file.scope(node), ast.Module):
            pass  # comprehension variables are seen by nobody else
        conditions = [c for g in node.generators for c in g.ifs]
        early = self.finder.of(file, [*conditions, *call.args, *(k.value for k in call.keywords)])
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        late = self.finder.of(file, parts, skip=[call])
        for effects in (early, late):
            for what in dict.fromkeys(effects.unknown):
                message = f"{what} would run for all records at once; its effects are not known"
                self.draft.object(file, Reason.UNKNOWN_EFFECT, message, node)
            if STDOUT in effects.writes:
                self.draft.object(file, Reason.EFFECT_ORDER, "the comprehension prints", node)
            for place in effects.writes:
                if place.kind != "channel":
                    self.draft.object(file, Reason.LOOP_CARRIED, f"{place.name!r} changes", node)

    def _emit_zip(self, request: list[tuple[int, int, str]], *, is_steps: bool) -> None:
        """The responses run beside the records in the old comprehension."""
        file, node, draft = self.file, self.node, self.draft
        if len(node.generators) > 1:
            raise file.decline(Reason.LOOP_FORM, "the comprehension has several loops", node)
        generator = node.generators[0]
        supply = supply_of(self.program, file, self.call, generator.iter)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        gone = set(ast.walk(self.whole))
        rest = {n.id for p in parts for n in ast.walk(p) if isinstance(n, ast.Name) and n not in gone}
        own = names.targets(generator.target)
        if own is None:
            raise file.decline(Reason.LOOP_FORM, "the loop variable is unusual", node)
        run = self._runner("run_outcomes" if is_steps else "run_requests")
        outcome = file.fresh("outcome", "batch_outcome")
        call = replaced(file, self.call, request)
        target, source = file.source(generator.target), file.source(generator.iter)
        conditions = "".join(f" if {file.source(c)}" for c in generator.ifs)
        requests = f"{run}([{call} for {target} in {source}{conditions}])"
        start, end = span_with_parentheses(file, self.whole)
        draft.edit(file, start, end, f"{outcome}.result()")
        last = generator.ifs[-1] if generator.ifs else generator.iter
        wrapped = f"({target})" if isinstance(generator.target, ast.Tuple) and target[0] != "(" else target
        if not rest & own:
            header = f"{outcome} in {requests}"
        elif supply is Supply.AGAIN and not generator.ifs:
            header = f"{wrapped}, {outcome} in zip({source}, {requests})"
        elif self._is_first():
            records, outcomes = self._hoisted(run, call, target, wrapped)
            header = f"{wrapped}, {outcome} in zip({records}, {outcomes})"
        else:
            raise file.decline(Reason.LOOP_FORM, "the records would have to be read twice", node)
        draft.edit(file, file.start(generator.target), file.end(last), header)

    def _is_first(self) -> bool:
        """Whether the comprehension is all that its statement evaluates, on lines of its own."""
        file, statement = self.file, self.file.statement(self.node)
        value = getattr(statement, "value", None)
        is_plain = isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return) and value is self.node
        alone = not file.text[file.line_start(statement) : file.start(statement)].strip()
        return is_plain and alone and self.awaited is None and isinstance(file.parents[statement], _BLOCKS)

    def _hoisted(self, run: str, call: str, target: str, record: str) -> tuple[str, str]:
        """Two statements in front: the records, read once, and the outcomes of their requests."""
        file = self.file
        statement = file.statement(self.node)
        indent = file.indent(statement)
        records, outcomes = file.fresh("records", "batch_records"), file.fresh("outcomes", "batch_outcomes")
        generator = self.node.generators[0]
        source = file.source(generator.iter)
        conditions = "".join(f" if {file.source(c)}" for c in generator.ifs)
        made = f"[{record} for {target} in {source}{conditions}]" if generator.ifs else f"list({source})"
        call = shifted(file, self.call, call, f"{indent}        ")
        run_text = joined(f"{outcomes} = {run}([", call, f"for {target} in {records}", indent)
        at = file.line_start(statement)
        self.draft.edit(file, at, at, f"{indent}{records} = {made}\n{indent}{run_text}\n")
        return records, outcomes
