"""This module waits for a wake-up, and not for ever: one that is lost costs a little time."""

from __future__ import annotations

import asyncio


async def woken(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event is set, as soon as it is, or once the seconds are over.

    Not by `asyncio.wait_for`: on Python 3.11 that loses a cancellation which meets a wake-up.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
