"""Where the cache is kept: outside of the work tree, unless the configuration says otherwise."""

import os
import sys
from pathlib import Path

from batchlint.config.model import Config


def cache_folder(config: Config) -> Path:
    """The cache's folder: the configured one, else `batchlint` in the user's cache folder.

    One folder serves all projects, for what is in it is keyed by content.
    """
    if config.cache_dir is not None:
        return config.cache_dir
    return _user_cache() / "batchlint"


def _user_cache() -> Path:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    # The specification has relative values ignored.
    configured = os.environ.get("XDG_CACHE_HOME", "")
    return Path(configured) if os.path.isabs(configured) else Path.home() / ".cache"
