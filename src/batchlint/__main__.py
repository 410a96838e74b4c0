"""`python -m batchlint` is the console script."""

from batchlint.cli import main

main()
