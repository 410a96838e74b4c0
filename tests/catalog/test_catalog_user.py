"""What users add: private SDK wrappers and frameworks, as files and as rows of the configuration."""

import dataclasses
import typing

import pytest

from batchlint.catalog import model
from batchlint.catalog.load import load_catalog
from batchlint.catalog.model import Argument, FanOut, Kind, Operation, RootKind, Via, Wait, Yields

EVERYTHING = """
name = "acme"
title = "Acme"
distribution = "acme-llm"
imports = ["acme"]
checked = "acme 3.1"
source = "https://acme.example"
is_local = true
derive = ["tuned()"]
wraps = ["acme.traced()"]
pipes = true
routes = true
[batch]
kinds = ["chat", "embedding"]
discount = 0.25
window_hours = 12
minimum_requests = 10
maximum_requests = 1000
maximum_bytes = 2000
flex_models = ["acme-1*"]
needs = ["a bucket"]
models = ["acme-2*"]
[[client]]
name = "sync"
paths = ["acme.{Client,Session}()"]
vendor = "openai"
model = "#0|model"
base_url = "url"
no_batch = "for a test"
where = { "#1|mode" = "fast*" }
inner = "client"
legacy = true
[[client]]
name = "async"
paths = ["acme.AsyncClient()"]
is_async = true
[[operation]]
name = "ask"
kind = "chat"
clients = ["sync", "async"]
paths = ["ask"]
async_paths = ["ask_later"]
absolute = ["acme.ask"]
async_absolute = ["acme.ask_later"]
decorators = ["acme.asks"]
model = ["model", "#1|engine"]
prompt = "#0|text"
output_limit = "limit"
stream = "stream"
streams = true
fan_out = true
legacy = true
stateful = true
batch = false
reason = "for a test"
vendor = "anthropic"
blockers = { live = "somebody listens" }
[operation.shape]
suffix = "acme.ask"
async_suffix = "acme.ask_later"
keywords = ["text"]
any_of = ["model"]
distinctive = true
telling = ["limit"]
[[operation]]
name = "submit"
kind = "batch"
paths = ["batches.submit"]
[[example]]
file = "app/jobs.py"
code = "pass"
"""
FRAMEWORK = """
name = "acme"
distribution = "acme-jobs"
imports = ["acme"]
checked = "acme 3.1"
source = "https://acme.example"
[[entrypoint]]
via = "decorator"
wait = "offline"
kind = "scheduled"
paths = ["acme.{every,at}"]
methods = ["run"]
argument = "#0"
files = ["jobs/*.py"]
functions = ["run_*"]
schedule = "#0|cron"
per_record = true
requires = "cron"
parameters = ["job"]
returned = true
distinctive = true
[[dispatch]]
methods = ["later"]
paths = ["acme.later"]
argument = "#0"
kind = "task-queue"
waits = ["get"]
items = "#1"
schedule = "when"
distinctive = true
[[higher_order]]
paths = ["acme.each"]
kind = "map"
callable = "#0"
items = "#1+"
passes = 2
is_async = true
methods = ["map"]
waits = ["get"]
runs = ["start"]
carries = true
requires = "deep"
distinctive = true
[[passthrough]]
paths = ["acme.shown"]
argument = "#0"
yields = "grouped"
place = 1
[[template]]
paths = ["acme.Job"]
calls = ["start"]
methods = ["run"]
decorators = ["acme.step"]
kind = "thread"
waits = ["join"]
[[record]]
paths = ["acme.Row"]
managers = ["rows"]
starts = ["pick"]
one = ["first"]
pair = ["find_or_make"]
queries = ["acme.Rows"]
[[reference]]
paths = ["acme.Link"]
argument = "#0"
yields = "one"
reverse = "back"
default_reverse = "{}_rows"
is_unique = true
[[example]]
file = "a.py"
code = "pass"
"""
# Fields that a row does not say itself: they come from the row's place or from other fields.
DERIVED = {"framework", "provider", "is_async", "paths", "clients", "rest"}


def load(tmp_path, text, kind):
    file = tmp_path / "acme.toml"
    file.write_text(text, encoding="utf-8")
    catalog = load_catalog([file])
    return next(row for row in getattr(catalog, kind) if row.name == "acme")


@pytest.fixture
def acme(tmp_path):
    return load(tmp_path, EVERYTHING, "providers")


def test_every_key_of_a_provider_file_arrives(acme):
    assert_filled(acme, {"no_batch"})
    assert_filled(acme.batch_api)
    assert_filled(acme.clients[0])
    assert_filled(acme.operations[0], {"decorators"})
    assert_filled(acme.operations[0].shape)
    assert acme.operations[2].decorators
    assert [row.shape.suffix[-1] for row in acme.operations[:2]] == ["ask", "ask_later"]


