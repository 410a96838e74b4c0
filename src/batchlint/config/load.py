"""Finding and reading configuration: files, `extend`, `--config` and command-line options, in layers."""

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from batchlint.catalog.vocabulary import Wait
from batchlint.config.keys import ROOT
from batchlint.config.locate import line_of
from batchlint.config.model import (
    Config,
    ConfigError,
    ContextRule,
    FixSettings,
    Selection,
    Wrapper,
)
from batchlint.config.shapes import ShapeError, Value
from batchlint.finding import Confidence, Severity

Raw = dict[str, Value]

FILE_NAMES = (".batchlint.toml", "batchlint.toml", "pyproject.toml")
COMMAND_LINE = "the command line"
EXTEND_DEPTH_MAX = 16
# Keys whose values are paths relative to the file they stand in.
_PATHS = ("baseline", "cache-dir")


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of settings: what it is called in messages, where its relative paths start, its table."""

    origin: str
    folder: Path
    table: Raw


def find_config(start: Path) -> Path | None:
    """The nearest configuration file in `start` or a folder above it, at most up to the repository's root.

    A `pyproject.toml` counts only when it has our table. Raises `ConfigError` for one that is not TOML.
    """
    for folder in (start, *start.parents):
        for name in FILE_NAMES:
            path = folder / name
            if path.is_file() and (name != "pyproject.toml" or _has_table(path)):
                return path
        if (folder / ".git").exists():
            return None
    return None


def find_root(start: Path, config: Path | None) -> Path:
    """The root of the program: the folder of its configuration, else of its repository, else `start`."""
    if config is not None:
        return config.parent
    return next((f for f in (start, *start.parents) if (f / ".git").exists()), start)


def common_folder(paths: Sequence[Path], cwd: Path) -> Path:
    """The folder that holds all `paths`, `cwd` when there are none; paths need not exist."""
    if not paths:
        return cwd
    absolute = [Path(os.path.normpath(cwd / path)) for path in paths]
    folders = [path if path.is_dir() else path.parent for path in absolute]
    try:
        common = Path(os.path.commonpath(folders))
    except ValueError:  # different drives
        return folders[0]
    return next((f for f in (common, *common.parents) if f.is_dir()), cwd)


def load(
    path: Path | None, *, inline: Sequence[str] = (), options: Mapping[str, Value] | None = None
) -> Config:
    """The settings of the file at `path`, under the `KEY = VALUE` snippets and options of the command line.

    Raises `ConfigError` naming file, line, key and the nearest valid name where something is wrong.
    """
    cwd = Path.cwd()
    layers = list(_file_layers(path)) if path else []
    layers += [Layer("--config", cwd, _parse_inline(snippet)) for snippet in inline]
    if options:
        layers.append(Layer(COMMAND_LINE, cwd, dict(options)))
    return _build(path, layers)


def place(origin: str, *key: str) -> str:
    """Where a layer says something, for messages: `FILE:LINE: key`, or the option."""
    if origin == COMMAND_LINE:
        return f"--{key[0]}"
    path = Path(origin)
    if not path.is_file():
        return f"{origin}: {_dotted(key)}"
    inner = ("tool", "batchlint", *key) if path.name == "pyproject.toml" else key
    return f"{path}:{line_of(path.read_text('utf-8-sig'), inner)}: {_dotted(key)}"


def _file_layers(path: Path, depth: int = 0) -> Iterable[Layer]:
    """The layers of a file, those it extends first."""
    if depth > EXTEND_DEPTH_MAX:
        raise ConfigError(f"{path}: `extend` goes more than {EXTEND_DEPTH_MAX} files deep, or in a circle")
    table = _read_table(path)
    extended = table.pop("extend", None)
    if isinstance(extended, str):
        yield from _file_layers(Path(os.path.normpath(path.parent / extended)), depth + 1)
    yield Layer(str(path), path.parent, table)


def _has_table(path: Path) -> bool:
    """Whether a pyproject.toml has our table; only such a file is parsed and checked."""
    try:
        text = path.read_bytes()
    except OSError:
        return False
    return b"batchlint" in text and isinstance(_table_of(path, _parse(path)), dict)


def _read_table(path: Path) -> Raw:
    """The checked table of one file."""
    table = _table_of(path, _parse(path))
    if table is None:
        raise ConfigError(f"{path}: has no table [tool.batchlint]")
    try:
        ROOT.check(table, ())
    except ShapeError as problem:
        raise ConfigError(f"{place(str(path), *problem.key)}: {problem.message}") from None
    return cast(Raw, table)


def _parse(path: Path) -> Mapping[str, object]:
    """A TOML file's content."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None


def _table_of(path: Path, content: Mapping[str, object]) -> object | None:
    """Our table in a file's content: the whole of it, but for pyproject.toml."""
    if path.name != "pyproject.toml":
        return content
    tool = content.get("tool")
    return tool.get("batchlint") if isinstance(tool, dict) else None


