"""A `for` loop over records: what runs before the request, what after, and whether they may be parted.

Loop distribution at one point (Allen and Kennedy): what builds the requests runs for all records, then
all requests, then what uses the responses. It is legal where nothing that runs later in the loop's body
is seen by what runs earlier for a later record.
"""

import ast

from batchlint.fix import names
from batchlint.fix.decline import Reason
from batchlint.fix.draft import Draft
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import FunctionNode, Program, ProgramFile
from batchlint.fix.flow import exposed
from batchlint.fix.foreign import dotted
from batchlint.fix.origins import changed_names, origins
from batchlint.fix.parts import Parts, leaving
from batchlint.fix.places import FILES, STDOUT, WORLD, Effects, Place, conflicts
from batchlint.fix.records import neighbours, opened, walked


class Distribution:
    """Whether a loop may be parted at its call; what is in the way becomes obstacles of the draft.

    `steps` are the effects of the functions that the call runs, None where it is the provider's own;
    `ahead` those of a generator that produces the records, which would all come first.
    """

    def __init__(
        self,
        program: Program,
        finder: EffectFinder,
        draft: Draft,
        parts: Parts,
        steps: Effects | None,
        ahead: Effects | None = None,
    ) -> None:
        self.program = program
        self.finder = finder
        self.draft = draft
        self.parts = parts
        self.file = parts.file
        self.steps = steps or Effects()
        self.new = finder.fresh.calls(parts.file)
        self.own = _own(parts, self.new)
        self.before = finder.of(self.file, parts.before, own=self.own)
        self.before.add(ahead or Effects())
        self.building = finder.of(self.file, [*parts.inner, *parts.arguments], own=self.own)
        # The call itself is left out, not only its arguments: its effects are those of the steps.
        rest: list[ast.AST] = [*parts.after, *parts.loop.orelse]
        self.after = finder.of(self.file, rest, skip=[*parts.inner, parts.call], own=self.own)

    def check(self) -> None:
        """Note every obstacle; raises DeclinedError where nothing helps."""
        self._check_control()
        self._check_scopes()
        self._check_channels()
        self._check_state()
        self.check_records()
        self._check_exposed()

    def _object(self, reason: Reason, message: str, node: ast.AST | None = None) -> None:
        self.draft.object(self.file, reason, message, node or self.parts.loop)

    def _check_control(self) -> None:
        loop = self.parts.loop
        for node in names.walk_scope(loop.body):
            if isinstance(node, ast.Yield | ast.YieldFrom):
                self._object(Reason.LAZY, "results are handed out while the loop runs", node)
            is_awaiting = isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
            if is_awaiting and self.parts.whole is self.parts.call:
                self._object(Reason.ASYNC, "the loop's body awaits something", node)
            if isinstance(node, ast.NamedExpr) and any(
                node in set(ast.walk(a)) for a in self.parts.arguments
            ):
                self._object(Reason.CALL_FORM, "an argument binds a name", node)
        for exit_ in leaving(loop.body):
            in_before = any(exit_ in set(ast.walk(s)) for s in self.parts.before)
            if in_before and isinstance(exit_, ast.Break) and not loop.orelse:
                continue  # the first loop ends as early as the only one did
            self._object(Reason.EARLY_EXIT, "the loop may end early, after all requests are paid", exit_)
        if self.before.exits or self.after.exits:
            self._object(Reason.EARLY_EXIT, "the loop may end the program, after all requests are paid")
        if any(isinstance(n, ast.Continue | ast.Break) for s in self.parts.before for n in ast.walk(s)):
            self._check_skipping()

    def _check_skipping(self) -> None:
        """After skipped records the loop's variables may differ: nobody may look at them."""
        loop = self.parts.loop
        own = names.bound(self.parts.before) | self.parts.targets
        outside = read_outside(self.file, loop)
        if own & outside:
            name = sorted(own & outside)[0]
            message = f"{name!r} is read outside of the loop, which may skip its last record"
            self._object(Reason.CAPTURED_VARIABLE, message)

    def _check_scopes(self) -> None:
        """Functions that look at the loop's variables would see those of the last record."""
        parts = self.parts
        own = parts.targets | names.bound(parts.loop.body)
        early = [*parts.before, *parts.inner, *parts.arguments]
        for top in early:
            for node in ast.walk(top):
                if isinstance(node, FunctionNode | ast.Lambda) and names.free(node) & own:
                    self._object(Reason.CAPTURED_VARIABLE, "a function looks at the loop's variables", node)
                if isinstance(node, ast.GeneratorExp) and isinstance(self.file.parents[node], ast.Assign):
                    self._object(Reason.LAZY, "a generator is consumed later", node)
        seen = own & self.steps.free_names
        if seen:
            message = f"the called function looks at the loop's variable {sorted(seen)[0]!r}"
            self._object(Reason.CAPTURED_VARIABLE, message)
        if self.before.dynamic or self.after.dynamic or self.building.dynamic:
            self._object(Reason.DYNAMIC_SCOPE, "the loop looks at its own variables")
        if any(isinstance(n, ast.Delete | ast.Global | ast.Nonlocal) for n in ast.walk(parts.loop)):
            self._object(Reason.DYNAMIC_SCOPE, "the loop deletes or declares names")

    def _check_channels(self) -> None:
        """Output and the outside world: what the loop does there would change its order."""
        early = [self.before, self.building]
        for effects in early:
            for what in dict.fromkeys(effects.unknown):
                message = f"{what} would run for all records first; its effects are not known"
                self._object(Reason.UNKNOWN_EFFECT, message)
        # What the steps print appears where their result is taken.
        printing = [STDOUT in effects.writes for effects in (*early, self.steps, self.after)]
        if any(printing[: 1 if self.parts.is_lifted else 2]) and sum(printing) > 1:
            self._object(Reason.EFFECT_ORDER, "the loop prints before and after the call")
        writing = [FILES in effects.writes for effects in (*early, self.steps, self.after)]
        if sum(writing) > 1 or (self.parts.is_lifted and writing[1]):
            self._object(Reason.EFFECT_ORDER, "the loop writes files before and after the call")
        reads = self.before.reads | self.building.reads | self.steps.reads
        outside = {place for place in (FILES, WORLD) if place in self.after.writes}
        if conflicts(outside, reads):
            early_nodes = [*self.parts.before, *self.parts.inner, *self.parts.arguments]
            common = opened(self.file, early_nodes) & opened(self.file, self.parts.after)
            if any(not names.read([ast.parse(text)]) & self.own for text in common):
                self._object(Reason.LOOP_CARRIED, "a record reads the file that the one before has written")
            self._object(Reason.EFFECT_ORDER, "what one record writes may be read for the next")

    def _check_state(self) -> None:
        """Objects and variables that later code changes and earlier code reads, or the other way round."""
        parts = self.parts
        reads = self.before.reads | self.building.reads | self.steps.reads
        for place in conflicts(self.outliving(self.after.writes, parts.after, parts.local), reads):
            self._object(Reason.LOOP_CARRIED, f"{place.name!r}, which a record changes, is read for the next")
        early: list[ast.stmt] = [*parts.before, *parts.inner]
        # What a lifted part binds belongs to its generator.
        sure = parts.local | (names.bound if parts.is_lifted else names.surely_bound)(parts.inner)
        if parts.is_lifted:
            for place in sorted(self.outliving(self.building.writes, parts.inner, sure)):
                self._object(Reason.SHARED_STATE, f"the requests' code changes {place.name!r} of all records")
        own = self.outliving(self.before.writes | self.building.writes, early, sure)
        changed = {Place("part", p.name) if p.kind == "content" else p for p in self.after.writes}
        later = self.building.reads | self.steps.reads | self.after.reads | changed
        for place in conflicts(own, later):
            self._object(Reason.LOOP_CARRIED, f"{place.name!r} changes from record to record")

    def check_records(self) -> None:
        """The container that the loop runs over, and records that look at one another."""
        parts = self.parts
        changing = (self.before, self.building, self.steps, self.after)
        writes = {place for effects in changing for place in effects.writes}
        grown = set(walked(self.file, parts.loop.iter)) & (
            writes | self.outliving(writes, parts.loop.body, set())
        )
        bound = names.bound(parts.loop.body)
        for place in sorted(p for p in grown if p.kind != "content" or p.name not in bound):
            self._object(Reason.LOOP_CARRIED, f"the loop changes {place.name!r}, which it runs over")
        # What is lifted runs in turns: one record's request is built before another's answer is stored.
        late = self.after.writes | (self.building.writes if parts.calls else set())
        if any(self._changes_records(place) for place in late):
            early = [*parts.before, *parts.inner, *parts.arguments]
            for name in sorted(neighbours(self.file, parts.loop, early, self.own)):
                message = f"a record changes and may be read for another through {name!r}"
                self._object(Reason.LOOP_CARRIED, message)

    def _changes_records(self, place: Place) -> bool:
        """Whether a write changes the object of a record, not only what a name stands for."""
        if place.kind not in ("content", "keyed") or place.name not in self.own:
            return False
        code = [*self.parts.inner, *self.parts.after]
        if place.kind == "content" and place.name in names.bound(code):
            return place.name in changed_names(list(code))
        body: list[ast.AST] = list(self.parts.loop.body)
        return place.name in self.parts.targets or bool(origins(place.name, body, new=self.new))

    def outliving(self, writes: set[Place], code: list[ast.stmt], sure: set[str]) -> set[Place]:
        """The writes that another record may see, also through the names that an object was taken from.

        Binding a name that `sure` holds concerns one record only; objects of its own are left out too.
        """
        scope = self.file.scope(self.parts.loop)
        body: list[ast.AST] = list(scope.body) if isinstance(scope.body, list) else []
        mutated = changed_names(list(code))
        found: set[Place] = set()
        for place in writes:
            if place.kind not in ("content", "keyed"):
                if place.kind != "channel":
                    found.add(place)
                continue
            if place.name in self.own or (place.name in sure and place.name not in mutated):
                continue
            found.add(place)
            if place.kind == "content" and place.name not in mutated:
                continue
            for source in origins(place.name, body, new=self.new):
                if source.kind != "channel":
                    kind = place.kind if source.kind == "content" else source.kind
                    found.add(Place(kind, source.name))
            found |= self._same_objects(place)
        return found

    def _same_objects(self, place: Place) -> set[Place]:
        """Other variables that may hold the same container, by the points-to analysis."""
        scope = self.program.scope_of(self.file, self.parts.call)
        mine = self.program.containers(scope, place.name)
        if not mine:
            return set()
        early = {p.name for p in self.before.reads | self.building.reads if p.kind in ("name", "part")}
        same = {name for name in early if self.program.containers(scope, name) & mine}
        return {Place(place.kind, name) for name in same}

    def _check_exposed(self) -> None:
        """A variable that is read before the body binds it carries something over from the last record."""
        parts = self.parts
        early = [*parts.before, *parts.inner]
        if not parts.is_lifted:
            early.append(ast.Expr(parts.call))
        read = exposed(early, parts.targets)
        for name in sorted(read & names.bound(parts.after)):
            self._object(Reason.LOOP_CARRIED, f"{name!r} carries something from one record to the next")


