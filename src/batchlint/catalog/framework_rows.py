"""Reads framework files: `frameworks/*.toml` and the user's own."""

from batchlint.catalog.model import (
    Dispatch,
    Entrypoint,
    FanOut,
    Framework,
    HigherOrder,
    PassThrough,
    Record,
    Reference,
    Refers,
    RootKind,
    Template,
    Via,
    Wait,
    Yields,
)
from batchlint.catalog.provider_rows import read_examples
from batchlint.catalog.table import Table

TABLES = ("entrypoint", "dispatch", "higher_order", "passthrough", "template", "record", "reference")


def read_framework(table: Table) -> Framework:
    """The framework a file describes; raises `CatalogError` for the first row that cannot be used."""
    name = table.text("name")
    imports = table.texts("imports")
    framework = Framework(
        name=name,
        distribution=table.text("distribution", imports[0] if imports else name),
        imports=imports,
        checked=table.text("checked", "unchecked"),
        source=table.text("source", table.file),
        entrypoints=tuple(_read_entrypoint(row, name) for row in table.tables("entrypoint")),
        dispatches=tuple(_read_dispatch(row, name) for row in table.tables("dispatch")),
        higher_orders=tuple(_read_higher_order(row, name) for row in table.tables("higher_order")),
        passthroughs=tuple(_read_passthrough(row, name) for row in table.tables("passthrough")),
        examples=read_examples(table),
        templates=tuple(_read_template(row, name) for row in table.tables("template")),
        records=tuple(_read_record(row, name) for row in table.tables("record")),
        references=tuple(_read_reference(row, name) for row in table.tables("reference")),
    )
    table.close()
    return framework


def _read_entrypoint(table: Table, framework: str) -> Entrypoint:
    row = Entrypoint(
        framework=framework,
        via=table.choice("via", Via),
        wait=table.choice("wait", Wait),
        kind=table.choice("kind", RootKind),
        paths=table.paths("paths", globs=True),
        methods=table.texts("methods"),
        arguments=table.arguments("arguments", "argument"),
        files=table.texts("files"),
        functions=table.texts("functions"),
        schedule=table.arguments("schedule"),
        per_record=table.flag("per_record"),
        requires=table.arguments("requires"),
        parameters=table.texts("parameters"),
        returned=table.flag("returned"),
        distinctive=table.flag("distinctive"),
    )
    if row.via is Via.FILE and not row.files:
        raise table.error("files", 'missing; write globs of root-relative paths, as files = ["jobs/*.py"]')
    if row.via is not Via.FILE and not row.paths:
        raise table.error("paths", f"missing; write what via = {str(row.via)!r} refers to")
    table.close()
    return row


def _read_dispatch(table: Table, framework: str) -> Dispatch:
    row = Dispatch(
        framework=framework,
        methods=table.paths("methods", globs=True),
        paths=table.paths("paths", globs=True),
        argument=table.arguments("argument", "arguments"),
        kind=table.choice("kind", RootKind),
        waits=table.texts("waits"),
        items=table.arguments("items"),
        schedule=table.arguments("schedule"),
        distinctive=table.flag("distinctive"),
    )
    if not row.methods and not row.paths:
        raise table.error("methods", "missing; give methods of the function itself, or paths of calls")
    table.close()
    return row


def _read_higher_order(table: Table, framework: str) -> HigherOrder:
    row = HigherOrder(
        framework=framework,
        paths=table.paths("paths", globs=True),
        fan_out=table.choice("kind", FanOut),
        callable_=table.arguments("callable"),
        items=table.arguments("items"),
        passes=table.whole("passes"),
        is_async=table.flag("is_async"),
        methods=table.paths("methods", globs=True),
        waits=table.texts("waits"),
        runs=table.texts("runs"),
        carries=table.flag("carries"),
        requires=table.arguments("requires"),
        distinctive=table.flag("distinctive"),
    )
    if not row.paths and not row.methods:
        raise table.error("paths", 'missing; write the calls that take the callable, as paths = ["acme.map"]')
    table.close()
    return row


def _read_passthrough(table: Table, framework: str) -> PassThrough:
    row = PassThrough(
        framework=framework,
        paths=table.paths("paths", globs=True),
        arguments=table.arguments("arguments", "argument"),
        yields=table.choice("yields", Yields),
        place=table.whole("place"),
    )
    if not row.paths:
        raise table.error("paths", 'missing; write the calls that pass values on, as paths = ["acme.show"]')
    table.close()
    return row


def _read_template(table: Table, framework: str) -> Template:
    row = Template(
        framework=framework,
        paths=table.paths("paths", globs=True),
        calls=table.texts("calls"),
        methods=table.texts("methods"),
        decorators=table.paths("decorators", globs=True),
        fan_out=table.choice("kind", FanOut),
        waits=table.texts("waits"),
    )
    if not row.paths or not row.calls:
        raise table.error("calls", 'missing; write the methods that are called, as calls = ["start"]')
    if not row.methods and not row.decorators:
        raise table.error("methods", 'missing; write the methods they call, as methods = ["run"]')
    table.close()
    return row


def _read_record(table: Table, framework: str) -> Record:
    row = Record(
        framework=framework,
        paths=table.paths("paths", globs=True),
        managers=table.texts("managers"),
        starts=table.texts("starts"),
        one=table.texts("one"),
        pair=table.texts("pair"),
        queries=table.paths("queries", globs=True),
    )
    if not row.paths:
        raise table.error("paths", 'missing; write the base classes of records, as paths = ["acme.Model"]')
    if not row.one:
        raise table.error("one", 'missing; write the methods that give one record, as one = ["get"]')
    table.close()
    return row


def _read_reference(table: Table, framework: str) -> Reference:
    row = Reference(
        framework=framework,
        paths=table.paths("paths", globs=True),
        argument=table.arguments("argument", "arguments"),
        yields=table.choice("yields", Refers),
        reverse=table.arguments("reverse"),
        default_reverse=table.optional_text("default_reverse"),
        is_unique=table.flag("is_unique"),
    )
    if not row.paths:
        raise table.error("paths", 'missing; write the calls that declare it, as paths = ["acme.Link"]')
    table.close()
    return row
