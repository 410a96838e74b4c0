"""The prompt of a call site: the text that every request carries, and the parts that vary.

Text never leaves this stage: what others see are counts of tokens and the names of variables.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from batchlint.analysis.model import CallSite
from batchlint.catalog.model import Argument
from batchlint.costing.chains import links, receiver
from batchlint.costing.files import file_text, template_text
from batchlint.costing.names import kind_of, name_of
from batchlint.costing.trace import Trace, constant_text
from batchlint.estimate import DynamicKind, DynamicPart, PromptText, StaticPart
from batchlint.facts.model import Value
from batchlint.finding import Range
from batchlint.program.linker import CallContext
from batchlint.program.objects import Const, Container, Expression
from batchlint.program.scopes import Scope

Part = StaticPart | DynamicPart

_DEPTH_MAX: Final = 24
_PARTS_MAX: Final = 200
_VALUES_MAX: Final = 2_000
# Keys of messages and parts whose values are no text of the prompt.
_LABELS: Final = frozenset(
    {"role", "type", "cache_control", "detail", "id", "media_type", "mime_type", "model", "modelId",
     "anthropic_version", "anthropic_beta"}
)  # fmt: skip
_IMAGE_KEYS: Final = frozenset({"image_url", "image", "inline_data", "input_image", "file_data"})
_DOCUMENT_KEYS: Final = frozenset({"document", "file", "input_file", "pdf"})
# What every request carries besides the messages, in the order in which providers read it.
_LEADING: Final = ("tools", "functions", "system", "instructions", "system_instruction", "preamble")
_BODY: Final = ("system", "instructions", "messages", "input", "inputs", "inputText", "prompt", "contents",
                "texts")  # fmt: skip
_CONTENT: Final = ("content", "text", "parts", "contents", "prompt", "messages", "data", "image", "input")
# Arguments that carry the body of a request, serialised or not.
_BODIES: Final = ("json", "body", "data", "content")
# Calls that change nothing that counts.
_SAME: Final = frozenset(
    {"strip", "lstrip", "rstrip", "dedent", "cleandoc", "lower", "copy", "encode", "deepcopy"}
)
# Calls that fill the fields of a template with keyword arguments.
_FILLS: Final = frozenset({"format", "format_messages", "format_prompt", "aformat", "aformat_messages",
                           "render", "safe_substitute", "substitute"})  # fmt: skip
# Calls that make a prompt template out of texts and messages.
_TEMPLATES: Final = frozenset({"from_messages", "from_template", "from_role_strings", "from_strings"})
_ROLES: Final = frozenset({"ai", "assistant", "developer", "human", "system", "user"})
_FIELDS: Final = re.compile(r"\{(\w*)[^{}]*\}|%\((\w+)\)\w|%[sdr]|\$\{?(\w+)\}?")
_JINJA: Final = re.compile(r"\{\{-?\s*([\w.]+)[^{}]*\}\}")


class Prompts:
    """Reads the prompt arguments of one call site along one way."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.values = trace.values
        self._known: dict[int, list[Part]] = {}

    def prompt(self, site: CallSite, context: CallContext | None) -> PromptText:
        """Everything that one request sends; empty where the call carries no prompt that can be read."""
        if context is None:
            return PromptText()
        parts: list[Part] = []
        piped = self._piped(site)
        arguments = list(self._arguments(site, context))
        if piped and not arguments:
            parts = self._filled_all(piped, self._given(context))
        for node, name in arguments:
            if name in ("tools", "functions"):
                parts += [StaticPart(text) for text in self._all_text(node, 0)]
            elif piped:
                parts += self._filled_all(piped, self._variables(node))
            else:
                parts += self.parts(node)
        return PromptText(tuple(_merged(parts)[:_PARTS_MAX]))

    def _given(self, context: CallContext) -> dict[str, int]:
        """The variables that a call passes to a chain: in one mapping, or each as a keyword argument."""
        node = context.argument(0, "inputs")
        return {**context.keywords, **(self._variables(node) if node is not None else {})}

    def _piped(self, site: CallSite) -> list[int]:
        """The prompt templates in the chain that a site invokes."""
        start = receiver(self.trace, site)
        if start is None:
            return []
        return [node for node in links(self.trace, start) if self._is_template(node)]

    def _is_template(self, node: int) -> bool:
        found = self.trace.fact(node)
        if found is None or found[1].op != "call":
            return False
        name = self.trace.call(*found)[1]
        return name.endswith("PromptTemplate") or name in _TEMPLATES

    def _filled_all(self, templates: list[int], variables: dict[str, int]) -> list[Part]:
        return [part for node in templates for part in self._filled(node, variables, 0)]

    def _variables(self, node: int) -> dict[str, int]:
        """The entries of a mapping of a template's variables, by name."""
        found = self.trace.fact(self.trace.unserialised(node))
        if found is None or found[1].op != "dict":
            return {}
        scope, value = found
        pairs = zip(value.operands[::2], value.operands[1::2], strict=True)
        named = ((constant_text(scope, key), operand) for key, operand in pairs)
        return {name: scope.base + operand for name, operand in named if name is not None}

    def _arguments(self, site: CallSite, context: CallContext) -> Iterator[tuple[int, str]]:
        """The nodes that hold prompt text, each with its argument's name, leading ones first."""
        selectors = site.operation.prompt if site.operation is not None else ()
        found: dict[int, str] = {}
        for name in _LEADING:
            node = self.trace.passed(context, (Argument(name, None),))
            if node is not None:
                found.setdefault(node, name)
        for selector in selectors:
            node = self.trace.passed(context, (selector,))
            if node is not None and (selector.keyword not in _BODIES or not self._body(node, found)):
                found.setdefault(node, selector.keyword or "")
        if site.operation is None or not selectors:
            for body in _BODIES:
                mapping = self.trace.passed(context, (Argument(body, None),))
                if mapping is not None:
                    self._body(mapping, found)
        yield from found.items()

    def _body(self, mapping: int, found: dict[int, str]) -> bool:
        """Add the prompt's entries in the body of a request; whether it has any."""
        entries = [(self.trace.entry(mapping, key), key) for key in ("tools", *_BODY)]
        for node, key in entries:
            if node is not None:
                found.setdefault(node, key)
        return any(node is not None for node, _ in entries)

    # parts of one value

    def parts(self, node: int, name: str = "", depth: int = 0) -> list[Part]:
        """The parts of one value; `name` is what the code calls it."""
        known = self._known.get(node)
        if known is None:
            # A value that is part of itself, or that would take too long to follow, is unknown.
            self._known[node] = [DynamicPart(kind_of(name), name)]
            if depth > _DEPTH_MAX or len(self._known) > _VALUES_MAX:
                return self._known[node]
            known = self._known[node] = self._parts(node, name, depth + 1)[:_PARTS_MAX]
        return known

    def _parts(self, node: int, name: str, depth: int) -> list[Part]:
        found = self.trace.fact(node)
        if found is None:
            return self._held(node, name, depth)
        scope, value = found
        operands = [scope.base + operand for operand in value.operands if operand >= 0]
        match value.op:
            case "const":
                return [StaticPart(value.payload)] if isinstance(value.payload, str) else []
            case "tuple" if len(operands) == 2 and self._role(operands[0]):
                return self._message(operands, depth)
            case "fstring" | "list" | "tuple" | "set":
                return [*self._each(operands, depth), *self._appended(node, depth)]
            case "binop" if value.payload in ("Add", "IAdd"):
                return self._each(operands, depth)
            case "binop" if value.payload == "Mod":
                return self._filled(operands[0], {}, depth)
            case "dict":
                return self._mapping(scope, value, depth)
            case "comp":
                return _repeated(self.parts(operands[-1], name, depth))
            case "call":
                return self._called(scope, value, node, depth)
            case "await" | "enter":
                return self.parts(operands[0], name, depth)
        return self._variable(scope, value, node, name, depth)

    def _role(self, node: int) -> str | None:
        """The role that a constant names, of a message that is written as a pair."""
        found = self.trace.fact(node)
        payload = found[1].payload if found is not None and found[1].op == "const" else None
        return payload if isinstance(payload, str) and payload in (*_ROLES, "placeholder") else None

    def _message(self, pair: Sequence[int], depth: int) -> list[Part]:
        if self._role(pair[0]) == "placeholder":
            return [DynamicPart(DynamicKind.HISTORY, "messages")]
        return self.parts(pair[1], "", depth)

    def _each(self, nodes: Sequence[int], depth: int) -> list[Part]:
        return [part for node in nodes for part in self.parts(node, "", depth)]

    def _variable(self, scope: Scope, value: Value, node: int, name: str, depth: int) -> list[Part]:
        """A variable, attribute or item: what defines it, else what it may hold, else its name."""
        name = name_of(self.trace, scope, node - scope.base) or name
        choices = [self.parts(source, name, depth) for source in self.trace.definitions(node)]
        choices = [choice for choice in choices if any(isinstance(part, StaticPart) for part in choice)]
        if choices:
            # Of several possible texts the middle one stands for all.
            choices.sort(key=_length)
            return choices[len(choices) // 2]
        return self._held(node, name, depth)

    def _held(self, node: int, name: str, depth: int) -> list[Part]:
        """The parts of what a value may hold over all callers; a dynamic part where that is unknown."""
        choices: list[list[Part]] = []
        for obj in sorted(self.trace.linker.solver.pts[node]):
            record = self.trace.linker.record(obj)
            if isinstance(record, Const) and isinstance(record.value, str):
                choices.append([StaticPart(record.value)])
            elif isinstance(record, Expression | Container) and record.node != node:
                choices.append(self.parts(record.node, name, depth))
        choices = [choice for choice in choices if choice]
        if not choices:
            return [DynamicPart(kind_of(name), name)]
        choices.sort(key=_length)
        return choices[len(choices) // 2]

    def _mapping(self, scope: Scope, value: Value, depth: int) -> list[Part]:
        """A message, a content part, or a template's variables."""
        parts: list[Part] = []
        for key, operand in zip(value.operands[::2], value.operands[1::2], strict=True):
            label = constant_text(scope, key)
            if label in _LABELS:
                continue
            if label in _IMAGE_KEYS:
                parts.append(DynamicPart(DynamicKind.IMAGE, "image"))
            elif label in _DOCUMENT_KEYS:
                parts.append(DynamicPart(DynamicKind.DOCUMENT, "document"))
            else:
                parts += self.parts(scope.base + operand, label or "", depth)
        return parts

    def _appended(self, node: int, depth: int) -> list[Part]:
        """What the scope appends to the list that a display makes (`messages.append(…)`)."""
        found = self.trace.fact(node)
        if found is None or found[1].op != "list":
            return []
        scope, parts = found[0], list[Part]()
        for call in scope.facts.calls:
            callee = scope.facts.values[call.callee]
            if callee.op != "attr" or callee.payload not in ("append", "extend") or not call.arguments:
                continue
            if self._is_made_at(scope.base + callee.operands[0], node):
                parts += self.parts(scope.base + call.arguments[0].value, "", depth)
        return parts

    def _is_made_at(self, receiver: int, node: int) -> bool:
        objects = self.trace.linker.solver.pts[receiver]
        records = [self.trace.linker.record(obj) for obj in objects]
        return any(isinstance(record, Container) and record.node == node for record in records)

    # calls

    def _called(self, scope: Scope, value: Value, node: int, depth: int) -> list[Part]:
        call, name, receiver = self.trace.call(scope, value)
        arguments = [scope.base + argument.value for argument in call.arguments]
        keywords = {a.keyword: scope.base + a.value for a in call.arguments if a.keyword}
        if name in ("read", "read_text", "load_prompt"):
            opened = receiver if receiver is not None else next(iter(arguments), None)
            text = file_text(self.trace, opened)
            if text is not None:
                return [StaticPart(text)]
        if name == "get_template" and arguments:
            text = template_text(self.trace, arguments[0], receiver)
            if text is not None:
                return [StaticPart(text)]
        if name in _SAME and (receiver is not None or arguments):
            inner = receiver if name not in ("dedent", "cleandoc", "deepcopy") else None
            return self.parts(inner if inner is not None else arguments[0], "", depth)
        if name in _FILLS and receiver is not None:
            return self._filled(receiver, keywords, depth)
        if name in ("invoke", "ainvoke") and arguments and receiver is not None:
            templates = [link for link in links(self.trace, receiver) if self._is_template(link)]
            if templates:
                return self._filled_all(templates, self._variables(arguments[0]))
        if name == "dumps" and arguments and self.trace.unserialised(node) != node:
            return self._written(self.trace.unserialised(node), depth)
        if name == "replace" and receiver is not None and len(arguments) == 2:
            return [*self.parts(receiver, "", depth), *self.parts(arguments[1], "", depth)]
        if name == "join" and arguments:
            return _repeated(self.parts(arguments[0], "", depth))
        held = self._held(node, name, depth)
        for returned in self.trace.returned(scope.number, int(value.payload)):  # type: ignore[call-overload]
            if _length(held):
                break
            held = self.parts(returned, name, depth)
        if _length(held):
            return held
        content = [keywords[key] for key in _CONTENT if key in keywords]
        if name.endswith("Placeholder"):
            return [DynamicPart(DynamicKind.HISTORY, "messages")]
        if name.endswith("PromptTemplate") or name == "from_template":
            texts = [keywords["template"]] if "template" in keywords else content or arguments
            return self.parts(texts[0], "", depth) if texts else []
        if name.endswith("Template"):
            return self._filled((content or arguments or [node])[0], {}, depth)
        if content or (name[:1].isupper() and arguments) or name in ("from_text", "from_messages", "user"):
            return self._each(content or arguments, depth)
        return held

    def _written(self, node: int, depth: int) -> list[Part]:
        """A mapping that is written into a prompt as JSON, keys included."""
        found = self.trace.fact(node)
        if found is None or found[1].op != "dict":
            return [DynamicPart(DynamicKind.RECORD, "")]
        scope, value = found
        parts: list[Part] = []
        for key, operand in zip(value.operands[::2], value.operands[1::2], strict=True):
            label = constant_text(scope, key) or ""
            parts.append(StaticPart(f'"{label}": '))
            parts += self.parts(scope.base + operand, label, depth)
        return parts

    def _filled(self, template: int, keywords: dict[str, int], depth: int) -> list[Part]:
        """A template with fields: the text between them, and each field by its name or its argument."""
        parts: list[Part] = []
        for part in self.parts(template, "", depth):
            if isinstance(part, DynamicPart):
                parts.append(part)
                continue
            text = _JINJA.sub(lambda found: "{" + found[1].rpartition(".")[2] + "}", part.text)
            at = 0
            for match in _FIELDS.finditer(text):
                name = match[1] or match[2] or match[3] or ""
                parts.append(StaticPart(text[at : match.start()]))
                if name in keywords:
                    parts += self.parts(keywords[name], name, depth)
                else:
                    parts.append(DynamicPart(kind_of(name), name))
                at = match.end()
            parts.append(StaticPart(text[at:]))
        return parts

    def _all_text(self, node: int, depth: int) -> list[str]:
        """Every text in nested displays, keys included: tool and schema definitions."""
        found = self.trace.fact(node)
        if found is None or depth > _DEPTH_MAX:
            return []
        scope, value = found
        if value.op == "const":
            return [value.payload] if isinstance(value.payload, str) else []
        if value.op in ("list", "tuple", "dict"):
            inside = [scope.base + operand for operand in value.operands if operand >= 0]
            return [text for each in inside for text in self._all_text(each, depth + 1)]
        return [text for source in self.trace.definitions(node) for text in self._all_text(source, depth + 1)]


def _length(parts: list[Part]) -> int:
    return sum(len(part.text) for part in parts if isinstance(part, StaticPart))


def _repeated(parts: list[Part]) -> list[Part]:
    """The parts of something that occurs several times: one to ten, where nothing says more."""
    several = Range(1, 10)
    return [_each_of(part, several) if isinstance(part, DynamicPart) else part for part in parts]


def _each_of(part: DynamicPart, number: Range) -> DynamicPart:
    """One part of several: where nothing says what it is, it is short."""
    kind = DynamicKind.RECORD_FIELD if part.kind is DynamicKind.UNKNOWN else part.kind
    return DynamicPart(kind, part.name, number)


def _merged(parts: list[Part]) -> list[Part]:
    """The parts without empty texts, neighbouring texts joined."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, StaticPart):
            if isinstance(last, StaticPart):
                merged[-1] = StaticPart(last.text + part.text)
            elif part.text:
                merged.append(part)
        else:
            merged.append(part)
    return merged
