"""What a loop is for: working through records, trying again, falling back, waiting, talking."""

import re
from enum import StrEnum
from typing import Final

from batchlint.facts import LoopFact, LoopKind, ScopeFacts
from batchlint.facts.model import Exit
from batchlint.program.linker import Linker
from batchlint.program.objects import Const, Container
from batchlint.program.scopes import Scope

# A display with at most this many constants is a fixed set of prompts or models, not data.
SMALL_SET_MAX: Final = 12

# A loop that pauses for less than this between rounds waits for something to do, not for a time of day.
TICK_SECONDS_MIN: Final = 20.0

_ATTEMPTS = re.compile(r"attempt|retr(y|ies)|\btr(y|ies)\b|tries|backoff", re.IGNORECASE)
_TURNS = re.compile(r"step|turn|iter(?!able|items)|round|depth|hop|loop|max_tool", re.IGNORECASE)
_WORK = re.compile(r"queue|todo|pending|remaining|stack|backlog|work|batch|s\b", re.IGNORECASE)
_CHOICES = re.compile(r"model|provider|client|key|engine|backend|fallback|endpoint|deployment", re.IGNORECASE)


class LoopRole(StrEnum):
    """What a loop is for."""

    RECORD = "record"
    RETRY = "retry"
    FALLBACK = "fallback"
    POLLING = "polling"
    AGENT = "agent"
    REPL = "repl"
    SMALL = "small"
    DAEMON = "daemon"


