"""A file that cannot be used: one line that names the file, the key and what to do."""

from pathlib import Path

import pytest

from batchlint.catalog.load import CatalogError, load_catalog

PROVIDER = """
name = "acme"
imports = ["acme"]
{extra}
[[client]]
name = "sync"
paths = ["acme.Client()"]
{client}
[[operation]]
name = "ask"
kind = "chat"
paths = ["ask"]
{operation}
"""
FRAMEWORK = """
name = "acme"
{extra}
[[entrypoint]]
via = "decorator"
wait = "offline"
kind = "scheduled"
paths = ["acme.every"]
{entrypoint}
"""


def error(tmp_path: Path, text: str) -> str:
    """What loading a file with that text complains about, without the folder."""
    file = tmp_path / "acme.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError) as raised:
        load_catalog([file])
    return str(raised.value).removeprefix(f"{tmp_path}/")


def provider(**parts: str) -> str:
    return PROVIDER.format(**{"extra": "", "client": "", "operation": "", **parts})


def framework(**parts: str) -> str:
    return FRAMEWORK.format(**{"extra": "", "entrypoint": "", **parts})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "no valid TOML: Invalid value (at end of document)"),
        ("imports = ['acme']", 'name: missing; write name = a string, as "name"'),
        (provider(extra="clients = []"), "clients: unknown key; did you mean 'client'?"),
        (provider(extra="title = 3"), 'title: 3 is no text; write a string, as "name"'),
        (provider(extra="is_local = 1"), "is_local: 1 is no boolean; write true or false"),
        (provider(extra="title = ' '"), "title: empty; write what it says or leave the key out"),
        (provider(extra="derive = [1]"), 'derive[0]: 1 is no text; write a string, as "name"'),
        (
            provider(extra="derive = ['a..b']"),
            "derive: 'a..b' is no path: '' is no step; "
            "write names joined by dots, () for a call, [] for an element",
        ),
        (provider(extra="derive = ['{a']"), "derive: '{a' is no path: '{' without '}'"),
        (
            provider(extra="[batch]\nkinds = ['chatt']\ndiscount = 0.5"),
            "batch.kinds: unknown kind 'chatt'; did you mean 'chat'?",
        ),
        (
            provider(extra="[batch]\nkinds = ['chat']"),
            "batch.discount: missing; write discount = a number, as 0.5",
        ),
        (
            provider(extra="[batch]\nkinds = ['chat']\ndiscount = 50"),
            "batch.discount: 50 is no fraction; write 0 to 1, as 0.5 for half price",
        ),
        (
            provider(extra="[batch]\nkinds = ['chat']\ndiscount = 0.5\nwindow_hours = 0"),
            "batch.window_hours: 0 is below 1",
        ),
        (
            provider(extra="no_batch = 'none'\n[batch]\nkinds = ['chat']\ndiscount = 0.5"),
            "no_batch: contradicts [batch]; leave one of them out",
        ),
        (provider(client="modell = 'm'"), "client[0].modell: unknown key; did you mean 'model'?"),
        (
            provider(client="model = '#x'"),
            "client[0].model: '#x' is no argument: '#x' is no position; write \"#0\" for the first argument",
        ),
        (provider(client="where = { '#' = 'x' }"), "client[0].where.#: '#' is no position; write \"#0\""),
        (provider(client="where = { a = 1 }"), 'client[0].where.a: 1 is no text; write a string, as "name"'),
        (
            provider(client="[[client]]\nname = 'sync'\npaths = ['acme.Other()']"),
            "client[1].name: second client named 'sync'; names of a file differ",
        ),
        (
            provider(client="[[client]]\nname = 'other'"),
            'client[1].paths: missing; write where clients come from, as paths = ["acme.Client()"]',
        ),
        (
            provider(operation="[[operation]]\nname = 'b'\nkind = 'chatt'\npaths = ['b']"),
            "operation[1].kind: unknown kind 'chatt'; did you mean 'chat'?",
        ),
        (
            provider(operation="[[operation]]\nname = 'b'\npaths = ['b']"),
            "operation[1].kind: missing; use one of chat, completion, embedding",
        ),
        (
            provider(operation="[[operation]]\nname = 'b'\nkind = 'chat'"),
            "operation[1].paths: missing; give paths, async_paths, absolute or decorators",
        ),
        (
            provider(operation="clients = ['snyc']"),
            "operation[0].clients[0]: unknown client 'snyc'; did you mean 'sync'?",
        ),
        (
            provider(operation="batch = false"),
            "operation[0].reason: missing; say why batch = false, for the report to show",
        ),
        (
            provider(operation="shape = { suffix = ['a', 'b'] }"),
            'operation[0].shape.suffix: takes one path, as "chat.completions.create"',
        ),
        (
            provider(operation="stream = ['a', 'b']"),
            'operation[0].stream: takes one argument, as stream = "stream"',
        ),
        (provider(operation="vendor = 'opena1'"), "operation 'ask': vendor: unknown provider 'opena1'"),
        (provider(client="vendor = 'opena1'"), "client 'sync': vendor: unknown provider 'opena1'"),
        (
            "name = 'acme'\nimports = ['acme']\n[[operation]]\nname = 'a'\nkind = 'chat'\npaths = ['a']",
            "operation[0].paths: relative to clients, and the file has no [[client]]; use absolute",
        ),
        (
            "name = 'acme'\n[[operation]]\nname = 'a'\nkind = 'chat'\nabsolute = ['acme.a']",
            'imports: missing; write the modules that code imports, as imports = ["acme"]',
        ),
        (
            "name = 'acme'\noperation = 'ask'",
            "operation: 'ask' is no array of tables; write one table per row",
        ),
        ("name = 'acme'\noperation = ['ask']", "operation[0]: 'ask' is no table; write [[operation]]"),
        (
            "name = 'openai'\nimports = ['acme']",
            "name: 'openai' is in the catalog already; choose another name",
        ),
        (
            framework(entrypoint="kinds = 'x'"),
            "entrypoint[0].kinds: unknown key; did you mean 'kind'?",
        ),
        (
            framework(extra="[[entrypoint]]\nvia = 'decorater'\nwait = 'live'\nkind = 'bot'"),
            "entrypoint[0].via: unknown via 'decorater'; did you mean 'decorator'?",
        ),
        (
            framework(extra="[[entrypoint]]\nvia = 'file'\nwait = 'live'\nkind = 'bot'"),
            "entrypoint[0].files: missing; write globs of root-relative paths",
        ),
        (
            framework(extra="[[higher_order]]\nkind = 'map'"),
            "higher_order[0].paths: missing; write the calls that take the callable",
        ),
        (
            framework(entrypoint="[[client]]\nname = 'sync'\npaths = ['acme.Client()']"),
            "describes a provider and a framework; write one file for each",
        ),
    ],
)
def test_message(tmp_path, text, message):
    assert error(tmp_path, text).startswith(f"acme.toml: {message}")


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(CatalogError, match=r"nowhere.toml: cannot be read \(No such file or directory\)"):
        load_catalog([tmp_path / "nowhere.toml"])


def test_file_that_is_no_text(tmp_path):
    file = tmp_path / "acme.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CatalogError, match=r"acme.toml: cannot be read \(no UTF-8 text\); correct `catalog`"):
        load_catalog([file])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, 'path: missing; write the dotted path of the call, as path = "acme.llm.ask"'),
        ({"path": "acme.ask", "provider": 3}, 'provider: 3 is no text; write a string, as "name"'),
        (
            {"path": "acme.ask", "provider": "opena"},
            "provider: unknown provider 'opena'; did you mean 'openai'?",
        ),
        ({"path": "acme.ask", "provider": "openai", "kind": "talk"}, "kind: unknown kind 'talk'"),
        (
            {"path": "acme.ask", "provider": "openai", "modle": "m"},
            "modle: unknown key; did you mean 'model'?",
        ),
    ],
)
def test_wrapper_row(row, message):
    good = {"path": "acme.tell", "provider": "openai"}
    with pytest.raises(CatalogError) as raised:
        load_catalog(wrappers=[good, row])
    assert str(raised.value).startswith(f"tool.batchlint: wrappers[1].{message}")
