"""This module lets two acts meet on PostgreSQL, where one has written and not committed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from federation import storage
from federation.errors import Malformed

Do = Callable[[], Awaitable[object]]
WAITING = (
    "SELECT 1 AS one FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def at_once(first: Do, second: Do) -> str:
    """Why the second is refused, which begins when the first has written and not committed."""
    written, commit = asyncio.Event(), asyncio.Event()

    async def before() -> None:
        async with storage.transaction():
            await first()
            written.set()
            await commit.wait()

    async def after() -> str:
        await written.wait()
        try:
            async with storage.transaction():
                await second()
        except Malformed as refused:
            return str(refused)
        return ""

    async with asyncio.TaskGroup() as both:
        both.create_task(before())
        coming = both.create_task(after())
        await written.wait()
        while not coming.done() and not await storage.row(WAITING):
            pass
        commit.set()
    return coming.result()
