"""Which rules a configuration turns on, as ruff decides it: layer by layer, the longer selector wins."""

from collections.abc import Iterable
from dataclasses import dataclass

from batchlint.config import COMMAND_LINE, Config, ConfigError, Selection, place
from batchlint.config.shapes import nearest
from batchlint.globs import matches_path
from batchlint.rules.registry import BY_CODE, BY_NAME, RULES

_ALL = "ALL"
_DEFAULT = Selection("the defaults", select=(_ALL,))


@dataclass(frozen=True, slots=True)
class Selected:
    """The codes of the rules that are on, and those that are off in the files of a glob."""

    codes: frozenset[str]
    ignored_in: tuple[tuple[str, frozenset[str]], ...]

    def reports(self, code: str, path: str) -> bool:
        """Whether findings of a rule in a file are reported."""
        if code not in self.codes:
            return False
        return not any(code in codes and matches_path(glob, path) for glob, codes in self.ignored_in)


def select(config: Config) -> Selected:
    """The rules that a configuration turns on. Raises `ConfigError` for a selector that matches none."""
    enabled: frozenset[str] = frozenset()
    for layer in (_DEFAULT, *config.selections):
        enabled = _apply(layer, enabled)
    origin = str(config.path or COMMAND_LINE)
    for code in config.severity:
        _codes(code, origin, "severity", code)
    ignored_in = tuple(
        (glob, _union(selectors, origin, "per-file-ignores", glob))
        for glob, selectors in config.per_file_ignores
    )
    return Selected(enabled, ignored_in)


def _apply(layer: Selection, enabled: frozenset[str]) -> frozenset[str]:
    """The rules that are on after a layer: its `select` starts afresh, its other keys change what was on."""
    wanted = _specificities(layer.select or (), layer.origin, "select")
    for code, length in _specificities(layer.extend_select, layer.origin, "extend-select").items():
        wanted[code] = max(length, wanted.get(code, -1))
    unwanted = _specificities(layer.ignore, layer.origin, "ignore")
    switched_on = {code for code, length in wanted.items() if length > unwanted.get(code, -1)}
    before = frozenset() if layer.select is not None else enabled
    return (before - unwanted.keys()) | switched_on


def _specificities(selectors: Iterable[str], origin: str, key: str) -> dict[str, int]:
    """The codes that selectors match, each with the length of the longest one that does."""
    longest: dict[str, int] = {}
    for selector in selectors:
        length = 0 if selector == _ALL else len(selector) if selector not in BY_NAME else len("BL000")
        for code in _codes(selector, origin, key):
            longest[code] = max(length, longest.get(code, -1))
    return longest


def _union(selectors: Iterable[str], origin: str, *key: str) -> frozenset[str]:
    """All codes that selectors match."""
    return frozenset(code for selector in selectors for code in _codes(selector, origin, *key))


def _codes(selector: str, origin: str, *key: str) -> tuple[str, ...]:
    """The codes that one selector matches: a code, a prefix of codes, a name or `ALL`."""
    if selector == _ALL:
        return tuple(BY_CODE)
    if selector in BY_NAME:
        return (BY_NAME[selector].code,)
    codes = tuple(rule.code for rule in RULES if rule.code.startswith(selector)) if selector else ()
    if not codes:
        hint = nearest(selector, (*BY_CODE, *BY_NAME))
        raise ConfigError(f"{place(origin, *key)}: unknown rule selector '{selector}'{hint}")
    return codes
