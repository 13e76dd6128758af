"""Whoever waits for work is woken, or looks by itself; and stops when told to."""

from __future__ import annotations

import asyncio

import pytest

from federation.waiting import woken

pytestmark = pytest.mark.anyio


async def test_whoever_waits_goes_on_as_soon_as_there_is_work() -> None:
    work = asyncio.Event()
    waiting = asyncio.create_task(woken(work, 60))
    await asyncio.sleep(0)
    work.set()
    assert await waiting


async def test_a_wake_up_that_was_lost_costs_that_time_and_no_more() -> None:
    assert not await woken(asyncio.Event(), 0.01)


async def test_a_worker_that_is_told_to_stop_as_work_comes_stops() -> None:
    work = asyncio.Event()
    waiting = asyncio.create_task(woken(work, 60))
    await asyncio.sleep(0)
    work.set()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
