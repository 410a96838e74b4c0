"""What the code says about the size of a response: a token limit, the fields of its schema."""

from collections.abc import Iterator
from typing import Final

from batchlint.analysis.model import CallSite
from batchlint.catalog.model import Argument
from batchlint.costing.chains import links, receiver
from batchlint.costing.trace import Trace
from batchlint.estimate import OutputLimits
from batchlint.program.linker import CallContext
from batchlint.program.objects import Class, External

# Names that SDKs and request bodies use, also nested in a configuration object.
_LIMITS: Final = ("max_completion_tokens", "max_tokens", "max_output_tokens", "max_tokens_to_sample",
                  "maxTokens", "maxOutputTokens", "max_new_tokens", "maxTokenCount", "max_gen_len",
                  "num_predict")  # fmt: skip
_NESTED: Final = ("inferenceConfig", "config", "generation_config", "generationConfig", "model_kwargs",
                  "json", "body", "data", "options", "textGenerationConfig", "extra_body")  # fmt: skip
_NESTED_DEPTH_MAX: Final = 2
_SCHEMAS: Final = ("response_format", "response_model", "text_format", "output_type", "response_schema")
_STRUCTURED: Final = frozenset({"with_structured_output", "PydanticOutputParser", "JsonOutputParser"})


class Limits:
    """Reads the output limits of call sites on one way."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.linker = trace.linker
        self.values = trace.values

    def limits(self, site: CallSite, context: CallContext | None) -> OutputLimits:
        """The limits of one site: from its call, else from the calls its receiver was made by."""
        if context is None:
            return OutputLimits()
        selectors = site.operation.output_limit if site.operation is not None else ()
        names = tuple(dict.fromkeys((*selectors, *(Argument(name, None) for name in _LIMITS))))
        limit: int | None = None
        for made in (context, *self.constructors(site)):
            limit = self._limit(made, names)
            if limit is not None:
                break
        return OutputLimits(limit, self._fields(context) or self._piped_fields(site))

    def constructors(self, site: CallSite) -> Iterator[CallContext]:
        """The calls that made the receiver of a site: its client, its model object, links of its chain."""
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
        start = receiver(self.trace, site)
        for node in links(self.trace, start) if start is not None else ():
            made = self.linker.contexts.get(node)
            if made is not None:
                yield made

    def _limit(self, context: CallContext, names: tuple[Argument, ...]) -> int | None:
        node = self.trace.passed(context, names)
        nodes = [node] if node is not None else []
        for holder in _NESTED:
            config = self.trace.passed(context, (Argument(holder, None),))
            if config is not None:
                nodes += self._nested(config, names, 0)
        numbers = [c for each in nodes for c in self.trace.constants(each) if type(c) is int and c > 0]
        return max((number for number in numbers if isinstance(number, int)), default=None)

    def _nested(self, config: int, names: tuple[Argument, ...], depth: int) -> list[int]:
        """The limits in a configuration object or in the body of a request."""
        nodes = [self.trace.passed(made, names) for made in self._made_by(config)]
        nodes += [self.trace.entry(config, name) for name in _LIMITS]
        found = [node for node in nodes if node is not None]
        for holder in _NESTED if depth < _NESTED_DEPTH_MAX else ():
            inner = self.trace.entry(config, holder)
            found += self._nested(inner, names, depth + 1) if inner is not None else []
        return found

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
        nodes = (context.keywords.get(name) for name in _SCHEMAS)
        return next((n for node in nodes if node is not None and (n := self._class_fields(node))), None)

    def _piped_fields(self, site: CallSite) -> int | None:
        """The fields of the class that a link of the chain parses the response into."""
        start = receiver(self.trace, site)
        for node in links(self.trace, start) if start is not None else ():
            found = self.trace.fact(node)
            if found is None or found[1].op != "call":
                continue
            call, name, _ = self.trace.call(*found)
            for argument in call.arguments[:1] if name in _STRUCTURED else ():
                if fields := self._class_fields(found[0].base + argument.value):
                    return fields
        return None

    def _class_fields(self, node: int) -> int | None:
        for obj in self.linker.solver.pts[node]:
            record = self.linker.record(obj)
            if isinstance(record, Class):
                fields = len(self.linker.scopes.all[record.scope].facts.annotations)
                if fields:
                    return fields
        return None
