"""The command line: `main` is the console script. One file per command, each loaded when it is used."""

from batchlint.cli.main import main

__all__ = ["main"]
