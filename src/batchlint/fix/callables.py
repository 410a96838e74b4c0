"""The function that a fan-out is given, as a call of its generator: by name, in a `partial` or a lambda."""

import ast
from dataclasses import dataclass, field

from batchlint.fix import names
from batchlint.fix.calls import renamed
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.foreign import bind, dotted
from batchlint.fix.loop import is_quiet
from batchlint.fix.steps import Steps


@dataclass(frozen=True, slots=True)
class Target:
    """The function that runs for each record.

    `scope` is the program's function, `name` the text that calls its generator; `fixed` are the arguments
    bound before, in front of the record's own and behind them. `body` is the call inside of a lambda,
    `key` its place. `parameters` are the names of the record's own parameters, as far as known.
    """

    scope: int
    name: str
    parameters: list[str]
    front: list[ast.expr] = field(default_factory=list)
    back: list[ast.keyword] = field(default_factory=list)
    body: ast.Call | None = None
    key: tuple[int, int] | None = None

    @property
    def mentioned(self) -> set[str]:
        """The names that each record's call reads besides its own arguments."""
        return names.read([ast.parse(self.name, mode="eval"), *self.fixed])

    @property
    def fixed(self) -> list[ast.expr]:
        """Everything that is written into each record's call besides its own arguments."""
        return [*self.front, *(k.value for k in self.back)]


class Callables:
    """Finds the function of a fan-out and takes it in as steps; raises DeclinedError where it cannot."""

    def __init__(self, program: Program, draft: Draft, steps: Steps) -> None:
        self.program = program
        self.draft = draft
        self.steps = steps

    def target(self, file: ProgramFile, key: tuple[int, int], node: ast.expr) -> Target:
        """The function that the argument `node` of the call `key` is."""
        scopes = {edge.target for edge in self.program.edges(key)}
        if len(scopes) != 1:
            raise file.decline(Reason.DYNAMIC_DISPATCH, "the call may lead to several functions", node)
        (scope,) = scopes
        if isinstance(node, ast.Lambda):
            return self._of_lambda(file, node)
        made = node
        if isinstance(node, ast.Name) and (found := self._partial(file, node)) is not None:
            made = found
        if isinstance(made, ast.Call) and dotted(file, made.func) == "functools.partial":
            return self._of_partial(file, scope, node, made)
        return Target(scope, self._renamed(file, node, scope), self._parameters(scope, made))

    def _renamed(self, file: ProgramFile, node: ast.expr, scope: int) -> str:
        if not isinstance(node, ast.Name | ast.Attribute):
            raise file.decline(Reason.CALL_FORM, "the function has no name here", node)
        if any(isinstance(inner, ast.Call | ast.NamedExpr | ast.Await) for inner in ast.walk(node)):
            raise file.decline(Reason.CALL_FORM, "what the method is called on is made by a call", node)
        at = file.start(node)
        text = file.source(node)
        for start, end, new in sorted(
            renamed(self.steps.program, self.steps.draft, file, node, scope), reverse=True
        ):
            text = text[: start - at] + new + text[end - at :]
        return text

    def _parameters(self, scope: int, node: ast.expr) -> list[str]:
        """The parameters that positional arguments go to; none where there may be more of them."""
        function = self.program.function(scope)
        found = [p.arg for p in (*function.args.posonlyargs, *function.args.args)]
        owner = self.program.file_of(scope).scope(function)
        static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
        if isinstance(owner, ast.ClassDef) and isinstance(node, ast.Attribute) and not static:
            return found[1:]
        return found

    def _partial(self, file: ProgramFile, node: ast.Name) -> ast.Call | None:
        """The `partial` that a local name stands for, where it is used here only."""
        scope = file.scope(node)
        body = scope.body if isinstance(scope.body, list) else []
        inside = list(names.walk_scope(body))
        made = [
            n
            for n in inside
            if isinstance(n, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == node.id for t in n.targets)
        ]
        if len(made) != 1 or not isinstance(made[0].value, ast.Call):
            return None
        uses = [n for n in ast.walk(file.tree) if isinstance(n, ast.Name) and n.id == node.id]
        if len(uses) != 2 or isinstance(scope, ast.Module):
            raise file.decline(Reason.CALL_FORM, f"{node.id!r} is used elsewhere too", node)
        return made[0].value

    def _of_partial(self, file: ProgramFile, scope: int, node: ast.expr, made: ast.Call) -> Target:
        if not made.args or any(isinstance(a, ast.Starred) for a in made.args):
            raise file.decline(Reason.CALL_FORM, "the function is not passed by position", made)
        inner, *front = made.args
        name = self._renamed(file, inner, scope)
        left = self._parameters(scope, inner)[len(front) :]
        taken = {k.arg for k in made.keywords}
        left = [name for name in left if name not in taken]
        if node is not made:  # the variable goes on holding what makes the generators
            self.draft.edit(file, file.start(inner), file.end(inner), name)
            return Target(scope, file.source(node), left)
        if not all(is_quiet(file, value) for value in (*front, *(k.value for k in made.keywords))):
            raise file.decline(Reason.CALL_FORM, "the arguments of `partial` are computed", made)
        return Target(scope, name, left, front, made.keywords)

    def _of_lambda(self, file: ProgramFile, node: ast.Lambda) -> Target:
        spec, body = node.args, node.body
        plain = not (spec.vararg or spec.kwarg or spec.kwonlyargs or spec.defaults)
        if not plain or not isinstance(body, ast.Call):
            raise file.decline(Reason.CALL_FORM, "the lambda does more than to call a function", node)
        key = self.program.key(file, body)
        edges = self.program.edges(key) if key is not None else []
        if len(edges) != 1 or not self.program.is_plain(edges[0]):
            raise file.decline(Reason.CALL_FORM, "the lambda does more than to call a function", node)
        inner = [n for n in ast.walk(body) if isinstance(n, ast.Lambda | ast.NamedExpr | ast.Await)]
        if inner:
            raise file.decline(Reason.CALL_FORM, "the lambda binds names or awaits", inner[0])
        own = [p.arg for p in (*spec.posonlyargs, *spec.args)]
        name = self._renamed(file, body.func, edges[0].target)
        return Target(edges[0].target, name, own, body=body, key=key)


def own_parameters(function: FunctionNode, call: ast.Call, varying: set[str]) -> frozenset[str]:
    """The parameters of a function that a call gives something made from some variables."""
    passed = bind(call, function)
    if passed is None:  # arguments from a record of their own
        ordered = [p.arg for p in (*function.args.posonlyargs, *function.args.args)]
        return frozenset(ordered[1:] if isinstance(call.func, ast.Attribute) else ordered)
    return frozenset(name for name, value in passed.items() if names.read([value]) & varying)
