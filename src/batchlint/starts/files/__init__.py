"""The families of files that start programs: which paths each takes, and its reader."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from batchlint.starts.files import kubernetes, sam
from batchlint.starts.files.azure import read_function_json
from batchlint.starts.files.compose import read_compose
from batchlint.starts.files.crontab import read_crontab
from batchlint.starts.files.dockerfile import read_dockerfile
from batchlint.starts.files.github import read_action, read_workflow
from batchlint.starts.files.gitlab import read_gitlab
from batchlint.starts.files.just import read_justfile, read_taskfile
from batchlint.starts.files.make import read_makefile
from batchlint.starts.files.node import read_package_json
from batchlint.starts.files.packaging import read_pyproject, read_setup_cfg, read_setup_py
from batchlint.starts.files.pipelines import read_ci, read_cloud_build, read_dvc, read_prefect
from batchlint.starts.files.platforms import (
    read_app_engine,
    read_cron_yaml,
    read_fly,
    read_netlify,
    read_railway,
    read_render,
    read_vercel,
)
from batchlint.starts.files.processes import read_procfile, read_supervisor
from batchlint.starts.files.serverless import read_serverless, read_zappa
from batchlint.starts.files.shellfile import read_shell_file
from batchlint.starts.files.systemd import read_service, read_timer
from batchlint.starts.files.terraform import read_terraform
from batchlint.starts.model import Launch, UnreadableError
from batchlint.starts.places import Tree

Reader = Callable[[str, Tree], Iterator[Launch]]


@dataclass(frozen=True, slots=True)
class Family:
    """A pattern on root-relative paths and the reader of the files it matches."""

    pattern: re.Pattern[str]
    read: Reader


def _family(pattern: str, read: Reader) -> Family:
    return Family(re.compile(rf"(?:.*/)?(?:{pattern})", re.IGNORECASE), read)


def _read_any_yaml(path: str, tree: Tree) -> Iterator[Launch]:
    """A YAML file of any name: CloudFormation, Kubernetes, App Engine, else nothing.

    Most YAML files are none of these, so the bytes are asked before anything is parsed, and a file that
    only looks like one is not complained about.
    """
    data = tree.read(path)
    if data is None:
        return
    name = path.rsplit("/", 1)[-1]
    try:
        if name.startswith("app") and re.search(rb"^runtime:", data, re.MULTILINE):
            yield from read_app_engine(path, tree)
        elif name.startswith("cron.") and re.search(rb"^cron:", data, re.MULTILINE):
            yield from read_cron_yaml(path, tree)
        elif any(marker in data for marker in sam.MARKERS):
            yield from sam.read_sam(path, tree)
        elif b"kind:" in data and any(marker in data for marker in kubernetes.MARKERS):
            yield from kubernetes.read_kubernetes(path, tree)
    except UnreadableError:
        if data.lstrip().startswith((b"apiVersion:", b"AWSTemplateFormatVersion")):
            raise


# The first family that matches a path reads it.
FAMILIES: tuple[Family, ...] = (
    _family(r"\.github/workflows/[^/]+\.ya?ml", read_workflow),
    _family(r"action\.ya?ml", read_action),
    _family(r"(?:docker-)?compose[^/]*\.ya?ml", read_compose),
    _family(r"(?:Dockerfile|Containerfile)(?:\.[^/]*)?|[^/]+\.Dockerfile", read_dockerfile),
    _family(r"Procfile(?:\.[\w-]+)?", read_procfile),
    _family(r"(?:GNU)?makefile|[^/]+\.mk", read_makefile),
    _family(r"\.?justfile|[^/]+\.just", read_justfile),
    _family(r"taskfile(?:\.dist)?\.ya?ml", read_taskfile),
    _family(r"[^/]+\.(?:sh|bash)", read_shell_file),
    _family(r"crontabs?(?:\.[^/]*)?|[^/]*\.cron(?:tab)?|cron\.d/[^/]+|crontabs/[^/]+", read_crontab),
    _family(r"[^/]+\.timer", read_timer),
    _family(r"[^/]+\.service", read_service),
    _family(r"pyproject\.toml|pixi\.toml", read_pyproject),
    _family(r"setup\.cfg", read_setup_cfg),
    _family(r"setup\.py", read_setup_py),
    _family(r"package\.json", read_package_json),
    _family(r"\.gitlab-ci\.ya?ml|[^/]+\.gitlab-ci\.ya?ml", read_gitlab),
    _family(r"\.circleci/config\.ya?ml|azure-pipelines[^/]*\.ya?ml|bitbucket-pipelines\.ya?ml", read_ci),
    _family(r"cloudbuild[^/]*\.ya?ml", read_cloud_build),
    _family(r"dvc\.ya?ml", read_dvc),
    _family(r"prefect\.ya?ml", read_prefect),
    _family(r"vercel\.json", read_vercel),
    _family(r"netlify\.toml", read_netlify),
    _family(r"render\.ya?ml", read_render),
    _family(r"railway\.(?:json|toml)", read_railway),
    _family(r"fly(?:\.[\w-]+)?\.toml", read_fly),
    _family(r"serverless[^/]*\.ya?ml", read_serverless),
    _family(r"zappa_settings\.json", read_zappa),
    _family(r"function\.json", read_function_json),
    _family(r"[^/]+\.tf", read_terraform),
    _family(r"supervisord?\.conf|supervisor(?:d|/conf\.d)?/[^/]+\.(?:conf|ini)", read_supervisor),
    _family(r"[^/]+\.ya?ml", _read_any_yaml),
)


def family_of(path: str) -> Family | None:
    """The family of a root-relative path; None for files that start nothing."""
    return next((family for family in FAMILIES if family.pattern.fullmatch(path)), None)
