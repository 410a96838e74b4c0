"""Linking whatever programs: it ends, and its graph names only what is there."""

import warnings
from functools import cache

from hypothesis import given, settings
from test_extract import PROGRAMS

from batchlint.catalog.load import load_catalog
from batchlint.catalog.match import Matcher
from batchlint.discover import ModuleIndex
from batchlint.facts import ScopeKind, extract
from batchlint.program.graph import adjacency
from batchlint.program.linker import Linker
from batchlint.text import Source


@cache
def matcher() -> Matcher:
    return Matcher(load_catalog(), everything=True)


def graph_of(text: str) -> dict[str, list[str]]:
    facts = extract(Source("a.py", "a", text.encode()))
    modules = ModuleIndex(["a.py"], (), (), matcher().roots)
    linker = Linker([facts], modules, matcher())
    graph = adjacency(linker)
    functions = [s for s in facts.scopes if s.kind is not ScopeKind.CLASS]
    assert {f"a.{s.qualname}" if s.qualname else "a" for s in functions} <= set(graph)
    return graph


@given(PROGRAMS)
@settings(max_examples=150, deadline=None)
def test_linking_ends_and_is_repeatable(text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "a.py", "exec")
    except SyntaxError:
        return
    graph = graph_of(text)
    assert graph == graph_of(text)
    assert all(callee in graph for callees in graph.values() for callee in callees)
