"""Negotiated rates: read from a table or a file, refused with file, key and remedy."""

import json
from pathlib import Path

import pytest

from batchlint.estimate import EstimateError, load_prices, resolve_model
from batchlint.estimate.prices import ModelPrice, Rate


def price(overrides: dict[str, object] | Path, model: str, vendor: str = "openai") -> ModelPrice:
    prices = load_prices(overrides)
    found = resolve_model(model, vendor, prices)
    assert found is not None
    answer = found.price(prices)
    assert answer is not None
    return answer


@pytest.mark.parametrize("name", ["rates.toml", "rates.json"])
def test_a_price_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("json"):
        path.write_text(json.dumps({"gpt-4o": {"input": 2.0}}))
    else:
        path.write_text('["gpt-4o"]\ninput = 2.0\n')
    found = price(path, "gpt-4o")
    assert found.realtime.input == Rate(2.0)
    assert found.realtime.output == Rate(10.0)
    assert found.batch is not None
    assert found.batch.input == Rate(1.0)
    assert found.origin == str(path)


@pytest.mark.parametrize(
    "pattern", ["gpt-4o-2024-08-06", "gpt-4o", "GPT-4O", "openai/gpt-4o-2024-08-06", "gpt-4*"]
)
def test_a_row_names_a_model_as_code_or_source_write_it(pattern: str) -> None:
    assert price({pattern: {"input": 2.0}}, "gpt-4o-2024-08-06").realtime.input == Rate(2.0)


def test_an_exact_name_wins_over_an_earlier_glob() -> None:
    found = price({"gpt-*": {"input": 1.0}, "gpt-4o": {"input": 2.0}}, "gpt-4o")
    assert found.realtime.input == Rate(2.0)


def test_explicit_batch_rates() -> None:
    found = price({"gpt-4o": {"batch-input": 1.0, "batch-output": 4.0, "flex-input": 0.5}}, "gpt-4o")
    assert found.batch is not None
    assert (found.batch.input, found.batch.output) == (Rate(1.0), Rate(4.0))
    assert found.flex is not None
    assert found.flex.input == Rate(0.5)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([], r"must be a table of models"),
        (
            {"gpt-5": 3},
            r"`gpt-5` must be a table of rates in USD per million tokens, for example `\"gpt-5\" = ",
        ),
        ({"gpt-5": {}}, r"`gpt-5` has no rates; give at least `input`"),
        ({"gpt-5": {"inputs": 3}}, r"`gpt-5` has an unknown key `inputs`; known are input, output"),
        ({"gpt-5": {"input": "3"}}, r"`input` of `gpt-5` must be a number of USD per million tokens"),
        ({"gpt-5": {"input": True}}, r"`input` of `gpt-5` must be a number"),
        (
            {"gpt-5": {"input": -1}},
            r"`input` of `gpt-5` must be a number of USD per million tokens, 0 or more",
        ),
        ({"gpt-5": {"input": float("nan")}}, r"`input` of `gpt-5` must be a number"),
        (
            {"gpt-5": {"batch-discount": 50}},
            r"`batch-discount` of `gpt-5` must be between 0 and 1; half price is 0.5",
        ),
        (
            {"gpt-5": {"batch-discount": 0.5, "batch-input": 1}},
            r"`gpt-5` has both `batch-discount` and `batch-input`; keep one of them",
        ),
    ],
)
def test_a_table_that_is_none_is_refused(table: object, message: str) -> None:
    with pytest.raises(EstimateError, match=message) as raised:
        load_prices(table, where="pyproject.toml: [tool.batchlint.prices]")  # type: ignore[arg-type]
    assert str(raised.value).startswith("pyproject.toml: [tool.batchlint.prices]: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.toml", b"[", r"a.toml: not valid TOML: "),
        ("a.json", b"{", r"a.json: not valid JSON: "),
        ("a.toml", b"\xff\xfe\x00", r"a.toml: the price file must be UTF-8"),
        ("a.json", b"[]", r"a.json: must be a table of models"),
        ("a.toml", b'"gpt-5" = 1', r"a.toml: `gpt-5` must be a table of rates"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(EstimateError, match=message):
        load_prices(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EstimateError, match=r"none.toml: cannot read the price file: No such file"):
        load_prices(tmp_path / "none.toml")


def test_a_price_file_may_have_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"gpt-4o": {"input": 2}}')
    assert price(path, "gpt-4o").realtime.input == Rate(2.0)
