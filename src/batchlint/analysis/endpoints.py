"""Raw HTTP: calls of HTTP libraries whose URL is a provider's inference endpoint."""

import re
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from batchlint.analysis.values import HOLE, Values
from batchlint.catalog.match import PathIndex
from batchlint.catalog.model import Catalog, Endpoint, Host, HttpCall
from batchlint.program.linker import CallContext, Linker
from batchlint.program.objects import External

if TYPE_CHECKING:
    from batchlint.analysis.model import CallSite


class Endpoints:
    """Recognises requests to inference endpoints by their URL."""

    def __init__(self, linker: Linker, values: Values, catalog: Catalog) -> None:
        self.linker = linker
        self.values = values
        self.catalog = catalog
        self.providers = {provider.name: provider for provider in catalog.providers}
        self._calls = PathIndex((path, row) for row in catalog.http_calls for path in row.paths)
        self._endpoints = [(re.compile(row.path), row) for row in catalog.endpoints]

    def host(self, url: str) -> Host | None:
        """The row of a URL's host, None for an unknown one."""
        place = url.partition("://")[2] if "://" in url else url
        place = place.partition("?")[0].rstrip("/").lower()
        for row in self.catalog.hosts:
            if fnmatchcase(place, row.pattern) or fnmatchcase(place, f"{row.pattern}/*"):
                return row
        # A port, or a path behind a pattern that names the host only.
        name = place.partition("/")[0].partition(":")[0]
        return next((row for row in self.catalog.hosts if fnmatchcase(name, row.pattern)), None)

    def endpoint(self, url: str) -> tuple[Endpoint, Host | None] | None:
        """The inference endpoint that a URL with `HOLE`s names."""
        rest = url.partition("://")[2] if "://" in url else url
        head, _, tail = rest.partition("/")
        path = f"/{tail}".partition("?")[0].rstrip("/")
        host = self.host(url) if "." in head.replace(HOLE, "") or "localhost" in head else None
        for pattern, row in self._endpoints:
            if not pattern.search(path):
                continue
            if host is not None and (row.vendor is None or row.vendor == host.vendor):
                return row, host
            if row.any_host and host is None:
                return row, None
        return None

    def site(self, scope: int, call: int, obj: int, path: tuple[str, ...]) -> "CallSite | None":
        """The call site that a call of an HTTP library is, None for any other request."""
        for row in self._calls.match(path):
            if row.builds:
                continue
            context = self._context(scope, call)
            if context is None or not self._posts(row, context):
                continue
            for url in sorted(self._urls(row, context, obj)):
                found = self.endpoint(url)
                if found is not None:
                    return self._site(scope, call, row, context, url, *found)
        return None

    def _context(self, scope: int, call: int) -> CallContext | None:
        facts = self.linker.scopes.all[scope]
        return self.linker.contexts.get(facts.base + facts.facts.calls[call].value)

    def _posts(self, row: HttpCall, context: CallContext) -> bool:
        node = self.values.argument(context, row.method)
        verbs = {t.upper() for t in self.values.texts(node)} if node is not None else set()
        if not verbs and row.verb:
            verbs = {row.verb.upper()}
        return not verbs or "POST" in verbs

    def _urls(self, row: HttpCall, context: CallContext, obj: int) -> set[str]:
        urls: set[str] = set()
        node = self.values.argument(context, row.url)
        if node is not None:
            urls |= self.values.texts(node)
        request = self.values.argument(context, row.request)
        if request is not None:
            for made in self.linker.solver.pts[request]:
                urls |= self._built(made)
        bases = self._bases(row, obj)
        if bases:
            urls |= {
                f"{base.rstrip('/')}/{url.lstrip('/')}" for base in bases for url in urls if "://" not in url
            }
        return urls

    def _built(self, obj: int) -> set[str]:
        """The URLs of a request object that was built before."""
        record = self.linker.record(obj)
        if not isinstance(record, External) or record.step != "()":
            return set()
        context = self.linker.contexts.get(record.made_by)
        urls: set[str] = set()
        for row in self._calls.match(self.linker.objects.path(record.parent)):
            node = self.values.argument(context, row.url) if context is not None and row.builds else None
            urls |= self.values.texts(node) if node is not None else set()
        return urls

    def _bases(self, row: HttpCall, obj: int) -> AbstractSet[str]:
        record = self.linker.record(obj)
        while isinstance(record, External) and record.parent >= 0:
            record = self.linker.record(record.parent)
            if isinstance(record, External) and record.step == "()":
                context = self.linker.contexts.get(record.made_by)
                node = self.values.argument(context, row.base) if context is not None else None
                return self.values.texts(node) if node is not None else set()
        return set()

    def _site(
        self,
        scope: int,
        call: int,
        row: HttpCall,
        context: CallContext,
        url: str,
        endpoint: Endpoint,
        host: Host | None,
    ) -> "CallSite":
        from batchlint.analysis.model import CallSite

        vendor = host.vendor if host is not None else endpoint.vendor
        billed = self.providers.get(vendor or "")
        is_local = (host is not None and host.is_local) or (billed is not None and billed.is_local)
        batchable, reason = True, None
        if is_local:
            batchable, reason = False, "the model is served locally"
        elif endpoint.batch is not None:
            batchable, reason = endpoint.batch, endpoint.reason
        elif billed is not None and billed.batch_api is None:
            batchable, reason = False, billed.no_batch or f"{billed.title} has no batch API"
        elif billed is not None and billed.batch_api and endpoint.kind not in billed.batch_api.kinds:
            batchable, reason = False, f"the batch API of {billed.title} does not take this endpoint"
        body = self._body(row, context)
        stream = self.values.entry(body, "stream") if body is not None else None
        flags = self.values.constants(stream) if stream is not None else set()
        model = self.values.entry(body, "model") if body is not None else None
        models = {t for t in self.values.texts(model) if HOLE not in t} if model is not None else set()
        return CallSite(
            scope=scope,
            call=call,
            provider="http",
            vendor=vendor,
            name=f"POST {endpoint.name}",
            kind=endpoint.kind,
            is_async=row.is_async,
            is_streaming=(True in flags and False not in flags) or ":stream" in url,
            models=tuple(sorted(models)),
            batchable=batchable,
            reason=reason,
            is_local=is_local,
            is_fan_out=False,
            is_legacy=False,
            guessed=host is None,
            blockers=(),
            operation=None,
            has_route=billed is not None and billed.batch_api is not None,
        )

    def _body(self, row: HttpCall, context: CallContext) -> int | None:
        return self.values.argument(context, row.body)
