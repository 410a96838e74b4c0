"""Savings added up and ranked."""

from hypothesis import given
from hypothesis import strategies as st

from batchlint.estimate import totals
from batchlint.finding import Category, Confidence, FixKind, Range, Route, Savings, Site, Verdict
from batchlint.text import Location


def site(
    line: int,
    vendor: str,
    model: str | None,
    month: Range | None,
    each: Range | None = None,
    category: Category | None = Category.EVAL,
    route: Route = Route.BATCH,
) -> Site:
    each = each or (month and Range(1, 2))
    savings = Savings(
        each and each.low,
        each and each.high,
        month and month.low,
        month and month.high,
        ("because",),
        route,
        vendor=vendor,
        model=model,
        realtime_usd_per_month=month and month * Range(2, 2),
        batch_usd_per_month=month if route is Route.BATCH else None,
        flex_usd_per_month=month and month * Range(3, 3),
    )
    return Site(
        location=Location("app.py", line, 1, line, 9),
        function="app.run",
        provider=vendor,
        vendor=vendor,
        operation="chat",
        is_async=False,
        is_streaming=False,
        model=model,
        verdict=Verdict.ELIGIBLE,
        confidence=Confidence.HIGH,
        category=category,
        shape=None,
        witness=(),
        obstacles=(),
        savings=savings,
        fix=FixKind.NONE,
    )


SITES = [
    site(1, "openai", "gpt-5", Range(10, 20)),
    site(2, "openai", None, None),
    site(3, "anthropic", "claude-sonnet-4-5", Range(100, 300), category=None),
    site(4, "openai", "gpt-5", None, Range(5, 5)),
    site(5, "openai", "gpt-4o", Range(1, 1), route=Route.FLEX),
    site(6, "deepseek", "deepseek-chat", None, route=Route.NONE),
]


def test_only_sites_with_a_cheaper_route_count() -> None:
    found = totals(SITES).all
    assert (found.sites, found.counted, found.unpriced) == (5, 3, 1)
    assert found.saved == Range(111, 321)
    assert found.cost == Range(222, 642)
    assert found.after == Range(110 + 3, 320 + 3)  # the flex site pays the flex price


def test_groups_are_named_for_people_and_have_the_largest_first() -> None:
    found = totals(SITES)
    assert [(row.name, row.sites, row.saved) for row in found.providers] == [
        ("Anthropic", 1, Range(100, 300)),
        ("OpenAI", 4, Range(11, 21)),
    ]
    assert [row.name for row in found.models] == ["claude-sonnet-4-5", "gpt-5", "gpt-4o", "unknown model"]
    assert [row.name for row in found.categories] == ["other", "eval"]


def test_a_group_without_a_known_saving_says_so() -> None:
    row = next(row for row in totals(SITES).models if row.name == "unknown model")
    assert row.saved is row.cost is None


def test_the_ranking_puts_known_months_before_unknown_ones() -> None:
    assert [found.location.line for found in totals(SITES).ranked] == [3, 1, 5, 4, 2]


def test_nothing_adds_up_to_nothing() -> None:
    found = totals([])
    assert (found.all.sites, found.all.saved) == (0, None)
    assert found.providers == found.ranked == ()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 99), st.integers(0, 99)), max_size=20))
def test_every_grouping_adds_up_to_the_whole(rows: list[tuple[str, int, int]]) -> None:
    sites = [
        site(line, vendor, vendor, Range(min(a, b), max(a, b))) for line, (vendor, a, b) in enumerate(rows)
    ]
    found = totals(sites)
    for groups in (found.providers, found.categories, found.models):
        assert sum(row.sites for row in groups) == found.all.sites
        if found.all.saved is not None:
            assert sum(row.saved.low for row in groups if row.saved) == found.all.saved.low
            assert sum(row.saved.high for row in groups if row.saved) == found.all.saved.high
