"""A door at which a crowd waits, so that it can be counted how many are let as far as that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence


class Crowd:
    """Whoever comes waits until all are there who may be, which are `most`."""

    def __init__(self, most: int) -> None:
        self._most = self._wanted = most
        self._here = 0
        self._enough, self._open = asyncio.Event(), asyncio.Event()

    async def come(self) -> None:
        self._here += 1
        if self._here >= self._wanted:
            self._enough.set()
        await self._open.wait()

    async def let_in(self, asked: Sequence[Awaitable[object]]) -> int:
        """How many of those came as far before anybody was let in; then all are served."""
        self._wanted = min(len(asked), self._most)
        crowd = [asyncio.ensure_future(one) for one in asked]
        await self._enough.wait()
        await asyncio.sleep(0.1 if len(crowd) > self._most else 0)  # for whoever should not come
        here = self._here
        self._open.set()
        await asyncio.gather(*crowd)
        return here
