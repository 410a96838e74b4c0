"""What the batch helpers offer for each provider: `operations.toml` as read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Surface:
    """One provider's share of the batch helpers.

    `packages` are the top-level packages that its client may come from, `requests` the helper's functions
    by the path from the client to the method. `vendors` are those billed that the helper can submit to,
    `settings` what the user has to set, by vendor.
    """

    packages: frozenset[str]
    requests: Mapping[str, str]
    vendors: frozenset[str]
    settings: Mapping[str, str]


@cache
def surfaces() -> Mapping[str, Surface]:
    """The surfaces by the catalog's name of the provider."""
    import tomllib

    text = files("batchlint.fix").joinpath("operations.toml").read_text(encoding="utf-8")
    return {
        provider: Surface(
            packages=frozenset(table["packages"]),
            requests=table["requests"],
            vendors=frozenset({provider, *table.get("vendors", ())}),
            settings=table.get("settings", {}),
        )
        for provider, table in tomllib.loads(text).items()
    }
