"""Options that several commands share, and how they become settings."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from batchlint.config.shapes import Value

F = TypeVar("F", bound=Callable[..., object])


def project_options(function: F) -> F:
    """Where the settings come from and what belongs to the project."""
    for option in reversed(
        (
            click.option(
                "--config",
                multiple=True,
                metavar="PATH | KEY = VALUE",
                help="A configuration file, or one setting as TOML that overrides it.",
            ),
            click.option("--isolated", is_flag=True, help="Ignore all configuration files."),
            click.option(
                "--root",
                type=click.Path(exists=True, file_okay=False, path_type=Path),
                help="The root of the project that is analysed.",
            ),
            click.option("--exclude", multiple=True, metavar="GLOB", help="Replace the list of exclusions."),
            click.option("--extend-exclude", multiple=True, metavar="GLOB", help="Exclude more files."),
            click.option(
                "--respect-gitignore/--no-respect-gitignore",
                default=None,
                help="Leave out what git ignores (the default).",
            ),
            click.option("--jobs", type=click.IntRange(min=0), help="Processes to use; 0 decides itself."),
            click.option(
                "-n",
                "--no-cache",
                is_flag=True,
                envvar="BATCHLINT_NO_CACHE",
                help="Neither read nor write the cache.",
            ),
            click.option(
                "--cache-dir",
                type=click.Path(file_okay=False, path_type=Path),
                envvar="BATCHLINT_CACHE_DIR",
                help="Where the cache is kept.",
            ),
            click.option(
                "--prices",
                type=click.Path(exists=True, dir_okay=False, path_type=Path),
                help="A TOML or JSON file of negotiated prices.",
            ),
        )
    ):
        function = option(function)
    return function


def color_option(function: F) -> F:
    """When to colour."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colour the output; auto heeds NO_COLOR, FORCE_COLOR and the terminal.",
    )(function)


def use_color(choice: str, *, to_file: bool = False) -> bool:
    """Whether to colour what goes to standard output, or to a file."""
    import os
    import sys

    from batchlint.report.ansi import use_color as decide

    environment = {} if to_file else os.environ
    return decide(choice, environment, sys.stdout.isatty() and not to_file)


def separated(values: Sequence[str]) -> "list[Value]":
    """The items of repeated options, each of which may hold several separated by commas."""
    return [item.strip() for value in values for item in value.split(",") if item.strip()]
