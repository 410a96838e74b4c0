"""The format of kept entries: it holds data, and nothing that runs."""

import functools
import os
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.cache import NotPlainError, dump, load
from batchlint.finding import Failure, FixKind, Site, Verdict
from batchlint.text import Location, Source

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(VALUES)
def test_data_comes_back_as_it_was(value: object) -> None:
    assert load(dump(value)) == value


def test_our_classes_come_back_as_they_were() -> None:
    value = (Failure(Location("a.py", 1, 2, 3, 4), "x"), Verdict.MIXED, FixKind.SAFE, Source("a", "b", b"c"))
    assert load(dump(value)) == value


class Exploit:
    """Runs something when it is unpickled."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.call


@pytest.mark.parametrize(
    "exploit",
    [
        Exploit(os.system, "exit 1"),
        Exploit(eval, "1"),
        Exploit(exec, "1"),
        Exploit(getattr, Site, "__init__"),
        Exploit(functools.partial, print),
        Exploit(__import__, "os"),
        [Exploit(os.getcwd)],
        os.system,
        os,
        pickle.loads,
    ],
    # The same in every process, which the address in an object's repr is not.
    ids=[
        "system",
        "eval",
        "exec",
        "getattr",
        "partial",
        "import",
        "inside a list",
        "function",
        "module",
        "loads",
    ],
)
def test_what_runs_is_refused(exploit: object) -> None:
    try:
        data = pickle.dumps(exploit)
    except TypeError:
        data = b"cos\nsystem\n."  # a module cannot be pickled, a function's name can
    with pytest.raises(NotPlainError):
        load(data)


@pytest.mark.parametrize(
    "name",
    [
        b"batchlint.finding\nStrEnum",  # somebody else's class in one of our modules
        b"batchlint.finding\n_range",
        b"batchlint.finding\ndataclass",
        b"batchlint.finding\n__builtins__",
        b"batchlint.cli.main\nmain",
        b"batchlint.text\nLineIndex",  # ours, but no plain data
        b"batchlint.text\nSource.__init__",
        b"builtins\nobject",
    ],
)
def test_names_of_our_modules_are_no_way_around(name: bytes) -> None:
    with pytest.raises(NotPlainError, match="no plain data"):
        load(b"c" + name + b"\n.")


@given(st.binary())
def test_other_bytes_are_no_data(data: bytes) -> None:
    try:
        load(data)
    except NotPlainError:
        return
    assert data  # a few short strings are pickles of a number or a text


@given(st.data())
def test_damaged_data_is_an_error_or_other_data(data: st.DataObject) -> None:
    whole = bytearray(dump((Location("a.py", 1, 2, 3, 4), {"key": [1, 2.5, "x"]}, Verdict.MIXED)))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    try:
        load(bytes(whole))
    except NotPlainError:
        return


def test_what_is_no_data_is_not_written() -> None:
    with pytest.raises(NotPlainError):
        dump(lambda: None)
