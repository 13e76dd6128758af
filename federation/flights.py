"""This module lets those who want the same thing at the same time share one errand for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from federation.errors import OverBudget

T = TypeVar("T")


class Flights(Generic[T]):
    """Errands under way, by what they fetch; never to be used inside a transaction.

    An errand is a task of its own, so that it is not lost to the others when the one who started
    it is cancelled.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[T]] = {}

    async def share(self, key: str, errand: Callable[[], Awaitable[T]]) -> T:
        """What the errand for `key` brings or raises: the one under way, or a new one.

        One that ended because it was over the budget of somebody else is run again on our own.
        """
        task = self._under_way.get(key)
        if task is None or task.done():  # it may have ended a moment before it is forgotten
            return await asyncio.shield(self._start(key, errand))
        try:
            return await asyncio.shield(task)
        except OverBudget:
            return await self.share(key, errand)

    def _start(self, key: str, errand: Callable[[], Awaitable[T]]) -> asyncio.Task[T]:
        async def run() -> T:
            return await errand()

        def landed(task: asyncio.Task[T]) -> None:
            if self._under_way.get(key) is task:
                del self._under_way[key]
            if not task.cancelled():
                task.exception()  # whoever waited has it; with nobody waiting it is nobody's

        task = asyncio.create_task(run())
        self._under_way[key] = task
        task.add_done_callback(landed)
        return task

    def __len__(self) -> int:
        return len(self._under_way)
