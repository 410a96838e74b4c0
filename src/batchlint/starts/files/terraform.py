"""Terraform: functions and containers, and the rules, schedules and gateways that start them.

All `.tf` files of a folder are one module. A resource starts a function when it refers to it, directly or
through what both refer to (a Pub/Sub topic, an event rule).
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from batchlint.catalog.model import Wait
from batchlint.starts.files.functions import Trigger, function_launches, is_python, trigger_wait
from batchlint.starts.files.pieces import schedule_of
from batchlint.starts.hcl import Block, list_value, read_hcl, string_value
from batchlint.starts.model import UNKNOWN, Launch, Script, StartKind, Target
from batchlint.starts.places import Places, Tree, folder_of, join
from batchlint.starts.targets import Spot, attribute_target, handler_target, route_target

_GOOGLE_FUNCTIONS = ("google_cloudfunctions_function", "google_cloudfunctions2_function")
_CRON_JOBS = ("kubernetes_cron_job", "kubernetes_cron_job_v1")
_JOBS = ("google_cloud_run_v2_job", "kubernetes_job", "kubernetes_job_v1", "azurerm_container_app_job")


@dataclass(frozen=True, slots=True)
class _Resource:
    """A resource of the module: where it is written and what it refers to."""

    path: str
    block: Block
    references: frozenset[str]

    @property
    def type(self) -> str:
        return self.block.labels[0]

    @property
    def address(self) -> str:
        name = f"{self.block.labels[0]}.{self.block.labels[1]}"
        return f"data.{name}" if self.block.type == "data" else name


@dataclass(frozen=True, slots=True)
class _Module:
    """The resources of a folder by address, those that refer to an address, and constants by name."""

    tree: Tree
    folder: str
    values: Mapping[str, str]
    by_address: Mapping[str, _Resource]
    referring: Mapping[str, list[_Resource]]
    archives: tuple[_Resource, ...]

    def named(self, addresses: Iterable[str], kind: str) -> list[_Resource]:
        """The resources of a type (`data.` before it for data) among addresses."""
        wanted = sorted(address for address in addresses if address.startswith(f"{kind}."))
        return [self.by_address[address] for address in wanted if address in self.by_address]

    def text(self, block: Block, *names: str) -> str:
        """The text of the first attribute given; empty if none is."""
        given = (block.attributes[name] for name in names if name in block.attributes)
        return next((string_value(expression, self.values) for expression in given), "")


def read_terraform(path: str, tree: Tree) -> Iterator[Launch]:
    """The starts of the functions, jobs and containers of a module, given with its first file."""
    folder = folder_of(path)
    siblings = sorted(
        file for file in {*tree.files, path} if file.endswith(".tf") and folder_of(file) == folder
    )
    if path != siblings[0]:
        return
    blocks = [(file, block) for file in siblings for block in read_hcl(tree.text(file) or "")]
    resources = tuple(
        _Resource(file, block, block.references())
        for file, block in blocks
        if block.type in ("resource", "data") and len(block.labels) == 2
    )
    referring: dict[str, list[_Resource]] = {}
    for resource in resources:
        for address in resource.references:
            referring.setdefault(address, []).append(resource)
    module = _Module(
        tree,
        folder,
        _values(block for _, block in blocks),
        {resource.address: resource for resource in resources},
        referring,
        tuple(resource for resource in resources if resource.type == "archive_file"),
    )
    for resource in resources:
        if resource.block.type == "resource":
            yield from _launches(resource, module)
    for file, block in blocks:
        if block.type == "module" and block.labels:
            yield from _lambda_module(file, block, module)


def _values(blocks: Iterator[Block]) -> Mapping[str, str]:
    """Defaults of variables and constants of locals, by the names expressions use."""
    values: dict[str, str] = {"path.module": ".", "path.root": "."}
    for block in blocks:
        if block.type == "variable" and block.labels and "default" in block.attributes:
            values[f"var.{block.labels[0]}"] = string_value(block.attributes["default"], {})
        elif block.type == "locals":
            for name, expression in block.attributes.items():
                values[f"local.{name}"] = string_value(expression, {})
    return {name: value for name, value in values.items() if value != UNKNOWN}


def _launches(resource: _Resource, module: _Module) -> Iterator[Launch]:
    block, path = resource.block, resource.path
    if resource.type == "aws_lambda_function":
        target = _lambda_target(resource, module)
        if target and is_python(module.text(block, "runtime").replace(UNKNOWN, "")):
            line = block.lines.get("handler", block.line)
            triggers = _callers(resource, module)
            name = block.labels[1]
            yield from function_launches(StartKind.TERRAFORM, path, line, name, target, triggers)
    elif resource.type in _GOOGLE_FUNCTIONS:
        yield from _google_function(resource, module)
    elif resource.type == "google_cloud_scheduler_job":
        yield from _scheduled_route(resource, module)
    elif resource.type == "aws_ecs_task_definition":
        scheduled = [trigger for trigger in _callers(resource, module) if trigger.schedule]
        for trigger in scheduled or [Trigger(None)]:
            yield from _containers(resource, trigger)
    elif resource.type in _CRON_JOBS:
        for spec in block.within("spec"):
            schedule = schedule_of([module.text(spec, "schedule")], module.text(spec, "timezone"))
            yield from _containers(resource, Trigger(Wait.OFFLINE, schedule))
    elif resource.type in _JOBS:
        scheduled = [trigger for trigger in _callers(resource, module) if trigger.schedule]
        for trigger in scheduled or [Trigger(Wait.OFFLINE)]:
            yield from _containers(resource, trigger)


def _lambda_target(resource: _Resource, module: _Module) -> Target | None:
    """The handler, looked for in the folder that is packed where the module says which."""
    block = resource.block
    images = [list_value(image.attributes.get("command", "")) for image in block.within("image_config")]
    handler = module.text(block, "handler") or next((words[0] for words in images if words), "")
    archives = [other.block for other in module.named(resource.references, "data.archive_file")]
    sources = [module.text(archive, "source_dir", "source_file") for archive in archives]
    directory = _source_folder(module, sources[0] if sources else "")
    return handler_target(handler, _spot(module, directory, "lambda"))


def _spot(module: _Module, directory: str, runner: str) -> Spot:
    return Spot(Places(module.tree.exists, module.folder), directory, runner=runner)


def _source_folder(module: _Module, source: str) -> str:
    folder = folder_of(source) if source.endswith(".py") else source
    return join(module.folder, folder or ".")


def _callers(resource: _Resource, module: _Module) -> list[Trigger]:
    """The triggers that other resources of the module are."""
    triggers: list[Trigger] = []
    for other in module.referring.get(resource.address, ()):
        if other.type == "aws_cloudwatch_event_target":
            rules = module.named(other.references, "aws_cloudwatch_event_rule")
            texts = [module.text(rule.block, "schedule_expression") for rule in rules]
            triggers.append(Trigger(Wait.OFFLINE, schedule_of(texts)))
        elif other.type == "aws_scheduler_schedule":
            zone = module.text(other.block, "schedule_expression_timezone")
            text = module.text(other.block, "schedule_expression")
            triggers.append(Trigger(Wait.OFFLINE, schedule_of([text], zone)))
        elif other.type == "google_cloud_scheduler_job":
            triggers.append(_google_schedule(other, module))
        elif other.type == "aws_lambda_permission":
            wait = trigger_wait("principals", module.text(other.block, "principal"))
            # The rule or gateway it permits is a resource of its own where the module has it.
            if wait and not triggers:
                triggers.append(Trigger(wait))
        elif wait := trigger_wait("terraform", other.type):
            triggers.append(Trigger(wait))
    scheduled = [trigger for trigger in triggers if trigger.schedule]
    if not scheduled:
        return triggers
    return [trigger for trigger in triggers if trigger.schedule or trigger.wait is not Wait.OFFLINE]


def _google_schedule(job: _Resource, module: _Module) -> Trigger:
    text, zone = module.text(job.block, "schedule"), module.text(job.block, "time_zone")
    return Trigger(Wait.OFFLINE, schedule_of([text], zone))


def _google_function(resource: _Resource, module: _Module) -> Iterator[Launch]:
    block = resource.block
    builds = [block, *block.within("build_config")]
    entry = next((text for build in builds if (text := module.text(build, "entry_point"))), "")
    runtime = next((text for build in builds if (text := module.text(build, "runtime"))), "")
    if not entry.isidentifier() or not is_python(runtime.replace(UNKNOWN, "")):
        return
    triggers = _callers(resource, module)
    events = [*block.within("event_trigger")]
    topics = {reference for event in events for reference in event.references()}
    jobs = [job for topic in sorted(topics) for job in module.referring.get(topic, ())]
    triggers += [_google_schedule(job, module) for job in jobs if job.type == "google_cloud_scheduler_job"]
    if events and not triggers:
        triggers.append(Trigger(Wait.OFFLINE))
    if not triggers and (
        block.attributes.get("trigger_http") == "true" or resource.type.endswith("s2_function")
    ):
        triggers.append(Trigger(Wait.LIVE))
    archives = module.archives
    # Which archive a bucket object holds is not followed; a module with one archive leaves no choice.
    source = module.text(archives[0].block, "source_dir") if len(archives) == 1 else ""
    target = attribute_target(
        "main", entry, _spot(module, _source_folder(module, source), "functions-framework")
    )
    name = block.labels[1]
    yield from function_launches(StartKind.TERRAFORM, resource.path, block.line, name, target, triggers)


def _scheduled_route(resource: _Resource, module: _Module) -> Iterator[Launch]:
    """A scheduler job that calls a path of a service."""
    trigger = _google_schedule(resource, module)
    for target in (*resource.block.within("http_target"), *resource.block.within("app_engine_http_target")):
        uri = module.text(target, "uri", "relative_uri")
        path = urlsplit(uri.rpartition(UNKNOWN)[2] if UNKNOWN in uri else uri).path.rstrip("/")
        if path.startswith("/"):
            name = resource.block.labels[1]
            yield from function_launches(
                StartKind.TERRAFORM, resource.path, target.line, name, route_target(path), [trigger]
            )


def _containers(resource: _Resource, trigger: Trigger) -> Iterator[Launch]:
    """The commands of all containers of a resource, written as blocks or inside `jsonencode`."""
    name = resource.block.labels[1]
    when = f" {trigger.schedule.text!r}" if trigger.schedule else ""
    for block in resource.block.everything():
        entries = [*_commands(block)]
        for line, text in entries:
            script = Script(text, resource.path, (line,), "/", folder_of(resource.path))
            yield Launch(
                StartKind.TERRAFORM,
                f"{resource.type} {name!r}{when}",
                resource.path,
                script,
                0,
                trigger.wait,
                trigger.schedule,
            )


def _commands(block: Block) -> Iterator[tuple[int, str]]:
    words = (*list_value(block.attributes.get("command", "")), *list_value(block.attributes.get("args", "")))
    if words:
        line = block.lines.get("command", block.lines.get("args", block.line))
        yield line, shlex.join(words)
    definitions = block.attributes.get("container_definitions", "")
    for match in re.finditer(r"\"?\b(?:command|entryPoint)\"?\s*[=:]\s*(\[[^\]]{0,2000}\])", definitions):
        line = block.lines["container_definitions"] + definitions.count("\n", 0, match.start())
        yield line, shlex.join(list_value(match[1]))


def _lambda_module(path: str, block: Block, module: _Module) -> Iterator[Launch]:
    """The community's `lambda` module: its handler and, in one attribute each, its triggers."""
    if "lambda" not in block.attributes.get("source", ""):
        return
    handler = module.text(block, "handler")
    source = module.text(block, "source_path")
    directory = _source_folder(module, "" if UNKNOWN in source else source)
    target = handler_target(handler, _spot(module, directory, "lambda"))
    if target is None or not is_python(module.text(block, "runtime").replace(UNKNOWN, "")):
        return
    allowed = block.attributes.get("allowed_triggers", "")
    address = f"module.{block.labels[0]}"
    triggers = [Trigger(Wait.LIVE)] if block.attributes.get("create_lambda_function_url") == "true" else []
    if "apigateway" in allowed.lower():
        triggers.append(Trigger(Wait.LIVE))
    for other in module.referring.get(address, ()):
        if wait := trigger_wait("terraform", other.type):
            triggers.append(Trigger(wait))
    if "events" in allowed.lower() and not triggers:
        triggers.append(Trigger(Wait.OFFLINE))
    line = block.lines.get("handler", block.line)
    yield from function_launches(StartKind.TERRAFORM, path, line, block.labels[0], target, triggers)