def _parse_inline(snippet: str) -> Raw:
    """The table of a `--config 'KEY = VALUE'`."""
    try:
        table = tomllib.loads(snippet)
        ROOT.check(table, ())
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"--config {snippet!r}: is neither an existing file nor a TOML KEY = VALUE pair ({error})"
        ) from None
    except ShapeError as problem:
        raise ConfigError(f"--config: {_dotted(problem.key)}: {problem.message}") from None
    if "extend" in table:
        raise ConfigError("--config: extend: works only in a file")
    return cast(Raw, table)


def _dotted(key: tuple[str, ...]) -> str:
    """A key's path as TOML writes it."""
    plain = [
        part if part.startswith("[") or part.replace("-", "").replace("_", "").isalnum() else f'"{part}"'
        for part in key
    ]
    return ".".join(plain).replace(".[", "[") or "[tool.batchlint]"


def _merge(layers: Sequence[Layer]) -> Raw:
    """One table of all layers: values replace, tables merge key by key, `extend-*` lists add up."""
    merged: Raw = {}
    for layer in layers:
        for key, value in layer.table.items():
            if key in _PATHS and isinstance(value, str):
                value = str(layer.folder / value)
            elif key == "catalog" and isinstance(value, list):
                value = [str(layer.folder / str(item)) for item in value]
            older = merged.get(key)
            if isinstance(older, dict) and isinstance(value, dict):
                # The newer layer's patterns come first: the first match counts.
                value = {**value, **{k: v for k, v in older.items() if k not in value}}
            elif key.startswith("extend-") and isinstance(older, list) and isinstance(value, list):
                value = [*older, *value]
            merged[key] = value
    return merged


def _selection(layer: Layer) -> Selection:
    """What a layer says about rules."""
    table = layer.table
    return Selection(
        layer.origin,
        _texts(table["select"]) if "select" in table else None,
        _texts(table.get("extend-select", [])),
        _texts(table.get("ignore", [])),
    )


def _build(path: Path | None, layers: Sequence[Layer]) -> Config:
    """The settings that checked layers add up to."""
    raw = _merge(layers)
    default = Config()
    return Config(
        path=path,
        selections=tuple(_selection(layer) for layer in layers),
        per_file_ignores=tuple((glob, _texts(rules)) for glob, rules in _table(raw, "per-file-ignores")),
        severity={code: Severity(str(level)) for code, level in _table(raw, "severity")},
        min_confidence=Confidence(str(raw.get("min-confidence", default.min_confidence))),
        exclude=_texts(raw["exclude"]) if "exclude" in raw else None,
        extend_exclude=_texts(raw.get("extend-exclude", [])),
        respect_gitignore=bool(raw.get("respect-gitignore", default.respect_gitignore)),
        force_exclude=bool(raw.get("force-exclude", default.force_exclude)),
        output_format=_text(raw, "output-format"),
        baseline=_path(raw, "baseline"),
        cache=bool(raw.get("cache", default.cache)),
        cache_dir=_path(raw, "cache-dir"),
        jobs=cast(int, raw.get("jobs", default.jobs)),
        contexts=tuple(ContextRule(glob, _WAITS[str(wait)]) for glob, wait in _table(raw, "contexts")),
        wrappers=tuple(_wrapper(cast(Raw, item)) for item in cast(list[Value], raw.get("wrappers", []))),
        catalog=tuple(Path(item) for item in _texts(raw.get("catalog", []))),
        volumes=cast(Any, raw.get("volumes", {})),
        prices=cast(Any, raw.get("prices", {})),
        deployments={name: str(model) for name, model in _table(raw, "deployments")},
        assumptions=cast(Any, raw.get("assumptions", {})),
        fix=FixSettings(**_snake(raw.get("fix", {}))),
    )


_WAITS = {"realtime": Wait.LIVE, "offline": Wait.OFFLINE}


def _wrapper(entry: Raw) -> Wrapper:
    """One `[[wrappers]]` entry; `async` is a keyword in Python."""
    return Wrapper(**_snake({"is-async" if key == "async" else key: value for key, value in entry.items()}))


def _snake(table: Value) -> dict[str, Any]:
    """A checked table as keyword arguments of the dataclass with the same fields (`ROOT` typed them)."""
    return {key.replace("-", "_"): value for key, value in cast(Raw, table).items()}


def _table(raw: Raw, key: str) -> Iterable[tuple[str, Value]]:
    """The items of an optional table."""
    return cast(Raw, raw.get(key, {})).items()


def _texts(value: Value) -> tuple[str, ...]:
    """A checked list of strings."""
    return tuple(str(item) for item in cast(list[Value], value))


def _text(raw: Raw, key: str) -> str | None:
    """An optional string."""
    return str(raw[key]) if key in raw else None


def _path(raw: Raw, key: str) -> Path | None:
    """An optional path, made absolute by `_merge`."""
    return Path(str(raw[key])) if key in raw else None
