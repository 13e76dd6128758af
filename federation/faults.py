"""This module knows a fault of the database for what it is: a conflict, or that it is away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
from tortoise.exceptions import (
    DBConnectionError,
    IntegrityError,
    OperationalError,
    TransactionManagementError,
)

_CONFLICTS = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,  # an upgrade changed a table in the middle of it
    asyncpg.UniqueViolationError,  # another stored the same a moment ago: it is there now
)
_AWAY = (OperationalError, DBConnectionError, asyncpg.InterfaceError, OSError)

CONFLICTS = 5
"""How often a transaction is begun that meets conflicts."""

R = TypeVar("R")


async def through_conflicts(work: Callable[[], Awaitable[R]]) -> R:
    """What `work`, a whole transaction, returns; begun again at once after a conflict.

    Raises what it raises, and the conflict when there was one each time.
    """
    for _ in range(CONFLICTS - 1):
        try:
            return await work()
        except Exception as error:
            if not is_conflict(error):
                raise
    return await work()


def is_conflict(error: BaseException) -> bool:
    """Whether the same transaction, run again at once, has every chance to succeed."""
    if isinstance(error, IntegrityError):
        return isinstance(error.__cause__, _CONFLICTS)
    if isinstance(error, OperationalError | TransactionManagementError):
        return "database is locked" in str(error) or "table is locked" in str(error)
    return isinstance(error, _CONFLICTS)


def why_away(error: BaseException) -> str:
    """What to say when the database does not do what it is asked, "" for any other fault.

    A line and no stack: an outage meets every request, and a stack takes the loop longer to write
    than a request takes.
    """
    return f"the database: {error}" if isinstance(error, _AWAY) else ""
