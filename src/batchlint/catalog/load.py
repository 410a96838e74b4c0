"""Loads the catalog: the packaged TOML files, the user's own, and the user's wrapper rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from batchlint.catalog.framework_rows import TABLES as FRAMEWORK_TABLES
from batchlint.catalog.framework_rows import read_framework
from batchlint.catalog.http_rows import read_endpoints, read_hosts, read_http_calls, read_models
from batchlint.catalog.model import Catalog, Framework, Provider
from batchlint.catalog.path import parse_path
from batchlint.catalog.provider_rows import read_provider, read_vendors, read_wrapper
from batchlint.catalog.table import CatalogError, Table, suggestion

__all__ = ["CatalogError", "load_catalog", "parse_path"]

_T = TypeVar("_T")


def load_catalog(extra: Iterable[Path] = (), wrappers: Iterable[Mapping[str, object]] = ()) -> Catalog:
    """The packaged catalog with the user's files and `[[tool.batchlint.wrappers]]` rows added to it.

    Raises `CatalogError` for a file that cannot be read and for the first row that cannot be used.
    """
    packaged = files("batchlint.catalog")
    providers = {table.file: read_provider(table) for table in _folder(packaged, "providers")}
    for vendor in _single(packaged, "vendors.toml", read_vendors):
        providers[f"vendors.toml: {vendor.name}"] = vendor
    frameworks = [read_framework(table) for table in _folder(packaged, "frameworks")]
    for path in extra:
        _add_file(path, providers, frameworks)
    vendors = {provider.name for provider in providers.values()}
    for at, row in enumerate(wrappers):
        table = Table(row, "tool.batchlint", f"wrappers[{at}]")
        providers[f"wrappers[{at}]"] = read_wrapper(table, vendors)
    catalog = Catalog(
        providers=tuple(providers.values()),
        hosts=_single(packaged, "hosts.toml", read_hosts),
        endpoints=_single(packaged, "endpoints.toml", read_endpoints),
        http_calls=_single(packaged, "http.toml", read_http_calls),
        frameworks=tuple(frameworks),
        models=_single(packaged, "models.toml", read_models),
    )
    _check_vendors(catalog, providers)
    return catalog


def _folder(packaged: Traversable, name: str) -> Iterator[Table]:
    for entry in sorted((packaged / name).iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".toml"):
            yield _parse(entry.read_text(encoding="utf-8"), f"{name}/{entry.name}")


def _single(packaged: Traversable, name: str, read: Callable[[Table], _T]) -> _T:
    return read(_parse((packaged / name).read_text(encoding="utf-8"), name))


def _parse(text: str, file: str) -> Table:
    import tomli

    try:
        return Table(tomli.loads(text), file)
    except tomli.TOMLDecodeError as error:
        raise CatalogError(f"{file}: no valid TOML: {error}") from None


def _add_file(path: Path, providers: dict[str, Provider], frameworks: list[Framework]) -> None:
    """Read a user's file, which describes either a provider or a framework."""
    try:
        table = _parse(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no UTF-8 text"
        message = f"{path}: cannot be read ({reason}); correct `catalog` in [tool.batchlint]"
        raise CatalogError(message) from None
    is_framework = any(table.has(key) for key in FRAMEWORK_TABLES)
    if is_framework and (table.has("operation") or table.has("client")):
        raise table.error("", "describes a provider and a framework; write one file for each")
    name = table.text("name")
    known = frameworks if is_framework else providers.values()
    if any(each.name == name for each in known):
        raise table.error("name", f"{name!r} is in the catalog already; choose another name")
    if is_framework:
        frameworks.append(read_framework(table))
    else:
        providers[table.file] = read_provider(table)


def _check_vendors(catalog: Catalog, providers: Mapping[str, Provider]) -> None:
    """Raise for a row that bills a vendor no provider file describes."""
    known = {provider.name for provider in catalog.providers}
    for vendor, place in _vendors(catalog, providers):
        if vendor is not None and vendor not in known:
            raise CatalogError(f"{place}: unknown provider {vendor!r}; {suggestion(vendor, known)}")


def _vendors(catalog: Catalog, providers: Mapping[str, Provider]) -> Iterator[tuple[str | None, str]]:
    """What every row bills, each with its place."""
    for file, provider in providers.items():
        for group in provider.clients:
            yield group.vendor, f"{file}: client {group.name!r}: vendor"
        for operation in provider.operations:
            yield operation.vendor, f"{file}: operation {operation.name!r}: vendor"
    for host in catalog.hosts:
        yield host.vendor, f"hosts.toml: host {host.pattern!r}: vendor"
    for endpoint in catalog.endpoints:
        yield endpoint.vendor, f"endpoints.toml: endpoint {endpoint.name!r}: vendor"
    for route in catalog.models:
        yield route.vendor, f"models.toml: route {route.pattern!r}: vendor"
