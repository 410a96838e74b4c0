"""How many requests a site sends: from loop sizes and schedules, or as the configuration declares.

```toml
[tool.batchlint.volumes]
"app.tasks.nightly" = { requests-per-month = 500000, input-tokens = 2000, output-tokens = 500 }
"scripts/*.py" = { requests-per-month = [1000, 5000] }
```
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from batchlint.estimate.errors import EstimateError
from batchlint.estimate.tables import bounds
from batchlint.finding import Range
from batchlint.globs import matches
from batchlint.money import counted

_KEYS = ("requests-per-month", "input-tokens", "output-tokens")


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """One declared row: the function (dotted, a glob) or path glob it is for, and what is known."""

    pattern: str
    requests_per_month: Range | None
    input_tokens: Range | None
    output_tokens: Range | None

    def matches(self, function: str, path: str) -> bool:
        """Whether the row is for a site in that function of that file."""
        return matches(self.pattern, path, function)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that the program shows, and the words for where it shows it."""

    value: Range
    basis: str


@dataclass(frozen=True, slots=True)
class Volume:
    """The requests of one run and of one month, as far as known, with the words for them."""

    per_run: Range | None = None
    per_month: Range | None = None
    basis: tuple[str, ...] = ()


def volume_of(
    loops: Iterable[Quantity | None], runs_per_month: Quantity | None, declared: VolumeRow | None = None
) -> Volume:
    """The volume of a site.

    `loops` are the sizes of the record loops around the call, outermost first, None where a size is not
    known; no loops at all mean one request a run. A declared number of requests wins over both.
    """
    loops = tuple(loops)
    known = [loop for loop in loops if loop is not None]
    per_run: Range | None = Range(1, 1)
    for loop in known:
        per_run = per_run * loop.value if per_run else None
    if len(known) < len(loops):
        per_run = None
    basis = [loop.basis for loop in known]
    if declared is not None and declared.requests_per_month is not None:
        months = counted(declared.requests_per_month)
        words = f"{months} requests a month, as configured for `{declared.pattern}`"
        return Volume(per_run, declared.requests_per_month, (words,))
    if runs_per_month is not None:
        basis.append(runs_per_month.basis)
    per_month = per_run * runs_per_month.value if per_run and runs_per_month else None
    if per_month is not None:
        basis.append(f"{counted(per_month)} requests a month")
    return Volume(per_run, per_month, tuple(basis))


def parse_volumes(table: object, where: str = "[tool.batchlint.volumes]") -> tuple[VolumeRow, ...]:
    """Check the table of declared volumes; raises `EstimateError` naming table, key and remedy."""
    if not isinstance(table, Mapping):
        raise EstimateError(
            f'{where}: must be a table, for example `"app.tasks.nightly" = {{requests-per-month = 1000}}`'
        )
    return tuple(_row(str(pattern), row, where) for pattern, row in table.items())


def declared_volume(rows: Iterable[VolumeRow], function: str, path: str) -> VolumeRow | None:
    """The first row whose glob fits a site's function or file."""
    return next((row for row in rows if row.matches(function, path)), None)


def _row(pattern: str, row: object, where: str) -> VolumeRow:
    if not isinstance(row, Mapping) or not row:
        raise EstimateError(f"{where}: `{pattern}` must be a table with any of {', '.join(_KEYS)}")
    for key in row:
        if key not in _KEYS:
            raise EstimateError(
                f"{where}: `{pattern}` has an unknown key `{key}`; known are {', '.join(_KEYS)}"
            )
    found = {key: _bounds(row[key], f"{where}: `{key}` of `{pattern}`") for key in _KEYS if key in row}
    return VolumeRow(pattern, *(found.get(key) for key in _KEYS))


def _bounds(value: object, what: str) -> Range:
    parsed = bounds(value)
    if parsed is None:
        raise EstimateError(f"{what} must be a number, or two with the lower first: [1000, 5000]")
    return parsed
