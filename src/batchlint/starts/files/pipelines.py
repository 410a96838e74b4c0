"""Other CI systems and data pipelines: lists of steps with shell commands in YAML.

CircleCI, Azure Pipelines, Bitbucket and Cloud Build, DVC stages and Prefect deployments.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from batchlint.catalog.model import Wait
from batchlint.starts.files.expressions import substitute
from batchlint.starts.files.pieces import command_script, environment, schedule_of, script_of
from batchlint.starts.model import UNKNOWN, Launch, Schedule, Script, StartKind
from batchlint.starts.nodes import Node, read_yaml
from batchlint.starts.places import Places, Tree, folder_of, join
from batchlint.starts.targets import Spot, named_target

# Keys whose text is shell, in Azure Pipelines, CircleCI and Bitbucket.
_SHELL_KEYS = ("script", "bash", "pwsh", "powershell", "run", "command")
_DEPTH_MAX = 12
_DVC_VALUE = re.compile(r"\$\{[^}]{0,200}\}")


def read_ci(path: str, tree: Tree) -> Iterator[Launch]:
    """The commands of a CircleCI, Azure Pipelines or Bitbucket file."""
    base = (
        ""
        if path.startswith((".", "azure", "bitbucket"))
        else folder_of(path).removesuffix(".circleci").rstrip("/")
    )
    for document in read_yaml(tree.required(path)):
        schedule = schedule_of(_crons(document))
        origin = f"CI schedule {schedule.text!r}" if schedule else "CI step"
        for node, directory in _commands(document, base, 0):
            script = script_of(path, (node,), directory)
            script = replace(script, text=substitute(script.text, {}), folder=base)
            yield Launch(StartKind.CI, origin, path, script, 0, Wait.OFFLINE, schedule)


def _crons(document: Node) -> Iterator[str]:
    """`schedules:` of Azure Pipelines, workflow triggers of CircleCI."""
    for item in document.each("schedules"):
        yield item.string("cron")
    for _, workflow in document.pairs("workflows"):
        for trigger in workflow.each("triggers"):
            yield trigger.string("schedule", "cron")


def _commands(node: Node, directory: str, depth: int) -> Iterator[tuple[Node, str]]:
    """The shell texts below a node and where they run."""
    if depth > _DEPTH_MAX:
        return
    for item in node.items:
        yield from _commands(item, directory, depth + 1)
    own = node.string("workingDirectory") or node.string("working_directory")
    inner = join(
        directory, own.replace("~/project", ".").replace("$(System.DefaultWorkingDirectory)", ".") or "."
    )
    for key, child in node.pairs():
        if key in _SHELL_KEYS and (child.text is not None or key == "script"):
            yield from ((leaf, inner) for leaf in child.leaves())
        else:
            yield from _commands(child, inner, depth + 1)


def read_cloud_build(path: str, tree: Tree) -> Iterator[Launch]:
    """The steps of a Google Cloud Build file."""
    for document in read_yaml(tree.required(path)):
        for step in document.each("steps"):
            name = step.string("name").rsplit("/", 1)[-1].partition(":")[0]
            program = step.get("entrypoint") or Node(step.get("name").line, _builder(name))
            directory = join("", step.string("dir") or ".")
            script: Script | None = script_of(path, (step.get("script"),), directory)
            if not step.get("script"):
                script = command_script(path, program, step.get("args"), directory=directory)
            if script:
                script = replace(script, variables=environment(step.get("env")))
                yield Launch(StartKind.CLOUD_BUILD, "Cloud Build step", path, script, 0, Wait.OFFLINE)


def _builder(name: str) -> str:
    """The program an image of Cloud Build starts."""
    return {"cloud-sdk": "gcloud", "docker": "docker"}.get(name, name)


def read_dvc(path: str, tree: Tree) -> Iterator[Launch]:
    """The stages of `dvc.yaml`: `foreach` runs a stage once per value."""
    for document in read_yaml(tree.required(path)):
        for name, stage in document.pairs("stages"):
            body = stage.get("do") or stage
            directory = join(folder_of(path), body.string("wdir") or ".")
            script = script_of(path, body.each("cmd"), directory)
            script = replace(script, text=_DVC_VALUE.sub(UNKNOWN, script.text))
            yield Launch(StartKind.PIPELINE, f"DVC stage {name!r}", path, script, 0, Wait.OFFLINE)


def read_prefect(path: str, tree: Tree) -> Iterator[Launch]:
    """The deployments of `prefect.yaml`, with their schedules."""
    places = Places(tree.exists, folder_of(path))
    for document in read_yaml(tree.required(path)):
        for deployment in document.each("deployments"):
            entry = deployment.get("entrypoint")
            target = named_target(entry.text or "", Spot(places, folder_of(path), runner="prefect"))
            if target is None:
                continue
            schedules = [_prefect_schedule(item) for item in deployment.each("schedules")]
            schedules = [item for item in [*schedules, _prefect_schedule(deployment.get("schedule"))] if item]
            name = deployment.string("name")
            for schedule in schedules or [None]:
                origin = f"Prefect deployment {name!r}" + (f" {schedule.text!r}" if schedule else "")
                yield Launch(StartKind.PIPELINE, origin, path, target, entry.place, Wait.OFFLINE, schedule)


def _prefect_schedule(node: Node) -> Schedule | None:
    return schedule_of([node.string("cron") or node.string("interval")], node.string("timezone"))
