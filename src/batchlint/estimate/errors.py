"""The one error of this package."""


class EstimateError(ValueError):
    """A price file or a configuration table that cannot be used; says where, what and the remedy."""