class Loops:
    """Classifies the loops of a linked program. `prompts` are the calls that ask a person for input."""

    def __init__(self, linker: Linker, prompts: frozenset[tuple[int, int]]) -> None:
        self.linker = linker
        self._prompts = prompts
        self._roles: dict[tuple[int, int], LoopRole] = {}

    def role(self, scope: int, loop: int) -> LoopRole:
        """What the loop is for."""
        key = (scope, loop)
        found = self._roles.get(key)
        if found is None:
            found = self._roles[key] = self._classify(self.linker.scopes.all[scope], loop)
        return found

    def nest(self, scope: int, loop: int) -> list[int]:
        """The loop and those around it, innermost first."""
        facts = self.linker.scopes.all[scope].facts
        found = []
        while loop >= 0:
            found.append(loop)
            loop = facts.loops[loop].parent
        return found

    def around(self, scope: int, call: int) -> list[int]:
        """The loops around a call, innermost first."""
        return self.nest(scope, self.linker.scopes.all[scope].facts.calls[call].loop)

    def asks(self, scope: int, loop: int) -> bool:
        """Whether a person is asked for input inside the loop."""
        return any(number == scope and loop in self.around(scope, call) for number, call in self._prompts)

    def _classify(self, scope: Scope, index: int) -> LoopRole:
        loop = scope.facts.loops[index]
        if self.asks(scope.number, index) and loop.kind is LoopKind.WHILE:
            return LoopRole.REPL
        if loop.kind is LoopKind.WHILE:
            return self._while(scope, index, loop)
        return self._for(scope, loop)

    def _while(self, scope: Scope, index: int, loop: LoopFact) -> LoopRole:
        words = _words(scope.facts, loop.source)
        succeeds = any(_is_success(e) for e in loop.exits)
        if _ATTEMPTS.search(words) or (loop.catches and succeeds):
            return LoopRole.RETRY
        if loop.is_infinite:
            pause = self._pause(scope, index)
            if pause is None:
                return LoopRole.AGENT
            return LoopRole.POLLING if succeeds or pause < TICK_SECONDS_MIN else LoopRole.DAEMON
        test = scope.facts.values[loop.source]
        if (
            "len" in words.split()
            or (test.op in ("phi", "free", "param", "attr") and _WORK.search(self._name(scope, loop.source)))
            or _compares(scope.facts, test)
        ):
            return LoopRole.AGENT if _TURNS.search(words) else LoopRole.RECORD
        return LoopRole.AGENT if self._pause(scope, index) is None else LoopRole.POLLING

    def _for(self, scope: Scope, loop: LoopFact) -> LoopRole:
        facts = scope.facts
        names = " ".join(loop.names)
        words = _words(facts, loop.source)
        succeeds = any(_is_success(e) for e in loop.exits)
        if "range" in words.split() and self._is_short_range(scope, loop):
            return LoopRole.RETRY if loop.catches and succeeds else LoopRole.SMALL
        if "range" in words.split():
            bound = words.replace("range", "").replace("len", "")
            if _ATTEMPTS.search(f"{names} {bound}") or (loop.catches and succeeds):
                return LoopRole.RETRY
            if "len" not in words.split() and (_TURNS.search(f"{names} {bound}") or succeeds):
                return LoopRole.AGENT
            return LoopRole.RECORD
        if loop.catches and succeeds and loop.kind is LoopKind.FOR:
            return LoopRole.FALLBACK
        if succeeds and _CHOICES.search(f"{names} {words}"):
            return LoopRole.FALLBACK
        if self._is_small(scope, loop):
            return LoopRole.SMALL
        return LoopRole.RECORD

    def _name(self, scope: Scope, value: int) -> str:
        """The name that a loop's test reads."""
        facts = scope.facts
        names = [n for n, versions in facts.bindings.items() if value in versions]
        return " ".join([_words(facts, value), *names])

    def _is_short_range(self, scope: Scope, loop: LoopFact) -> bool:
        """Whether a loop runs over `range` of a small constant and has no other name for attempts."""
        source = scope.facts.values[loop.source]
        if source.op != "call" or not isinstance(source.payload, int):
            return False
        call = scope.facts.calls[source.payload]
        callee = scope.facts.values[call.callee]
        if callee.payload != "range" or not call.arguments or _ATTEMPTS.search(" ".join(loop.names)):
            return False
        bounds = [
            record.value
            for argument in call.arguments
            for obj in self.linker.solver.pts[scope.base + argument.value]
            if isinstance(record := self.linker.record(obj), Const)
        ]
        known = len(bounds) == len(call.arguments)
        return known and all(isinstance(b, int) and abs(b) <= SMALL_SET_MAX for b in bounds)

    def _is_small(self, scope: Scope, loop: LoopFact) -> bool:
        """Whether everything that the loop may run over is a short display of constants."""
        sizes = [self._fixed_size(obj) for obj in self.linker.solver.pts[scope.base + loop.source]]
        return bool(sizes) and all(size is not None and size <= SMALL_SET_MAX for size in sizes)

    def _fixed_size(self, obj: int) -> int | None:
        record = self.linker.record(obj)
        if not isinstance(record, Container):
            return 0 if isinstance(record, Const) and record.value is None else None
        from bisect import bisect_right

        at = bisect_right(self._bases, record.node) - 1
        scope = self.linker.scopes.all[at]
        index = record.node - scope.base
        if not 0 <= index < len(scope.facts.values):
            return None
        value = scope.facts.values[index]
        if value.op in ("list", "tuple", "set"):
            fixed = all(_is_fixed(scope.facts, operand) for operand in value.operands)
            return len(value.operands) if fixed and value.operands else None
        if value.op == "dict" and value.operands:
            return len(value.operands) // 2 if -1 not in value.operands else None
        return None

    @property
    def _bases(self) -> list[int]:
        return self.linker.scopes.bases

    def _pause(self, scope: Scope, loop: int) -> float | None:
        """The longest pause in the loop's own body in seconds, infinite where its length is unknown;
        None where it does not pause."""
        found: float | None = None
        for index, call in enumerate(scope.facts.calls):
            name = scope.facts.values[call.callee].payload
            if name not in ("sleep", "run_pending") or loop not in self.around(scope.number, index):
                continue
            seconds = float("inf")
            if call.arguments and name == "sleep":
                value = scope.facts.values[call.arguments[0].value]
                if value.op == "const" and isinstance(value.payload, int | float):
                    seconds = float(value.payload)
            found = max(found or 0.0, seconds)
        return found


def _is_success(exit_: Exit) -> bool:
    """Whether an exit leaves the loop because something worked."""
    return exit_.kind in ("break", "return") and not exit_.in_handler


def _is_fixed(facts: ScopeFacts, value: int) -> bool:
    found = facts.values[value]
    if found.op == "const":
        return True
    if found.op in ("tuple", "list"):
        return all(operand < 0 or _is_fixed(facts, operand) for operand in found.operands)
    return found.op in ("function", "class", "free", "attr")


def _compares(facts: ScopeFacts, test: object) -> bool:
    """Whether a test compares with a number."""
    operands = getattr(test, "operands", ())
    return getattr(test, "op", "") == "opaque" and len(operands) == 2


def _words(facts: ScopeFacts, value: int, depth: int = 0) -> str:
    """The names that an expression mentions, as written."""
    if depth > 4 or value < 0:
        return ""
    found = facts.values[value]
    if found.op == "call":
        call = facts.calls[found.payload]  # type: ignore[call-overload]
        parts = [_words(facts, call.callee, depth + 1)]
        parts += [_words(facts, argument.value, depth + 1) for argument in call.arguments]
        return " ".join(parts)
    own = str(found.payload) if found.op in ("free", "attr") else ""
    if found.op == "param":
        own = facts.parameters[found.payload].name  # type: ignore[call-overload]
    return " ".join([own, *(_words(facts, operand, depth + 1) for operand in found.operands)])
