"""This module asks a database that is not open yet whether a secret sealed anything in it."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import asyncpg

from federation.errors import Misconfigured
from fedigroups import database_url, postgres_link
from fedigroups.database_url import Database

_TROUBLE = (OSError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError)
_KEYS = "SELECT EXISTS (SELECT 1 FROM key WHERE sealed IS NOT NULL)"


def are_in(url: str) -> bool:
    """Whether it holds private keys; refuses (Misconfigured) when that cannot be asked."""
    database = database_url.parse(url)
    try:
        if database.path is not None:
            return _in_file(database.path)
        with ThreadPoolExecutor(1) as thread:  # whoever asks may have a loop, and is no coroutine
            return thread.submit(asyncio.run, _there(database)).result()
    except _TROUBLE as error:
        raise Misconfigured(database.refusal(error)) from error


def _in_file(path: Path) -> bool:
    if not path.exists():
        return False
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as link:
        made = link.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'key'")
        return bool(made.fetchone() and link.execute(_KEYS).fetchone()[0])


async def _there(database: Database) -> bool:
    link = await postgres_link.connect(database)
    try:
        made = await link.fetchval("SELECT to_regclass('key')")
        return bool(made and await link.fetchval(_KEYS))
    finally:
        await link.close()
