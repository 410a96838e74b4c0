"""`batchlint config`: the configuration keys."""

import click

from batchlint.cli import output
from batchlint.cli.errors import UserError


@click.command("config", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("key", required=False)
@click.option("--output-format", type=click.Choice(["text", "json", "schema", "markdown"]), default="text")
def command(key: str | None, output_format: str) -> int:
    """List the configuration keys, or document one KEY such as `volumes` or `fix.helper`.

    The format `schema` is a JSON schema of [tool.batchlint].
    """
    from batchlint.config import keys
    from batchlint.report import config_pages

    if key is not None and keys.lookup(key) is None:
        from batchlint.config.shapes import nearest

        raise UserError(f"unknown key '{key}'{nearest(key, [k.name for k in keys.KEYS])}")
    output.write(config_pages.render(key, output_format), is_text=output_format == "text")
    return 0
