"""The Tortoise engine for SQLite: a transaction takes the write lock when it begins.

Tortoise begins deferred: a transaction that reads and then writes fails at once with "database is
locked" when another process wrote in between, whatever `busy_timeout` says, because its snapshot
cannot be upgraded. `BEGIN IMMEDIATE` waits its turn instead. Private classes of
tortoise-orm ~= 1.1.9 are extended; tests/fedigroups/test_store.py watches what is relied on.
"""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Any

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError

from federation import metrics
from federation.storage import Row
from fedigroups.changes import Watched, WatchedTransaction


class _QuickRows(SqliteClient):
    """Rows as dicts for half the work: a `sqlite3.Row` looks for each name among all of them."""

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[Row]:
        """The rows of a query by column name."""
        _, rows = await super().execute_query(query, values)
        if not rows:
            return []
        names = rows[0].keys()
        return [dict(zip(names, row, strict=True)) for row in rows]


class ImmediateTransaction(_QuickRows, WatchedTransaction, SqliteTransactionWrapper):
    """A transaction that holds the write lock from its first statement on."""

    async def begin(self) -> None:
        """Take the write lock; refuses with OperationalError after `busy_timeout` of waiting."""
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error


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


class Client(_QuickRows, Watched, SqliteClient):
    """The SQLite client whose transactions are immediate."""

    def _in_transaction(self) -> TransactionContext:
        return SafeTransactionContext(ImmediateTransaction(self), self._lock)


client_class = Client
