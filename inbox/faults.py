"""This module knows which faults of a database are only two transactions in each other's way."""

from __future__ import annotations

import asyncpg
from tortoise.exceptions import OperationalError, TransactionManagementError

_CONFLICTS = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)


def is_conflict(error: BaseException) -> bool:
    """Whether the same transaction, run again at once, has every chance to succeed."""
    if isinstance(error, OperationalError | TransactionManagementError):
        return "database is locked" in str(error) or "table is locked" in str(error)
    return isinstance(error, _CONFLICTS)
