"""The parts of a loop's body: what builds the requests, what sends them, what uses the responses."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from batchlint.fix import names
from batchlint.fix.decline import Reason
from batchlint.fix.effects import EffectFinder
from batchlint.fix.files import ProgramFile
from batchlint.fix.foreign import dotted
from batchlint.fix.places import STDOUT, conflicts


@dataclass(frozen=True, slots=True)
class Parts:
    """A loop's body around the call that sends the request.

    `whole` is what gives the response: the call, or the expression that awaits it. `before` are the
    statements that run first, `inner` those inside of the `try` block of the call before it, `statement` the
    one the call is in, `tries` the `try` statements around it. `targets` are the loop's variables, `local`
    those and all that `before` binds for sure.

    Where the part `is_lifted`, `inner` are the statements up to the last request, which move into a generator
    of their own; `calls` are all calls in them that send requests. `idle` statements only wait, for a limit
    of the real-time calls that the loop no longer makes.
    """

    file: ProgramFile
    loop: ast.For
    call: ast.Call
    whole: ast.expr
    before: list[ast.stmt]
    inner: list[ast.stmt]
    statement: ast.stmt
    tries: list[ast.Try]
    targets: set[str]
    local: set[str]
    calls: tuple[ast.Call, ...] = ()
    is_lifted: bool = False
    idle: tuple[ast.stmt, ...] = ()

    @property
    def arguments(self) -> list[ast.expr]:
        """What the request is built from: arguments and what the method is called on."""
        if self.is_lifted:
            return []
        function = self.call.func
        receiver = [function.value] if isinstance(function, ast.Attribute) else []
        return [*receiver, *self.call.args, *(k.value for k in self.call.keywords)]

    @property
    def after(self) -> list[ast.stmt]:
        """The body without `before` and `inner`; the statement of the call is part of it."""
        return [s for s in self.loop.body if s not in self.before]


def divide(file: ProgramFile, call: ast.Call, awaited: ast.Await | None = None) -> Parts:
    """The parts of the loop around a call, or around the expression that awaits it; raises DeclinedError
    where the form has no rewrite."""
    whole = awaited or call
    statement = file.statement(call)
    if not _is_evaluated_once(file, whole, statement):
        raise file.decline(Reason.CONDITIONAL_CALL, "the call is not made for every record", call)
    tries: list[ast.Try] = []
    inner: list[ast.stmt] = []
    child, parent = statement, file.parents[statement]
    while not isinstance(parent, ast.For):
        if not isinstance(parent, ast.Try) or child not in parent.body:
            reason = Reason.CONDITIONAL_CALL if isinstance(parent, ast.If | ast.Match) else Reason.BLOCK
            raise file.decline(reason, f"the call stands in {_describe(parent)}", call)
        inner = [*parent.body[: parent.body.index(child)], *inner]
        tries.append(parent)
        child, parent = parent, file.parents[parent]
        assert isinstance(child, ast.stmt)
    targets = names.targets(parent.target)
    if child not in parent.body or targets is None:
        raise file.decline(Reason.LOOP_FORM, "the loop has an unusual form", parent)
    if isinstance(file.scope(parent), ast.ClassDef):
        raise file.decline(Reason.LOOP_FORM, "the loop stands in the body of a class", parent)
    for node in (parent, statement, parent.body[0]):
        if file.text[file.line_start(node) : file.start(node)].strip():
            raise file.decline(Reason.LOOP_FORM, "several statements stand on one line", node)
    before = parent.body[: parent.body.index(child)]
    local = targets | names.surely_bound(before)
    return Parts(file, parent, call, whole, before, inner, statement, tries, targets, local)


def _describe(node: ast.AST) -> str:
    match node:
        case ast.While() | ast.AsyncFor():
            return "an inner loop"
        case ast.With() | ast.AsyncWith():
            return "a `with` block"
        case ast.Try():
            return "an `except` or `finally` block"
    return "a block of its own"


def _is_evaluated_once(file: ProgramFile, call: ast.expr, statement: ast.stmt) -> bool:
    """Whether a statement always evaluates an expression, and once."""
    node: ast.AST = call
    while node is not statement:
        child, node = node, file.parents[node]
        match node:
            case ast.IfExp(test=first) if first is child:
                continue
            case ast.BoolOp(values=[first, *_]) | ast.Compare(left=first) if first is child:
                continue
            case ast.Compare(comparators=[first]) if first is child:
                continue
            case ast.IfExp() | ast.BoolOp() | ast.Compare() | ast.Lambda() | ast.Await():
                return False
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() | ast.comprehension():
                return False
    match statement:
        case ast.If(test=header) | ast.For(iter=header):
            return any(inner is call for inner in ast.walk(header))
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Expr() | ast.Assert():
            return True
    return False


def lift(file: ProgramFile, loop: ast.For, calls: Sequence[ast.Call]) -> Parts:
    """The parts of a loop whose requests are sent from a generator of their own: the statements up to the
    last request move into it, inside of the `try` blocks that hold all requests.

    Raises DeclinedError where the body cannot be parted so.
    """
    targets = names.targets(loop.target)
    if targets is None or isinstance(file.scope(loop), ast.ClassDef):
        raise file.decline(Reason.LOOP_FORM, "the loop has an unusual form", loop)
    block, before, tries = loop.body, [], []
    while True:
        hot = [number for number, statement in enumerate(block) if _holds(statement, calls)]
        at, last = hot[0], hot[-1]
        inner = block[at]
        if at != last or not isinstance(inner, ast.Try) or not _in_body(inner, calls):
            break
        if block is not loop.body and at:
            break
        before += block[:at]
        tries.append(inner)
        block = inner.body
    skipping = [number for number in range(at) if any(leaving([block[number]], rounds=True))]
    if skipping and tries:
        raise file.decline(Reason.BLOCK, "the `try` block may be left before the call", calls[0])
    start = skipping[-1] + 1 if skipping else 0
    before += block[:start]
    moved = block[start : last + 1]
    for exit_ in leaving(moved, rounds=True):
        raise file.decline(Reason.CONDITIONAL_CALL, "the requests' code may leave the record", exit_)
    for node in (loop, loop.body[0], *moved):
        if not stands_alone(file, node):
            raise file.decline(Reason.LOOP_FORM, "several statements stand on one line", node)
    local = targets | names.surely_bound(before)
    return Parts(
        file,
        loop,
        calls[0],
        calls[0],
        before,
        moved,
        moved[-1],
        tries,
        targets,
        local,
        tuple(calls),
        is_lifted=True,
    )


def undivided(file: ProgramFile, loop: ast.For, calls: Sequence[ast.Call]) -> Parts:
    """The parts of a loop whose whole body becomes a generator; raises DeclinedError for unusual loops."""
    targets = names.targets(loop.target)
    if targets is None or isinstance(file.scope(loop), ast.ClassDef):
        raise file.decline(Reason.LOOP_FORM, "the loop has an unusual form", loop)
    for node in (loop, *(inner for s in loop.body for inner in ast.walk(s) if isinstance(inner, ast.stmt))):
        if not stands_alone(file, node):
            raise file.decline(Reason.LOOP_FORM, "several statements stand on one line", node)
    return Parts(
        file,
        loop,
        calls[0],
        calls[0],
        [],
        loop.body,
        loop.body[-1],
        [],
        targets,
        targets,
        tuple(calls),
        is_lifted=True,
    )


def _holds(statement: ast.stmt, calls: Sequence[ast.Call]) -> bool:
    return any(node in calls for node in ast.walk(statement))


def _in_body(statement: ast.Try, calls: Sequence[ast.Call]) -> bool:
    """Whether all calls stand in the `try` block itself."""
    inside = {node for part in statement.body for node in ast.walk(part)}
    return all(call in inside for call in calls)


def stands_alone(file: ProgramFile, node: ast.stmt) -> bool:
    """Whether no other statement stands on the lines of a statement."""
    before = file.text[file.line_start(node) : file.start(node)].strip()
    end = file.end(node)
    after = file.text[end : file.text.find(b"\n", end) % (len(file.text) + 1)].strip()
    return not before and (not after or after.startswith(b"#"))


def leaving(statements: Sequence[ast.stmt], *, rounds: bool = False) -> Iterator[ast.stmt]:
    """The `break` and `return` statements that leave the loop whose body these are; with `rounds` its
    `continue` statements too."""
    for statement in statements:
        if isinstance(statement, ast.Break | ast.Return) or (rounds and isinstance(statement, ast.Continue)):
            yield statement
        elif isinstance(statement, ast.For | ast.While | ast.AsyncFor):
            yield from leaving(statement.orelse, rounds=rounds)
            yield from (s for s in leaving(statement.body) if isinstance(s, ast.Return))
        elif not isinstance(statement, names.NESTED):
            handlers = getattr(statement, "handlers", [])
            cases = getattr(statement, "cases", [])
            blocks = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
            for block in [*blocks, *(part.body for part in (*handlers, *cases))]:
                yield from leaving(block, rounds=rounds)


def sink(parts: Parts, finder: EffectFinder) -> Parts:
    """The parts with what only tells people something moved from before the request to after it."""
    needed: list[ast.stmt] = []
    own = frozenset(parts.targets)
    later = finder.of(parts.file, [*parts.inner, *parts.arguments], own=own)
    for number, statement in reversed(list(enumerate(parts.before))):
        effects = finder.of(parts.file, [statement], own=own)
        is_telling = (
            effects.writes <= {STDOUT}
            and not (effects.unknown or effects.exits or effects.dynamic)
            and not any(leaving([statement], rounds=True))
        )
        if not is_telling or conflicts(later.writes, effects.reads):
            needed = [*parts.before[number : number + 1], *needed]
            later.add(effects)
            if any(leaving([statement], rounds=True)):
                needed = [*parts.before[:number], *needed]
                break
    found = replace(parts, before=needed, local=parts.targets | names.surely_bound(needed))
    return replace(found, idle=_idle(found, finder))


def _idle(parts: Parts, finder: EffectFinder) -> tuple[ast.stmt, ...]:
    """The statements of the loop that wait between two real-time calls; none where the loop may make other
    calls that a limit is for."""
    rest = finder.of(parts.file, parts.after, skip=[*parts.inner, parts.call])
    if rest.unknown:
        return ()
    blocks = [*parts.after, *(statement for around in parts.tries for statement in around.body)]
    return tuple(s for s in blocks if s not in parts.inner and is_waiting(parts.file, s))


def is_waiting(file: ProgramFile, statement: ast.stmt) -> bool:
    """Whether a statement only waits, for a time that is there already."""
    match statement:
        case ast.Expr(value=ast.Call(func=function, args=[ast.Constant() | ast.Name() | ast.Attribute()])):
            return dotted(file, function) == "time.sleep" and stands_alone(file, statement)
    return False
