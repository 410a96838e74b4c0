"""Errors that are the user's to mend: shown as one line, exit code 2."""

import sys

# Raised by lower layers, which know nothing of the command line; looked up only where already imported.
_OF_LAYERS = (
    ("batchlint.config.model", "ConfigError"),
    ("batchlint.baseline", "BaselineError"),
    ("batchlint.estimate.errors", "EstimateError"),
    ("batchlint.catalog.table", "CatalogError"),
    ("batchlint.engine", "NoSiteError"),
)


class UserError(Exception):
    """A command line that cannot be carried out: one line that says what is wrong and what to do."""


def is_user_error(error: Exception) -> bool:
    """Whether an error of a lower layer is the user's to mend."""
    kinds = (getattr(sys.modules.get(module), name, None) for module, name in _OF_LAYERS)
    return isinstance(error, tuple(kind for kind in kinds if isinstance(kind, type)))
