"""Reads tables of a catalog file: typed access to their keys, and errors that say where and what to do.

Every message has the form `FILE: KEY PATH: problem; remedy`. A key that nothing read is unknown.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TypeVar, cast

from batchlint.catalog.model import AccessPath, Argument
from batchlint.catalog.path import expand, parse_argument, parse_path

_E = TypeVar("_E", bound=StrEnum)
_T = TypeVar("_T")


class CatalogError(ValueError):
    """A catalog file or row that cannot be used. The message names file, key path and remedy."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """The remedy for an unknown word: the closest known one, else the list of them."""
    from difflib import get_close_matches

    words = sorted(known)
    close = get_close_matches(word, words, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(words)}"


class Table:
    """One table of a file, with its place.

    The readers raise `CatalogError` for a missing key without default, a value of the wrong type or an
    unknown word. `close` must be called last: it raises for keys that no reader asked for.
    """

    __slots__ = ("_data", "_place", "_read", "file")

    def __init__(self, data: Mapping[str, object], file: str, place: str = "") -> None:
        self.file = file
        self._data = data
        self._place = place
        self._read: set[str] = set()

    def error(self, key: str, problem: str) -> CatalogError:
        """The error for a key of this table (empty: the table itself), to be raised by the caller."""
        place = ".".join(part for part in (self._place, key) if part)
        return CatalogError(f"{self.file}: {place}: {problem}" if place else f"{self.file}: {problem}")

    def has(self, key: str) -> bool:
        """Whether the table has the key; does not count as reading it."""
        return key in self._data

    def close(self) -> None:
        """Raise for the first key that nothing read."""
        if len(self._read) < len(self._data) or not self._data.keys() <= self._read:
            unknown = next(key for key in self._data if key not in self._read)
            raise self.error(unknown, f"unknown key; {suggestion(unknown, list(self._read))}")

    def _get(self, key: str, wanted: type | tuple[type, ...], what: str) -> object | None:
        self._read.add(key)
        value = self._data.get(key)
        if value is None:
            return None
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise self.error(key, f"{_shown(value)} is no {what}; write {_FORMS[what]}")
        return value

    def _missing(self, key: str, what: str) -> CatalogError:
        return self.error(key, f"missing; write {key} = {_FORMS[what]}")

    def text(self, key: str, default: str | None = None) -> str:
        """A string; required where no default is given."""
        value = self.optional_text(key)
        if value is not None:
            return value
        if default is None:
            raise self._missing(key, "text")
        return default

    def optional_text(self, key: str) -> str | None:
        """A string that is not empty, or None where the key is missing."""
        value = cast(str | None, self._get(key, str, "text"))
        if value is not None and not value.strip():
            raise self.error(key, "empty; write what it says or leave the key out")
        return value

    def flag(self, key: str) -> bool:
        """A boolean, false where the key is missing."""
        return bool(self._get(key, bool, "boolean"))

    def optional_flag(self, key: str) -> bool | None:
        """A boolean, or None where the key is missing."""
        return cast(bool | None, self._get(key, bool, "boolean"))

    def whole(self, key: str, minimum: int = 0) -> int | None:
        """A whole number of at least `minimum`, or None where the key is missing."""
        value = cast(int | None, self._get(key, int, "whole number"))
        if value is not None and value < minimum:
            raise self.error(key, f"{value} is below {minimum}")
        return value

    def fraction(self, key: str) -> float:
        """A required number from 0 to 1."""
        value = self._get(key, (int, float), "number")
        if value is None:
            raise self._missing(key, "number")
        if not 0 <= cast(float, value) <= 1:
            raise self.error(key, f"{value} is no fraction; write 0 to 1, as 0.5 for half price")
        return float(cast(float, value))

    def texts(self, key: str) -> tuple[str, ...]:
        """A string or a list of strings; empty where the key is missing."""
        value = self._get(key, (str, list), "text or list")
        if value is None:
            return ()
        items = [value] if isinstance(value, str) else cast(list[object], value)
        for at, item in enumerate(items):
            if not isinstance(item, str) or not item:
                raise self.error(f"{key}[{at}]", f"{_shown(item)} is no text; write {_FORMS['text']}")
        return tuple(cast(list[str], items))

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """An inline table of strings as pairs; empty where the key is missing."""
        value = cast(Mapping[str, object] | None, self._get(key, dict, "table"))
        for name, item in (value or {}).items():
            if not isinstance(item, str):
                raise self.error(f"{key}.{name}", f"{_shown(item)} is no text; write {_FORMS['text']}")
        return tuple(cast(Mapping[str, str], value or {}).items())

    def choice(self, key: str, words: type[_E]) -> _E:
        """A required word of an enumeration."""
        word = self._get(key, str, "text")
        if word is None:
            raise self.error(key, f"missing; use one of {', '.join(words)}")
        return self.word(key, cast(str, word), words)

    def choices(self, key: str, words: type[_E]) -> tuple[_E, ...]:
        """Words of an enumeration; empty where the key is missing."""
        return tuple(self.word(key, word, words) for word in self.texts(key))

    def word(self, key: str, word: str, words: type[_E]) -> _E:
        """The member of an enumeration that a word of this key names."""
        try:
            return words(word)
        except ValueError:
            remedy = suggestion(word, [str(known) for known in words])
            raise self.error(key, f"unknown {key.removesuffix('s')} {word!r}; {remedy}") from None

    def paths(self, key: str, *, globs: bool = False) -> tuple[AccessPath, ...]:
        """Access paths, braces expanded; empty where the key is missing."""
        return self._parsed(
            key, lambda text: [parse_path(each, globs=globs) for each in expand(text)], "path"
        )

    def arguments(self, *keys: str) -> tuple[Argument, ...]:
        """Argument selectors of the first of the keys that is there; empty where none is."""
        for key in keys:
            if key in self._data:
                return self._parsed(key, lambda text: [parse_argument(text)], "argument")
        self._read.update(keys)
        return ()

    def _parsed(self, key: str, parse: Callable[[str], list[_T]], what: str) -> tuple[_T, ...]:
        if key not in self._data:
            self._read.add(key)
            return ()
        result: list[_T] = []
        for text in self.texts(key):
            try:
                result.extend(parse(text))
            except ValueError as error:
                raise self.error(key, f"{text!r} is no {what}: {error}") from None
        return tuple(result)

    def tables(self, key: str) -> list["Table"]:
        """The rows of an array of tables; empty where the key is missing."""
        rows = cast(list[object], self._get(key, list, "array of tables") or [])
        for at, row in enumerate(rows):
            if not isinstance(row, dict):
                raise self.error(f"{key}[{at}]", f"{_shown(row)} is no table; write [[{key}]]")
        place = f"{self._place}.{key}" if self._place else key
        return [
            Table(cast(Mapping[str, object], row), self.file, f"{place}[{at}]") for at, row in enumerate(rows)
        ]

    def table(self, key: str) -> "Table | None":
        """A table below this one, or None where the key is missing."""
        value = cast(Mapping[str, object] | None, self._get(key, dict, "table"))
        place = f"{self._place}.{key}" if self._place else key
        return None if value is None else Table(value, self.file, place)


_FORMS = {
    "text": 'a string, as "name"',
    "text or list": 'a string or a list of strings, as ["a", "b"]',
    "boolean": "true or false",
    "whole number": "a whole number, as 24",
    "number": "a number, as 0.5",
    "table": 'a table, as { key = "text" }',
    "array of tables": "one table per row, headed by the name in double brackets",
}


def _shown(value: object) -> str:
    """A value as an error message quotes it: short, as TOML writes it where that matters."""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
