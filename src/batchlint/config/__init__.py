"""Configuration: `[tool.batchlint]`, its documentation, and the settings of a run."""

from batchlint.config.cache import cache_folder
from batchlint.config.load import COMMAND_LINE, common_folder, find_config, find_root, load, place
from batchlint.config.model import (
    Config,
    ConfigError,
    ContextRule,
    FixSettings,
    Quantity,
    Selection,
    Wrapper,
)

__all__ = [
    "COMMAND_LINE",
    "Config",
    "ConfigError",
    "ContextRule",
    "FixSettings",
    "Quantity",
    "Selection",
    "Wrapper",
    "cache_folder",
    "common_folder",
    "find_config",
    "find_root",
    "load",
    "place",
]
