"""`batchlint completion`: shell completion."""

import click

from batchlint.cli import output


@click.command("completion", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script for SHELL; put its output where the shell reads completions from."""
    from click.shell_completion import get_completion_class

    from batchlint.cli.main import batchlint

    kind = get_completion_class(shell)
    assert kind is not None
    complete = kind(batchlint, {}, "batchlint", "_BATCHLINT_COMPLETE")
    # The template itself: click's `source()` would start a bash to ask for its version.
    script = complete.source_template % complete.source_vars()
    output.write(f"{script.strip()}\n")
    return 0
