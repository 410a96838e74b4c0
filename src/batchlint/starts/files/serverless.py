"""The Serverless Framework's `serverless.yml`, and `zappa_settings.json`."""

import re
from collections.abc import Iterator

from batchlint.catalog.model import Wait
from batchlint.starts.files.functions import Trigger, function_launches, is_python, trigger_wait
from batchlint.starts.files.pieces import schedule_of
from batchlint.starts.model import UNKNOWN, Launch, StartKind
from batchlint.starts.nodes import EMPTY, Node, read_document, read_json
from batchlint.starts.places import Places, Tree, folder_of
from batchlint.starts.targets import Spot, handler_target

_TEXT_MAX = 1_000

_SELF = re.compile(
    r"\$\{(?:self:([\w.]{1,200})|[^},]{0,200})(?:,\s*['\"]([^'\"}]{0,200})['\"])?[^}]{0,200}\}"
)


def read_serverless(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per function and trigger."""
    document = read_document(tree.required(path))
    spot = Spot(Places(tree.exists, folder_of(path)), folder_of(path), runner="lambda")
    runtime = document.string("provider", "runtime")
    functions = document.get("functions")
    parts = functions.items or (functions,)
    for name, function in (pair for part in parts for pair in part.pairs()):
        target = handler_target(_resolved(function.string("handler"), document), spot)
        if target is None or not is_python(function.string("runtime") or runtime):
            continue
        triggers = [trigger for event in function.each("events") for trigger in _triggers(event, document)]
        if function.get("url").text not in (None, "false") or function.get("url").entries:
            triggers.append(Trigger(Wait.LIVE))
        line = function.get("handler").place
        yield from function_launches(StartKind.SERVERLESS, path, line, name, target, triggers)


def _triggers(event: Node, document: Node) -> Iterator[Trigger]:
    """The triggers of one event: a word, or a word with its settings."""
    names = event.entries or {event.text or "": EMPTY}
    for name, settings in names.items():
        rates: tuple[str, ...] = ()
        if name == "schedule":
            rates = settings.strings() or settings.strings("rate")
        elif name == "eventBridge":
            rates = settings.strings("schedule")
        texts = [_resolved(rate, document) for rate in rates]
        zone = settings.string("timezone")
        if texts and settings.string("enabled") != "false":
            yield Trigger(Wait.OFFLINE, schedule_of(texts, zone))
        elif name != "schedule":
            yield Trigger(trigger_wait("serverless", name))


def _resolved(text: str, document: Node) -> str:
    """The text with `${self:...}` replaced by what the file says there, else by the given default."""

    def value(match: re.Match[str]) -> str:
        known = document.string(*match[1].split(".")) if match[1] else ""
        return known if known and "${" not in known else match[2] or UNKNOWN

    return _SELF.sub(value, text) if len(text) <= _TEXT_MAX else UNKNOWN


def read_zappa(path: str, tree: Tree) -> Iterator[Launch]:
    """The application and the events of each stage."""
    spot = Spot(Places(tree.exists, folder_of(path)), folder_of(path), runner="zappa")
    for stage, settings in read_json(tree.required(path)).pairs():
        application = handler_target(settings.string("app_function"), spot)
        if application:
            line = settings.get("app_function").place
            live = [Trigger(Wait.LIVE)]
            yield from function_launches(StartKind.ZAPPA, path, line, stage, application, live)
        for event in settings.each("events"):
            target = handler_target(event.string("function"), spot)
            texts = event.strings("expression") or event.strings("expressions")
            if target:
                trigger = Trigger(Wait.OFFLINE, schedule_of(texts))
                line = event.get("function").place
                yield from function_launches(StartKind.ZAPPA, path, line, stage, target, [trigger])
