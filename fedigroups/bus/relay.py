"""This module knows how messages reach other processes over a line that may break at any time.

A line that is lost is dialled anew for ever, ever more rarely. What others said meanwhile is lost,
so every listener then looks by itself. Neither a caller nor the start of a server waits for it.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import structlog

from federation.waiting import woken
from fedigroups.bus.local import LocalBus

log = structlog.get_logger("fedigroups.bus")

PACE_SECONDS = 0.01
"""Wake-ups of one topic within this time are one: a thousand receipts are not a thousand wakes."""
CHECK_SECONDS = 20.0
"""How often a silent line is asked whether it is still there."""
ANSWER_SECONDS = 5.0
CLOSE_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 15.0
"""Seconds before a lost line is dialled again, with up to a half more or less."""
WAITING = 1_000
"""Messages with a payload that wait for a line; the oldest are dropped."""

Message = tuple[str, bytes]
Hear = Callable[[str, bytes], None]
Lost = Callable[[], None]
Send = Callable[[Sequence[Message]], Awaitable[None]]
"""Sends messages, and returns when the other end has them; raises when the line is broken."""
Dial = Callable[[Hear, Lost], AbstractAsyncContextManager[Send]]
"""A line, while the block lasts: calls `Hear` for what others said, `Lost` when it breaks."""


class RelayBus(LocalBus):
    """A bus that reaches other processes while it is open, and this one always.

    `over` says in the log what carries it.
    """

    def __init__(self, dial: Dial, *, over: str) -> None:
        super().__init__()
        self._dial = dial
        self._over = over
        self._wakes: dict[str, None] = {}
        self._messages: deque[Message] = deque(maxlen=WAITING)
        self._signal = asyncio.Event()
        self._sent = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Dial in the background, and dial again whenever the line is lost."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Send what still waits, for `CLOSE_SECONDS` at most, and hang up."""
        if self._keeper is None:
            return
        if self._wakes or self._messages:
            self._sent.clear()
            await woken(self._sent, CLOSE_SECONDS)
        while not self._keeper.done():  # a client's library may swallow one cancellation
            self._keeper.cancel()
            await asyncio.wait({self._keeper}, timeout=CLOSE_SECONDS)
        self._keeper = None

    def publish(self, topic: str, payload: bytes = b"") -> None:
        """Tell the listeners here at once, those elsewhere soon."""
        super().publish(topic, payload)
        if self._keeper is None:
            return
        if payload:
            self._messages.append((topic, payload))
        else:
            self._wakes[topic] = None
        self._signal.set()

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._dial(self.hear, self._signal.set) as send:
                    log.info("bus.connected", over=self._over)
                    pause = FIRST_PAUSE
                    self.hear_all()
                    await self._relay(send)
            except Exception as error:  # whatever it is: the work itself is in the database
                log.warning("bus.lost", over=self._over, reason=repr(error), seconds=pause)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _relay(self, send: Send) -> None:
        """Send what is published until the line breaks, which sending nothing finds out too."""
        while True:
            await woken(self._signal, CHECK_SECONDS)
            self._signal.clear()
            async with asyncio.timeout(ANSWER_SECONDS):
                await send(self._taken())
            if not (self._wakes or self._messages):
                self._sent.set()
            await asyncio.sleep(PACE_SECONDS)

    def _taken(self) -> list[Message]:
        taken = [*((topic, b"") for topic in self._wakes), *self._messages]
        self._wakes.clear()
        self._messages.clear()
        return taken
