"""Shell text read without running it: parsed to a small tree, then walked to the commands it starts."""

from batchlint.starts.shell.parse import parse_shell
from batchlint.starts.shell.walk import Invocation, walk

__all__ = ["Invocation", "parse_shell", "walk"]
