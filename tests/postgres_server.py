"""This module knows a PostgreSQL server of the tests, and gives each of them a database as new."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import quote

import asyncpg

MIGRATED = "migrated"

_SHAPE = """
SELECT CONCAT_WS(' ',
 (SELECT MD5(STRING_AGG(CONCAT_WS(' ', relname, attname, atttypid, attnotnull), ' '
  ORDER BY relname, attnum)) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
  WHERE relnamespace = 'public'::regnamespace),
 (SELECT COUNT(*) FROM pg_constraint), (SELECT COUNT(*) FROM pg_proc),
 (SELECT COUNT(*) FROM pg_trigger),
 (SELECT STRING_AGG(name, ' ' ORDER BY name) FROM tortoise_migrations),
 (SELECT COUNT(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
  WHERE d.datname = CURRENT_DATABASE()))
"""
"""What changes with a table, an index, a step of an upgrade, a setting."""
_OTHERS = """
SELECT COUNT(*) FROM pg_stat_activity
 WHERE datname = CURRENT_DATABASE() AND pid <> pg_backend_pid()
"""
_EMPTY = """
SET session_replication_role = replica;
DO $$ DECLARE name text; BEGIN
 FOR name IN SELECT relname FROM pg_class
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'tortoise_migrations'
 LOOP EXECUTE FORMAT('DELETE FROM %I', name); END LOOP;
END $$
"""
"""Without a look at foreign keys: nothing is left."""

_numbers = count(1)


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL server, known by the folder of its socket.

    A migrated database that a test is done with is emptied for the next one, if it is as it was
    made and nobody is there any more: that is half the work of a new one.
    """

    host: str
    spare: list[str] = field(default_factory=list)
    shapes: dict[str, str] = field(default_factory=dict)

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgres://postgres@/{database}?host={quote(self.host, safe='')}"

    @asynccontextmanager
    async def linked(self, database: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection to one of them, as the server's owner."""
        link = await asyncpg.connect(host=self.host, user="postgres", database=database)
        try:
            yield link
        finally:
            await link.close()

    async def execute(self, sql: str) -> None:
        """Run one statement outside of any transaction."""
        async with self.linked("postgres") as link:
            await link.execute(sql)

    async def learn(self, name: str) -> None:
        """Look at how this database is made, for those that are copied from it."""
        async with self.linked(name) as link:
            self.shapes[name] = await link.fetchval(_SHAPE)

    @asynccontextmanager
    async def database(self, template: str = "template1") -> AsyncIterator[str]:
        """The URL of a database as new, dropped afterwards whoever is still connected."""
        name = await self._taken(template)
        try:
            yield self.url(name)
        finally:
            if template == MIGRATED and await self._is_emptied(name):
                self.spare.append(name)
            else:
                await self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _taken(self, template: str) -> str:
        if template == MIGRATED and self.spare:
            return self.spare.pop()
        name = f"t{next(_numbers)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    async def _is_emptied(self, name: str) -> bool:
        try:
            async with self.linked(name) as link:
                if (
                    await link.fetchval(_OTHERS)
                    or await link.fetchval(_SHAPE) != self.shapes[MIGRATED]
                ):
                    return False
                await link.execute(_EMPTY)
        except (asyncpg.PostgresError, OSError):
            return False
        return True
