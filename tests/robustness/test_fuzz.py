"""Generated programs and arbitrary bytes through the whole command line, rewriting included."""

import contextlib
import io
import json
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import CLIENT, JOB, write

from batchlint.cli.main import run

NAMES = st.sampled_from(["ask", "client", "row", "x", "self", "print", "openai"])
EXPRESSIONS = st.recursive(
    NAMES | st.sampled_from(["1", "'text'", "None", "[]", "{}", "open('rows.txt')", "lambda: ask"]),
    lambda inner: st.one_of(
        st.builds("{}({})".format, NAMES, inner),
        st.builds("{}.{}({})".format, NAMES, NAMES, inner),
        st.builds("client.chat.completions.create(model={}, messages={})".format, inner, inner),
        st.builds("[{} for row in {}]".format, inner, inner),
        st.builds("({}, *{})".format, inner, inner),
        st.builds("{} if {} else {}".format, inner, inner, inner),
        st.builds("f'{{{}}}'".format, NAMES),
        st.builds("{}[{}]".format, NAMES, inner),
        st.builds("(x := {})".format, inner),
    ),
    max_leaves=6,
)


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


SIMPLE = st.one_of(
    st.builds(lambda value: [value], EXPRESSIONS),
    st.builds(lambda name, value: [f"{name} = {value}"], NAMES, EXPRESSIONS),
    st.builds(lambda value: [f"x += {value}"], EXPRESSIONS),
    st.sampled_from(
        [["pass"], ["from client import *"], ["import client as ask"], ["del x"], ["global row"]]
    ),
)
STATEMENTS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds(lambda e, body: [f"for row in {e}:", *indented(body)], EXPRESSIONS, inner),
        st.builds(lambda e, body: [f"while {e}:", *indented(body), "    break"], EXPRESSIONS, inner),
        st.builds(lambda body: ["try:", *indented(body), "except Exception:", "    continue_ = 1"], inner),
        st.builds(lambda e, body: [f"with {e} as x:", *indented(body)], EXPRESSIONS, inner),
        st.builds(
            lambda n, body, e: [f"def {n}(x=1, *row):", *indented(body), f"    return {e}"],
            NAMES,
            inner,
            EXPRESSIONS,
        ),
        st.builds(lambda n, body: [f"class {n}(client):", *indented(body)], NAMES, inner),
        st.builds(lambda a, b: [*a, *b], inner, inner),
    ),
    max_leaves=8,
)
PROGRAMS = STATEMENTS.map("\n".join)


def checked(files: dict[str, str | bytes], *arguments: str) -> tuple[int, str, str]:
    """The exit code and outputs of a run in this process."""
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder), files)
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([*arguments, "--isolated", "--no-cache", "--root", str(root)])
        out.flush()
        data = out.buffer
        assert isinstance(data, io.BytesIO)
        return code, data.getvalue().decode(), err.getvalue()


QUICK = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(PROGRAMS, PROGRAMS)
def test_generated_programs_are_judged(one: str, other: str) -> None:
    files: dict[str, str | bytes] = {
        "client.py": CLIENT,
        "job.py": f"{JOB}\n{one}\n",
        "other.py": f"from job import *\n{other}\n",
    }
    code, out, err = checked(files, "check", "--output-format", "json", "--min-confidence", "low")
    assert code in (0, 1), err
    assert isinstance(json.loads(out), list)


@QUICK
@given(PROGRAMS)
def test_generated_programs_are_rewritten_or_left(text: str) -> None:
    files: dict[str, str | bytes] = {"client.py": CLIENT, "job.py": f"from client import *\n{text}\n"}
    code, _, err = checked(files, "check", "--diff", "--unsafe-fixes")
    assert code in (0, 1), err


@QUICK
@given(
    st.binary(max_size=200), st.binary(max_size=200), st.sampled_from(["a.py", "a.ipynb", "crontab", "a.yml"])
)
def test_arbitrary_bytes_are_a_diagnostic_at_most(data: bytes, more: bytes, name: str) -> None:
    files: dict[str, str | bytes] = {
        "client.py": CLIENT,
        name: b"import openai\n" + data,
        f"x/{name}": data + more,
    }
    code, out, err = checked(files, "sites", "--output-format", "json")
    assert code == 0, err
    assert json.loads(out)["sites"]
