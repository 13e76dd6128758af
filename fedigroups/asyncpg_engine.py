"""The Tortoise engine for PostgreSQL: a transaction that cannot begin gives its connection back.

Tortoise 1.1.9 keeps the pooled connection when BEGIN fails or is cancelled, until the pool is
empty. The name of this module must contain "asyncpg": Tortoise's migrations look at it.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, cast

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    PoolConnectionWrapper,
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connections

from federation import metrics
from fedigroups.changes import Watched, WatchedTransaction


class Transaction(WatchedTransaction, TransactionWrapper):
    """A transaction whose end is heard."""


class SafeTransactionContext(TransactionContextPooled):
    """Leaves no connection behind when beginning fails or is cancelled."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        pool = self.client._parent._pool
        with metrics.timed(metrics.DATABASE_WAIT):
            self.client._connection = await pool.acquire()
        try:
            await self.client.begin()
        except BaseException:
            await pool.release(self.client._connection)
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        try:
            await super().__aexit__(exc_type, exc_val, exc_tb)
        finally:
            cast(Transaction, self.client).ended()
        if exc_type is None:
            cast(Transaction, self.client).committed()


class Pooled(PoolConnectionWrapper[Any]):
    """A connection for one statement; how long it was waited for is measured."""

    async def __aenter__(self) -> Any:
        with metrics.timed(metrics.DATABASE_WAIT):
            return await super().__aenter__()


class Client(Watched, AsyncpgDBClient):
    """The asyncpg client whose transactions cannot leak a connection."""

    def acquire_connection(self) -> Any:
        """A connection of the pool."""
        return Pooled(self, self._pool_init_lock)

    def _in_transaction(self) -> TransactionContext:
        return SafeTransactionContext(Transaction(self), self._pool_init_lock)


client_class = Client
