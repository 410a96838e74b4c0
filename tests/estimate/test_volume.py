"""Volumes from loops, schedules and the configuration."""

import pytest

from batchlint.estimate import EstimateError, Quantity, declared_volume, parse_volumes, volume_of
from batchlint.finding import Range

ROWS = Quantity(Range(250, 250), "data.csv has 250 rows")
NIGHTLY = Quantity(Range(30.4375, 30.4375), "cron `0 3 * * *` runs 30 times a month")


def test_a_loop_on_a_schedule() -> None:
    volume = volume_of([ROWS], NIGHTLY)
    assert volume.per_run == Range(250, 250)
    assert volume.per_month == Range(7609.375, 7609.375)
    assert volume.basis == (ROWS.basis, NIGHTLY.basis, "7,609 requests a month")


def test_nested_loops_multiply_and_bounds_stay_bounds() -> None:
    volume = volume_of([ROWS, Quantity(Range(1, 3), "1 to 3 pages")], None)
    assert volume.per_run == Range(250, 750)
    assert volume.per_month is None


def test_one_loop_of_unknown_size_leaves_the_run_open() -> None:
    volume = volume_of([None, ROWS], NIGHTLY)
    assert volume.per_run is volume.per_month is None
    assert volume.basis == (ROWS.basis, NIGHTLY.basis)


def test_no_loop_is_one_request_a_run() -> None:
    assert volume_of([], NIGHTLY).per_month == NIGHTLY.value


def test_the_configuration_wins() -> None:
    row = parse_volumes({"app.*": {"requests-per-month": [1000, 2000]}})[0]
    volume = volume_of([ROWS], NIGHTLY, row)
    assert volume.per_month == Range(1000, 2000)
    assert volume.basis == ("1,000–2,000 requests a month, as configured for `app.*`",)  # noqa: RUF001


def test_a_row_may_know_only_the_tokens() -> None:
    row = parse_volumes({"app.*": {"input-tokens": 2000}})[0]
    assert volume_of([ROWS], NIGHTLY, row).per_month == Range(7609.375, 7609.375)


@pytest.mark.parametrize(
    ("function", "path", "pattern"),
    [
        ("app.tasks.nightly", "app/tasks.py", "app.tasks.nightly"),
        ("app.tasks.hourly", "app/tasks.py", "app.tasks.*"),
        ("scripts.label", "scripts/label.py", "scripts/*.py"),
        ("scripts.old.label", "scripts/old/label.py", None),
        ("other", "other.py", None),
    ],
)
def test_the_first_row_that_fits_a_site(function: str, path: str, pattern: str | None) -> None:
    one = {"requests-per-month": 1}
    rows = parse_volumes({"app.tasks.nightly": one, "app.tasks.*": one, "scripts/*.py": one})
    found = declared_volume(rows, function, path)
    assert (found and found.pattern) == pattern


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (7, r"^\[tool.batchlint.volumes\]: must be a table, for example"),
        ({"a": 7}, r"`a` must be a table with any of requests-per-month"),
        ({"a": {}}, r"`a` must be a table with any of requests-per-month"),
        ({"a": {"requests": 7}}, r"`a` has an unknown key `requests`; known are requests-per-month"),
        (
            {"a": {"input-tokens": "x"}},
            r"`input-tokens` of `a` must be a number, or two with the lower first",
        ),
        ({"a": {"input-tokens": [9, 1]}}, r"`input-tokens` of `a` must be a number"),
        ({"a": {"input-tokens": -1}}, r"`input-tokens` of `a` must be a number"),
    ],
)
def test_a_table_that_is_none_is_refused(table: object, message: str) -> None:
    with pytest.raises(EstimateError, match=message):
        parse_volumes(table)
