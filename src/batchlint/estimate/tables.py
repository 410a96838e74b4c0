"""Reading numbers out of configuration tables."""

import math
from typing import TypeGuard

from batchlint.finding import Range


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a finite number, which `true` is not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def bounds(value: object) -> Range | None:
    """The bounds that a number or a `[low, high]` pair stands for; None where it stands for none."""
    low, high = value if isinstance(value, list | tuple) and len(value) == 2 else (value, value)
    if not is_number(low) or not is_number(high) or not 0 <= low <= high:
        return None
    return Range(low, high)
