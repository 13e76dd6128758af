"""The Tortoise engine for SQLite: a transaction takes the write lock when it begins.

Tortoise begins deferred: a transaction that reads and then writes fails at once with "database is
locked" when another process wrote in between, whatever `busy_timeout` says, because its snapshot
cannot be upgraded. `BEGIN IMMEDIATE` waits its turn instead.

SQLite itself does not wait fairly: the longer a writer has waited, the more rarely it looks, until
whoever has just written wins each time. So it is asked to wait for a moment only, again and again:
all who wait look equally often.

The database has a thread of its own, so that nothing that takes long holds up the loop. The way to
it and back takes longer than a row that is found by its key, though: within a transaction, where
nobody else can make it wait, such a statement is executed where it is asked (`at_once`).

Private classes of tortoise-orm ~= 1.1.9 are extended; tests/fedigroups/test_store.py watches what
is relied on.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, TypeVar

import aiosqlite
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

from federation import metrics
from federation.storage import Row
from fedigroups.changes import Watched, WatchedTransaction
from fedigroups.database_url import SECONDS_IN_LOCK

Result = TypeVar("Result")

_MOMENT = 40
"""For so many milliseconds SQLite itself waits, and looks six times."""
_STRETCH = 0.002
"""Seconds in which statements of a transaction are executed at once; then others have a turn."""
_FEW = 256
"""Values of a statement that is: one with more writes or reads many rows."""


async def in_turn(ask: Callable[..., Awaitable[Result]], *said: Any, seconds: float) -> Result:
    """What `ask` gives once nobody else writes; refuses as it does after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        try:
            return await ask(*said)
        except (OperationalError, sqlite3.OperationalError) as error:
            if not _is_taken(error) or time.monotonic() >= end:
                raise


def _is_taken(error: Exception) -> bool:
    """Whether somebody else writes: Tortoise's error holds the one of SQLite."""
    cause = error.args[0] if isinstance(error, OperationalError) else error
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


class _InTurn(SqliteClient):
    """Outside of a transaction each statement that writes waits for its own turn."""

    seconds_in_lock: float = SECONDS_IN_LOCK

    async def create_connection(self, with_db: bool) -> None:
        """As Tortoise does, for two threads; what it asks of the file then may take its time."""
        # What cannot be opened is refused here: aiosqlite's thread would outlive the loop.
        sqlite3.connect(self.filename).close()
        if self._connection:
            return
        self._connection = await aiosqlite.connect(
            self.filename, isolation_level=None, check_same_thread=False
        )
        self._connection._conn.row_factory = sqlite3.Row
        for pragma, value in self.pragmas.items():
            await self._connection.execute(f"PRAGMA {pragma}={value}")
        await self._post_connect()
        await self._connection.execute(f"PRAGMA busy_timeout = {_MOMENT}")

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        """As Tortoise does."""
        return await self._in_turn(super().execute_insert, query, values)

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        """As Tortoise does."""
        await self._in_turn(super().execute_many, query, values)

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Any]:
        """As Tortoise does."""
        return await self._in_turn(super().execute_query, query, values)

    async def execute_script(self, query: str) -> None:
        """As Tortoise does; outside of a transaction a script is one statement."""
        await self._in_turn(super().execute_script, query)

    async def _in_turn(self, ask: Callable[..., Awaitable[Result]], *said: Any) -> Result:
        return await in_turn(ask, *said, seconds=self.seconds_in_lock)


class _QuickRows(SqliteClient):
    """Rows as dicts for half the work: a `sqlite3.Row` looks for each name among all of them."""

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[Row]:
        """The rows of a query by column name."""
        _, rows = await super().execute_query(query, values)
        return _dicts(rows)


def _dicts(rows: Any) -> list[Row]:
    if not rows:
        return []
    names = rows[0].keys()
    return [dict(zip(names, row, strict=True)) for row in rows]


class ImmediateTransaction(_QuickRows, WatchedTransaction, SqliteTransactionWrapper):
    """A transaction that holds the write lock from its first statement on."""

    _until = 0.0
    """When the loop has its turn."""

    async def at_once(self, query: str, values: list[Any]) -> list[Row]:
        """The rows of a statement that finds them by key, without the way to the thread.

        It goes there with many values, and when the loop has waited for long.
        """
        if len(values) > _FEW or time.monotonic() >= self._until:
            rows = await self.execute_query_dict(query, values)
            self._until = time.monotonic() + _STRETCH
            return rows
        try:
            found: list[Row] = await self._here(query, values)
        finally:
            self._heed(query)
        return found

    @translate_exceptions
    async def _here(self, query: str, values: list[Any]) -> list[Row]:
        async with self.acquire_connection() as connection:
            return _dicts(connection._execute_fetchall(query, values))

    async def begin(self) -> None:
        """Take the write lock; refuses with OperationalError after `SECONDS_IN_LOCK`."""
        seconds = getattr(self._parent, "seconds_in_lock", SECONDS_IN_LOCK)
        try:
            await in_turn(self._connection.execute, "BEGIN IMMEDIATE", seconds=seconds)
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        self._until = time.monotonic() + _STRETCH


class SafeTransactionContext(SqliteTransactionContext):
    """Leaves neither lock nor transaction behind when beginning fails or is cancelled."""

    async def __aenter__(self) -> TransactionalDBClient:
        with metrics.timed(metrics.DATABASE_WAIT):
            await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            await self._abandon()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        client: TransactionalDBClient = self.connection
        return client

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        try:
            await super().__aexit__(exc_type, exc_val, exc_tb)
        finally:
            self.connection.ended()
        if exc_type is None:
            self.connection.committed()

    async def _abandon(self) -> None:
        try:
            if self.connection._connection:
                # Queued behind a BEGIN that was cancelled while it waited in the driver's thread.
                await self.connection.rollback()
        finally:
            self._trxlock.release()


class Client(_QuickRows, Watched, _InTurn, SqliteClient):
    """The SQLite client whose transactions are immediate."""

    def _in_transaction(self) -> TransactionContext:
        return SafeTransactionContext(ImmediateTransaction(self), self._lock)


client_class = Client
