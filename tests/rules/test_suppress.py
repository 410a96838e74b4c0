"""Comments that speak to batchlint: which lines they speak of, and what is no comment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.catalog.model import Wait
from batchlint.suppress import Assertion, parse_assertions, parse_directives, parse_suppressions
from batchlint.text import Location


def only(text: str):  # type: ignore[no-untyped-def]
    (suppression,) = parse_suppressions(text.encode())
    return suppression


def test_at_the_end_of_a_line() -> None:
    found = only("x = 1\ncall()  # batchlint: ignore[BL101, BL103] it is cheap\n")
    assert (found.line, found.codes, found.reason) == (2, ("BL101", "BL103"), "it is cheap")
    assert not found.is_file
    assert found.problem is None


def test_alone_above_the_code_it_speaks_of() -> None:
    found = only("# batchlint: ignore[BL101]\n# more words\n\ncall(\n    a,\n)\n")
    assert found.line == 4
    assert found.covers(Location("x.py", 4, 1, 6, 2))
    assert not found.covers(Location("x.py", 5, 1, 5, 2))


def test_inside_a_call() -> None:
    found = only("call(\n    a,\n    # batchlint: ignore[BL101]\n    b,\n)\n")
    assert found.covers(Location("x.py", 1, 1, 5, 2))


def test_beside_another_tools_comment() -> None:
    assert only("x = call()  # noqa: E501 # batchlint: ignore[BL101]\n").codes == ("BL101",)


def test_for_a_file() -> None:
    found = only("x = 1\n#batchlint:file-ignore[BL1x]\n")
    assert found.is_file
    assert found.covers(Location("x.py", 99, 1, 99, 2))


@pytest.mark.parametrize(
    "text",
    [
        'x = "# batchlint: ignore[BL101]"\n',
        '"""\n# batchlint: ignore[BL101]\n"""\n',
        "x = f'# batchlint: ignore[BL101]'\n",
        "# batchlint is a linter: ignore it\n",
        "",
    ],
)
def test_what_is_no_comment_of_ours(text: str) -> None:
    assert parse_directives(text.encode()) == parse_directives(b"")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# batchlint: ignore\n", "names no rule: write ignore[CODE]"),
        ("# batchlint: ignore[ , ]\n", "names no rule: write ignore[CODE]"),
        ("# batchlint: file-ignore BL101\n", "names no rule: write file-ignore[CODE]"),
        ("# batchlint: disable[BL101]\n", "'disable' is none of ignore, file-ignore, realtime, offline"),
        ("# batchlint:\n", "says none of ignore, file-ignore, realtime, offline"),
        ("# batchlint: offline[BL101]\n", "'offline' is none of ignore, file-ignore, realtime, offline"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, problem: str) -> None:
    assert only(text).problem == problem


def test_columns_are_bytes_in_the_span_and_characters_for_people() -> None:
    found = only("x = '日本'  # batchlint: ignore[BL101]\n")
    assert found.span.column == len("x = '日本'  ".encode())
    assert found.columns == (11, 11 + len("# batchlint: ignore[BL101]"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    text = end.join(["x = 1", "call()  # batchlint: ignore[BL101] why", "y = 2", ""])
    found = only(text)
    assert (found.line, found.reason) == (2, "why")


def test_a_source_that_does_not_parse_keeps_the_comments_before_the_error() -> None:
    assert only("# batchlint: ignore[BL101]\nx = (\n").codes == ("BL101",)


class TestAssertions:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("def f():  # batchlint: offline\n    pass\n", 1),
            ("# batchlint: offline\ndef f():\n    pass\n", 2),
            ("# batchlint: offline\n@task\ndef f():\n    pass\n", 2),
            ("x = 1\nclass A:  # batchlint: offline for good\n    pass\n", 2),
            ("# batchlint: offline\nasync def f():\n    pass\n", 2),
        ],
    )
    def test_on_a_definition(self, text: str, line: int) -> None:
        assert parse_assertions(text.encode()) == (Assertion(line, Wait.OFFLINE),)

    @pytest.mark.parametrize(
        "text",
        [
            "# batchlint: realtime\nimport x\n",
            '"""Doc."""\n# batchlint: realtime\nimport x\n',
            "#!/usr/bin/env python\n# batchlint: realtime\n\nimport x\n",
        ],
    )
    def test_on_a_module(self, text: str) -> None:
        (assertion,) = parse_assertions(text.encode())
        assert (assertion.wait, assertion.is_module) == (Wait.LIVE, True)

    def test_between_statements_it_is_not_the_modules(self) -> None:
        (assertion,) = parse_assertions(b"x = 1\n# batchlint: realtime\ny = 2\n")
        assert (assertion.line, assertion.is_module) == (3, False)

    def test_they_are_no_suppressions(self) -> None:
        assert parse_suppressions(b"# batchlint: realtime\nimport x\n") == ()


pieces = st.sampled_from(
    [
        "# batchlint: ",
        "ignore",
        "[BL101]",
        "offline",
        '"',
        "'''",
        "\n",
        "\r",
        "(",
        "x",
        " ",
        "\\",
        "def f():",
        "\t",
        "é",
    ]
)


@given(st.one_of(st.lists(pieces).map("".join).map(str.encode), st.binary()))
def test_any_bytes(text: bytes) -> None:
    directives = parse_directives(text)
    for suppression in directives.suppressions:
        assert suppression.span.line <= suppression.line
        line = suppression.span
        assert line.column < line.end_column
