"""Reading files: encodings as Python reads them, and one clear line for everything else."""

import ast
import io
import os
import tokenize
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlint.discover import decode_source, read_source
from batchlint.finding import Failure
from batchlint.text import Source


def text_of(data: bytes, path: str = "a.py") -> bytes:
    source = decode_source(path, "a", data)
    assert isinstance(source, Source), source
    return source.text


def failure_of(data: bytes, path: str = "a.py") -> tuple[int, int, str]:
    failure = decode_source(path, "a", data)
    assert isinstance(failure, Failure), failure
    return failure.location.line, failure.location.column, failure.message


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\r\ny = 2\rz = 3\n", b"x = 1\r\ny = 2\rz = 3\n"),
        (b"\xef\xbb\xbfx = 1\n", b"x = 1\n"),
        (b"\x0cx = 1\n\x0c\ny = 2\n", b"\x0cx = 1\n\x0c\ny = 2\n"),
        (b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n".encode()),
        (
            b"#!/usr/bin/python\n# -*- coding: cp1252 -*-\n'\x80'",
            "#!/usr/bin/python\n# -*- coding: cp1252 -*-\n'€'".encode(),
        ),
        (b"# vim: set fileencoding=euc-jp :\n'\xa4\xa2'", "# vim: set fileencoding=euc-jp :\n'あ'".encode()),
        (b"# -*- coding: latin-1-unix -*-\n'\xe9'", "# -*- coding: latin-1-unix -*-\n'é'".encode()),
        (b"# -*- coding: utf-8-unix -*-\n'\xc3\xa9'", "# -*- coding: utf-8-unix -*-\n'é'".encode()),
        (b"x = 1\n# coding: latin-1\n'\xc3\xa9'", "x = 1\n# coding: latin-1\n'é'".encode()),
        (b"", b""),
    ],
)
def test_text_is_utf8_with_its_line_endings(data: bytes, text: bytes) -> None:
    assert text_of(data) == text


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (
            b"x = 1\r\ny = 2\nz = '\xe9'",
            3,
            6,
            "not valid UTF-8 (byte 0xe9 at line 3): declare the encoding or convert the file",
        ),
        (b"x\rab\0", 2, 3, "holds a NUL byte at line 2, so it is no Python source"),
        ("x = 1".encode("utf-16"), 1, 1, "is UTF-16, which Python does not read: convert the file to UTF-8"),
        (
            b"# coding: klingon\n",
            1,
            1,
            "declares the encoding 'klingon', which Python cannot read: correct it",
        ),
        (b"# coding: rot13\n", 1, 1, "declares the encoding 'rot13', which Python cannot read: correct it"),
        (
            b"\xef\xbb\xbf# coding: latin-1\n",
            1,
            1,
            "starts with a UTF-8 byte order mark but declares 'latin-1': remove one of them",
        ),
        (
            b"# coding: ascii\n\n'\xe9'",
            3,
            2,
            "not valid ascii (byte 0xe9 at line 3), which it declares: "
            "declare the right encoding or convert the file",
        ),
    ],
)
def test_undecodable_bytes_are_one_clear_line(data: bytes, line: int, column: int, message: str) -> None:
    assert failure_of(data) == (line, column, message)


def test_slow_codecs_are_refused() -> None:
    assert "punycode" in failure_of(b"# coding: punycode\n" + b"a-b" * 2_000_000)[2]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder.py", "is a folder, not a file"),
        ("pipe.py", "is a pipe, a socket or a device, not a file"),
        ("gone.py", "vanished while batchlint was running"),
        ("huge.py", "is larger than 8 MB (8.1 MB): exclude it or split it"),
        ("nul\0.py", "cannot be read: embedded null byte"),
    ],
)
def test_what_is_no_readable_file_is_one_clear_line(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    with (tmp_path / "huge.py").open("wb") as huge:
        huge.truncate(8_100_000)
    failure = read_source(tmp_path, name, "m")
    assert isinstance(failure, Failure)
    assert (failure.location.path, failure.message) == (name, message)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch(mode=0)
    failure = read_source(tmp_path, "a.py", "m")
    assert isinstance(failure, Failure)
    assert failure.message == "cannot be read: permission denied"


def test_a_source_knows_its_module(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("x = 1\n")
    assert read_source(tmp_path, "pkg/__init__.py", "pkg") == Source(
        "pkg/__init__.py", "pkg", b"x = 1\n", is_package=True
    )


@pytest.mark.parametrize("name", ["new\nline.py", "\udcff\udc80.py", "tab\t.py", "'\"; rm -rf.py"])
def test_odd_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x = 1\n")
    assert read_source(tmp_path, name, "m") == Source(name, "m", b"x = 1\n")


COOKIES = st.sampled_from(
    [
        b"",
        b"\xef\xbb\xbf",
        b"# coding: latin-1\n",
        b"# coding: utf-8\n",
        b"\n#coding=cp1251\n",
        b"# coding: utf-7\n",
        b"# coding: utf-16\n",
        b"# coding: shift_jis\n",
        b"'x'\n# coding: latin-1\n",
        b"\xff\xfe",
    ]
)


@given(COOKIES, st.binary(max_size=60), st.sampled_from(["a.py", "a.ipynb"]))
def test_arbitrary_bytes_never_raise(start: bytes, data: bytes, path: str) -> None:
    source = decode_source(path, "a", start + data)
    if isinstance(source, Source):
        source.text.decode("utf-8")
        assert b"\0" not in source.text
    else:
        assert "\n" not in source.message
        assert source.location.line >= 1


@settings(max_examples=300)
@given(COOKIES, st.text("aé€あ'\" \n\r\x0c#=1", max_size=30), st.sampled_from(["utf-8", "latin-1", "cp1251"]))
def test_what_python_parses_reads_the_same(start: bytes, text: str, encoding: str) -> None:
    data = start + text.encode(encoding, "ignore")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(data)
            # Python is stricter with files than with bytes: comments must be decodable too.
            data.decode(tokenize.detect_encoding(io.BytesIO(data).readline)[0])
        except (SyntaxError, ValueError, LookupError):
            return
        assert ast.dump(ast.parse(text_of(data).decode())) == ast.dump(tree)
