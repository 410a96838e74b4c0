"""Reads provider files: `providers/*.toml`, `vendors.toml`, the user's own, and the rows of
`[[tool.batchlint.wrappers]]`."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from batchlint.catalog.model import (
    AccessPath,
    Argument,
    BatchApi,
    CallShape,
    ClientGroup,
    Example,
    Kind,
    Operation,
    Provider,
)
from batchlint.catalog.path import parse_argument
from batchlint.catalog.table import Table, suggestion


def read_provider(table: Table) -> Provider:
    """The provider a file describes; raises `CatalogError` for the first row that cannot be used."""
    name = table.text("name")
    imports = table.texts("imports")
    clients = _read_clients(table)
    operations = tuple(
        operation for row in table.tables("operation") for operation in _read_operation(row, name, clients)
    )
    batch = table.table("batch")
    provider = Provider(
        name=name,
        title=table.text("title", name),
        distribution=table.text("distribution", imports[0] if imports else name),
        imports=imports,
        checked=table.text("checked", "unchecked"),
        source=table.text("source", table.file),
        is_local=table.flag("is_local"),
        batch_api=_read_batch(batch) if batch else None,
        no_batch=table.optional_text("no_batch"),
        clients=clients,
        derive=table.paths("derive"),
        wraps=table.paths("wraps"),
        pipes=table.flag("pipes"),
        operations=operations,
        examples=read_examples(table),
        batch_calls=tuple(path for each in operations if each.kind is Kind.BATCH for path in each.paths),
        routes=table.flag("routes"),
    )
    if provider.batch_api and provider.no_batch:
        raise table.error("no_batch", "contradicts [batch]; leave one of them out")
    if operations and not imports:
        raise table.error("imports", 'missing; write the modules that code imports, as imports = ["acme"]')
    table.close()
    return provider


def read_vendors(table: Table) -> list[Provider]:
    """The providers of `vendors.toml`: those that are only ever named by others."""
    vendors = [read_provider(row) for row in table.tables("vendor")]
    table.close()
    return vendors


def read_wrapper(table: Table, vendors: Collection[str]) -> Provider:
    """The provider of one row of `[[tool.batchlint.wrappers]]`: a function or method that sends a request.

    `vendors` are the names that its `provider` may have; without one nobody knows who is billed.
    """
    paths = _callees(table, "path")
    if not paths:
        raise table.error("path", 'missing; write the dotted path of the call, as path = "acme.llm.ask"')
    name = table.texts("path")[0]
    kind = table.choice("kind", Kind) if table.has("kind") else Kind.CHAT
    vendor = table.optional_text("provider")
    if vendor is not None and vendor not in vendors:
        raise table.error("provider", f"unknown provider {vendor!r}; {suggestion(vendor, vendors)}")
    make = _read_common(table, name, name, kind)
    is_async, shapes = table.flag("is_async"), _read_shapes(table)
    operation = make(paths=paths, is_async=is_async, clients=(), vendor=vendor, shape=shapes[is_async])
    table.close()
    return Provider(
        name=name,
        title=name,
        distribution=paths[0][0],
        imports=tuple(dict.fromkeys(path[0] for path in paths)),
        checked="unchecked",
        source=table.file,
        is_local=False,
        batch_api=None,
        no_batch=None,
        clients=(),
        derive=(),
        wraps=(),
        pipes=False,
        operations=(operation,),
        examples=(),
        batch_calls=paths if kind is Kind.BATCH else (),
    )


def read_examples(table: Table) -> tuple[Example, ...]:
    """The examples of a provider or framework file."""
    examples = []
    for row in table.tables("example"):
        examples.append(Example(row.text("file", "example.py"), row.text("code")))
        row.close()
    return tuple(examples)


def _read_batch(table: Table) -> BatchApi:
    api = BatchApi(
        kinds=table.choices("kinds", Kind),
        discount=table.fraction("discount"),
        window_hours=table.whole("window_hours", 1) or 24,
        minimum_requests=table.whole("minimum_requests", 1) or 1,
        maximum_requests=table.whole("maximum_requests", 1),
        maximum_bytes=table.whole("maximum_bytes", 1),
        flex_models=table.texts("flex_models"),
        needs=table.texts("needs"),
        models=table.texts("models"),
    )
    table.close()
    return api


def _read_clients(table: Table) -> tuple[ClientGroup, ...]:
    groups: dict[str, ClientGroup] = {}
    for row in table.tables("client"):
        group = _read_client(row)
        if group.name in groups:
            raise row.error("name", f"second client named {group.name!r}; names of a file differ")
        groups[group.name] = group
    return tuple(groups.values())


def _read_client(table: Table) -> ClientGroup:
    group = ClientGroup(
        name=table.text("name"),
        paths=table.paths("paths"),
        is_async=table.flag("is_async"),
        vendor=table.optional_text("vendor"),
        model=table.arguments("model"),
        base_url=table.arguments("base_url"),
        no_batch=table.optional_text("no_batch"),
        where=_read_conditions(table),
        inner=table.arguments("inner"),
        legacy=table.flag("legacy"),
    )
    if not group.paths:
        raise table.error("paths", 'missing; write where clients come from, as paths = ["acme.Client()"]')
    table.close()
    return group


def _read_conditions(table: Table) -> tuple[tuple[Argument, str], ...]:
    conditions = []
    for text, glob in table.pairs("where"):
        try:
            conditions.append((parse_argument(text), glob))
        except ValueError as error:
            raise table.error(f"where.{text}", str(error)) from None
    return tuple(conditions)


def _read_shapes(table: Table) -> dict[bool, CallShape | None]:
    """The shapes of a row's synchronous and asynchronous operation; often the same."""
    row = table.table("shape")
    if row is None:
        return {False: None, True: None}
    suffix, async_suffix = row.paths("suffix"), row.paths("async_suffix")
    if len(suffix) != 1 or len(async_suffix) > 1:
        raise row.error("suffix", 'takes one path, as "chat.completions.create"')
    shape = CallShape(
        suffix=suffix[0],
        keywords=row.texts("keywords"),
        any_of=row.texts("any_of"),
        distinctive=row.flag("distinctive"),
        telling=row.texts("telling"),
    )
    row.close()
    return {False: shape, True: replace(shape, suffix=async_suffix[0]) if async_suffix else shape}


