"""This module serves the rows of a table that wait for a next try: letters, and what devices get.

Whoever takes a row moves its next try on first, so that no two workers have it; by the clock on
which all of them agree (`storage.now`), for those of machines differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from federation import clock, storage

LEASE_MS = 2 * clock.MINUTE
"""How long a row is left to whoever took it: each try ends long before."""

T = TypeVar("T")


async def taken(table: str, most: int) -> list[int]:
    """The ids of rows that are due, the longest waiting first; nobody else is given them now."""
    now, given = storage.now(), storage.now_given()
    rows = await storage.rows(
        f"UPDATE {table} SET next_try_at = {now} + ? WHERE id IN (SELECT id"  # noqa: S608 - our own SQL
        f" FROM {table} WHERE next_try_at <= {now} ORDER BY next_try_at, id"
        f" LIMIT ?{storage.skip_locked()}) RETURNING id",
        *(given, LEASE_MS, given, most),
    )
    return [row["id"] for row in rows]


async def put_off(table: str, id: int, wait_ms: int, **more: str) -> None:
    """One more try failed; the next is after `wait_ms`. `more` are columns to set with it."""
    columns = "".join(f", {name} = ?" for name in more)
    await storage.execute(
        f"UPDATE {table} SET tries = tries + 1, next_try_at = {storage.now()} + ?{columns}"  # noqa: S608 - our own SQL
        " WHERE id = ?",
        *(storage.now_given(), wait_ms, *more.values(), id),
    )


async def all_due(
    take: Callable[[], Awaitable[Sequence[T]]], work: Callable[[T], Awaitable[None]]
) -> None:
    """Work at all that can be taken, a handful at once; one that fails ends no other.

    Raises the first of their errors when those beside it have ended.
    """
    while rows := await take():
        ended = await asyncio.gather(*map(work, rows), return_exceptions=True)
        if errors := [one for one in ended if one is not None]:
            raise errors[0]
