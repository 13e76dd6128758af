"""This module makes a SQLite file of a running instance's rows, all as they were at one moment.

So a backup of either database can be brought back into either.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

from federation.errors import Misconfigured
from fedigroups import copy, database_url, postgres_link, upgrade
from fedigroups.copy import BATCH, Progress, Table
from fedigroups.database_url import Database
from fedigroups.store import Where


async def take(where: Where, target: Path, progress: Progress) -> None:
    """Write the rows into a new file; `progress` hears of rows done.

    Refuses (Misconfigured) a database that is not there, or (PostgreSQL) not of this version.
    """
    database = database_url.parse(where.database_url)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    if database.path is not None:
        _of_sqlite(database.path, target)
    else:
        await _of_postgres(database, where.origin, target, progress)
    check(target)


def check(path: Path) -> None:
    """Refuses (Misconfigured) a file that is damaged, or whose rows refer to what is not there."""
    try:
        with closing(sqlite3.connect(path)) as link:
            link.execute("PRAGMA journal_mode = DELETE")
            [(said,)] = link.execute("PRAGMA integrity_check(1)").fetchall()
            broken = link.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise Misconfigured(f"the copy of the database is damaged ({error})") from error
    if said != "ok" or broken:
        raise Misconfigured(
            f"the copy of the database is not whole ({said if said != 'ok' else broken[0]}): see "
            "`fedigroups doctor`, and keep the backups that you have"
        )


def at(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite://{quote(str(path.absolute()))}"


def _of_sqlite(path: Path, target: Path) -> None:
    if not path.exists():
        raise Misconfigured(f"{path} does not exist: there is nothing to copy yet")
    try:
        with (
            closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as link,
            closing(sqlite3.connect(target)) as copied,
        ):
            link.backup(copied)  # in one step: readers do not stop writers, and see one moment
    except sqlite3.Error as error:
        raise Misconfigured(f"{path} cannot be copied ({error})") from error


async def _of_postgres(database: Database, origin: str, target: Path, progress: Progress) -> None:
    tables = await copy.tables_at(origin, at(target))
    link = await postgres_link.connect(database, **copy.PATIENT)
    try:
        async with link.transaction(isolation="repeatable_read", readonly=True):
            await _same_steps(link)
            with closing(sqlite3.connect(target, isolation_level=None)) as copied:
                copied.execute("PRAGMA synchronous = OFF")
                copied.execute("BEGIN")
                copied.execute("DELETE FROM setting")
                for table in tables:
                    await _carry(link, table, copied, progress)
                copied.execute("COMMIT")
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Misconfigured(f"PostgreSQL cannot be copied ({error})") from error
    finally:
        await link.close()


async def _same_steps(link: asyncpg.Connection) -> None:
    rows = await link.fetch("SELECT name FROM tortoise_migrations WHERE app = $1", upgrade.APP)
    if sorted(row["name"] for row in rows) != upgrade.known_steps("fedigroups.migrations"):
        raise Misconfigured(
            "The database is not of this version: take the backup with the version that serves it, "
            "or run `fedigroups migrate`"
        )


async def _carry(
    link: asyncpg.Connection, table: Table, copied: sqlite3.Connection, progress: Progress
) -> None:
    wanted = ", ".join(f'"{name}"' for name in table.names)
    marks = ", ".join("?" * len(table.names))
    into = f'INSERT INTO "{table.name}" ({wanted}) VALUES ({marks})'  # noqa: S608 - our names
    cursor = await link.cursor(f'SELECT {wanted} FROM "{table.name}"')  # noqa: S608
    while rows := await cursor.fetch(BATCH):
        copied.executemany(into, [_plain(row.values()) for row in rows])
        progress(len(rows))


def _plain(values: Any) -> Sequence[Any]:
    return [int(value) if isinstance(value, bool) else value for value in values]
