"""This module opens a PostgreSQL connection of its own, outside of the pool that Tortoise keeps."""

from __future__ import annotations

import asyncpg

from fedigroups.database_url import Database

CONNECT_SECONDS = 10.0
_OF_THE_POOL = {"minsize", "maxsize"}


async def connect(database: Database, **session: str) -> asyncpg.Connection:
    """A connection; `session` are settings of PostgreSQL that differ from those of the pool's.

    Raises what asyncpg raises, and TimeoutError after `CONNECT_SECONDS`.
    """
    told = {k: v for k, v in database.credentials.items() if k not in _OF_THE_POOL}
    told["server_settings"] = told["server_settings"] | session
    return await asyncpg.connect(**told, timeout=CONNECT_SECONDS)
