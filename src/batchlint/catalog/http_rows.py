"""Reads what raw HTTP needs: `hosts.toml`, `endpoints.toml`, `http.toml`, and `models.toml`."""

import re

from batchlint.catalog.model import Endpoint, Host, HttpCall, Kind, ModelRoute
from batchlint.catalog.table import Table


def read_hosts(table: Table) -> tuple[Host, ...]:
    """The hosts of `hosts.toml`, in the order in which they are tried."""
    hosts: list[Host] = []
    for row in table.tables("host"):
        vendor, is_local = row.text("vendor"), row.flag("is_local")
        hosts.extend(Host(pattern, vendor, is_local) for pattern in row.texts("patterns"))
        row.close()
    table.close()
    return tuple(hosts)


def read_models(table: Table) -> tuple[ModelRoute, ...]:
    """The routes of `models.toml`, in the order in which they are tried."""
    routes: list[ModelRoute] = []
    for row in table.tables("route"):
        vendor = row.text("vendor")
        routes.extend(ModelRoute(pattern, vendor) for pattern in row.texts("patterns"))
        row.close()
    table.close()
    return tuple(routes)


def read_endpoints(table: Table) -> tuple[Endpoint, ...]:
    """The endpoints of `endpoints.toml`, in the order in which they are tried."""
    endpoints = []
    for row in table.tables("endpoint"):
        endpoint = Endpoint(
            path=row.text("path"),
            kind=row.choice("kind", Kind),
            name=row.text("name"),
            any_host=row.flag("any_host"),
            vendor=row.optional_text("vendor"),
            batch=row.optional_flag("batch"),
            reason=row.optional_text("reason"),
            telling=row.texts("telling"),
        )
        try:
            re.compile(endpoint.path)
        except re.error as error:
            raise row.error("path", f"no regular expression: {error}") from None
        row.close()
        endpoints.append(endpoint)
    table.close()
    return tuple(endpoints)


def read_http_calls(table: Table) -> tuple[HttpCall, ...]:
    """The calls of `http.toml`."""
    calls = []
    for row in table.tables("call"):
        call = HttpCall(
            paths=row.paths("paths"),
            url=row.arguments("url"),
            body=row.arguments("body"),
            method=row.arguments("method"),
            stream=row.arguments("stream"),
            is_async=row.flag("is_async"),
            base=row.arguments("base"),
            request=row.arguments("request"),
            builds=row.flag("builds"),
            verb=row.optional_text("verb"),
        )
        row.close()
        calls.append(call)
    table.close()
    return tuple(calls)
