"""This module decides how many deliveries are under way at once, over all hosts of a worker.

A host that hangs is waited for, but not in the place of others: after `PATIENCE_SECONDS` its
delivery lets another begin, as long as no more than `slow` wait like that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

PATIENCE_SECONDS = 1.0

T = TypeVar("T")
_Queue = deque["asyncio.Future[None]"]


class Slots:
    """`at_once` places; what is urgent gets the next one. `closing` asks everybody to end."""

    def __init__(self, at_once: int, slow: int) -> None:
        self._free = at_once
        self._slow = slow
        self._used = 0
        self.closing = False
        self._urgent: _Queue = deque()
        self._others: _Queue = deque()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, and nothing waits."""
        return not (self._used or self._urgent or self._others)

    async def run(self, work: Callable[[], Awaitable[T]], *, urgent: bool = False) -> T:
        """What `work` answers, once there is a place for it."""
        await self._enter(self._urgent if urgent else self._others)
        place = _Place(self)
        self._used += 1
        try:
            return await work()
        finally:
            self._used -= 1
            place.leave()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Inside the block nobody gets a place: who waits for one is cancelled."""
        self.closing = True
        for turn in (*self._urgent, *self._others):
            turn.cancel()
        try:
            yield
        finally:
            self.closing = False

    async def _enter(self, queue: _Queue) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Give a place to who waits for it."""
        for queue in (self._urgent, self._others):
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1

    def lend(self) -> bool:
        """Let another begin beside one that is slow; False when enough are."""
        if not self._slow:
            return False
        self._slow -= 1
        self.release()
        return True

    def take_back(self) -> None:
        """One that was slow is over."""
        self._slow += 1


class _Place:
    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._lent = False
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._lend)

    def _lend(self) -> None:
        self._lent = self._slots.lend()

    def leave(self) -> None:
        self._timer.cancel()
        if self._lent:
            self._slots.take_back()
        else:
            self._slots.release()
