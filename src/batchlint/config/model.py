"""The settings of one run, as every stage reads them. Nothing here reads a file.

Its globs are those of `batchlint.globs`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from batchlint.catalog.vocabulary import Wait
from batchlint.finding import Confidence, Severity

# A number, or its low and high bounds.
Quantity = int | float | list[int | float]


class ConfigError(Exception):
    """A configuration that cannot be used: one line that names the key, the file, the line and a remedy."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What one layer (a file, the command line) says about rules; `select` is None where it is silent.

    `origin` names the layer in error messages.
    """

    origin: str
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContextRule:
    """The user's word on who waits for the functions or files that `pattern` matches."""

    pattern: str
    wait: Wait


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A function of the user's that sends an LLM request, which the catalog cannot know.

    `call` is a dotted path; argument selectors are the catalog's (`"model"`, `"#0"`, `"#0|prompt"`).
    """

    call: str
    provider: str = "wrapper"
    kind: str = "chat"
    model: str | None = None
    prompt: str | None = None
    output_limit: str | None = None
    is_async: bool = False
    batch: bool = True


@dataclass(frozen=True, slots=True)
class FixSettings:
    """How `--fix` writes: the folder that `llm_batch` is copied into, relative to the root (None: the nearest
    one that all rewritten files import from), and whether unsafe fixes are included."""

    helper: str | None = None
    unsafe: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a run. `path` is the file they came from, None for the defaults.

    `exclude` is None for the built-in list. `volumes`, `prices` and `assumptions` are the checked tables
    as `estimate` takes them, `prices` the path of a file where the command line named one.
    """

    path: Path | None = None
    selections: tuple[Selection, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    min_confidence: Confidence = Confidence.MEDIUM
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    force_exclude: bool = False
    output_format: str | None = None
    baseline: Path | None = None
    cache: bool = True
    cache_dir: Path | None = None
    jobs: int = 0
    contexts: tuple[ContextRule, ...] = ()
    wrappers: tuple[Wrapper, ...] = ()
    catalog: tuple[Path, ...] = ()
    volumes: Mapping[str, Mapping[str, Quantity]] = field(default_factory=dict)
    prices: Mapping[str, Mapping[str, float]] | Path = field(default_factory=dict)
    deployments: Mapping[str, str] = field(default_factory=dict)
    assumptions: Mapping[str, Quantity] = field(default_factory=dict)
    fix: FixSettings = FixSettings()
