"""The families of files that start programs: which paths each takes, and its reader.

Readers are imported when a file needs them: most projects have a handful of these families, and every
file of a project is asked for its family.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from batchlint.starts.model import Launch
from batchlint.starts.places import Tree

Reader = Callable[[str, Tree], Iterator[Launch]]


@dataclass(frozen=True, slots=True)
class Family:
    """A pattern on file names (in lower case), the folder they must stand in, and `module:function` of the
    reader, below this package."""

    name: str
    reader: str
    folder: str = ""

    def read(self, path: str, tree: Tree) -> Iterator[Launch]:
        """What a file of the family starts; raises `UnreadableError` if it does not parse."""
        reader: Reader = load(self.reader)
        return reader(path, tree)


# The first family that matches a path reads it; those that name a folder are asked first.
FAMILIES: tuple[Family, ...] = (
    Family(r".+\.ya?ml", "github:read_workflow", ".github/workflows"),
    Family(r"config\.ya?ml", "pipelines:read_ci", ".circleci"),
    Family(r".+", "crontab:read_crontab", "cron.d"),
    Family(r".+", "crontab:read_crontab", "crontabs"),
    Family(r".+\.(?:conf|ini)", "processes:read_supervisor", "supervisor"),
    Family(r".+\.(?:conf|ini)", "processes:read_supervisor", "supervisor/conf.d"),
    Family(r"action\.ya?ml", "github:read_action"),
    Family(r"(?:docker-)?compose[^/]*\.ya?ml", "compose:read_compose"),
    Family(r"(?:dockerfile|containerfile)(?:\..*)?|.+\.dockerfile", "dockerfile:read_dockerfile"),
    Family(r"procfile(?:\.[\w-]+)?", "processes:read_procfile"),
    Family(r"(?:gnu)?makefile|.+\.mk", "make:read_makefile"),
    Family(r"\.?justfile|.+\.just", "just:read_justfile"),
    Family(r"taskfile(?:\.dist)?\.ya?ml", "just:read_taskfile"),
    Family(r".+\.(?:sh|bash)", "shellfile:read_shell_file"),
    Family(r"crontabs?(?:\..*)?|.*\.cron(?:tab)?", "crontab:read_crontab"),
    Family(r".+\.timer", "systemd:read_timer"),
    Family(r".+\.service", "systemd:read_service"),
    Family(r"pyproject\.toml|pixi\.toml", "packaging:read_pyproject"),
    Family(r"setup\.cfg", "packaging:read_setup_cfg"),
    Family(r"setup\.py", "packaging:read_setup_py"),
    Family(r"package\.json", "node:read_package_json"),
    Family(r"(?:.*\.)?gitlab-ci\.ya?ml", "gitlab:read_gitlab"),
    Family(r"(?:azure|bitbucket)-pipelines.*\.ya?ml", "pipelines:read_ci"),
    Family(r"cloudbuild.*\.ya?ml", "pipelines:read_cloud_build"),
    Family(r"dvc\.ya?ml", "pipelines:read_dvc"),
    Family(r"prefect\.ya?ml", "pipelines:read_prefect"),
    Family(r"vercel\.json", "platforms:read_vercel"),
    Family(r"netlify\.toml", "platforms:read_netlify"),
    Family(r"render\.ya?ml", "platforms:read_render"),
    Family(r"railway\.(?:json|toml)", "platforms:read_railway"),
    Family(r"fly(?:\.[\w-]+)?\.toml", "platforms:read_fly"),
    Family(r"serverless.*\.ya?ml", "serverless:read_serverless"),
    Family(r"zappa_settings\.json", "serverless:read_zappa"),
    Family(r"function\.json", "azure:read_function_json"),
    Family(r".+\.tf", "terraform:read_terraform"),
    Family(r"supervisord?\.conf", "processes:read_supervisor"),
    Family(r".+\.ya?ml", "anyyaml:read_any_yaml"),
)


def load(name: str) -> Any:
    """The `module:function` of this package, its module imported now."""
    module, _, function = name.partition(":")
    return getattr(import_module(f"{__name__}.{module}"), function)


def family_of(path: str) -> Family | None:
    """The family of a root-relative path; None for files that start nothing."""
    folder, _, name = path.rpartition("/")
    name = name.lower()
    if name.endswith(".py") and name != "setup.py":
        return None  # most files of most projects
    for family in _in_folders():
        if folder.endswith(family.folder) and re.fullmatch(family.name, name):
            return family
    match = _names().fullmatch(name)
    return _anywhere()[match.lastindex - 1] if match and match.lastindex else None


@cache
def _in_folders() -> tuple[Family, ...]:
    return tuple(family for family in FAMILIES if family.folder)


@cache
def _anywhere() -> tuple[Family, ...]:
    return tuple(family for family in FAMILIES if not family.folder)


@cache
def _names() -> re.Pattern[str]:
    """One pattern with a group per family, so that a path is matched once."""
    return re.compile("|".join(f"({family.name})" for family in _anywhere()))
