"""Import statements found in bytes: what Python's own parser finds, and never a hang."""

import ast
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlint.scan.imports import WORD, import_lines, imported_names, names_in_strings, parse_imports


def found(text: str | bytes) -> list[tuple[int, str, list[str] | None]]:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    lines = import_lines(data, [match.start() for match in re.finditer(WORD, data)])
    return [
        (level, module, None if rest is None else list(imported_names(rest)))
        for level, module, rest in parse_imports(lines)
    ]


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        ("import os", [(0, "os", None)]),
        ("\ufeffimport os", [(0, "os", None)]),
        ("import a.b as c, d\n", [(0, "a.b", None), (0, "d", None)]),
        ("    from a.b import c as d, e  # import f\n", [(0, "a.b", ["c", "e"])]),
        ("from . import a\nfrom ..b.c import *", [(1, "", ["a"]), (2, "b.c", ["*"])]),
        ("from .a import(b)", [(1, "a", ["b"])]),
        (
            "from a import (\n    b,  # (not) c, import\n    d as e,\n)\nimport f",
            [(0, "a", ["b", "d"]), (0, "f", None)],
        ),
        ("from a \\\n  import b, \\\n  c\nimport \\\n  d", [(0, "a", ["b", "c"]), (0, "d", None)]),
        ("from a import b; import c; from d import e", [(0, "a", ["b"]), (0, "c", None), (0, "d", ["e"])]),
        ("try: import a\nexcept: from b import c", [(0, "a", None), (0, "b", ["c"])]),
        ("x = importlib.import_module('a.b')", [(0, "a.b", None)]),
        ('import_module(\n    ".a.b", package=__package__)', [(1, "a.b", ["*"])]),
        ("x = __import__('a.b', level=0)", [(0, "a.b", None)]),
        ("import_module(name)\nimporter = reimport(x)\nimportant = 1\n# import a", []),
        ("import é.ü\nfrom ñ import ç", [(0, "é.ü", None), (0, "ñ", ["ç"])]),
        ("import \udcff", [(0, "\udcff", None)]),
    ],
)
def test_statements(text: str, imports: list[tuple[int, str, list[str] | None]]) -> None:
    assert found(text) == imports


def test_names_in_strings() -> None:
    text = b"""task = "app.tasks.nightly"; x = 'app.jobs:run'; y = "no", "a b.c", "1.5", 'x.y'"""
    assert list(parse_imports(names_in_strings(text))) == [
        (0, "app.jobs", None),
        (0, "app.tasks.nightly", None),
        (0, "x.y", None),
    ]


NAME = st.sampled_from(["a", "b", "imports", "é", "from_"])
DOTTED = st.lists(NAME, min_size=1, max_size=3).map(".".join)
BLANK = st.sampled_from([" ", "  ", "\t", " \\\n "])
PLAIN = st.builds(
    lambda blank, modules: f"import{blank}{', '.join(modules)}",
    BLANK,
    st.lists(DOTTED, min_size=1, max_size=3),
)
LISTS = st.lists(NAME, min_size=1, max_size=3).flatmap(
    lambda names: st.sampled_from(
        [
            ", ".join(names),
            f"({', '.join(names)},)",
            "(\n    " + ",  # ( import\n    ".join(names) + "\n)",
            "*",
        ]
    )
)
FROM = st.builds(
    lambda blank, module, other, names: f"from{blank}{module}{other}import {names}",
    BLANK,
    DOTTED
    | st.builds(
        lambda dots, module: dots + module, st.sampled_from([".", "..", ". ."]), DOTTED | st.just("")
    ),
    BLANK,
    LISTS,
)
OTHER = st.sampled_from(
    ["x = 1", "important = 'import'", "# import z", "'''\nx\n'''", "f(x)  # from y import"]
)
LINE = st.lists(PLAIN | FROM | OTHER, min_size=1, max_size=3)


@settings(max_examples=300)
@given(st.lists(LINE, max_size=5), st.booleans())
def test_everything_python_imports_is_found(lines: list[list[str]], in_block: bool) -> None:
    text = "\n".join(
        "\n".join(line) if any("#" in part for part in line[:-1]) else "; ".join(line) for line in lines
    )
    if in_block:
        text = "if x:\n" + "\n".join(f"    {line}" for line in text.split("\n"))
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    scanned = found(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all((0, alias.name, None) in scanned for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert (node.level, node.module or "", [alias.name for alias in node.names]) in scanned


@given(
    st.lists(
        st.sampled_from(
            [b"import", b"from", b" ", b"\n", b"(", b")", b"#", b"\\", b";", b".", b",", b"a", b"\xff", b'"']
        )
    )
)
def test_arbitrary_bytes_never_raise(parts: list[bytes]) -> None:
    data = b"".join(parts)
    lines = import_lines(data, [match.start() for match in re.finditer(WORD, data)])
    assert len(lines) <= len(data) + len(parts)
    for _, _, rest in parse_imports(lines):
        list(imported_names(rest or b""))


@pytest.mark.parametrize(
    "part",
    [
        b"import",
        b"import ",
        b"; from a import (",
        b"from ",
        b"import\\\n",
        b"# import",
        b"import_module( ",
        b":",
    ],
)
def test_time_grows_with_the_size(part: bytes) -> None:
    data = part * 100_000 + b"import a"
    started = time.process_time()
    found(data)
    assert time.process_time() - started < 5
