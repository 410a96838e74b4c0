"""The table of keys: one source for the loader, the JSON schema and the documentation."""

import json
import tomllib
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest

import batchlint.config
from batchlint.config import Config
from batchlint.config.keys import FORMATS, KEYS, ROOT, json_schema, lookup
from batchlint.config.shapes import Key, ShapeError
from batchlint.report import FORMATS as REPORT_FORMATS

SCHEMA_FILE = Path(batchlint.config.__file__).with_name("schema.json")

each_key = pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)


def table_of(example: str) -> object:
    content = tomllib.loads(example)
    return content["tool"]["batchlint"] if "tool" in content else content


def test_the_schema_in_the_package_is_current() -> None:
    """Write it with `batchlint config --output-format schema > src/batchlint/config/schema.json`."""
    assert json.loads(SCHEMA_FILE.read_text("utf-8")) == json_schema()


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(json_schema())


@each_key
def test_every_example_is_accepted_by_loader_and_schema(key: Key) -> None:
    table = table_of(key.example)
    ROOT.check(table, ())
    jsonschema.Draft7Validator(json_schema()).validate(table)


@pytest.mark.parametrize(
    "text",
    [
        "slect = []",
        "select = 'BL1'",
        "select = [1]",
        "respect-gitignore = 'yes'",
        "respect-gitignore = 1",
        "jobs = -1",
        "jobs = true",
        "jobs = 1.5",
        "min-confidence = 'sure'",
        "output-format = 'xml'",
        "contexts = { 'a' = 'sometimes' }",
        "contexts = ['a']",
        "wrappers = [{ provider = 'openai' }]",
        "wrappers = [{ call = 'a.b', modle = 'x' }]",
        "volumes = { 'a' = 3 }",
        "volumes = { 'a' = { requests-per-month = -1 } }",
        "volumes = { 'a' = { requests-per-month = [1] } }",
        "prices = { 'a' = { input = 'free' } }",
        "fix = { helper = 3 }",
        "severity = { BL101 = 'loud' }",
        "exclude = 2024-01-01",
    ],
)
def test_loader_and_schema_refuse_the_same(text: str) -> None:
    table = tomllib.loads(text)
    with pytest.raises(ShapeError):
        ROOT.check(table, ())
    validator = jsonschema.Draft7Validator(json_schema())
    assert not validator.is_valid(json.loads(json.dumps(table, default=str)) if "2024" not in text else table)


def test_bounds_have_to_be_in_order() -> None:
    with pytest.raises(ShapeError, match="lower one first"):
        ROOT.check({"assumptions": {"document": [5, 1]}}, ())


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_numbers_have_to_be_finite(number: str) -> None:
    with pytest.raises(ShapeError, match="finite"):
        ROOT.check(tomllib.loads(f"prices.x = {{ input = {number} }}"), ())


def test_formats_are_the_reports() -> None:
    assert tuple(REPORT_FORMATS) == FORMATS


def test_every_setting_has_a_key_and_every_key_a_setting() -> None:
    settings = {field.name.replace("_", "-") for field in fields(Config)}
    # `selections` is made of the three keys about rules, `path` is where the settings came from.
    settings = settings - {"path", "selections"} | {"extend", "select", "extend-select", "ignore"}
    assert {key.name for key in KEYS} == settings


def test_assumptions_are_those_of_the_estimate() -> None:
    from batchlint.estimate.terms import load_assumptions

    names = {key.name for key in lookup("assumptions").shape.keys}  # type: ignore[union-attr]
    assert names == set(load_assumptions().by_name)


def test_prices_are_those_of_the_estimate() -> None:
    from batchlint.estimate.overrides import RATE_KEYS

    names = {key.name for key in lookup("prices").shape.value.keys}  # type: ignore[union-attr]
    assert names == {*RATE_KEYS, "batch-discount"}


def test_lookup_finds_inner_keys() -> None:
    assert lookup("fix.helper") is not None
    assert lookup("wrappers.call") is not None
    assert lookup("volumes.requests-per-month") is not None
    assert lookup("fix.none") is None
    assert lookup("none") is None
