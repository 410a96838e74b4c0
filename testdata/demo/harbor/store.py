"""Rows of the shop's database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing


def rows(query: str, *values: object) -> Iterator[sqlite3.Row]:
    """The rows of a query."""
    with closing(sqlite3.connect("harbor.db")) as database:
        database.row_factory = sqlite3.Row
        yield from database.execute(query, values)


def execute(statement: str, *values: object) -> None:
    """Run one statement and commit."""
    with closing(sqlite3.connect("harbor.db")) as database, database:
        database.execute(statement, values)