def _own(parts: Parts, new: frozenset[ast.AST]) -> frozenset[str]:
    """The names of objects that belong to one record: the loop's variables, and what is made in its body."""
    body: list[ast.AST] = list(parts.loop.body)
    found = set(parts.targets)
    sure = names.surely_bound([*parts.before, *parts.inner, *parts.after])
    if parts.is_lifted:
        sure |= names.bound(parts.inner) - exposed(parts.inner, parts.local)
    for _ in sure:
        for name in sure - found:
            sources = origins(name, body, new=new)
            if all(s.kind == "content" and s.name in found for s in sources):
                found.add(name)
    return frozenset(found)


def read_outside(file: ProgramFile, loop: ast.For) -> set[str]:
    """The names that the loop's function reads outside of the loop; those that another loop has bound
    anew before left out."""
    inside = set(ast.walk(loop))
    found: set[str] = set()
    for node in ast.walk(file.scope(loop)):
        is_read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in inside
        if isinstance(node, ast.Name) and is_read and not is_bound_by_loop(file, node, loop):
            found.add(node.id)
    if isinstance(file.scope(loop), ast.Module):
        for function in file.functions.values():
            found |= names.free(function)
    return found


def is_bound_by_loop(file: ProgramFile, name: ast.Name, loop: ast.AST) -> bool:
    """Whether a name is the variable of another loop, a comprehension or a nested function there."""
    child: ast.AST = name
    around = set(file.ancestors(loop))
    for outer in file.ancestors(name):
        if outer in around:
            return False
        if isinstance(outer, ast.For) and child in outer.body:
            if name.id in (names.targets(outer.target) or ()):
                return True
        elif isinstance(outer, names.COMPREHENSIONS):
            bound = {n.id for g in outer.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            if name.id in bound and child is not outer.generators[0]:
                return True
        elif isinstance(outer, FunctionNode | ast.Lambda) and name.id not in names.free(outer):
            return True
        child = outer
    return False


def is_quiet(file: ProgramFile, node: ast.expr) -> bool:
    """Whether evaluating an expression cannot fail: names, constants, displays and f-strings of them."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=ast.Name(id=name)):
            return name in ("self", "cls") or dotted(file, node) is not None
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.JoinedStr(values=parts):
            return all(is_quiet(file, part) for part in parts)
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and is_quiet(file, key) for key in keys) and all(
                is_quiet(file, value) for value in values
            )
        case ast.FormattedValue(value=value, format_spec=None):
            return is_quiet(file, value)
    return False
