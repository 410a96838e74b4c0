"""`batchlint explain`: why a call site got its verdict."""

from typing import Any

import click

from batchlint.cli.options import project_options


@click.command("explain", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("place", metavar="PATH:LINE")
@project_options
def command(place: str, **values: Any) -> int:
    """Say why the call site at PATH:LINE got its verdict: who reaches it, what speaks against a batch."""
    from batchlint.cli.inventory import explain

    return explain(place, values)
