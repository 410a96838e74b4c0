"""The families of files that start programs: which paths each takes, and its reader."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from batchlint.starts.files.compose import read_compose
from batchlint.starts.files.crontab import read_crontab
from batchlint.starts.files.dockerfile import read_dockerfile
from batchlint.starts.files.github import read_action, read_workflow
from batchlint.starts.files.just import read_justfile, read_taskfile
from batchlint.starts.files.make import read_makefile
from batchlint.starts.files.node import read_package_json
from batchlint.starts.files.packaging import read_pyproject, read_setup_cfg, read_setup_py
from batchlint.starts.files.processes import read_procfile, read_supervisor
from batchlint.starts.files.shellfile import read_shell_file
from batchlint.starts.files.systemd import read_service, read_timer
from batchlint.starts.model import Launch
from batchlint.starts.places import Tree

Reader = Callable[[str, Tree], Iterator[Launch]]


@dataclass(frozen=True, slots=True)
class Family:
    """A pattern on root-relative paths and the reader of the files it matches."""

    pattern: re.Pattern[str]
    read: Reader


def _family(pattern: str, read: Reader) -> Family:
    return Family(re.compile(rf"(?:.*/)?(?:{pattern})", re.IGNORECASE), read)


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
    _family(r"supervisord?\.conf|supervisor(?:d|/conf\.d)?/[^/]+\.(?:conf|ini)", read_supervisor),
)


def family_of(path: str) -> Family | None:
    """The family of a root-relative path; None for files that start nothing."""
    return next((family for family in FAMILIES if family.pattern.fullmatch(path)), None)
