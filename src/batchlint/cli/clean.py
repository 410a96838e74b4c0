"""`batchlint clean`: remove the cache."""

from typing import Any

import click

from batchlint.cli.options import project_options


@click.command("clean", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@project_options
def command(**values: Any) -> int:
    """Remove the cache, which is shared by all projects unless the configuration gives one its own."""
    import shutil

    from batchlint.cache import TAG
    from batchlint.cli import output
    from batchlint.cli.errors import UserError
    from batchlint.cli.inventory import project_of
    from batchlint.cli.session import open_session
    from batchlint.config import cache_folder

    folder = cache_folder(open_session([], project_of(values), {}).config)
    if folder.is_dir():
        if not (folder / TAG).is_file():
            raise UserError(f"{folder} is no cache folder (it has no {TAG}); nothing was removed")
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise UserError(f"{folder}: cannot be removed: {error.strerror}") from None
        output.note(f"removed {folder}")
    return 0