def _read_common(table: Table, provider: str, name: str, kind: Kind) -> partial[Operation]:
    """The operation of a row but for its paths: what the row says of it whichever way it is reached."""
    streams = table.arguments("stream")
    if len(streams) > 1:
        raise table.error("stream", 'takes one argument, as stream = "stream"')
    batch, reason = table.optional_flag("batch"), table.optional_text("reason")
    if batch is False and not reason:
        raise table.error("reason", "missing; say why batch = false, for the report to show")
    return partial(
        Operation,
        provider=provider,
        name=name,
        kind=kind,
        model=table.arguments("model"),
        prompt=table.arguments("prompt"),
        output_limit=table.arguments("output_limit"),
        stream=streams[0] if streams else None,
        streams=table.flag("streams"),
        fan_out=table.flag("fan_out"),
        legacy=table.flag("legacy"),
        batch=batch,
        reason=reason,
        blockers=table.pairs("blockers"),
        stateful=table.flag("stateful"),
    )


def _read_operation(table: Table, provider: str, clients: tuple[ClientGroup, ...]) -> list[Operation]:
    """The operations of a row: those through clients and the others, each as it is synchronous or not."""
    make = _read_common(table, provider, table.text("name"), table.choice("kind", Kind))
    vendor, always_async = table.optional_text("vendor"), table.flag("is_async")
    shapes = _read_shapes(table)
    groups = _groups(table, clients)
    steps, async_steps = _callees(table, "paths"), _callees(table, "async_paths")
    if (steps or async_steps) and not groups:
        raise table.error("paths", "relative to clients, and the file has no [[client]]; use absolute")
    made = []
    for is_async in (False, True):
        reached = [
            (group, relative)
            for group in groups
            for way, relative in ((group.is_async or always_async, steps), (True, async_steps))
            if way is is_async and relative
        ]
        if reached:
            paths = tuple(path + step for group, each in reached for path in group.paths for step in each)
            names = tuple(dict.fromkeys(group.name for group, _ in reached))
            through = partial(make, paths=paths, clients=names)
            made.append(through(is_async=is_async, vendor=vendor, shape=shapes[is_async]))
    for is_async, prefix in ((False, ""), (True, "async_")):
        paths, decorators = _callees(table, f"{prefix}absolute"), table.paths(f"{prefix}decorators")
        if paths or decorators:
            direct = partial(make, paths=paths, clients=(), decorators=decorators)
            made.append(direct(is_async=is_async, vendor=vendor, shape=shapes[is_async]))
    table.close()
    if not made:
        raise table.error("paths", "missing; give paths, async_paths, absolute or decorators")
    return made


def _callees(table: Table, key: str) -> tuple[AccessPath, ...]:
    """Paths of what is called; `()` at the end is the call itself and may be written."""
    return tuple(path[:-1] if path[-1] == "()" else path for path in table.paths(key))


def _groups(table: Table, clients: tuple[ClientGroup, ...]) -> tuple[ClientGroup, ...]:
    """The client groups a row names; all of the file where it names none."""
    by_name = {group.name: group for group in clients}
    chosen = table.texts("clients") or tuple(by_name)
    for at, name in enumerate(chosen):
        if name not in by_name:
            remedy = suggestion(name, by_name) if by_name else "the file has no [[client]]"
            raise table.error(f"clients[{at}]", f"unknown client {name!r}; {remedy}")
    return tuple(by_name[name] for name in chosen)
