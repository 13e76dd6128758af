"""This module knows a fault of the database for what it is: a conflict, or that it is away."""

from __future__ import annotations

import sqlite3
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
_AWAY = (
    DBConnectionError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it is stopped, or about to start
    asyncpg.InsufficientResourcesError,  # its disk is full, or it has too many connections
)

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


def is_away(error: BaseException) -> bool:
    """Whether the database does nothing of what it is asked just now: another time it will.

    A statement that it does not understand is a fault of ours, and no such thing.
    """
    if isinstance(error, IntegrityError):
        return False
    if isinstance(error, OperationalError):
        cause = error.args[0] if error.args else None
        return isinstance(cause, sqlite3.Error) and cause.sqlite_errorcode != sqlite3.SQLITE_ERROR
    return isinstance(error, _AWAY)


def why_away(error: BaseException) -> str:
    """What to say when the database does not do what it is asked, "" for any other fault.

    A line and no stack: an outage meets every request, and a stack takes the loop longer to write
    than a request takes.
    """
    known = is_away(error) or isinstance(error, OperationalError | OSError)
    return f"the database: {error}" if known else ""
