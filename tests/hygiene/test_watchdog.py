"""The watchdog of the tests barks at what it should, and at nothing else."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

import scenery
from federation import clock, storage
from fedigroups.groups.models import Post
from fedigroups.store import Store
from watchdog import REPEATS, STEP_MS, Watch

pytestmark = pytest.mark.anyio


def app_that(does: Callable[[], Awaitable[None]]) -> ASGIApp:
    """An app that does something and answers 204."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await does()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


async def faults(watch: Watch, does: Callable[[], Awaitable[None]]) -> str:
    """What the watchdog finds wrong with a request; it forgets it, or this test would fail."""
    transport = httpx.ASGITransport(app_that(does))
    async with httpx.AsyncClient(transport=transport, base_url="https://x.example") as client:
        assert (await client.get("/")).status_code == 204
    seen = watch.requests.pop()
    return "\n".join(seen.faults)


def burn(milliseconds: float) -> None:
    """Use that much of this thread's time."""
    end = time.thread_time() + milliseconds / 1_000
    while time.thread_time() < end:
        pass


async def test_a_request_that_holds_the_loop_up_is_found(watchdog: Watch) -> None:
    async def works() -> None:
        await asyncio.sleep(0)
        burn(STEP_MS * 1.5)

    assert "held the event loop up" in await faults(watchdog, works)


async def test_work_that_lets_others_go_on_is_no_fault(watchdog: Watch) -> None:
    async def works() -> None:
        for _ in range(5):
            burn(STEP_MS / 3)
            await asyncio.sleep(0)
        await asyncio.to_thread(burn, STEP_MS * 2)

    assert await faults(watchdog, works) == ""


async def test_neither_a_busy_machine_nor_the_garbage_collector_is_the_requests_fault(
    watchdog: Watch,
) -> None:
    @contextmanager
    def slow_collector() -> Iterator[None]:
        gc.callbacks.append(slowly)  # behind the watch's own, so within what it leaves out
        try:
            yield
        finally:
            gc.callbacks.remove(slowly)

    def slowly(phase: str, _facts: dict[str, int]) -> None:
        if phase == "start":
            burn(STEP_MS * 1.5)

    async def waits() -> None:
        time.sleep(STEP_MS * 1.5 / 1_000)  # noqa: ASYNC251 - what a neighbour's turn looks like
        with slow_collector():
            gc.collect(0)

    assert await faults(watchdog, waits) == ""


async def test_a_request_that_asks_row_by_row_is_found(database: Store, watchdog: Watch) -> None:
    olga = await scenery.person("olga@groups.example")
    thread, root = await scenery.thread(await scenery.group(), olga)
    for _ in range(REPEATS + 1):
        await scenery.post(thread, olga, root)

    async def with_models() -> None:
        for post in await Post.filter(parent_id=root.id):
            await post.fetch_related("author")

    async def with_sql() -> None:
        for row in await storage.rows("SELECT id FROM post"):
            await storage.execute("UPDATE post SET state = 'live' WHERE id = ?", row["id"])

    async def at_once() -> None:
        await Post.filter(parent_id=root.id).select_related("author")
        async with storage.transaction():
            await storage.execute("UPDATE post SET received_at = ?", clock.now_ms())

    assert "times: SELECT" in await faults(watchdog, with_models)
    assert "times: UPDATE" in await faults(watchdog, with_sql)
    assert await faults(watchdog, at_once) == ""


async def test_what_a_test_does_itself_is_not_watched(database: Store, watchdog: Watch) -> None:
    burn(STEP_MS * 1.5)
    await scenery.group()
    assert watchdog.requests == []
