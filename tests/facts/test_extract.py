"""`extract`: whatever the bytes, it gives facts or says why not; the facts keep their invariants."""

import ast
import pickle
import textwrap

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batchlint.discover import decode_source
from batchlint.facts import FileFacts, ScopeFacts, expressions, extract, statements
from batchlint.finding import Failure
from batchlint.text import Source

# The grammar of the generated programs: statements, and the expressions in them.
NAMES = st.sampled_from(["a", "b", "c", "self"])
ATOMS = st.one_of(NAMES, st.sampled_from(["1", "'x'", "None", "-1.5", "...", "b'y'"]))


def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions made of smaller ones."""
    templates = (
        "({0} + {1})", "({0} or {1})", "{0}.x", "{0}[{1}]", "{0}[{1}:]", "{0}({1})",
        "{0}(*{1}, k={2}, **{0})",
        "[{0}, *{1}]", "{{{0}: {1}, **{2}}}", "{{{0}, {1}}}", "({0}, {1})", "[{0} for a in {1} if {2}]",
        "{{a: {0} for a in {1}}}", "({0} for b in {1} for c in {2})", "(lambda a, *b, c={0}: {1})",
        "({0} if {1} else {2})", "(a := {0})", "not {0}", "f'{{{0}!r:>4}}'", "({0} < {1} <= {2})",
    )  # fmt: skip
    return st.builds(
        lambda template, x, y, z: template.format(x, y, z),
        st.sampled_from(templates), inner, inner, inner,
    )  # fmt: skip


EXPRESSIONS = st.recursive(ATOMS, wider, max_leaves=8)
TARGETS = st.sampled_from(["a", "b", "a.x", "a[0]", "a, b", "a, *b", "(a, (b, c))"])
SIMPLE = st.one_of(
    EXPRESSIONS,
    st.builds("{} = {}".format, TARGETS, EXPRESSIONS),
    st.builds("{} += {}".format, st.sampled_from(["a", "a.x", "a[0]"]), EXPRESSIONS),
    st.builds("{}: {} = {}".format, NAMES, EXPRESSIONS, EXPRESSIONS),
    st.builds("raise {}".format, EXPRESSIONS),
    st.builds("assert {}".format, EXPRESSIONS),
    st.sampled_from(["pass", "del a.x", "import os.path as a", "from . import b", "from m import *"]),
)
IN_LOOP = st.one_of(SIMPLE, st.sampled_from(["break", "continue"]))


def block(*lines: str) -> str:
    return textwrap.indent("\n".join(lines) or "pass", "    ")


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Statements with blocks of smaller ones."""
    body = st.lists(inner, min_size=1, max_size=3).map(lambda lines: block(*lines))
    return st.one_of(
        st.builds("if {}:\n{}\nelse:\n{}".format, EXPRESSIONS, body, body),
        st.builds("for {} in {}:\n{}\n    break\nelse:\n{}".format, TARGETS, EXPRESSIONS, body, body),
        st.builds("while {}:\n{}\n    if b: continue".format, EXPRESSIONS, body),
        st.builds("while True:\n{}\n    if b: break".format, body),
        st.builds("try:\n{}\nexcept a as b:\n{}\nfinally:\n{}".format, body, body, body),
        st.builds("with {} as {}:\n{}".format, EXPRESSIONS, TARGETS, body),
        st.builds("@{}\ndef a(b, /, c=1, *, d=2, **e):\n{}\n    return b".format, NAMES, body),
        st.builds("def b():\n    global a\n{}\n    yield a".format, body),
        st.builds("async def c(self):\n{}\n    return await self".format, body),
        st.builds("class a(b):\n{}".format, body),
        st.builds("match {}:\n    case [a, *b] if a:\n{}".format, EXPRESSIONS, body.map(lambda t: block(t))),
    )


PROGRAMS = st.lists(st.recursive(SIMPLE, compound, max_leaves=10), max_size=6).map("\n".join)


def facts_of(text: str) -> FileFacts:
    return extract(Source("a.py", "a", text.encode()))


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@given(PROGRAMS)
@settings(max_examples=300, deadline=None)
@example("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n    return x")
def test_facts_of_generated_programs_keep_their_invariants(text: str) -> None:
    try:
        compile(text, "a.py", "exec")
    except SyntaxError:
        return  # a star import in a function, a name both annotated and global, …
    facts = facts_of(text)
    assert facts.failure is None
    assert pickle.loads(pickle.dumps(facts)) == facts
    assert facts == facts_of(text)
    for number, scope in enumerate(facts.scopes):
        check_scope(scope, number, len(facts.scopes))


def check_scope(scope: ScopeFacts, number: int, scopes: int) -> None:
    """Every index of a scope's facts leads somewhere, and static single assignment holds."""
    count = len(scope.values)
    assert scope.parent < number
    for index, (op, operands, payload) in enumerate(scope.values):
        assert all((-1 if op == "dict" else 0) <= operand < count for operand in operands)
        if op == "phi":
            assert len(set(operands)) == len(operands)
            assert index not in operands
        else:
            assert all(operand < index for operand in operands)
        if op in ("function", "class"):
            assert isinstance(payload, int)
            assert number < payload < scopes
    for call in scope.calls:
        assert scope.values[call.value].op == "call"
        assert -1 <= call.loop < len(scope.loops)
        assert -1 <= call.guard < len(scope.guards)
        assert all(0 <= argument.value < count for argument in (*call.arguments,))
    assert all(0 <= version < count for versions in scope.bindings.values() for version in versions)
    assert all(0 <= v < count for v in (*scope.returns, *scope.yields, *scope.yields_from, *scope.raises))
    assert all(loop.parent < index for index, loop in enumerate(scope.loops))
    assert all(guard.parent < index for index, guard in enumerate(scope.guards))


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
@example(b"\xef\xbb\xbf# coding: latin-1\n")
@example(b"# coding: undefined\nx")
@example(b"x = 1\x00")
@example(b"\xff\xfe")
@example(b"\x0c\n \t\\\n")
def test_arbitrary_bytes_give_facts_or_a_reason(data: bytes) -> None:
    source = decode_source("a.py", "a", data)
    if isinstance(source, Failure):
        assert source.message
    else:
        facts = extract(source)
        assert facts.scopes or facts.failure


@pytest.mark.parametrize("opening", ["(", "[", "-", "not ", "lambda: ", "a.b(", "f(x)(", "if x:\n"])
def test_deep_nesting_ends_in_facts_or_a_reason(opening: str) -> None:
    facts = facts_of(opening * 3_000)
    assert facts.failure


def test_long_chains_are_read() -> None:
    text = "a" + ".b()" * 3_000
    facts = facts_of(text)
    assert facts.failure or len(facts.scopes[0].calls) == 3_000


def _classes(base: type[ast.AST]) -> set[type[ast.AST]]:
    """The concrete node classes below a base, without those that only old versions of `ast` made."""
    return {
        cls
        for cls in vars(ast).values()
        if isinstance(cls, type)
        and issubclass(cls, base)
        and cls is not base
        and cls.__module__ in ("ast", "_ast")
        and cls.__name__ not in ("Num", "Str", "Bytes", "NameConstant", "Ellipsis")
    }


def test_every_statement_and_expression_has_a_handler() -> None:
    assert _classes(ast.stmt) == set(statements._HANDLERS)
    assert _classes(ast.expr) == set(expressions._HANDLERS)
