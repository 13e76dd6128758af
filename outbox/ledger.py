"""This module lets the lanes of one worker share a transaction: hosts do not cost one each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from federation import storage
from federation.faults import through_conflicts
from federation.waiting import woken

MOST = 256
"""How many share a transaction."""

A = TypeVar("A")
R = TypeVar("R")


class Ledger(Generic[A, R]):
    """What lanes want read or written, many in one transaction; never to be used inside of one.

    `work` gets what was asked for together, and answers in the same order. With `linger` it waits
    for that many seconds for others to join, unless `hurry` says that nobody will.
    """

    def __init__(
        self,
        work: Callable[[Sequence[A]], Awaitable[Sequence[R]]],
        *,
        linger: float = 0.0,
        hurry: Callable[[], bool] = lambda: True,
    ) -> None:
        self._work = work
        self._linger = linger
        self._hurry = hurry
        self._entries: list[tuple[A, asyncio.Future[R]]] = []
        self._enough = asyncio.Event()
        self._clerk: asyncio.Task[None] | None = None

    async def ask(self, entry: A) -> R:
        """The answer to `entry`, committed.

        When the transaction fails, each entry has one of its own, and what that raises is raised;
        but a conflict with another transaction only costs the time to begin anew.
        When cancelled, the work is done before that is raised.
        """
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._entries.append((entry, answer))
        if len(self._entries) >= MOST or self._hurry():
            self._enough.set()
        if self._clerk is None:
            self._clerk = asyncio.create_task(self._serve())
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            self._enough.set()
            await asyncio.wait([answer])
            raise

    async def _serve(self) -> None:
        try:
            while self._entries:
                await self._gather()
                entries, self._entries = self._entries[:MOST], self._entries[MOST:]
                await self._commit(entries)
        finally:
            self._clerk = None
            for _, answer in self._entries:
                answer.cancel()
            self._entries.clear()

    async def _gather(self) -> None:
        if self._linger and not self._enough.is_set():
            await woken(self._enough, self._linger)
        self._enough.clear()

    async def _commit(self, entries: list[tuple[A, asyncio.Future[R]]]) -> None:
        try:
            answers = await through_conflicts(lambda: self._answers([one for one, _ in entries]))
        except Exception as error:
            if len(entries) == 1:
                entries[0][1].set_exception(error)
                return
            for one in entries:
                await self._commit([one])
        except BaseException:
            for _, answer in entries:
                answer.cancel()
            raise
        else:
            for (_, future), found in zip(entries, answers, strict=True):
                future.set_result(found)

    async def _answers(self, entries: Sequence[A]) -> Sequence[R]:
        async with storage.transaction():
            return await self._work(entries)
