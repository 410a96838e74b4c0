"""Finds a file that cannot be read or parsed, so that nothing in it is analysed.

## Why it costs

Call sites in the file are missing from the report, and so are the loops and jobs that reach call sites
elsewhere. The rest of the project is analysed all the same. Source is read with the grammar of the
Python that runs batchlint: newer syntax needs a newer Python. Files that no way to an LLM call can lead
through are not parsed, and not reported.

## Example

```py main.py
from openai import OpenAI

client = OpenAI(
```

## Use instead

```py main.py
from openai import OpenAI

client = OpenAI()
```

## When it stays silent

The file is excluded, or parses.

## Fix safety

No fix.
"""

from batchlint.finding import Severity
from batchlint.rules.base import Rule

RULE = Rule("BL901", __name__, Severity.ERROR)

REMEDY = "check that the path exists and that the file parses, or exclude it"