def test_every_key_of_a_framework_file_arrives(tmp_path):
    framework = load(tmp_path, FRAMEWORK, "frameworks")
    assert_filled(framework)
    for row in (
        framework.entrypoints[0],
        framework.dispatches[0],
        framework.higher_orders[0],
        framework.passthroughs[0],
        framework.templates[0],
        framework.records[0],
        framework.references[0],
    ):
        assert_filled(row)
    assert framework.entrypoints[0].via is Via.DECORATOR
    assert framework.entrypoints[0].wait is Wait.OFFLINE
    assert framework.entrypoints[0].paths == (("acme", "every"), ("acme", "at"))
    assert framework.dispatches[0].kind is RootKind.TASK_QUEUE
    assert framework.higher_orders[0].fan_out is FanOut.MAP
    assert framework.higher_orders[0].items == (Argument(None, 1, True),)
    assert framework.passthroughs[0].yields is Yields.GROUPED


def assert_filled(row, contradicting=frozenset()):
    """Every field differs from what a row without the key would have."""
    hints = typing.get_type_hints(type(row))
    for field in dataclasses.fields(row):
        if field.name not in DERIVED and field.name not in contradicting:
            value = getattr(row, field.name)
            empty = hints[field.name] is bool and value is False
            place = f"{type(row).__name__}.{field.name}"
            assert value not in ((), None, "unchecked"), place
            assert not empty, place


def test_a_row_gives_an_operation_for_each_way_to_reach_it(acme):
    rows = [row for row in acme.operations if row.name == "ask"]
    assert [(row.is_async, row.clients) for row in rows] == [
        (False, ("sync",)),
        (True, ("sync", "async")),
        (False, ()),
        (True, ()),
    ]
    assert [[".".join(path) for path in row.paths] for row in rows] == [
        ["acme.Client.().ask", "acme.Session.().ask"],
        [
            "acme.Client.().ask_later",
            "acme.Session.().ask_later",
            "acme.AsyncClient.().ask",
            "acme.AsyncClient.().ask_later",
        ],
        ["acme.ask"],
        ["acme.ask_later"],
    ]
    assert [row.decorators for row in rows] == [(), (), (("acme", "asks"),), ()]


def test_a_path_leads_to_what_is_called(tmp_path):
    rows = """
    [[client]]
    name = "lm"
    paths = ["acme.LM()"]
    [[operation]]
    name = "LM()"
    kind = "chat"
    paths = ["()", "acall()"]
    absolute = ["acme.chain()()"]
    """
    acme = load(tmp_path, f"name = 'acme'\nimports = ['acme']\n{rows}", "providers")
    assert [row.paths for row in acme.operations] == [
        (("acme", "LM", "()"), ("acme", "LM", "()", "acall")),
        (("acme", "chain", "()"),),
    ]


def test_operations_of_kind_batch_are_the_batch_calls(acme):
    assert ("acme", "Client", "()", "batches", "submit") in acme.batch_calls
    assert len(acme.batch_calls) == 3


def test_defaults_of_a_short_file(tmp_path):
    row = "[[operation]]\nname = 'ask'\nkind = 'chat'\nabsolute = ['acme.ask']"
    acme = load(tmp_path, f"name = 'acme'\nimports = ['acme']\n{row}", "providers")
    assert (acme.title, acme.distribution, acme.checked) == ("acme", "acme", "unchecked")
    assert acme.source == str(tmp_path / "acme.toml")
    assert acme.operations == (
        Operation(
            provider="acme",
            name="ask",
            kind=Kind.CHAT,
            clients=(),
            paths=(("acme", "ask"),),
            is_async=False,
            model=(),
            prompt=(),
            output_limit=(),
            stream=None,
            streams=False,
            fan_out=False,
            legacy=False,
            batch=None,
            reason=None,
            blockers=(),
            shape=None,
        ),
    )


def test_byte_order_mark_is_no_error(tmp_path):
    assert load(tmp_path, "\ufeffname = 'acme'\n", "providers").name == "acme"


def test_wrapper_rows_become_providers():
    rows = [
        {"path": "acme.llm.ask", "provider": "openai", "kind": "chat", "model": "model", "prompt": "#0|text"},
        {"path": "acme.llm.Client().embed", "provider": "cohere", "kind": "embedding", "is_async": True},
        {"path": "acme.llm.submit", "provider": "openai", "kind": "batch"},
    ]
    ask, embed, submit = load_catalog(wrappers=rows).providers[-3:]
    assert (ask.name, ask.imports) == ("acme.llm.ask", ("acme",))
    (row,) = ask.operations
    assert (row.paths, row.vendor, row.kind) == ((("acme", "llm", "ask"),), "openai", Kind.CHAT)
    assert (row.model, row.prompt) == ((Argument("model", None),), (Argument("text", 0),))
    assert embed.operations[0].paths == (("acme", "llm", "Client", "()", "embed"),)
    assert embed.operations[0].is_async
    assert submit.batch_calls == (("acme", "llm", "submit"),)


def test_a_wrapper_is_a_chat_where_nothing_else_is_said():
    (row,) = load_catalog(wrappers=[{"path": "acme.ask", "provider": "openai"}]).providers[-1].operations
    assert row.kind is Kind.CHAT


def test_a_wrapper_may_leave_open_who_is_billed():
    (row,) = load_catalog(wrappers=[{"path": "acme.ask"}]).providers[-1].operations
    assert row.vendor is None


def test_types_are_frozen_and_slotted():
    for name in dir(model):
        cls = getattr(model, name)
        if dataclasses.is_dataclass(cls):
            assert cls.__dataclass_params__.frozen, name
            assert "__slots__" in vars(cls), name
