"""`batchlint graph`: the linked call graph."""

from pathlib import Path
from typing import Any

import click

from batchlint.cli.options import project_options


@click.command("graph", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--output-format", type=click.Choice(["json"]), default="json")
@project_options
def command(path: Path, output_format: str, **values: Any) -> int:
    """Print the call graph of the program at PATH as an adjacency object of dotted names."""
    from batchlint.cli.inventory import graph

    return graph(path, values)
