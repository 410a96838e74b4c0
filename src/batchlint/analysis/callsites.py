"""Call sites: the calls of the linked program that send a request to a language model.

A call is one when the external value it calls is reached by a path that a provider row names; when it
posts to a provider's inference endpoint; or, with less certainty, when its receiver is unknown but it
has the shape of one operation and the module imports the SDK.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from batchlint.analysis.clients import Clients
from batchlint.analysis.endpoints import Endpoints
from batchlint.analysis.model import CallSite
from batchlint.analysis.roots import imports_by_file
from batchlint.analysis.values import HOLE, Values
from batchlint.catalog.match import PathIndex
from batchlint.catalog.model import Argument, Catalog, Kind, Operation, Provider
from batchlint.facts import CallFact
from batchlint.program.linker import CallContext, Linker
from batchlint.program.objects import External
from batchlint.program.scopes import Scope


class CallSites:
    """Finds the call sites of a linked program."""

    def __init__(self, linker: Linker, values: Values, catalog: Catalog) -> None:
        self.linker = linker
        self.values = values
        self.catalog = catalog
        self.providers = {provider.name: provider for provider in catalog.providers}
        rows = [operation for provider in catalog.providers for operation in provider.operations]
        self._operations = PathIndex((path, row) for row in rows for path in row.paths)
        self._decorators = PathIndex((path, row) for row in rows for path in row.decorators)
        self._derive = tuple({step for provider in catalog.providers for step in provider.derive})
        self._shapes: dict[str, list[Operation]] = {}
        for row in rows:
            if row.shape is not None:
                self._shapes.setdefault(row.shape.suffix[-1], []).append(row)
        self._endpoints = Endpoints(linker, values, catalog)
        self._clients = Clients(linker, values, catalog, self._endpoints)
        self._imports = imports_by_file(linker)

    def find(self) -> list[CallSite]:
        """All call sites, batch submissions included, in the order of the program."""
        found: dict[tuple[int, int], CallSite] = {}
        for (scope, call), objects in self.linker.externals.items():
            if call < 0:
                continue
            candidates = list(self._candidates(scope, call, objects))
            if candidates:
                found[scope, call] = self._choose(candidates)
        for site in self._decorated():
            found.setdefault((site.scope, site.call), site)
        for site in self._shaped(found):
            found.setdefault((site.scope, site.call), site)
        return [found[key] for key in sorted(found) if found[key].kind is not Kind.NONE]

    # by access path

    def _candidates(self, scope: int, call: int, objects: Iterable[int]) -> Iterator[CallSite]:
        for obj in sorted(objects):
            if not isinstance(self.linker.record(obj), External):
                continue
            steps = self._steps(obj)
            path = tuple(step for step, _ in steps)
            for row in self._operations.match(path):
                site = self._site(scope, call, row, steps)
                if site is not None:
                    yield site
            site = self._endpoints.site(scope, call, obj, path)
            if site is not None:
                yield site

    def _steps(self, obj: int) -> list[tuple[str, int]]:
        """The steps to an external object with the object after each, without those that change nothing."""
        steps: list[tuple[str, int]] = []
        while obj >= 0:
            record = self.linker.record(obj)
            assert isinstance(record, External)
            steps.append((record.step, obj))
            obj = record.parent
        steps.reverse()
        at = 1
        while at < len(steps):
            for derived in self._derive:
                if tuple(step for step, _ in steps[at : at + len(derived)]) == derived:
                    del steps[at : at + len(derived)]
                    break
            else:
                at += 1
        return steps

    def _site(
        self, scope: int, call: int, row: Operation, steps: Sequence[tuple[str, int]]
    ) -> CallSite | None:
        provider = self.providers[row.provider]
        client = self._clients.find(row, steps, scope)
        if row.clients and client is None:
            return None
        context = self._context(scope, call)
        vendor = row.vendor or provider.name
        models = self._texts(context, row.model)
        no_batch = None
        if client is not None:
            if not models:
                models = self._plain(client.setting(client.group.model))
            vendor, no_batch = self._clients.billed(client, client.group.vendor or vendor)
        return self._finish(scope, call, row, context, vendor, models, no_batch)

    def _finish(
        self,
        scope: int,
        call: int,
        row: Operation,
        context: CallContext | None,
        vendor: str | None,
        models: tuple[str, ...],
        no_batch: str | None,
        *,
        guessed: bool = False,
    ) -> CallSite:
        provider = self.providers[row.provider]
        vendor = self._route(vendor, provider, models)
        billed = self.providers.get(vendor or "")
        batchable, reason = self._batchable(row, billed, no_batch, models)
        is_streaming = row.streams or (context is not None and self._is_on(context, row.stream))
        blockers = [
            (keyword, why)
            for keyword, why in row.blockers
            if context is not None and self._is_given(context.keywords.get(keyword))
        ]
        return CallSite(
            scope=scope,
            call=call,
            provider=provider.name,
            vendor=vendor,
            name=row.name,
            kind=row.kind,
            is_async=row.is_async,
            is_streaming=is_streaming,
            models=models,
            batchable=batchable,
            reason=reason,
            is_local=billed.is_local if billed is not None else provider.is_local,
            is_fan_out=row.fan_out,
            is_legacy=row.legacy,
            guessed=guessed,
            blockers=tuple(blockers),
            operation=row,
            has_route=no_batch is None and billed is not None and billed.batch_api is not None,
        )

    def _is_given(self, node: int | None) -> bool:
        """Whether an argument is passed and may be something else than nothing."""
        if node is None:
            return False
        constants = self.values.constants(node)
        return not constants or bool(constants - {None, False, ""})

    def _route(self, vendor: str | None, provider: Provider, models: tuple[str, ...]) -> str | None:
        """The vendor that a model name stands for in libraries that route by it."""
        if not provider.routes or vendor not in (None, provider.name):
            return vendor
        for model in models:
            for route in self.catalog.models:
                if fnmatchcase(model.lower(), route.pattern):
                    return route.vendor
        return vendor

    @staticmethod
    def _batchable(
        row: Operation, billed: Provider | None, no_batch: str | None, models: tuple[str, ...]
    ) -> tuple[bool, str | None]:
        if no_batch is not None:
            return False, no_batch
        if row.batch is not None:
            return row.batch, row.reason
        if billed is None:
            return True, None
        if billed.no_batch is not None:
            return False, billed.no_batch
        if billed.batch_api is None:
            # A wrapper library whose vendor is unknown: most vendors take chat and embeddings.
            known = billed.is_local
            return not known, f"{billed.title} has no batch API" if known else None
        if row.kind not in billed.batch_api.kinds:
            kind = row.kind.value
            return False, row.reason or f"the batch API of {billed.title} does not take {kind} requests"
        taken = billed.batch_api.models
        if taken and models and not any(fnmatchcase(m, pattern) for m in models for pattern in taken):
            return False, f"the batch API of {billed.title} does not take {models[0]}"
        return True, None

    def _is_on(self, context: CallContext, argument: Argument | None) -> bool:
        if argument is None:
            return False
        node = self.values.argument(context, (argument,))
        if node is None:
            return False
        constants = self.values.constants(node)
        return True in constants and False not in constants

    def _texts(self, context: CallContext | None, selectors: Sequence[Argument]) -> tuple[str, ...]:
        if context is None:
            return ()
        return self._plain(self.values.argument(context, selectors))

    def _plain(self, node: int | None) -> tuple[str, ...]:
        """The texts that a node may hold as a whole."""
        if node is None:
            return ()
        return tuple(sorted(t for t in self.values.texts(node) if t and HOLE not in t))

    def _context(self, scope: int, call: int) -> CallContext | None:
        facts = self.linker.scopes.all[scope]
        return self.linker.contexts.get(facts.base + facts.facts.calls[call].value)

    def _choose(self, candidates: list[CallSite]) -> CallSite:
        """One call is one site: of several readings the batchable one, its models joined."""
        best = min(candidates, key=lambda s: (s.kind is Kind.NONE, not s.batchable, s.provider))
        models = tuple(sorted({m for s in candidates if s.vendor == best.vendor for m in s.models}))
        return replace(best, models=models)

    # by decorator

    def _decorated(self) -> Iterator[CallSite]:
        if not self._decorators.is_empty:
            rows: dict[int, Operation] = {}
            for scope, objects in self.linker.decorators.items():
                for obj in objects:
                    path = tuple(s for s in self.linker.objects.path(obj) if s != "()")
                    for row in self._decorators.match(path):
                        rows[scope] = row
            for edge in self.linker.edges.values():
                if edge.target in rows and edge.call >= 0:
                    row = rows[edge.target]
                    vendor = row.vendor or row.provider
                    yield self._finish(edge.caller, edge.call, row, None, vendor, (), None)

    # by shape

    def _shaped(self, known: dict[tuple[int, int], CallSite]) -> Iterator[CallSite]:
        for scope in self.linker.scopes.all:
            for index, call in enumerate(scope.facts.calls):
                if (scope.number, index) in known:
                    continue
                callee = scope.facts.values[call.callee]
                if callee.op == "attr" and callee.payload in self._shapes:
                    site = self._by_shape(scope, index, call, str(callee.payload))
                    if site is not None:
                        yield site

    def _by_shape(self, scope: Scope, index: int, call: CallFact, name: str) -> CallSite | None:
        chain = _chain(scope, call.callee)
        keywords = {argument.keyword for argument in call.arguments}
        imported = self._imports[scope.file]

        def is_foreign(row: Operation) -> bool:
            return not any(_imports(imported, each) for each in self.providers[row.provider].imports)

        for row in sorted(self._shapes[name], key=is_foreign):
            shape = row.shape
            assert shape is not None
            if chain[-len(shape.suffix) :] != shape.suffix or len(chain) < len(shape.suffix):
                continue
            if not self._is_open(scope, call, len(shape.suffix), foreign_too=shape.distinctive):
                continue
            context = self._context(scope.number, index)
            spread = bool(context is not None and context.mappings)
            if not spread and not set(shape.keywords) <= keywords:
                continue
            if not spread and shape.any_of and not keywords & set(shape.any_of):
                continue
            provider = self.providers[row.provider]
            telling = bool(shape.telling) and set(shape.telling) <= keywords
            if not (shape.distinctive or telling) and is_foreign(row):
                continue
            models = self._texts(context, row.model)
            return self._finish(
                scope.number, index, row, context, row.vendor or provider.name, models, None, guessed=True
            )
        return None

    def _is_open(self, scope: Scope, call: CallFact, length: int, *, foreign_too: bool) -> bool:
        """Whether nothing is known of the receiver in front of the suffix, or of any part of it; with
        `foreign_too` also when it is known to come from a library that the catalog does not name."""
        allowed = {self.linker.objects.opaque} if foreign_too else set()
        value = call.callee
        for _ in range(length):
            if self.linker.solver.pts[scope.base + value] - allowed:
                return False
            value = scope.facts.values[value].operands[0]
        return not self.linker.solver.pts[scope.base + value] - allowed


def _chain(scope: Scope, value: int) -> tuple[str, ...]:
    """The attribute names that lead to a value, as written."""
    names: list[str] = []
    while scope.facts.values[value].op == "attr":
        names.append(str(scope.facts.values[value].payload))
        value = scope.facts.values[value].operands[0]
    return tuple(reversed(names))


def _imports(imported: frozenset[str], name: str) -> bool:
    return any(each == name or each.startswith(f"{name}.") for each in imported)
