"""Finds a suppression comment that names a rule which does not exist, or that cannot be read.

## Why it costs

The comment looks as if it silenced something, and does not.

## Example

```py main.py
def total(prices):
    return sum(prices)  # batchlint: ignore[BL999]
```

## Use instead

```py main.py
def total(prices):
    return sum(prices)
```

## When it stays silent

Every code in the comment is one of `batchlint rule --all`. Text in a string is no comment:

```py main.py
HELP = "write # batchlint: ignore[BL999]"
```

## Fix safety

No fix: name the rule that you mean.
"""

from batchlint.finding import Severity
from batchlint.rules.base import Rule

RULE = Rule("BL902", __name__, Severity.WARNING)

REMEDY = "name a rule of `batchlint rule --all`"


def message(code: str, known: tuple[str, ...]) -> str:
    """What the finding says of a code that no rule has."""
    from batchlint.config.shapes import nearest

    return f"suppression of an unknown rule '{code}'{nearest(code, known)}"
