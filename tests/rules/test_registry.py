"""The registry: codes, modules and documentation belong together."""

import ast
import re
from pathlib import Path

import pytest

import batchlint.rules
from batchlint.catalog.model import RootKind
from batchlint.rules.base import HEADINGS, Rule, parse
from batchlint.rules.realtime_call_in_scheduled_job import SCHEDULED
from batchlint.rules.registry import BY_SPECIFICITY, RULES, find

FOLDER = Path(batchlint.rules.__file__).parent
NO_RULES = {"__init__", "base", "check", "registry", "selection", "wording"}

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def test_codes_are_unique_and_in_order() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert all(re.fullmatch(r"BL[0-9]{3}", code) for code in codes)


def test_every_module_of_a_rule_is_registered() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} - NO_RULES
    assert modules == {rule.module.rpartition(".")[2] for rule in RULES}


def test_the_rules_about_sites_are_exactly_those_with_an_order_of_specificity() -> None:
    about_sites = {rule.code for rule in RULES if rule.applies}
    assert {rule.code for rule in BY_SPECIFICITY} == about_sites
    assert all(rule.message and rule.remedy for rule in BY_SPECIFICITY)


def test_root_kinds_are_spelled_as_the_catalog_spells_them() -> None:
    assert set(RootKind) >= SCHEDULED
    assert RootKind.EVAL == "eval"


@each_rule
def test_a_rule_is_found_by_code_and_name(rule: Rule) -> None:
    assert find(rule.code) is find(rule.code.lower()) is find(rule.name) is rule


@each_rule
def test_the_docstring_has_every_heading_in_order(rule: Rule) -> None:
    documentation = rule.documentation
    assert documentation.summary.endswith(".")
    assert tuple(name for name, _ in documentation.sections) == HEADINGS
    assert all(text for _, text in documentation.sections)


@each_rule
def test_every_program_but_the_unreadable_parses(rule: Rule) -> None:
    broken = ("BL901", "Example")
    for heading in ("Example", "Use instead", "When it stays silent"):
        for program in rule.documentation.programs(heading):
            for name, text in program.items():
                if name.endswith(".py") and (rule.code, heading) != broken:
                    ast.parse(text, name)


@each_rule
def test_it_has_one_example_and_one_way_out(rule: Rule) -> None:
    assert len(rule.documentation.programs("Example")) == 1
    assert len(rule.documentation.programs("Use instead")) == 1


def test_fences_without_prose_between_them_are_one_program() -> None:
    text = (
        "S.\n\n## Example\n\n```py a.py\nx = 1\n```\n```py b.py\ny = 2\n```\n\nProse.\n\n```py\nz = 3\n```\n"
    )
    documentation = parse(text)
    assert documentation.programs("Example") == (
        {"a.py": "x = 1\n", "b.py": "y = 2\n"},
        {"main.py": "z = 3\n"},
    )
    assert documentation.programs("Use instead") == ()


def test_the_path_of_a_fence_stands_above_it_in_markdown() -> None:
    documentation = parse("S.\n\n## Example\n\n```py a.py\nx = 1\n```\n")
    assert documentation.markdown() == "S.\n\n## Example\n\n`a.py`\n\n```py\nx = 1\n```"
