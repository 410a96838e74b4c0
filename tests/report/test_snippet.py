"""The source line of `full`: the call is underlined, prompts and keys are not shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.report.snippet import WIDTH_MAX, Snippet, snippet
from batchlint.text import LineIndex, Location


def show(line: str, call: str, keep: str | None = None) -> Snippet:
    start = line.index(call) + 1
    shown = snippet(LineIndex(line.encode()), Location("x.py", 1, start, 1, start + len(call)), keep)
    assert shown
    return shown


def underlined(shown: Snippet) -> str:
    return shown.text[shown.start : shown.start + shown.width]


def test_the_call_is_underlined() -> None:
    shown = show("    x = call(a)\n", "call(a)")
    assert (shown.text, underlined(shown)) == ("    x = call(a)", "call(a)")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('x = call("Summarize this text")', 'x = call("...")'),
        ("x = call('sk-proj-0123456789abcdef')", "x = call('...')"),
        ('x = call(f"{name}, please answer")', 'x = call(f"...")'),
        ('x = call(rb"one two")', 'x = call(rb"...")'),
        ('x = call("""You are a judge', 'x = call("""...'),
        ("x = call('it\\'s a prompt')", "x = call('...')"),
        ('x = call(role="user")', 'x = call(role="user")'),
        ('a["some key with blanks"] = call(1)', 'a["..."] = call(1)'),
        ('the end of a prompt""", call(1)', "... call(1)"),
    ],
)
def test_literals_longer_than_a_word_are_left_out(line: str, expected: str) -> None:
    call = line[line.index("call(") :]
    assert show(line, call).text == expected


def test_the_models_name_is_kept_at_any_length() -> None:
    line = 'call(model="claude-sonnet-4-5-20250929")'
    assert show(line, line).text == 'call(model="...")'
    assert show(line, line, keep="claude-sonnet-4-5-20250929").text == line


def test_wide_characters_take_two_columns() -> None:
    shown = show("x = '日本', call()", "call()")
    assert shown.start == len("x = '日本', ") + 2
    assert shown.width == len("call()")


def test_tabs_are_expanded() -> None:
    shown = show("\tcall()", "call()")
    assert (shown.text, shown.start) == ("    call()", 4)


def test_a_call_over_several_lines_is_underlined_to_the_end_of_its_first() -> None:
    index = LineIndex(b"x = call(\n    a,\n)\n")
    shown = snippet(index, Location("x.py", 1, 5, 3, 2))
    assert shown == Snippet("x = call(", 4, 5)


def test_a_line_that_is_not_there() -> None:
    assert snippet(LineIndex(b"x\n"), Location("x.py", 7, 1, 7, 2)) is None


@given(st.text(), st.integers(1, 500), st.integers(1, 500))
def test_any_line_and_any_place(line: str, start: int, end: int) -> None:
    shown = snippet(LineIndex(line.encode("utf-8", "replace")), Location("x.py", 1, start, 1, end))
    if shown is not None:
        assert len(shown.text) <= WIDTH_MAX
        assert len(shown.text.splitlines()) <= 1


@given(st.text(st.characters(blacklist_characters="\"'\\\n\r", blacklist_categories=["Cs"]), min_size=17))
def test_no_long_literal_is_shown(secret: str) -> None:
    line = f"call(\"{secret}\", key = '{secret}')"
    assert show(line, line).text.count("...") >= 1
    assert secret not in show(line, line).text
