"""Negotiated rates: `[tool.batchlint.prices]` in the configuration, or the file of `--prices`.

```toml
["claude-sonnet-4-5"]          # a model as the code writes it, its name in the price source, or a glob
input = 2.40                   # USD per million tokens
output = 12.00
batch-discount = 0.5           # or batch-input and batch-output
```
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from batchlint.estimate.errors import EstimateError
from batchlint.estimate.tables import is_number

RATE_KEYS = (
    "input",
    "output",
    "cached-input",
    "batch-input",
    "batch-output",
    "batch-cached-input",
    "flex-input",
    "flex-output",
    "flex-cached-input",
)
_DISCOUNT = "batch-discount"


@dataclass(frozen=True, slots=True)
class Negotiated:
    """One row: the pattern in lower case, its rates in USD per million tokens, and where it stands."""

    pattern: str
    rates: Mapping[str, float]
    discount: float | None
    where: str

    def matches(self, name: str) -> bool:
        """Whether the pattern is, or as a glob fits, a lower-case model name."""
        return self.pattern == name or fnmatchcase(name, self.pattern)


def read_overrides(path: Path) -> tuple[Negotiated, ...]:
    """The rows of a TOML or JSON file; raises `EstimateError` naming the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise EstimateError(f"{path}: cannot read the price file: {reason}") from error
    except UnicodeDecodeError as error:
        raise EstimateError(f"{path}: the price file must be UTF-8") from error
    return parse_overrides(_parse(path, text), str(path))


def _parse(path: Path, text: str) -> object:
    import tomllib

    try:
        return json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise EstimateError(f"{path}: not valid {kind}: {error}") from error


def parse_overrides(table: object, where: str) -> tuple[Negotiated, ...]:
    """Check a table of negotiated rates; `where` names it in messages. Raises `EstimateError`."""
    if not isinstance(table, Mapping):
        raise EstimateError(f'{where}: must be a table of models, for example `"gpt-5" = {{input = 1.0}}`')
    return tuple(_row(str(model), row, where) for model, row in table.items())


def _row(model: str, row: object, where: str) -> Negotiated:
    if not isinstance(row, Mapping):
        raise EstimateError(
            f"{where}: `{model}` must be a table of rates in USD per million tokens, for example "
            f'`"{model}" = {{input = 3.0, output = 15.0}}`'
        )
    if not row:
        raise EstimateError(f"{where}: `{model}` has no rates; give at least `input`, or remove it")
    for key in row:
        if key not in RATE_KEYS and key != _DISCOUNT:
            known = ", ".join((*RATE_KEYS, _DISCOUNT))
            raise EstimateError(f"{where}: `{model}` has an unknown key `{key}`; known are {known}")
    rates = {key: _usd(row[key], f"{where}: `{key}` of `{model}`") for key in RATE_KEYS if key in row}
    return Negotiated(model.lower(), rates, _discount(row, model, where), where)


def _discount(row: Mapping[str, object], model: str, where: str) -> float | None:
    if _DISCOUNT not in row:
        return None
    value = row[_DISCOUNT]
    if not is_number(value) or not 0 <= value <= 1:
        raise EstimateError(f"{where}: `{_DISCOUNT}` of `{model}` must be between 0 and 1; half price is 0.5")
    clash = next((key for key in ("batch-input", "batch-output") if key in row), None)
    if clash:
        raise EstimateError(f"{where}: `{model}` has both `{_DISCOUNT}` and `{clash}`; keep one of them")
    return float(value)


def _usd(value: object, what: str) -> float:
    if not is_number(value) or value < 0:
        raise EstimateError(f"{what} must be a number of USD per million tokens, 0 or more")
    return float(value)
