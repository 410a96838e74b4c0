"""What the code says about the size of a response: a token limit, the fields of its schema."""

from collections.abc import Iterator
from typing import Final

from batchlint.analysis.model import CallSite
from batchlint.analysis.values import Values
from batchlint.catalog.model import Argument
from batchlint.estimate import OutputLimits
from batchlint.program.linker import CallContext, Linker
from batchlint.program.objects import Class, External

# Names that SDKs and request bodies use, also nested in a configuration object.
_LIMITS: Final = ("max_completion_tokens", "max_tokens", "max_output_tokens", "max_tokens_to_sample",
                  "maxTokens", "maxOutputTokens", "max_new_tokens")  # fmt: skip
_NESTED: Final = ("inferenceConfig", "config", "generation_config", "model_kwargs", "json", "body", "options")
_SCHEMAS: Final = ("response_format", "response_model", "text_format", "output_type", "response_schema")


class Limits:
    """Reads the output limits of call sites."""

    def __init__(self, linker: Linker, values: Values) -> None:
        self.linker = linker
        self.values = values

    def limits(self, site: CallSite, context: CallContext | None) -> OutputLimits:
        """The limits of one site: from its call, else from the calls its receiver was made by."""
        if context is None:
            return OutputLimits()
        selectors = site.operation.output_limit if site.operation is not None else ()
        names = tuple(dict.fromkeys((*selectors, *(Argument(name, None) for name in _LIMITS))))
        limit: int | None = None
        for made in (context, *self._constructors(site)):
            limit = self._limit(made, names)
            if limit is not None:
                break
        return OutputLimits(limit, self._fields(context))

    def _constructors(self, site: CallSite) -> Iterator[CallContext]:
        """The calls that made the receiver of a site: its client, its model object."""
        for obj in sorted(self.linker.externals.get((site.scope, site.call), ())):
            at = obj
            while at >= 0:
                record = self.linker.record(at)
                if not isinstance(record, External):
                    break
                made = self.linker.contexts.get(record.made_by)
                if made is not None:
                    yield made
                at = record.parent

    def _limit(self, context: CallContext, names: tuple[Argument, ...]) -> int | None:
        node = self.values.argument(context, names)
        nodes = [node] if node is not None else []
        for holder in _NESTED:
            config = context.keywords.get(holder)
            if config is None:
                continue
            for made in self._made_by(config):
                inner = self.values.argument(made, names)
                nodes += [inner] if inner is not None else []
            entries = (self.values.entry(config, name) for name in _LIMITS)
            nodes += [entry for entry in entries if entry is not None]
        numbers = [c for each in nodes for c in self.values.constants(each) if type(c) is int and c > 0]
        return max((number for number in numbers if isinstance(number, int)), default=None)

    def _made_by(self, node: int) -> Iterator[CallContext]:
        """The constructor call that a configuration object comes from."""
        own = self.linker.contexts.get(node)
        if own is not None:
            yield own
        for obj in self.linker.solver.pts[node]:
            record = self.linker.record(obj)
            if isinstance(record, External) and (made := self.linker.contexts.get(record.made_by)):
                yield made

    def _fields(self, context: CallContext) -> int | None:
        """The fields of the class that a structured response is read into, those of nested classes too."""
        for name in _SCHEMAS:
            node = context.keywords.get(name)
            for obj in self.linker.solver.pts[node] if node is not None else ():
                record = self.linker.record(obj)
                if isinstance(record, Class):
                    fields = len(self.linker.scopes.all[record.scope].facts.annotations)
                    if fields:
                        return fields
        return None
