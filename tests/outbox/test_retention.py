"""The log is kept until everybody has read it, and a month longer."""

from __future__ import annotations

import asyncio
import contextvars

import pytest

from federation import clock, storage
from outbox import retention, streams
from outbox.models import Ended
from outbox.publish import publish
from receivers import Scene, draft

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000
MONTH = 31 * clock.DAY


async def left(table: str) -> int:
    rows = await storage.rows(f"SELECT COUNT(*) AS number FROM {table}")
    return int(rows[0]["number"])


async def test_what_was_read_long_ago_goes_and_a_post_can_still_be_asked_for(scene: Scene) -> None:
    await scene.host()
    with clock.held(NOW):
        await scene.say("post")
        await scene.say("like", kind="vote")
        await scene.say("flag", kind="report")
        await scene.scheduler.drain()
        assert await retention.retire() == 0
    with clock.held(NOW + MONTH):
        assert await retention.retire() == 3
    assert await left("log_entry") == 0
    rows = await storage.rows("SELECT uri FROM activity")
    assert [row["uri"].rsplit("/", 1)[1] for row in rows] == ["post"]


async def test_what_somebody_is_owed_stays_however_old(scene: Scene) -> None:
    bob = await scene.host()
    await scene.host("m.example")
    scene.network.leave("m.example")
    with clock.held(NOW):
        await scene.say("like", kind="vote")
        for host in ("l.example", "m.example"):
            await scene.wire.peers.learn_forms({host: "cavage"})
        await storage.execute("UPDATE peer SET family = 'thread'")
        await scene.scheduler.drain()
    assert bob.names == ["like"]
    with clock.held(NOW + MONTH):
        assert await retention.retire() == 0
    assert await left("log_entry") == await left("activity") == 1


async def test_an_inbox_that_is_written_to_while_it_is_forgotten_gets_it(scene: Scene) -> None:
    bob, inbox, outside = await scene.host(), "https://l.example/inbox", contextvars.copy_context()
    with clock.held(NOW):
        await scene.say("one", inbox=inbox)
        await scene.scheduler.drain()
    with clock.held(NOW + 2 * MONTH):
        await retention.retire()
        async with storage.transaction():
            await streams.subscribe(streams.direct(inbox), inbox, "l.example")
            forgetting = asyncio.create_task(
                retention.forget_places(NOW + MONTH), context=outside
            )  # as another process would
            if storage.dialect() == "postgres":
                await forgetting
            assert await left("subscription") == 2
            await publish([draft("two", inbox=inbox)])
        await forgetting
        await scene.scheduler.drain()
        assert bob.taken == ["one", "two"]
        await storage.execute("DELETE FROM log_entry")
        ended = {"stream": streams.direct(inbox), "inbox": inbox, "seq": 1, "ended_at": NOW}
        await Ended.create(id=1, host="l.example", activity_uri="", reason="refused", **ended)
        await retention.forget_places(NOW + 3 * MONTH)
        assert await left("subscription") == 2, "its numbers are told of yet"
        await storage.execute("DELETE FROM ended")
        await retention.forget_places(NOW + 3 * MONTH)
        assert (await left("subscription"), await left("stream"), await left("lane")) == (1, 1, 1)
        await scene.say("three", inbox=inbox)
        await scene.scheduler.drain()
    assert bob.taken == ["one", "two", "three"]


async def test_a_log_of_many_goes_a_part_at_a_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST", 3)
    with clock.held(NOW):
        await scene.say(*(str(n) for n in range(8)))
    with clock.held(NOW + MONTH):
        assert await retention.retire() == 8
    assert await left("log_entry") == 0
