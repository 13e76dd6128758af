"""This module lets the lanes of one worker share a commit, so that hosts do not cost one each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from federation import storage

MOST = 64
_T = TypeVar("_T")

Entry = tuple[Callable[[], Awaitable[None]], "asyncio.Future[None]"]


class Ledger:
    """What lanes want written, a transaction at a time; never to be used inside of one."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._writer: asyncio.Task[None] | None = None

    async def write(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """The result of `work`, which runs in a transaction that others may share, and committed.

        When the commit fails, each piece of work is run once more in a transaction of its own, and
        what that raises is raised. When cancelled, the work is done before that is raised.
        """
        results: list[_T] = []

        async def once() -> None:
            results[:] = [await work()]

        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._entries.append((once, written))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        try:
            await asyncio.shield(written)
        except asyncio.CancelledError:
            await asyncio.wait([written])
            raise
        return results[0]

    async def _write(self) -> None:
        try:
            while self._entries:
                entries, self._entries = self._entries[:MOST], self._entries[MOST:]
                await _commit(entries)
        finally:
            self._writer = None
            for _, written in self._entries:
                written.cancel()
            self._entries.clear()


async def _commit(entries: list[Entry]) -> None:
    try:
        async with storage.transaction():
            for work, _ in entries:
                await work()
    except Exception as error:
        if len(entries) == 1:
            entries[0][1].set_exception(error)
            return
        for entry in entries:
            await _commit([entry])
    except BaseException:
        for _, written in entries:
            written.cancel()
        raise
    else:
        for _, written in entries:
            written.set_result(None)
