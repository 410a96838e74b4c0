"""`${{ }}` expressions and matrices of GitHub Actions, as far as they are constants."""

import itertools
import re
from collections.abc import Mapping

from batchlint.starts.model import UNKNOWN
from batchlint.starts.nodes import Node

COMBINATIONS_MAX = 256

_EXPRESSION = re.compile(r"\$\{\{(.{0,500}?)\}\}")
_CONSTANT = re.compile(r"'([^']*)'|(-?\d+(?:\.\d+)?)")


def substitute(text: str, values: Mapping[str, str]) -> str:
    """The text with expressions replaced by known values, the rest by `UNKNOWN`.

    In `a || 'b'` the first operand that is known counts.
    """

    def value(match: re.Match[str]) -> str:
        for operand in match[1].split("||"):
            name = operand.strip()
            if constant := _CONSTANT.fullmatch(name):
                return constant[1] if constant[1] is not None else constant[2]
            known = values.get(name)
            if known:
                return known
        return UNKNOWN

    return _EXPRESSION.sub(value, text)


def matrix_combinations(matrix: Node) -> tuple[Mapping[str, str], ...]:
    """The values of `matrix.*` per combination, at least one; an expression in place of lists is one.

    `include` entries that add to a combination extend it, others are combinations of their own, as
    docs.github.com "Running variations of jobs in a workflow" says; `exclude` removes.
    """
    axes = [
        [_flat(f"matrix.{name}", item) for item in values.items]
        for name, values in matrix.pairs()
        if name not in ("include", "exclude") and values.items
    ]
    combinations = [
        {key: value for part in parts for key, value in part.items()}
        for parts in itertools.islice(itertools.product(*axes), COMBINATIONS_MAX)
    ]
    excluded = [_entry(item) for item in matrix.each("exclude")]
    combinations = [one for one in combinations if not any(gone.items() <= one.items() for gone in excluded)]
    own = {key for one in combinations for key in one}
    added = []
    for item in matrix.each("include")[:COMBINATIONS_MAX]:
        entry = _entry(item)
        fitting = [
            one
            for one in combinations
            if all(one.get(key, value) == value for key, value in entry.items() if key in own)
        ]
        if axes and fitting:
            for one in fitting:
                one.update(entry)
        else:
            added.append(entry)
    combinations = [one for one in combinations if one or not added]
    return tuple([*combinations, *added][:COMBINATIONS_MAX]) or ({},)


def _entry(node: Node) -> dict[str, str]:
    return {
        key: value for name, child in node.pairs() for key, value in _flat(f"matrix.{name}", child).items()
    }


def _flat(prefix: str, node: Node) -> dict[str, str]:
    """A value of the matrix by dotted name; lists inside are left out."""
    if node.text is not None:
        return {prefix: node.text}
    return {f"{prefix}.{name}": child.text for name, child in node.pairs() if child.text is not None}
