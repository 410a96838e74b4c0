"""Clients: which client a call goes through, how it was made and set up, and who is billed for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from batchlint.analysis.endpoints import Endpoints
from batchlint.analysis.values import Values
from batchlint.catalog.model import AccessPath, Argument, Catalog, ClientGroup, Operation, Provider
from batchlint.facts import ScopeKind
from batchlint.program.linker import CallContext, Linker
from batchlint.program.objects import External


@dataclass(frozen=True, slots=True)
class Client:
    """A client as a call in one scope sees it.

    `settings` are the nodes of what is set on it after it was made (`openai.api_base = …`), by attribute.
    """

    group: ClientGroup
    constructor: CallContext | None
    settings: dict[str, int]
    values: Values

    def setting(self, selectors: Sequence[Argument]) -> int | None:
        """The node of a setting: an argument of the constructor, or an attribute set later."""
        for selector in selectors:
            if selector.keyword is not None and selector.keyword in self.settings:
                return self.settings[selector.keyword]
        return None if self.constructor is None else self.values.argument(self.constructor, selectors)


class Clients:
    """Finds the client that an access path begins with."""

    def __init__(self, linker: Linker, values: Values, catalog: Catalog, endpoints: Endpoints) -> None:
        self.linker = linker
        self.values = values
        self._endpoints = endpoints
        self._groups: dict[AccessPath, list[tuple[Provider, ClientGroup]]] = {}
        for provider in catalog.providers:
            for group in provider.clients:
                for path in group.paths:
                    self._groups.setdefault(path, []).append((provider, group))
        self._stores = self._find_stores()

    def find(self, row: Operation, steps: Sequence[tuple[str, int]], scope: int) -> Client | None:
        """The client of an operation that is called in `scope` by way of `steps` (each with the object
        after it)."""
        path = tuple(step for step, _ in steps)
        for length in range(len(path), 0, -1):
            candidates = [
                client
                for provider, group in self._groups.get(path[:length], ())
                if provider.name == row.provider
                and self._holds(client := self._client(group, steps[length - 1][1], scope))
            ]
            # A group whose conditions hold wins over one without, for the rows that do not list it too.
            most = max((len(client.group.where) for client in candidates), default=0)
            for client in candidates:
                # A row of absolute paths names no client, but what is set on the module counts for it.
                is_meant = client.group.name in row.clients if row.clients else bool(client.settings)
                if len(client.group.where) == most and is_meant:
                    return client
        return None

    def billed(self, client: Client, vendor: str) -> tuple[str, str | None]:
        """The vendor that is billed for a client's calls, and why it has no batch route, if it has none."""
        vendor = self._inner_vendor(client) or vendor
        return self._host(client, vendor), client.group.no_batch

    def _client(self, group: ClientGroup, obj: int, scope: int) -> Client:
        record = self.linker.record(obj)
        made_by = record.made_by if isinstance(record, External) else -1
        return Client(group, self.linker.contexts.get(made_by), self._settings(obj, scope), self.values)

    # what is set on a client after it was made

    def _find_stores(self) -> dict[int, dict[str, list[tuple[int, int]]]]:
        """What programs set on clients: by object and attribute, the scopes and nodes of the values."""
        names = {
            selector.keyword
            for groups in self._groups.values()
            for _, group in groups
            for selector in (*group.base_url, *group.model, *(argument for argument, _ in group.where))
        }
        found: dict[int, dict[str, list[tuple[int, int]]]] = {}
        for scope in self.linker.scopes.all:
            for store in scope.facts.stores:
                if store.attribute is None or store.attribute not in names:
                    continue
                for obj in self.linker.solver.pts[scope.base + store.base]:
                    if self.linker.objects.path(obj) in self._groups:
                        nodes = found.setdefault(obj, {}).setdefault(store.attribute, [])
                        nodes.append((scope.number, scope.base + store.value))
        return found

    def _settings(self, obj: int, scope: int) -> dict[str, int]:
        """The settings that hold in a scope: its own, else those of module bodies, else one that is made
        nowhere but in one function."""
        found: dict[str, int] = {}
        for name, stores in self._stores.get(obj, {}).items():
            own = [node for number, node in stores if number == scope]
            modules = [
                node
                for number, node in stores
                if self.linker.scopes.all[number].facts.kind is ScopeKind.MODULE
            ]
            chosen = own or modules or ([stores[0][1]] if len(stores) == 1 else [])
            if chosen:
                found[name] = chosen[-1]
        return found

    # conditions and vendors

    def _holds(self, client: Client) -> bool:
        for argument, pattern in client.group.where:
            node = client.setting((argument,))
            if node is None:
                return False
            constants = self.values.constants(node) | set(self.values.texts(node))
            if pattern == "*":
                if constants and constants <= {None}:
                    return False
            elif not any(fnmatchcase(str(constant), pattern) for constant in constants):
                return False
        return True

    def _inner_vendor(self, client: Client) -> str | None:
        """The vendor of the client that a wrapping client was given."""
        node = client.setting(client.group.inner) if client.constructor is not None else None
        for obj in sorted(self.linker.solver.pts[node]) if node is not None else ():
            record = self.linker.record(obj)
            if not isinstance(record, External) or record.step != "()":
                continue
            for provider, group in self._groups.get(self.linker.objects.path(obj), ()):
                inner = self._client(group, obj, client.constructor.scope if client.constructor else -1)
                if inner.constructor is not None and self._holds(inner):
                    return self._host(inner, group.vendor or provider.name)
        return None

    def _host(self, client: Client, vendor: str) -> str:
        """The vendor that a client's base URL names."""
        node = client.setting(client.group.base_url)
        urls = self.values.texts(node) if node is not None else set()
        hosts = [self._endpoints.host(url) for url in urls]
        vendors = {host.vendor if host is not None else vendor for host in hosts}
        # A host that is only one of several possible ones, or a mere default, is no evidence.
        is_default = node is not None and any(
            isinstance(self.linker.record(obj), External) for obj in self.linker.solver.pts[node]
        )
        may_be_unset = node is not None and None in self.values.constants(node)
        if len(vendors) == 1 and not (is_default and None in hosts) and not may_be_unset:
            return vendors.pop()
        return vendor
