"""This module lets what many tasks want at once be done together, so that none costs a commit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

MOST = 128
LINGER_SECONDS = 0.02
"""How long something waits for company when others are expected."""

T = TypeVar("T")
R = TypeVar("R")


class Ledger(Generic[T, R]):
    """What tasks want done, some at a time; never to be used inside of a transaction.

    `work` does all of the things that it is given, or nothing, and returns a result for each.
    `expected` says how many may come: the last of them need not wait for more.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        expected: Callable[[], int] = lambda: 1,
    ) -> None:
        self._work = work
        self._expected = expected
        self._entries: list[tuple[T, asyncio.Future[R]]] = []
        self._all_here = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def write(self, thing: T) -> R:
        """The result for `thing`, once it was done, together with others.

        When `work` fails, each is done once more on its own, and what that raises is raised. When
        cancelled, it is done before that is raised.
        """
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._entries.append((thing, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        elif self._is_full():
            self._all_here.set()
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            await asyncio.wait([done])
            raise

    def _is_full(self) -> bool:
        return len(self._entries) >= min(MOST, self._expected())

    async def _write(self) -> None:
        try:
            while self._entries:
                await self._gather()
                entries, self._entries = self._entries[:MOST], self._entries[MOST:]
                await self._do(entries)
        finally:
            self._writer = None
            for _, done in self._entries:
                done.cancel()
            self._entries.clear()

    async def _gather(self) -> None:
        await asyncio.sleep(0)
        if self._is_full():
            return
        self._all_here.clear()
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                await self._all_here.wait()
        except TimeoutError:
            pass

    async def _do(self, entries: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._work([thing for thing, _ in entries])
        except Exception as error:
            if len(entries) == 1:
                entries[0][1].set_exception(error)
                return
            for entry in entries:
                await self._do([entry])
        except BaseException:
            for _, done in entries:
                done.cancel()
            raise
        else:
            for (_, done), result in zip(entries, results, strict=True):
                done.set_result(result)
