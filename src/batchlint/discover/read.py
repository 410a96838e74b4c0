"""Bytes of files to source text: encodings, and everything that can be wrong with a file.

Source of the encoding rules: PEP 263 and the lexical analysis chapter of the Python reference.
"""

import os
import re
import stat
import warnings
from pathlib import Path

from batchlint.finding import Failure
from batchlint.text import Location, Source

PYTHON_BYTES_MAX = 8_000_000
NOTEBOOK_BYTES_MAX = 32_000_000
"""Notebooks carry their outputs, images among them."""

_BOM = b"\xef\xbb\xbf"
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_NO_CODE = re.compile(rb"^[ \t\f]*(?:[#\r\n]|$)")
# Text encodings that no source is written in and that take more than linear time, or warn.
_REFUSED = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"})
# Emacs appends the line ending; Python's tokenizer knows that of UTF-8 and of Latin-1.
_EMACS_LATIN_1 = re.compile(r"(?:latin|iso-8859|iso-latin)-1-.*", re.IGNORECASE)

_REMEDIES = {
    FileNotFoundError: "vanished while batchlint was running",
    IsADirectoryError: "is a folder, not a file",
    PermissionError: "cannot be read: permission denied",
}


class _UnreadableError(Exception):
    """Why a file is no source: a message and the place in it."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def read_source(root: Path, path: str, module: str) -> Source | Failure:
    """The source at the root-relative `path`, named `module`, or the reason why there is none.

    The text is to be parsed as text, not as bytes: it is UTF-8 whatever a coding comment in it says. A
    notebook in another language is an empty source.
    """
    data = read_bytes(root, path)
    return data if isinstance(data, Failure) else decode_source(path, module, data)


def decode_source(path: str, module: str, data: bytes) -> Source | Failure:
    """The source in the bytes of a file; see `read_source`."""
    is_package = path.rpartition("/")[2] == "__init__.py"
    try:
        if path.endswith(".ipynb"):
            from batchlint.discover.notebook import NotebookError, code_of

            try:
                text, cells = code_of(data)
            except NotebookError as error:
                raise _UnreadableError(str(error)) from error
            return Source(path, module, text, is_package, cells)
        return Source(path, module, _decode(data), is_package)
    except _UnreadableError as error:
        return _failure(path, error)


def read_bytes(root: Path, path: str) -> bytes | Failure:
    """The bytes of the file at the root-relative `path`: of a regular file of bearable size."""
    try:
        return _read(os.path.join(root, path), path.endswith(".ipynb"))
    except _UnreadableError as error:
        return _failure(path, error)


def _read(absolute: str, is_notebook: bool) -> bytes:
    # Opening a pipe without O_NONBLOCK waits for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(absolute, flags)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _UnreadableError(_kind(status.st_mode))
            limit = NOTEBOOK_BYTES_MAX if is_notebook else PYTHON_BYTES_MAX
            if status.st_size > limit:
                raise _UnreadableError(
                    f"is larger than {limit // 1_000_000} MB ({status.st_size / 1_000_000:.1f} MB): "
                    "exclude it or split it"
                )
            return _read_all(descriptor, status.st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        remedy = next((text for kind, text in _REMEDIES.items() if isinstance(error, kind)), None)
        raise _UnreadableError(remedy or f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise _UnreadableError(f"cannot be read: {error}") from error


def _read_all(descriptor: int, size: int) -> bytes:
    data = os.read(descriptor, size)
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    return data


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "is a folder, not a file"
    return "is a pipe, a socket or a device, not a file"


def _decode(data: bytes) -> bytes:
    """The text of a Python file as UTF-8."""
    if b"\0" in data:
        raise _no_text(data)
    has_bom = data.startswith(_BOM)
    text = data[3:] if has_bom else data
    encoding = _declared(text)
    if encoding is None or _is_utf8(encoding):
        return _checked_utf8(text)
    if has_bom:
        raise _UnreadableError(
            f"starts with a UTF-8 byte order mark but declares {encoding!r}: remove one of them"
        )
    return _transcoded(text, encoding)


def _declared(text: bytes) -> str | None:
    """The encoding that a comment in the first two lines declares."""
    lines = re.split(rb"\r\n|\r|\n", text[:4096], maxsplit=2)
    for line in lines[:2]:
        if match := _COOKIE.match(line):
            return match[1].decode("ascii", "replace")
        if not _NO_CODE.match(line):
            break
    return None


def _is_utf8(encoding: str) -> bool:
    """Whether a declared name is UTF-8's, with what Emacs adds to it (`utf-8-unix`)."""
    name = encoding.lower().replace("_", "-")
    return name in ("utf-8", "utf8", "u8") or name.startswith("utf-8-")


def _checked_utf8(text: bytes) -> bytes:
    if not text.isascii():
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"not valid UTF-8 (byte 0x{text[error.start]:02x} at line {{line}})"
            raise _at(text, error.start, f"{message}: declare the encoding or convert the file") from error
    return text


def _transcoded(text: bytes, encoding: str) -> bytes:
    import codecs

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            codec = codecs.lookup(_EMACS_LATIN_1.sub("iso-8859-1", encoding)).name
            if codec.replace("-", "_") in _REFUSED:
                raise LookupError(encoding)
            decoded = text.decode(codec)
    except UnicodeDecodeError as error:
        message = (
            f"not valid {encoding} (byte 0x{text[error.start]:02x} at line {{line}}), which it declares: "
        )
        raise _at(text, error.start, message + "declare the right encoding or convert the file") from error
    except (LookupError, ValueError) as error:
        raise _UnreadableError(
            f"declares the encoding {encoding!r}, which Python cannot read: correct it"
        ) from error
    if "\0" in decoded:
        raise _UnreadableError(f"holds a NUL character when read as the {encoding} it declares")
    try:
        return decoded.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _UnreadableError(f"holds half a character when read as the {encoding} it declares") from error


def _no_text(data: bytes) -> _UnreadableError:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _UnreadableError("is UTF-16, which Python does not read: convert the file to UTF-8")
    return _at(data, data.index(0), "holds a NUL byte at line {line}, so it is no Python source")


def _at(text: bytes, offset: int, message: str) -> _UnreadableError:
    """A complaint about the byte at `offset`; `{line}` in the message stands for its line."""
    before = text[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    return _UnreadableError(message.format(line=line), line, column)


def _failure(path: str, error: _UnreadableError) -> Failure:
    return Failure(Location(path, error.line, error.column, error.line, error.column), error.message)
