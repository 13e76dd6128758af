"""The Tortoise engine for PostgreSQL: whatever becomes of a transaction, its connection goes back.

Tortoise 1.1.9 keeps the pooled connection when BEGIN fails or is cancelled, until the pool is
empty; and a task that is cancelled while the connection goes back would ask on it ever after. The
name of this module must contain "asyncpg": Tortoise's migrations look at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
from tortoise.exceptions import DBConnectionError, TransactionManagementError

from federation import metrics
from fedigroups.changes import Watched, WatchedTransaction


@contextmanager
def _waited_for() -> Iterator[None]:
    """A connection is waited for, which is measured; that none can be made is of the database."""
    try:
        with metrics.timed(metrics.DATABASE_WAIT):
            yield
    except OSError as error:
        raise DBConnectionError(f"PostgreSQL is not reached: {error}") from error


class Transaction(WatchedTransaction, TransactionWrapper):
    """A transaction whose end is heard."""


class SafeTransactionContext(TransactionContextPooled):
    """Leaves no connection behind when it fails or is cancelled, anywhere."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        pool = self.client._parent._pool
        with _waited_for():
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
        done = False
        try:
            await self._end(exc_type)
            done = exc_type is None
        finally:
            get_connections().reset(self.token)
            cast(Transaction, self.client).ended()
            if done:
                cast(Transaction, self.client).committed()
            if pool := self.client._parent._pool:
                await pool.release(self.client._connection)

    async def _end(self, exc_type: type[BaseException] | None) -> None:
        if self.client._finalized:
            return
        if exc_type is None:
            await self.client.commit()
        elif exc_type is not TransactionManagementError:  # then it failed already
            await self.client.rollback()


class Pooled(PoolConnectionWrapper[Any]):
    """A connection for one statement; how long it was waited for is measured."""

    async def __aenter__(self) -> Any:
        with _waited_for():
            return await super().__aenter__()


class Client(Watched, AsyncpgDBClient):
    """The asyncpg client whose transactions cannot leak a connection."""

    def acquire_connection(self) -> Any:
        """A connection of the pool."""
        return Pooled(self, self._pool_init_lock)

    def _in_transaction(self) -> TransactionContext:
        return SafeTransactionContext(Transaction(self), self._pool_init_lock)


client_class = Client
