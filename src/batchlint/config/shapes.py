"""The shapes that configuration values may have: each checks a value and describes itself as JSON schema.

One table of keys (`keys.KEYS`) is written in these shapes; the loader, the JSON schema in the package,
`batchlint config` and the documentation page all read it, so they cannot disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

# What TOML can hold, once parsed.
Value = str | int | float | bool | list["Value"] | dict[str, "Value"]


class ShapeError(Exception):
    """A value that does not fit; `key` is the path to it inside the table that was checked."""

    def __init__(self, key: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.key = key
        self.message = message


@dataclass(frozen=True, slots=True)
class Text:
    """A string, one of `choices` where they are given."""

    choices: tuple[str, ...] = ()

    def check(self, value: object, key: tuple[str, ...]) -> None:
        """Raise `ShapeError` unless the value is a string this shape allows."""
        if not isinstance(value, str):
            raise ShapeError(key, f"must be a string, not {_kind(value)}")
        if self.choices and value not in self.choices:
            hint = nearest(value, self.choices)
            listed = ", ".join(f'"{choice}"' for choice in self.choices)
            raise ShapeError(key, f'"{value}" is not one of {listed}{hint}')

    def schema(self) -> dict[str, object]:
        """This shape as JSON schema."""
        return {"type": "string", "enum": list(self.choices)} if self.choices else {"type": "string"}

    def describe(self) -> str:
        """This shape in words, for `batchlint config`."""
        return " | ".join(f'"{choice}"' for choice in self.choices) or "string"


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def check(self, value: object, key: tuple[str, ...]) -> None:
        """Raise `ShapeError` unless the value is a boolean."""
        if not isinstance(value, bool):
            raise ShapeError(key, f"must be true or false, not {_kind(value)}")

    def schema(self) -> dict[str, object]:
        """This shape as JSON schema."""
        return {"type": "boolean"}

    def describe(self) -> str:
        """This shape in words."""
        return "true | false"


@dataclass(frozen=True, slots=True)
class Number:
    """A number of at least `minimum`; whole unless `fraction`."""

    minimum: int = 0
    fraction: bool = False

    def check(self, value: object, key: tuple[str, ...]) -> None:
        """Raise `ShapeError` unless the value is such a number."""
        wanted = (int, float) if self.fraction else (int,)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise ShapeError(key, f"must be a {self.describe()}, not {_kind(value)}")
        # Written so that TOML's `nan` fails too.
        if not self.minimum <= value < float("inf"):
            raise ShapeError(key, f"must be a finite number of at least {self.minimum}, not {value}")

    def schema(self) -> dict[str, object]:
        """This shape as JSON schema."""
        return {"type": "number" if self.fraction else "integer", "minimum": self.minimum}

    def describe(self) -> str:
        """This shape in words."""
        return "number" if self.fraction else "whole number"


@dataclass(frozen=True, slots=True)
class Bounds:
    """A number of at least 0, or a list of two of them, the lower one first."""

    def check(self, value: object, key: tuple[str, ...]) -> None:
        """Raise `ShapeError` unless the value is a number or two in order."""
        number = Number(fraction=True)
        if not isinstance(value, list):
            number.check(value, key)
            return
        for item in value:
            number.check(item, key)
        if len(value) != 2 or value[0] > value[1]:
            raise ShapeError(key, "must be a number, or two with the lower one first: [1000, 5000]")

    def schema(self) -> dict[str, object]:
        """This shape as JSON schema."""
        number = Number(fraction=True).schema()
        return {"oneOf": [number, {"type": "array", "items": number, "minItems": 2, "maxItems": 2}]}

    def describe(self) -> str:
        """This shape in words."""
        return "number or [low, high]"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items all have one shape."""

    item: "Shape"

    def check(self, value: object, key: tuple[str, ...]) -> None:
        """Raise `ShapeError` unless the value is a list of fitting items."""
        if not isinstance(value, list):
            raise ShapeError(key, f"must be a list, not {_kind(value)}")
        for index, item in enumerate(value):
            self.item.check(item, (*key, f"[{index}]"))

    def schema(self) -> dict[str, object]:
        """This shape as JSON schema."""
        return {"type": "array", "items": self.item.schema()}

    def describe(self) -> str:
        """This shape in words."""
        return f"list of {self.item.describe()}"


@dataclass(frozen=True, slots=True)
class MapOf:
    """A table with free keys and values of one shape; `keys` says what the keys are."""

    keys: str
    value: "Shape"

    def check(self, value: object, key: tuple[str, ...]) -> None:
        """Raise `ShapeError` unless the value is a table of fitting values."""
        if not isinstance(value, dict):
            raise ShapeError(key, f"must be a table, not {_kind(value)}")
        for name, item in value.items():
            self.value.check(item, (*key, name))

    def schema(self) -> dict[str, object]:
        """This shape as JSON schema."""
        return {"type": "object", "additionalProperties": self.value.schema()}

    def describe(self) -> str:
        """This shape in words."""
        return f"table: {self.keys} = {self.value.describe()}"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its name, shape, default as TOML text ("" where it has none), meaning and an example."""

    name: str
    shape: "Shape"
    default: str
    doc: str
    example: str = ""
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a closed set of keys."""

    keys: tuple[Key, ...] = field(default=())

    def check(self, value: object, key: tuple[str, ...]) -> None:
        """Raise `ShapeError` at the first unknown, missing or ill-typed key."""
        if not isinstance(value, dict):
            raise ShapeError(key, f"must be a table, not {_kind(value)}")
        known = {entry.name: entry for entry in self.keys}
        for name, item in value.items():
            if name not in known:
                raise ShapeError((*key, name), f"unknown key{nearest(name, known)}")
            known[name].shape.check(item, (*key, name))
        for entry in self.keys:
            if entry.is_required and entry.name not in value:
                raise ShapeError(key, f'needs the key "{entry.name}"')

    def schema(self) -> dict[str, object]:
        """This shape as JSON schema."""
        described: dict[str, object] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {k.name: {"description": k.doc, **k.shape.schema()} for k in self.keys},
        }
        if required := [k.name for k in self.keys if k.is_required]:
            described["required"] = required
        return described

    def describe(self) -> str:
        """This shape in words."""
        return "{ " + ", ".join(key.name for key in self.keys) + " }"


Shape = Text | Flag | Number | Bounds | ListOf | MapOf | Table


def nearest(name: str, valid: Iterable[str]) -> str:
    """`; did you mean "x"?` for the valid name closest to `name`, empty when none is close."""
    from difflib import get_close_matches

    matches = get_close_matches(name, list(valid), n=1, cutoff=0.6)
    return f'; did you mean "{matches[0]}"?' if matches else ""


def _kind(value: object) -> str:
    """What TOML calls a value's type."""
    if isinstance(value, bool):
        return "a boolean"
    kinds = {str: "a string", int: "a whole number", float: "a number", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")
