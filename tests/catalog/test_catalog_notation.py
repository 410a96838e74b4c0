"""The notation of access paths and argument selectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.catalog.model import Argument
from batchlint.catalog.path import expand, parse_argument, parse_path

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
STEPS = st.lists(NAMES | st.sampled_from(["()", "[]"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("openai", ("openai",)),
        (
            "openai.OpenAI().chat.completions.create",
            ("openai", "OpenAI", "()", "chat", "completions", "create"),
        ),
        ("()", ("()",)),
        ("acme.Chain()()", ("acme", "Chain", "()", "()")),
        ("acme.clients[].ask", ("acme", "clients", "[]", "ask")),
    ],
)
def test_path(text, path):
    assert parse_path(text) == path


@given(STEPS)
def test_a_path_reads_back_as_it_was_written(steps):
    text = "".join(step if step in ("()", "[]") else f".{step}" for step in steps)
    assert parse_path(text.removeprefix(".")) == tuple(steps)


@pytest.mark.parametrize("text", ["", ".", "a..b", "a.", ".a", "a.b c", "3d.x", "a.*", "a.b(", "a-b"])
def test_what_is_no_path(text):
    with pytest.raises(ValueError, match="is no step; write names joined by dots"):
        parse_path(text)


def test_globs_only_where_allowed():
    assert parse_path("*_pb2_grpc.**.add_*", globs=True) == ("*_pb2_grpc", "**", "add_*")
    with pytest.raises(ValueError, match="'add_\\*' is no step"):
        parse_path("grpc.add_*")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b", ["a.b"]),
        ("a.{B,C}()", ["a.B()", "a.C()"]),
        ("a.{,b.}C", ["a.C", "a.b.C"]),
        ("a.{b.{,c.},}D", ["a.b.D", "a.b.c.D", "a.D"]),
        ("{a,b}.{c,d}", ["a.c", "a.d", "b.c", "b.d"]),
    ],
)
def test_braces(text, expected):
    assert expand(text) == expected


@given(st.lists(st.lists(NAMES, min_size=1, max_size=4), min_size=1, max_size=4))
def test_braces_give_every_combination_once(alternatives):
    text = ".".join("{" + ",".join(names) + "}" for names in alternatives)
    texts = expand(text)
    size = 1
    for names in alternatives:
        size *= len(names)
    assert len(texts) == size
    assert all(
        part in names
        for expanded in texts
        for part, names in zip(expanded.split("."), alternatives, strict=True)
    )


@pytest.mark.parametrize(("text", "message"), [("a.{b", "'{' without '}'"), ("a.b}", "'}' without '{'")])
def test_braces_must_be_closed(text, message):
    with pytest.raises(ValueError, match=message):
        expand(text)


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("model", Argument("model", None)),
        ("#0", Argument(None, 0)),
        ("#2|items", Argument("items", 2)),
        ("#1+", Argument(None, 1, True)),
    ],
)
def test_argument(text, argument):
    assert parse_argument(text) == argument


@pytest.mark.parametrize("text", ["", "#", "#x", "#-1", "a b", "#0|", "#0|a-b", "#1++"])
def test_what_is_no_argument(text):
    with pytest.raises(ValueError, match=r'is no (keyword|position); write "'):
        parse_argument(text)
