"""YAML files of any name: CloudFormation templates, Kubernetes manifests, App Engine, else nothing."""

import re
from collections.abc import Iterator

from batchlint.starts.model import Launch, UnreadableError
from batchlint.starts.places import Tree

_SAM = (b"AWS::Serverless::", b"AWS::Lambda::")
_KUBERNETES = (
    b"CronJob", b"Job", b"Deployment", b"StatefulSet", b"DaemonSet", b"Pod", b"Workflow", b"serving.knative",
)  # fmt: skip
_APP_ENGINE = re.compile(rb"^runtime:", re.MULTILINE)
_CRON = re.compile(rb"^cron:", re.MULTILINE)


def read_any_yaml(path: str, tree: Tree) -> Iterator[Launch]:
    """What a YAML file starts, by what it holds.

    Most YAML files start nothing, so the bytes are asked before anything is parsed, and a file that
    only looks like one that does is not complained about.
    """
    data = tree.read(path)
    if data is None:
        return
    name = path.rsplit("/", 1)[-1]
    try:
        if name.startswith(("app", "cron.")) and (_APP_ENGINE.search(data) or _CRON.search(data)):
            from batchlint.starts.files.platforms import read_app_engine

            yield from read_app_engine(path, tree)
        elif any(marker in data for marker in _SAM):
            from batchlint.starts.files.sam import read_sam

            yield from read_sam(path, tree)
        elif b"kind:" in data and any(marker in data for marker in _KUBERNETES):
            from batchlint.starts.files.kubernetes import read_kubernetes

            yield from read_kubernetes(path, tree)
    except UnreadableError:
        if data.lstrip().startswith((b"apiVersion:", b"AWSTemplateFormatVersion")):
            raise
