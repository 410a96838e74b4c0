"""Every framework file shows each of its rows at work, and the linked example agrees."""

from functools import cache

import pytest
from example_program import ExampleProgram, Expectation, expectations

from batchlint.catalog.load import load_catalog
from batchlint.catalog.match import Matcher, matches
from batchlint.catalog.model import AccessPath, Catalog, Entrypoint, Framework, Via


@cache
def catalog() -> Catalog:
    return load_catalog()


@cache
def matcher() -> Matcher:
    return Matcher(catalog(), everything=True)


@cache
def programs(name: str) -> tuple[ExampleProgram, ...]:
    framework = next(each for each in catalog().frameworks if each.name == name)
    return tuple(ExampleProgram(example, matcher()) for example in framework.examples)


def cases() -> list[tuple[Framework, int, Expectation]]:
    return [
        (framework, number, expectation)
        for framework in catalog().frameworks
        for number, example in enumerate(framework.examples)
        for expectation in expectations(example.code)
    ]


def is_met(framework: Framework, number: int, expectation: Expectation) -> bool:
    return expectation.text in programs(framework.name)[number].actual(expectation)


def test_examples_agree_with_the_linked_program() -> None:
    failed = [
        f"{framework.name}[{number}] {expectation}"
        for framework, number, expectation in cases()
        if not is_met(framework, number, expectation)
    ]
    assert failed == []


def unexpected_roots() -> set[tuple[str, int, str]]:
    found = set()
    for framework in catalog().frameworks:
        for example, program in zip(framework.examples, programs(framework.name), strict=True):
            expected = {(e.line, e.text) for e in expectations(example.code) if e.word == "root"}
            for line, root in program.roots:
                is_body = line == 1 and root in ("offline script", "offline notebook")
                if not is_body and (line, root) not in expected:
                    found.add((framework.name, line, root))
    return found


def test_examples_have_no_other_roots() -> None:
    assert unexpected_roots() == set()


def is_shown(paths: tuple[AccessPath, ...], framework: Framework) -> bool:
    """Whether an example of the framework has one of the paths, or its last step on an unknown receiver."""
    for program in programs(framework.name):
        names = program.names()
        for path in paths:
            for actual in program.paths():
                plain = actual[:-1] if actual[-1] == "()" else actual
                if path[0] != "*" and (matches(path, actual) or matches(path, plain)):
                    return True
            if path[0] == "*" and path[-1] in names:
                return True
    return False


def is_called(methods: tuple[AccessPath, ...], framework: Framework) -> bool:
    names = set().union(*(program.names() for program in programs(framework.name)))
    return any(path[-1] in names or path[-1] == "()" for path in methods)


def entrypoint_shown(row: Entrypoint, framework: Framework) -> bool:
    wanted = f"{row.wait} {row.kind}"
    roots = {e.text for example in framework.examples for e in expectations(example.code) if e.word == "root"}
    if wanted not in roots:
        return False
    if row.via in (Via.FILE, Via.ATTRIBUTE):
        return True
    return is_shown(row.paths, framework)


@pytest.mark.parametrize("framework", load_catalog().frameworks, ids=lambda framework: framework.name)
def test_every_row_has_an_example(framework: Framework) -> None:
    bare: list[object] = [row for row in framework.entrypoints if not entrypoint_shown(row, framework)]
    for rows in (framework.dispatches, framework.higher_orders):
        bare += [
            row
            for row in rows
            if not is_shown(row.paths, framework) and not is_called(row.methods, framework)
        ]
    for paths_only in (framework.passthroughs, framework.templates, framework.records, framework.references):
        bare += [row for row in paths_only if not is_shown(row.paths, framework)]
    assert bare == []
