"""Notebooks: the Python in them, on the lines where it stands."""

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.discover import decode_source
from batchlint.discover.notebook import code_of
from batchlint.finding import Failure
from batchlint.text import Source


def notebook(*cells: str | list[str], **metadata: object) -> bytes:
    code = [{"cell_type": "code", "source": cell, "outputs": []} for cell in cells]
    markdown = [{"cell_type": "markdown", "source": "import nothing"}]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": markdown + code}).encode()


def plain(*cells: str) -> str:
    return code_of(notebook(*cells))[0].decode()


def test_code_cells_in_order_and_where_they_start() -> None:
    source = decode_source("a.ipynb", "a", notebook(["x = 1\n", "y = 2"], "", "z = 3\n\n"))
    assert source == Source("a.ipynb", "a", b"x = 1\ny = 2\n\nz = 3", cell_lines=(1, 3, 4))


def test_format_3() -> None:
    cells = [{"cell_type": "code", "input": ["x = 1\n"]}, {"cell_type": "heading", "source": "y"}]
    assert code_of(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()) == (b"x = 1", (1,))


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({"kernelspec": {"language": "R", "name": "ir"}}, b""),
        ({"language_info": {"name": "julia"}}, b""),
        ({"kernelspec": {"name": "python3"}}, b"x"),
        ({"kernelspec": {"language": "ipython"}}, b"x"),
        ({"kernelspec": 3, "language_info": None}, b"x"),
    ],
)
def test_kernels(metadata: dict[str, object], text: bytes) -> None:
    assert code_of(notebook("x", **metadata))[0] == text


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install \\\n  openai\nx = 1", "pass\n\nx = 1"),
        ("if a:\n    !ls\nx = 1", "if a:\n    pass\nx = 1"),
        ("?len\nlen??\nobj.method?", "pass\npass\npass"),
        ("files = !ls *.txt\nout, err = %sx ls", "files = None\nout, err = None"),
        ("%time answer = ask(q)", "0;    answer = ask(q)"),
        ("%timeit -n 3 ask(q)\n%time for x in y: pass", "pass\npass"),
        ("x = %time ask(q)", "x =       ask(q)"),
        ("%%time\nask(q)", "\nask(q)"),
        ("\n%%capture out\nask(q)", "\n\nask(q)"),
        ("%%bash\npython x.py\nls", "\n\n"),
        ("%%writefile a.py\nimport openai", "\n"),
        ("%sql\nselect 1", "\n"),
        ("await ask(q)", "await ask(q)"),
    ],
)
def test_what_only_ipython_understands_does_nothing(cell: str, code: str) -> None:
    assert plain(cell) == code
    ast.parse(code)


@pytest.mark.parametrize(
    "cell",
    [
        "x = (1\n    % 2)",
        "s = '''\n%time\n!ls\n'''\n",
        "x = 5 \\\n% 2",
        "print('100%')  # a = !b",
        "s = 'it\\'s (' \nx = [\n  # ]'\n  7\n  %3]",
        "y = f'''{a\n}?'''",
        "a != b\nc = d % e",
    ],
)
def test_what_python_understands_stays(cell: str) -> None:
    assert plain(cell) == cell.rstrip("\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "is no notebook: not valid JSON at line 1: Expecting property name enclosed in double quotes"),
        (b"[]", "is no notebook: not a JSON object"),
        (b'{"a": "\xff"}', "is no notebook: not valid UTF-8 at byte 7"),
        (b"[" * 100_000, "is no notebook: JSON nested too deeply or with too long a number"),
        (notebook("'\ud800'"), "holds half a character in a code cell: retype it"),
        (notebook("'\0'"), "holds a NUL character in a code cell, so it is no Python source"),
    ],
)
def test_what_is_no_notebook_is_one_clear_line(data: bytes, message: str) -> None:
    failure = decode_source("a.ipynb", "a", data)
    assert isinstance(failure, Failure)
    assert failure.message == message


def test_a_cell_that_is_no_python_does_not_spoil_the_others() -> None:
    assert plain("x = 1", "y = = 2\nz", "w = 3") == "x = 1\n\n\nw = 3"


def test_a_notebook_that_is_no_python_at_all_is_left_for_the_parser() -> None:
    assert plain("y = = 2", "") == "y = = 2\n"


def test_an_empty_file_is_an_empty_notebook() -> None:
    assert code_of(b" \n") == (b"", ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cells", "metadata", "cell_type", "source", "worksheets", "kernelspec"]), inner
        )
        | st.fixed_dictionaries({"cell_type": st.just("code"), "source": inner})
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_code_or_no_notebook(value: object) -> None:
    source = decode_source("a.ipynb", "a", json.dumps(value).encode())
    if isinstance(source, Failure):
        assert "\n" not in source.message
    else:
        assert all(1 <= line <= source.text.count(b"\n") + 1 for line in source.cell_lines)


@given(
    st.lists(
        st.sampled_from(["%a b", "!x", "x?", "x = 1", "'''", "(", ")", "\\", "  %t", "#", "%%m", "x = !y"])
    )
)
def test_lines_stay_where_they_are(lines: list[str]) -> None:
    cell = "\n".join(lines)
    text, _ = code_of(notebook(cell, "end"))
    assert text.decode().split("\n").index("end") == len(cell.rstrip("\n").split("\n"))
