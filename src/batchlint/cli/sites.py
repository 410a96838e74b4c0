"""`batchlint sites`: the inventory of LLM call sites."""

from pathlib import Path
from typing import Any

import click

from batchlint.cli.options import color_option, project_options


@click.command("sites", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument(
    "root_argument", metavar="[ROOT]", required=False, type=click.Path(exists=True, path_type=Path)
)
@click.option("--output-format", type=click.Choice(["text", "json", "html"]), default="text")
@click.option(
    "-o",
    "--output-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file instead of standard output.",
)
@project_options
@color_option
def command(**values: Any) -> int:
    """List every LLM call site of the project at ROOT (default: the one around the working directory)."""
    from batchlint.cli.inventory import inventory

    return inventory(values)
