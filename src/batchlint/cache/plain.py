"""Plain data as bytes: numbers, texts, containers, and the dataclasses, named tuples and enums of our own.

The format is pickle's, which is the fastest that the standard library has for many small objects. A
pickle may call anything that it can name, so reading looks up every name itself and knows only plain
classes of a few modules. Those have no code of their own in construction: bytes that somebody else wrote
can at worst build wrong data. (https://docs.python.org/3/library/pickle.html#restricting-globals)
"""

import gc
import io
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Final

# The modules whose classes hold data that is kept.
_MODULES: Final = frozenset(
    {
        "batchlint.cache.stamps",
        "batchlint.catalog.framework_model",
        "batchlint.catalog.model",
        "batchlint.catalog.vocabulary",
        "batchlint.facts.model",
        "batchlint.finding",
        "batchlint.suppress",
        "batchlint.text",
    }
)

# What a damaged or hostile pickle can end in, other than in the data that was asked for.
_ERRORS: Final = (
    pickle.UnpicklingError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


class NotPlainError(ValueError):
    """Bytes that are no plain data."""


def dump(value: object) -> bytes:
    """A value as bytes; raises `NotPlainError` where it holds something that is not plain data."""
    try:
        return pickle.dumps(value, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError, RecursionError) as error:
        raise NotPlainError(str(error)) from None


def load(data: bytes) -> object:
    """The value in bytes that `dump` wrote; raises `NotPlainError` for any other bytes."""
    try:
        with paused_collector():
            return _Reader(io.BytesIO(data)).load()
    except _ERRORS as error:
        raise NotPlainError(str(error)) from None


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
        """One of our plain classes; raises `UnpicklingError` for anything else."""
        return _plain_class(module, name)


@cache
def _plain_class(module: str, name: str) -> type:
    if module in _MODULES:
        found = getattr(import_module(module), name, None)
        if isinstance(found, type) and found.__module__ == module and _is_plain(found):
            return found
    raise pickle.UnpicklingError(f"{module}.{name} is no plain data")


def _is_plain(found: type) -> bool:
    is_tuple = issubclass(found, tuple) and hasattr(found, "_fields")
    return is_tuple or hasattr(found, "__dataclass_fields__") or issubclass(found, Enum)


@contextmanager
def paused_collector() -> Iterator[None]:
    """Without garbage collection while the block runs, which makes much and drops nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
