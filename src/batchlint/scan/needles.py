"""What the scan looks for: the words without which a file cannot name an LLM provider."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchlint.catalog.model import AccessPath, CallShape, Catalog, Provider
    from batchlint.catalog.prefixes import Prefixes

_LITERAL = re.compile(r"[\w/.:-]+")
_LITERAL_MIN = 6


@dataclass(frozen=True, slots=True)
class Needles:
    """`roots` are dotted modules that count when they are imported, `texts` count wherever they stand.

    `starters` mark files that may start functions by naming them in strings: beat schedules, `CRONJOBS`,
    `queue.enqueue("app.jobs.run")`. Dotted names in strings of such a file count as imports.

    An import of a root counts when `paths` knows a client or call that begins with what it imports
    (`langchain_core.documents.Document` is none), or when one of the root's `calls`, the last steps of calls
    that are known by their shape, stands in the file. Without `paths` every import counts.
    """

    roots: tuple[str, ...]
    texts: tuple[str, ...]
    starters: tuple[str, ...] = ("CRON", "SCHEDULE", "add_job", "cron", "enqueue", "schedule", "send_task")
    paths: "Prefixes | None" = None
    calls: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)


def needles_of(catalog: "Catalog") -> Needles:
    """The needles of a catalog: import roots, host names, endpoints, and calls that need no import.

    A root that is a provider only under a condition (`boto3.client("bedrock-runtime")`) is no needle:
    the condition's constant is one instead, and so are the calls that may go without it.
    """
    from batchlint.catalog.prefixes import Prefixes

    roots: set[str] = set()
    texts: set[str] = set()
    calls: dict[str, set[bytes]] = {}
    for provider in catalog.providers:
        conditions = {root: _conditions(provider, root) for root in provider.imports}
        roots.update(root for root, constants in conditions.items() if not constants)
        texts.update(constant for constants in conditions.values() for constant in constants)
        narrowed = any(conditions.values())
        for operation in provider.operations:
            shape = operation.shape
            if shape is None:
                continue
            for root in provider.imports:
                calls.setdefault(root, set()).add(b"." + shape.suffix[-1].encode())
            if shape.distinctive or shape.telling or narrowed:
                texts.add(_call_text(shape))
    texts.update(_longest(host.pattern) for host in catalog.hosts if not host.is_local)
    texts.update(
        _longest(endpoint.path.replace("\\", "")) for endpoint in catalog.endpoints if endpoint.any_host
    )
    texts = {text for text in texts if len(text) >= _LITERAL_MIN}
    return Needles(
        tuple(sorted(roots)),
        tuple(sorted(text for text in texts if not _is_covered(text, texts))),
        paths=Prefixes(_paths(catalog), ()),
        calls={root: tuple(sorted(words)) for root, words in calls.items()},
    )


def _paths(catalog: "Catalog") -> "Iterator[AccessPath]":
    """The paths of all clients and calls of providers."""
    for provider in catalog.providers:
        yield from provider.wraps
        for group in provider.clients:
            yield from group.paths
        for operation in provider.operations:
            yield from operation.paths
            yield from operation.decorators


def _conditions(provider: "Provider", root: str) -> frozenset[str]:
    """The constants one of which every use of the root must name; empty when there is a use without."""
    top = tuple(root.split("."))
    constants: set[str] = set()
    conditional: set[AccessPath] = set()
    for group in provider.clients:
        paths = [path for path in group.paths if path[: len(top)] == top]
        if not paths:
            continue
        patterns = [pattern for _, pattern in group.where if _LITERAL.fullmatch(pattern)]
        if not patterns:
            return frozenset()
        constants.add(patterns[0])
        conditional.update(paths)
    for operation in provider.operations:
        for path in operation.paths:
            if path[: len(top)] == top and not any(path[: len(c)] == c for c in conditional):
                return frozenset()
    return frozenset(constants)


def _call_text(shape: "CallShape") -> str:
    """The part of a call that stands on one line even where the call is broken over several."""
    steps = shape.suffix
    return "." + ".".join(steps[:-1] if len(steps) > 2 else steps)


def _longest(pattern: str) -> str:
    """The longest run of a glob or regular expression that stands for itself."""
    return max(_LITERAL.findall(pattern), key=len, default="")


def _is_covered(text: str, texts: set[str]) -> bool:
    """Whether another needle is found wherever this one is."""
    return any(other != text and other in text for other in texts)
