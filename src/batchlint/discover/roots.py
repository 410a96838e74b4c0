"""Where the program starts: the folder that everything else is relative to."""

from collections.abc import Sequence
from pathlib import Path


def find_root(paths: Sequence[Path], override: Path | None) -> Path:
    """The absolute root of the program that `paths` belong to; the paths need not exist.

    `override` (`--root`) wins. Else it is the nearest folder, from the common parent of `paths` (the
    working directory when there are none) upwards, that holds our configuration, else the nearest one
    that holds `.git`, else the common parent itself. Raises `ConfigError` for a `pyproject.toml` that
    mentions batchlint and is not TOML.
    """
    from batchlint import config

    if override is not None:
        return Path.cwd() / override
    start = config.common_folder(paths, Path.cwd())
    return config.find_root(start, config.find_config(start))
