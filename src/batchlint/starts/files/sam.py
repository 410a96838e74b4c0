"""AWS SAM and CloudFormation templates: functions, and the resources that call them."""

import re
from collections.abc import Iterable, Iterator

from batchlint.catalog.model import Wait
from batchlint.starts.files.functions import Trigger, function_launches, is_python, trigger_wait
from batchlint.starts.files.pieces import schedule_of
from batchlint.starts.model import UNKNOWN, Launch, StartKind, Target
from batchlint.starts.nodes import Node, read_document
from batchlint.starts.places import Places, Tree, folder_of, join
from batchlint.starts.targets import Spot, handler_target

_FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
_SUBSTITUTION = re.compile(r"\$\{(\w+)")
_PLACEHOLDER = re.compile(r"\$\{[^}]{0,200}\}")


def read_sam(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per function and trigger."""
    document = read_document(tree.required(path))
    shared = document.get("Globals", "Function")
    resources = document.get("Resources")
    others = [node for _, node in resources.pairs() if node.string("Type") not in _FUNCTIONS]
    callers = [(node, _references(node.get("Properties"))) for node in others]
    for name, resource in resources.pairs():
        properties = resource.get("Properties")
        runtime = properties.string("Runtime") or shared.string("Runtime")
        if resource.string("Type") not in _FUNCTIONS or not is_python(runtime):
            continue
        target = _target(path, tree, properties, shared)
        if target is None:
            continue
        triggers = [*_own_triggers(properties, document), *_callers(name, callers, document)]
        line = (properties.get("Handler") or resource).place
        yield from function_launches(StartKind.SAM, path, line, name, target, triggers)


def _target(path: str, tree: Tree, properties: Node, shared: Node) -> Target | None:
    if properties.get("InlineCode"):
        return None
    handler = properties.string("Handler") or shared.string("Handler")
    commands = properties.strings("ImageConfig", "Command")
    code = properties.string("CodeUri") or shared.string("CodeUri") or "."
    if "://" in code or code.endswith(".zip"):
        code = "."  # packed elsewhere
    directory = join(folder_of(path), _PLACEHOLDER.sub(UNKNOWN, code))
    spot = Spot(Places(tree.exists, folder_of(path)), directory, runner="lambda")
    return handler_target(handler or (commands[0] if commands else ""), spot)


def _own_triggers(properties: Node, document: Node) -> Iterator[Trigger]:
    """The events a SAM function declares itself."""
    if properties.get("FunctionUrlConfig"):
        yield Trigger(Wait.LIVE)
    for _, event in properties.pairs("Events"):
        kind, settings = event.string("Type"), event.get("Properties")
        if kind in ("Schedule", "ScheduleV2"):
            yield _scheduled(settings, document)
        else:
            yield Trigger(trigger_wait("sam", kind))


def _callers(
    name: str, resources: Iterable[tuple[Node, frozenset[str]]], document: Node
) -> Iterator[Trigger]:
    """The triggers that resources, given with the names they refer to, are of a function."""
    for resource, references in resources:
        kind, properties = resource.string("Type"), resource.get("Properties")
        if name not in references:
            continue
        if kind == "AWS::Lambda::Permission":
            yield Trigger(trigger_wait("principals", properties.string("Principal")))
        elif properties.get("ScheduleExpression"):
            yield _scheduled(properties, document)
        elif wait := trigger_wait("cloudformation", kind):
            yield Trigger(wait)


def _scheduled(settings: Node, document: Node) -> Trigger:
    text = settings.get("ScheduleExpression") or settings.get("Schedule")
    zone = settings.string("ScheduleExpressionTimezone")
    return Trigger(Wait.OFFLINE, schedule_of([_value(text, document)], zone))


def _value(node: Node, document: Node) -> str:
    """A text, or the default of the parameter that a `!Ref` names."""
    if node.tag == "Ref" or node.get("Ref"):
        name = node.text or node.string("Ref")
        return document.string("Parameters", name, "Default") or UNKNOWN
    return (node.text or UNKNOWN) if node.tag == "" else UNKNOWN


def _references(node: Node) -> frozenset[str]:
    """The names that texts below refer to: `!Ref F`, `!GetAtt F.Arn`, `!Sub "${F.Arn}"`."""
    found: set[str] = set()
    stack = [node]
    while stack:
        at = stack.pop()
        if at.text is not None:
            found.add(at.text.partition(".")[0])
            found.update(_SUBSTITUTION.findall(at.text))
        stack += at.items
        stack += at.entries.values()
    return frozenset(found)
