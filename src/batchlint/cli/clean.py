"""`batchlint clean`: remove the cache."""

from typing import Any

import click

from batchlint.cli.options import project_options


@click.command("clean", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@project_options
def command(**values: Any) -> int:
    """Remove the cache that runs on this project would use."""
    import shutil

    from batchlint.cache import cache_folder
    from batchlint.cli import output
    from batchlint.cli.errors import UserError
    from batchlint.cli.inventory import project_of
    from batchlint.cli.session import open_session

    session = open_session([], project_of(values), {})
    folder = cache_folder(session.config, session.root)
    if folder.is_dir():
        if not (folder / "CACHEDIR.TAG").is_file():
            raise UserError(f"{folder} is no cache folder (it has no CACHEDIR.TAG); nothing was removed")
        shutil.rmtree(folder)
        output.note(f"removed {folder}")
    return 0
