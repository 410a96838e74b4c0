"""Kubernetes manifests, Helm templates of them, and Argo workflows: the commands of their containers."""

from collections.abc import Iterator
from dataclasses import replace

from batchlint.catalog.model import Wait
from batchlint.starts.files.helm import is_template, render
from batchlint.starts.files.pieces import command_script, environment, schedule_of, script_of
from batchlint.starts.model import Launch, Schedule, Script, StartKind, UnreadableError
from batchlint.starts.nodes import Node, read_yaml
from batchlint.starts.places import Tree

# Where each kind keeps its pod's description.
_POD_TEMPLATE = ("spec", "template", "spec")
_CRON_TEMPLATE = ("spec", "jobTemplate", "spec", "template", "spec")
_SERVING = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Service",
    "Rollout",
    "ReplicationController",
)
_WORKFLOWS = {
    "Workflow": ("spec",),
    "WorkflowTemplate": ("spec",),
    "ClusterWorkflowTemplate": ("spec",),
    "CronWorkflow": ("spec", "workflowSpec"),
}


def read_kubernetes(path: str, tree: Tree) -> Iterator[Launch]:
    """One start per container with a command.

    A template that is no YAML even with its actions taken out is passed over, as only Helm reads it.
    """
    text = tree.required(path)
    templated = is_template(text)
    try:
        documents = read_yaml(render(path, text, tree) if templated else text)
    except UnreadableError:
        if templated:
            return
        raise
    for document in documents:
        for resource in (document, *document.each("items")):
            yield from _resource(path, resource)


def _resource(path: str, resource: Node) -> Iterator[Launch]:
    kind, name = resource.string("kind"), resource.string("metadata", "name")
    if kind == "CronJob":
        pod = resource.get(*_CRON_TEMPLATE)
        yield from _containers(path, pod, kind, name, Wait.OFFLINE, _schedule(resource.get("spec")))
    elif kind in ("Job", "ScaledJob"):
        pod = resource.get(*_POD_TEMPLATE) or resource.get("spec", "jobTargetRef", "template", "spec")
        yield from _containers(path, pod, kind, name, Wait.OFFLINE, None)
    elif kind == "Pod":
        yield from _containers(path, resource.get("spec"), kind, name, None, None)
    elif kind in _SERVING:
        is_knative = resource.string("apiVersion").startswith("serving.knative")
        wait = Wait.LIVE if is_knative else None
        yield from _containers(path, resource.get(*_POD_TEMPLATE), kind, name, wait, None)
    elif kind in _WORKFLOWS:
        schedule = _schedule(resource.get("spec")) if kind == "CronWorkflow" else None
        for template in resource.get(*_WORKFLOWS[kind]).each("templates"):
            pod = Node(
                entries={"containers": Node(items=(template.get("container") or template.get("script"),))}
            )
            yield from _containers(path, pod, kind, name, Wait.OFFLINE, schedule)


def _schedule(spec: Node) -> Schedule | None:
    texts = spec.strings("schedule") or spec.strings("schedules")
    return schedule_of(texts, spec.string("timeZone") or spec.string("timezone"))


def _containers(
    path: str, pod: Node, kind: str, name: str, wait: Wait | None, schedule: Schedule | None
) -> Iterator[Launch]:
    origin = f"Kubernetes {kind} {name!r}" + (f" {schedule.text!r}" if schedule else "")
    for container in pod.each("initContainers"):
        if script := _script(path, container):
            yield Launch(StartKind.KUBERNETES, origin, path, script, 0, Wait.OFFLINE, schedule)
    for container in pod.each("containers"):
        if script := _script(path, container):
            yield Launch(StartKind.KUBERNETES, origin, path, script, 0, wait, schedule)


def _script(path: str, container: Node) -> Script | None:
    """The command of a container; of an Argo script, its source."""
    directory = container.string("workingDir") or "/"
    if source := container.get("source"):
        program = " ".join(container.strings("command"))
        script: Script | None = replace(script_of(path, (source,), directory), is_python="python" in program)
    else:
        script = command_script(path, container.get("command"), container.get("args"), directory=directory)
        shell = script and _block_lines(container)
        if script and shell:
            script = replace(script, lines=shell)
    return replace(script, variables=environment(container.get("env"))) if script else None


def _block_lines(container: Node) -> tuple[int, ...]:
    """The file lines of the text after `sh -c`, when it is a block of several lines."""
    words = (*container.each("command"), *container.each("args"))
    block = next((word for word in words if word.is_block), None)
    if block is None or block.text is None:
        return ()
    return tuple(range(block.line + 1, block.line + 2 + block.text.count("\n")))
