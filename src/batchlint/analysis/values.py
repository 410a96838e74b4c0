"""What a value may be as text or constant: model names, URLs and flags, through defaults and settings.

A part of a text that is not known stands as `HOLE`.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import islice, product
from typing import Final

from batchlint.catalog.model import Argument
from batchlint.facts.model import Value
from batchlint.program.linker import CallContext, Linker
from batchlint.program.objects import Const, Expression, External
from batchlint.program.scopes import Scope

HOLE: Final = "\N{OBJECT REPLACEMENT CHARACTER}"
_DEPTH_MAX: Final = 12
_TEXTS_MAX: Final = 24
# Calls that declare or read a setting, and where they carry its default: position, keyword.
_DEFAULTS: Final[dict[str, tuple[int, str]]] = {
    "get": (1, "default"),
    "getenv": (1, "default"),
    "config": (1, "default"),
    "str": (1, "default"),
    "pop": (1, "default"),
    "setdefault": (1, "default"),
    "Field": (0, "default"),
    "field": (-1, "default"),
    "Option": (0, "default"),
    "Argument": (0, "default"),
    "Query": (0, "default"),
    "Form": (0, "default"),
    "Body": (0, "default"),
    "Parameter": (-1, "default"),
    "ib": (-1, "default"),
}


class Values:
    """Evaluates nodes of a linked program; nothing of it is executed."""

    def __init__(self, linker: Linker) -> None:
        self.linker = linker
        self._bases = [scope.base for scope in linker.scopes.all]
        self._declared: dict[int, dict[str, list[CallContext]]] = {}
        self._texts: dict[tuple[int, int], frozenset[str]] = {}

    def place(self, node: int) -> tuple[Scope, int] | None:
        """The scope and the index of the value that a node stands for; None for other nodes."""
        at = bisect_right(self._bases, node) - 1
        if at < 0:
            return None
        scope = self.linker.scopes.all[at]
        index = node - scope.base
        return (scope, index) if index < len(scope.facts.values) else None

    def fact(self, node: int) -> Value | None:
        """The value that a node stands for."""
        place = self.place(node)
        return None if place is None else place[0].facts.values[place[1]]

    def constants(self, node: int) -> set[object]:
        """The constants that a node may hold, those of its settings' defaults included."""
        found: set[object] = set()
        for obj in self.linker.solver.pts[node]:
            record = self.linker.record(obj)
            if isinstance(record, Const):
                found.add(record.value)
            elif isinstance(record, External):
                for default in self.defaults(obj, record):
                    found |= {
                        r.value
                        for o in self.linker.solver.pts[default]
                        if isinstance(r := self.linker.record(o), Const)
                    }
        return found

    def texts(self, node: int, depth: int = 0) -> frozenset[str]:
        """The texts that a node may hold, unknown parts as `HOLE`; empty where nothing is known."""
        if depth > _DEPTH_MAX:
            return frozenset()
        key = (node, depth)
        if key not in self._texts:
            # Texts that are built from one another are asked for over and over.
            self._texts[key] = frozenset(self._evaluated(node, depth))
        return self._texts[key]

    def _evaluated(self, node: int, depth: int) -> set[str]:
        found: set[str] = set()
        for obj in tuple(self.linker.solver.pts[node]):
            record = self.linker.record(obj)
            if isinstance(record, Const):
                if isinstance(record.value, str):
                    found.add(record.value)
            elif isinstance(record, Expression):
                found |= self._computed(record.node, depth + 1)
            elif isinstance(record, External):
                for default in self.defaults(obj, record):
                    found |= self.texts(default, depth + 1)
                found |= self._foreign_text(obj, record, depth)
            if len(found) >= _TEXTS_MAX:
                break
        return found

    def _computed(self, node: int, depth: int) -> AbstractSet[str]:
        place = self.place(node)
        if place is None:
            return set()
        scope, index = place
        fact = scope.facts.values[index]
        match fact.op:
            case "fstring":
                return self._joined([scope.base + part for part in fact.operands], depth)
            case "binop" if fact.payload in ("Add", "IAdd"):
                return self._joined([scope.base + part for part in fact.operands], depth)
            case "binop" if fact.payload == "Mod":
                return {_fill_percent(t) for t in self.texts(scope.base + fact.operands[0], depth)}
            case "call":
                return self._called(scope, fact, depth)
        return set()

    def _joined(self, parts: list[int], depth: int) -> set[str]:
        choices = [sorted(self.texts(part, depth)) or [HOLE] for part in parts]
        return {"".join(texts) for texts in islice(product(*choices), _TEXTS_MAX)}

    def _called(self, scope: Scope, fact: Value, depth: int) -> AbstractSet[str]:
        call = scope.facts.calls[fact.payload]  # type: ignore[call-overload]
        callee = scope.facts.values[call.callee]
        if callee.op != "attr":
            return set()
        receivers = self.texts(scope.base + callee.operands[0], depth)
        match callee.payload:
            case "format":
                names = {a.keyword: scope.base + a.value for a in call.arguments if a.keyword}
                places = [scope.base + a.value for a in call.arguments if a.keyword is None]
                return {self._format(text, places, names, depth) for text in receivers}
            case "strip" | "rstrip" | "lstrip" | "lower":
                return receivers
            case "join":
                return {HOLE}
        return set()

    def _format(self, text: str, places: list[int], names: dict[str, int], depth: int) -> str:
        import re

        position = iter(places)

        def fill(match: re.Match[str]) -> str:
            name = match.group(1)
            node = names.get(name) if name and not name.isdigit() else next(position, None)
            texts = self.texts(node, depth) if node is not None else set()
            return next(iter(sorted(texts))) if len(texts) == 1 else HOLE

        return re.sub(r"\{(\w*)[^{}]*\}", fill, text)

    def _foreign_text(self, obj: int, record: External, depth: int) -> AbstractSet[str]:
        """Text through calls of the standard library that join texts."""
        path = self.linker.objects.path(obj)
        context = self.linker.contexts.get(record.made_by)
        if context is None or record.step != "()":
            return set()
        if path[-2:] in (("join", "()"), ("urljoin", "()")):
            parts = [self.texts(node, depth + 1) or {HOLE} for node, _ in context.positional]
            return {"/".join(p.strip("/") for p in t) for t in islice(product(*parts), _TEXTS_MAX)}
        if path[-2] == "str" and path[0] == "builtins" and context.positional:
            return self.texts(context.positional[0][0], depth + 1)
        return set()

    def defaults(self, obj: int, record: External) -> Iterator[int]:
        """The nodes of the defaults of a setting: `os.environ.get("X", default)`, `Field(default)`, the
        `default=` of a command-line option."""
        path = self.linker.objects.path(obj)
        if record.step == "()":
            context = self.linker.contexts.get(record.made_by)
            row = _DEFAULTS.get(path[-2]) if len(path) > 1 else None
            if context is not None and row is not None:
                node = context.argument(row[0] if row[0] >= 0 else None, row[1])
                if node is not None:
                    yield node
        elif (path[0] == "argparse" and "parse_args" in path) or path[-2:-1] == ("parse_known_args",):
            yield from self._option_defaults(obj, path[-1])

    def _option_defaults(self, obj: int, name: str) -> Iterator[int]:
        """The defaults that `add_argument("--name", default=…)` calls declare."""
        if not self._declared:
            for (scope, call), objects in self.linker.externals.items():
                for callee in objects:
                    path = self.linker.objects.path(callee)
                    if path[-1:] == ("add_argument",) and path[0] == "argparse" and call >= 0:
                        self._declare(scope, call)
        del obj
        for contexts in self._declared.values():
            for context in contexts.get(name, ()):
                node = context.keywords.get("default")
                if node is not None:
                    yield node

    def _declare(self, scope: int, call: int) -> None:
        facts = self.linker.scopes.all[scope]
        context = self.linker.contexts[facts.base + facts.facts.calls[call].value]
        flags = [t for node, _ in context.positional for t in self.texts(node)]
        if "dest" in context.keywords:
            flags = list(self.texts(context.keywords["dest"]))
        names = self._declared.setdefault(facts.file, {})
        for flag in flags:
            names.setdefault(flag.lstrip("-").replace("-", "_"), []).append(context)

    def argument(self, context: CallContext, selectors: Iterable[Argument]) -> int | None:
        """The node of the first argument that a selector finds in a call, `**mapping` items included."""
        for selector in selectors:
            node = context.argument(selector.position, selector.keyword)
            if node is not None:
                return node
            if selector.keyword is not None:
                for mapping in context.mappings:
                    found = self.entry(mapping, selector.keyword)
                    if found is not None:
                        return found
        return None

    def entry(self, mapping: int, key: str) -> int | None:
        """The node of a mapping's entry at a constant key, None where no mapping there has it."""
        number = self.linker.objects.const(key)
        for obj in self.linker.solver.pts[mapping]:
            if self.linker.solver.has_field(obj, number):
                node = self.linker.solver.field(obj, number)
                if self.linker.solver.pts[node]:
                    return node
        return None


def _fill_percent(text: str) -> str:
    import re

    return re.sub(r"%(\(\w+\))?[-#0 +]*\d*(\.\d+)?[diouxXeEfFgGcrsa]", HOLE, text)
