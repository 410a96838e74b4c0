"""What every analysing command starts with: the project's root and the settings of the run."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from batchlint.cli.errors import UserError
from batchlint.cli.options import separated
from batchlint.config import Config, cache_folder, common_folder, find_config, find_root, load

if TYPE_CHECKING:
    from batchlint.cache import Store
    from batchlint.config.shapes import Value
    from batchlint.engine import Report


@dataclass(frozen=True, slots=True)
class ProjectOptions:
    """The values of `project_options`."""

    config: tuple[str, ...]
    isolated: bool
    root: Path | None
    exclude: tuple[str, ...]
    extend_exclude: tuple[str, ...]
    respect_gitignore: bool | None
    jobs: int | None
    no_cache: bool
    cache_dir: Path | None
    prices: Path | None


@dataclass(frozen=True, slots=True)
class Session:
    """The absolute root of the project and the settings of the run."""

    root: Path
    config: Config

    def store(self) -> "Store | None":
        """What is kept between runs; None where the user wants none, or where it cannot be kept safely."""
        if not self.config.cache:
            return None
        from batchlint.cache import open_store

        return open_store(cache_folder(self.config))

    def analyse(
        self, paths: Sequence[Path], *, overlay: "Mapping[str, bytes] | None" = None, afresh: bool = False
    ) -> "Report":
        """The engine's report on the project; see `batchlint.engine.analyse`."""
        from batchlint.engine import analyse

        config, store = self.config, self.store()
        return analyse(
            paths, config, self.root, jobs=config.jobs, overlay=overlay, store=store, afresh=afresh
        )


def open_session(paths: Sequence[Path], options: ProjectOptions, settings: "Mapping[str, Value]") -> Session:
    """Find root and settings for the paths of a command line; `settings` are further options as settings.

    Raises `UserError` or `ConfigError` where they contradict one another or cannot be used.
    """
    cwd = Path.cwd()
    start = cwd / options.root if options.root else common_folder(paths, cwd)
    named, inline = _split(options.config)
    if named is not None and options.isolated:
        raise UserError("--isolated ignores configuration files; leave out --config PATH")
    found = None if named or options.isolated else find_config(start)
    file = named or found
    config = load(file, inline=inline, options={**_settings(options), **settings})
    if options.prices:
        config = replace(config, prices=options.prices)
    # A file named on the command line may lie anywhere and says nothing about the root.
    root = start if options.root else find_root(start, found)
    return Session(Path(os.path.abspath(root)), config)


def relative(path: Path, root: Path) -> str:
    """A path of the command line relative to the root, with `/`; raises `UserError` for one outside."""
    absolute = os.path.abspath(path)
    try:
        inside = os.path.relpath(absolute, root)
    except ValueError:  # another drive
        inside = os.pardir
    if inside == os.pardir or inside.startswith(os.pardir + os.sep):
        raise UserError(f"{path} is outside of the project at {root}; choose the project with --root")
    return inside.replace(os.sep, "/")


def _split(values: Sequence[str]) -> tuple[Path | None, list[str]]:
    """The file and the snippets among the values of `--config`."""
    files = [Path(value) for value in values if Path(value).is_file()]
    if len(files) > 1:
        raise UserError("--config can name only one file; use `extend` to combine several")
    for value in values:
        if "=" not in value and not Path(value).is_file():
            raise UserError(f"--config: there is no file {value}, and it is no KEY = VALUE")
    return (files[0] if files else None), [value for value in values if not Path(value).is_file()]


def _settings(options: ProjectOptions) -> "dict[str, Value]":
    """Options that stand for settings, under the settings' names."""
    settings: dict[str, Value] = {}
    if options.exclude:
        settings["exclude"] = separated(options.exclude)
    if options.extend_exclude:
        settings["extend-exclude"] = separated(options.extend_exclude)
    if options.respect_gitignore is not None:
        settings["respect-gitignore"] = options.respect_gitignore
    if options.jobs is not None:
        settings["jobs"] = options.jobs
    if options.no_cache:
        settings["cache"] = False
    if options.cache_dir is not None:
        settings["cache-dir"] = str(options.cache_dir)
    return settings
