"""Which rules are on, as ruff decides it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.config import COMMAND_LINE, Config, ConfigError, Selection
from batchlint.rules.registry import RULES
from batchlint.rules.selection import select

ALL = {rule.code for rule in RULES}
BL1 = {code for code in ALL if code.startswith("BL1")}


def codes(*layers: Selection) -> set[str]:
    return set(select(Config(selections=layers)).codes)


def layer(select: list[str] | None = None, ignore: list[str] = [], extend: list[str] = []) -> Selection:  # noqa: B006
    return Selection(COMMAND_LINE, None if select is None else tuple(select), tuple(extend), tuple(ignore))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([], ALL),
        ([layer(["BL1"])], BL1),
        ([layer(["ALL"])], ALL),
        ([layer(["BL1"], ["BL101"])], BL1 - {"BL101"}),
        ([layer(["BL101"], ["BL1"])], {"BL101"}),
        ([layer(["BL101"], ["BL101"])], set()),
        ([layer(["realtime-call-in-eval"])], {"BL103"}),
        ([layer(["BL101"], extend=["BL201"])], {"BL101", "BL201"}),
        ([layer(ignore=["BL9"])], {code for code in ALL if not code.startswith("BL9")}),
        # A later layer's `select` starts afresh; without one it changes what was on.
        ([layer(["BL1"], ["BL103"]), layer(["BL103"])], {"BL103"}),
        ([layer(["BL1"]), layer(ignore=["BL103"])], BL1 - {"BL103"}),
        ([layer(["BL1"]), layer(extend=["BL201"])], BL1 | {"BL201"}),
    ],
)
def test_layers(layers: list[Selection], expected: set[str]) -> None:
    assert codes(*layers) == expected


@pytest.mark.parametrize("selector", ["XX", "", "BL999", "bl101", "BL1011", "all", "realtime-call"])
def test_a_selector_that_matches_nothing_is_an_error(selector: str) -> None:
    with pytest.raises(ConfigError, match="--select: unknown rule selector"):
        codes(layer([selector]))


def test_the_nearest_selector_is_named() -> None:
    with pytest.raises(ConfigError, match='did you mean "BL101"'):
        codes(layer(["BL1O1"]))


def test_per_file_ignores() -> None:
    selected = select(Config(per_file_ignores=(("evals/**", ("BL10",)), ("*_test.py", ("BL103",)))))
    assert not selected.reports("BL101", "evals/a/b.py")
    assert selected.reports("BL201", "evals/a/b.py")
    assert not selected.reports("BL103", "src/x_test.py")
    assert selected.reports("BL101", "src/x_test.py")


def test_severity_of_an_unknown_rule_is_an_error() -> None:
    from batchlint.finding import Severity

    with pytest.raises(ConfigError, match="severity"):
        select(Config(severity={"BL777": Severity.ERROR}))


selectors = st.sampled_from([*sorted(ALL), "BL", "BL1", "BL10", "BL9", "ALL"])


@given(st.lists(selectors), st.lists(selectors))
def test_the_longest_selector_wins(selected: list[str], ignored: list[str]) -> None:
    on = codes(layer(selected, ignored))
    for code in ALL:
        for_it = max(
            (len(s) if s != "ALL" else 0 for s in selected if s == "ALL" or code.startswith(s)), default=-1
        )
        against = max(
            (len(s) if s != "ALL" else 0 for s in ignored if s == "ALL" or code.startswith(s)), default=-1
        )
        assert (code in on) == (for_it > against)
