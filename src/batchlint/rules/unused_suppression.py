"""Finds a suppression comment that silences nothing.

## Why it costs

A stale comment hides the next real finding on that line, and tells readers of a problem that is gone.

## Example

```py main.py
def total(prices):
    return sum(prices)  # batchlint: ignore[BL101] the provider wants it this way
```

## Use instead

```py main.py
def total(prices):
    return sum(prices)
```

## When it stays silent

The comment silences a finding, even one that `--select` or `--min-confidence` would leave out:

```py main.py
import csv

from openai import OpenAI

client = OpenAI()


def main():
    with open("labels.txt", "w") as target:
        for row in csv.DictReader(open("tickets.csv")):
            response = client.chat.completions.create(  # batchlint: ignore[BL101] rerun of ten rows
                model="gpt-5-mini", messages=[{"role": "user", "content": row["text"]}]
            )
            target.write(response.choices[0].message.content)


if __name__ == "__main__":
    main()
```

## Fix safety

No fix: remove the comment, or the code that it names.
"""

from batchlint.finding import Severity
from batchlint.rules.base import Rule

RULE = Rule("BL900", __name__, Severity.WARNING)


def message(codes: tuple[str, ...]) -> str:
    """What the finding says of the codes that silence nothing."""
    return f"unused suppression of {', '.join(codes)}"


REMEDY = "remove it"
