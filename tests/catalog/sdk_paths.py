"""Follows catalog paths through installed SDKs, without a network.

Constructors are called with made-up credentials; methods never are, their return annotations say what
they give. Where a constructor refuses or an annotation is missing, the class is read instead.
"""

import importlib
import inspect
import types
import typing
import warnings
from dataclasses import dataclass
from functools import cache

from batchlint.catalog.model import AccessPath

CREDENTIALS = {
    "api_key": "key",
    "api_token": "key",
    "token": "key",
    "aws_access_key_id": "key",
    "aws_secret_access_key": "key",
    "aws_access_key": "key",
    "aws_secret_key": "key",
    "region_name": "us-east-1",
    "aws_region": "us-east-1",
    "region": "us-east5",
    "project_id": "project",
    "project": "project",
    "location": "us-east5",
    "azure_endpoint": "https://example.invalid",
    "api_version": "2024-10-21",
    "base_url": "https://example.invalid/v1",
    "resource": "example",
    "model": "model",
    "model_name": "model",
}
# Credentials that constructors want although their parameters have defaults.
ALWAYS = {
    "api_key",
    "region_name",
    "aws_region",
    "azure_endpoint",
    "api_version",
    "project_id",
    "region",
    "resource",
}
# Functions that only construct something, so that calling them is as harmless as a constructor.
FACTORIES = {
    ("boto3", "client"),
    ("boto3.session", "Session.client"),
    ("botocore.session", "get_session"),
    ("botocore.session", "Session.create_client"),
}


class MissingStepError(AssertionError):
    """A step that the installed SDK does not have."""


class UnknownStepError(Exception):
    """A step behind which the SDK does not say what comes."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Something that was not made: all that is known of it is its class."""

    cls: type


def follow(path: AccessPath, options: dict[str, object]) -> None:
    """Walk a path from its import; `options` go to constructors that take them.

    Raises `MissingStepError` where the SDK has no such step and `UnknownStepError` where it does not say.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _value(path, tuple(options.items()))


@cache
def _value(path: AccessPath, options: tuple[tuple[str, object], ...]) -> object:
    *done, step = path
    if not done:
        return importlib.import_module(step)
    value = _value(tuple(done), options)
    return _called(value, dict(options)) if step == "()" else _attribute(value, step, tuple(done))


def _attribute(value: object, name: str, done: AccessPath) -> object:
    if isinstance(value, types.ModuleType):
        return _member(value, name, done)
    if not isinstance(value, Typed):
        try:
            return getattr(value, name)
        except AttributeError as error:
            if hasattr(value, "__aenter__"):
                raise UnknownStepError(f"{'.'.join(done)} gives it when entered") from error
            raise MissingStepError(f"{'.'.join(done)} has no {name}") from error
    found = inspect.getattr_static(value.cls, name, None)
    if found is None:
        hint = _hints(value.cls).get(name)
        if hint is not None:
            return _typed(hint)
        if hasattr(value.cls, "__getattr__") or f"self.{name} = " in _source(value.cls):
            raise UnknownStepError(name)
        raise MissingStepError(f"{'.'.join(done)} (a {value.cls.__name__}) has no {name}")
    getter = getattr(found, "fget", None) or getattr(found, "func", None)
    if getter is not None and not inspect.isfunction(found):
        return _typed(_returned(getter))
    if isinstance(found, (staticmethod, classmethod)) or inspect.isfunction(found):
        return getattr(value.cls, name)
    raise UnknownStepError(name)


def _member(module: types.ModuleType, name: str, done: AccessPath) -> object:
    try:
        return getattr(module, name)
    except AttributeError:
        pass
    try:
        return importlib.import_module(f"{module.__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name == f"{module.__name__}.{name}":
            raise MissingStepError(f"{'.'.join(done)} has no {name}") from error
        raise UnknownStepError(f"{error.name} is not installed") from error
    except ImportError as error:
        raise UnknownStepError(str(error)) from error


def _called(value: object, options: dict[str, object]) -> object:
    if inspect.isclass(value):
        return _made(value, options)
    if isinstance(value, Typed):
        call = getattr(value.cls, "__call__", None)  # noqa: B004
        if call is None:
            raise MissingStepError(f"a {value.cls.__name__} cannot be called")
        return _typed(_returned(call))
    if not callable(value):
        raise MissingStepError(f"{value!r} cannot be called")
    name = getattr(value, "__qualname__", ""), getattr(value, "__module__", "")
    if (name[1], name[0]) in FACTORIES:
        region = {} if name[0] == "get_session" else {"region_name": "us-east-1"}
        return value(**region, **(options if region else {}))  # type: ignore[operator]
    return _typed(_returned(value))


def _made(cls: type, options: dict[str, object]) -> object:
    try:
        return cls(**_taken(cls, options))
    except Exception:  # whatever an SDK raises for made-up credentials
        return Typed(cls)


def _taken(call: object, options: dict[str, object]) -> dict[str, object]:
    """The options, credentials and fillers that a call's parameters ask for."""
    parameters = inspect.signature(call).parameters  # type: ignore[arg-type]
    is_open = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    given = {name: value for name, value in options.items() if name in parameters or is_open}
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) or name in given:
            continue
        if parameter.default is parameter.empty or name in ALWAYS:
            given[name] = CREDENTIALS.get(name, "value")
    return given


def _source(cls: type) -> str:
    try:
        return inspect.getsource(cls)
    except (OSError, TypeError):
        return ""


def _hints(owner: object) -> dict[str, object]:
    try:
        return typing.get_type_hints(owner)
    except Exception:  # names that exist for type checkers only
        return {}


def _returned(call: object) -> object:
    hint = _hints(call).get("return")
    if hint is None:
        raise UnknownStepError(getattr(call, "__qualname__", str(call)))
    return hint


def _typed(hint: object) -> Typed:
    """The class an annotation names: of a union or generic the first."""
    if inspect.isclass(hint) and not typing.get_origin(hint):
        return Typed(hint)
    origin = typing.get_origin(hint)
    if inspect.isclass(origin) and origin is not types.UnionType and origin.__module__ != "collections.abc":
        return Typed(origin)
    for argument in typing.get_args(hint):
        if argument is not type(None):
            return _typed(argument)
    raise UnknownStepError(str(hint))
