"""What a receiver is made of: the links of a piped chain, and the calls that derive it from a client."""

from collections.abc import Iterator
from typing import Final

from batchlint.analysis.model import CallSite
from batchlint.costing.trace import Trace

_LINKS_MAX: Final = 40
# Calls that give their receiver or an argument back with something added.
_DERIVED: Final = frozenset(
    {"bind", "bind_tools", "bind_functions", "with_config", "with_fallbacks", "with_retry",
     "with_structured_output", "with_types", "pipe", "partial"}
)  # fmt: skip
# Chains that are built by a call, and its arguments that are links.
_BUILT: Final = frozenset({"LLMChain", "RunnableSequence", "create_stuff_documents_chain", "SequentialChain"})
_PARTS: Final = ("prompt", "llm", "first", "middle", "last", "output_parser")


def receiver(trace: Trace, site: CallSite) -> int | None:
    """The node of what a site's method is called on; None for a plain function."""
    scope = trace.linker.scopes.all[site.scope]
    callee = scope.facts.values[scope.facts.calls[site.call].callee]
    return scope.base + callee.operands[0] if callee.op == "attr" else None


def links(trace: Trace, node: int) -> Iterator[int]:
    """The nodes of the links that a chain is made of, in order; a plain client is its only link.

    Of `prompt | model.bind_tools(tools)` these are the prompt, the call of `bind_tools` and the model.
    """
    todo, seen = [node], set[int]()
    while todo and len(seen) < _LINKS_MAX:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        ends = [end for end in trace.ends(at) if end == at or end not in seen]
        seen.update(ends)
        yield from ends
        todo += reversed([link for end in ends for link in _inside(trace, end)])


def _inside(trace: Trace, node: int) -> list[int]:
    """The nodes that a link is composed of; none for one that is not composed."""
    found = trace.fact(node)
    if found is None:
        return []
    scope, value = found
    if value.op == "binop" and value.payload == "BitOr":
        return [scope.base + operand for operand in value.operands]
    if value.op != "call":
        return []
    call, name, receiver = trace.call(scope, value)
    arguments = {argument.keyword: scope.base + argument.value for argument in call.arguments}
    if name in _DERIVED and receiver is not None:
        piped = [arguments[None]] if name == "pipe" and None in arguments else []
        return [receiver, *piped]
    if name in _BUILT:
        named = [arguments[key] for key in _PARTS if key in arguments]
        return named or [scope.base + argument.value for argument in call.arguments]
    return trace.returned(scope.number, int(value.payload))  # type: ignore[call-overload]
