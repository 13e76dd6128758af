"""This module gives an empty database all tables at once, as the steps together make them.

Taking every step, Tortoise makes all models anew for each of their operations: some seconds. The
tables as they are after the newest step are written down beside this file (`make schema`).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from federation import storage

STEPS = "-- "
"""What begins the first line of a file: the names of the steps follow, which its tables saw."""

_INDEX = re.compile(r'CREATE (?:UNIQUE )?INDEX "(\w+)"')


async def lay() -> None:
    """Make all tables, inside the running transaction."""
    text = _text(storage.dialect())
    if storage.dialect() == "sqlite":
        # As one script they would end the transaction.
        for statement in _statements(text):
            await storage.execute(statement)
    else:
        await storage.connection().execute_script(text)


def steps() -> list[str]:
    """The names of the steps whose work `lay` does."""
    first, _, _ = _text(storage.dialect()).partition("\n")
    return first.removeprefix(STEPS).split()


@cache
def indexes() -> dict[str, str]:
    """The indexes of SQLite, which loses them when it makes a table anew: name to SQL."""
    found = ((_INDEX.match(sql), sql) for sql in _statements(_text("sqlite")))
    return {name[1]: sql for name, sql in found if name}


@cache
def _text(dialect: str) -> str:
    return (Path(__file__).parent / f"{dialect}.sql").read_text(encoding="utf-8")


def _statements(text: str) -> Iterator[str]:
    statement = ""
    for line in text.splitlines(keepends=True)[1:]:
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip().removesuffix(";")
            statement = ""
