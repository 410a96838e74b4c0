"""The models that a call site uses on one way, where the program knows several over all of its callers."""

from collections.abc import Iterator
from typing import Final

from batchlint.analysis.model import CallSite
from batchlint.analysis.values import HOLE
from batchlint.catalog.model import Argument
from batchlint.costing.limits import Limits
from batchlint.costing.trace import Trace, constant_text
from batchlint.program.linker import CallContext

# What clients and model objects call the argument that names their model.
_NAMES: Final = ("model", "model_name", "model_id", "modelId", "azure_deployment", "deployment_name",
                 "deployment", "engine")  # fmt: skip
_BODIES: Final = ("json", "data", "body", "content")
_READS: Final = frozenset({"get", "getenv"})


class Models:
    """Reads the model of one call site along one way."""

    def __init__(self, trace: Trace, limits: Limits) -> None:
        self.trace = trace
        self.limits = limits

    def models(self, site: CallSite, context: CallContext | None) -> tuple[str, ...]:
        """The models on this way; those over all ways where this one says nothing more exact."""
        if len(site.models) == 1 or context is None:
            return site.models
        for node in self._nodes(site, context):
            texts = {text for text in self.trace.texts(node) if text and HOLE not in text}
            narrowed = texts & set(site.models) if site.models else texts
            if narrowed:
                return tuple(sorted(narrowed))
        return site.models

    def settings(self, site: CallSite, context: CallContext | None) -> Iterator[str]:
        """The names of the environment variables that the model is read from."""
        for node in self._nodes(site, context) if context is not None else ():
            for end in self.trace.ends(node):
                found = self.trace.fact(end)
                name = self._setting(end) if found is not None else None
                if name is not None:
                    yield name

    def _nodes(self, site: CallSite, context: CallContext) -> Iterator[int]:
        """The nodes that may name the model: arguments of the call, of its body, of what made its client."""
        selectors = site.operation.model if site.operation is not None else ()
        node = self.trace.passed(context, selectors)
        if node is not None:
            yield node
        for name in _BODIES if site.operation is None else ():
            body = context.keywords.get(name)
            node = self.trace.entry(body, "model") if body is not None else None
            if node is not None:
                yield node
        if site.operation is None:
            return
        names = tuple(Argument(name, None) for name in _NAMES)
        if site.models:  # of which the argument is one, so that it is no guess
            names = (*names, Argument(None, 0))
        for made in self.limits.constructors(site):
            node = self.trace.passed(made, names)
            if node is not None:
                yield node

    def _setting(self, node: int) -> str | None:
        """The name in `os.environ["NAME"]`, `os.getenv("NAME")`, `os.environ.get("NAME", default)`."""
        found = self.trace.fact(node)
        if found is None:
            return None
        scope, value = found
        if value.op == "item":
            return constant_text(scope, value.operands[1])
        if value.op != "call":
            return None
        call, name, _ = self.trace.call(scope, value)
        if name not in _READS or not call.arguments:
            return None
        return constant_text(scope, call.arguments[0].value)
