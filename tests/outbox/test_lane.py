"""One host's lane: what reaches it, and in which order."""

from __future__ import annotations

import asyncio

import pytest

from federation import limits, storage
from outbox import lane as lane_module
from outbox import streams
from outbox.publish import publish
from receivers import MICROBLOG, THREAD, Scene, draft

pytestmark = pytest.mark.anyio

L_INBOX = "https://l.example/inbox"


# Who gets what


async def test_a_host_gets_what_is_published_after_it_subscribed(scene: Scene) -> None:
    await scene.say("before")
    bob = await scene.host()
    await scene.say("one", "two")
    await scene.scheduler.drain()
    assert bob.names == ["one", "two"]
    assert await scene.cursors() == [0]


async def test_nothing_is_sent_twice(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say("one")
    for _ in range(3):
        await scene.scheduler.drain()
    assert bob.names == ["one"]


async def test_a_removed_inbox_gets_nothing_more(scene: Scene) -> None:
    bob = await scene.host(inboxes=["/inbox", "/other"])
    await scene.say("one")
    await streams.unsubscribe(THREAD, "https://l.example/other")
    await scene.say("two")
    await scene.scheduler.drain()
    assert [(got.path, got.name) for got in bob.got] == [("/inbox", "one"), ("/inbox", "two")]


async def test_an_inbox_that_left_and_came_back_gets_nothing_from_between(scene: Scene) -> None:
    bob = await scene.host()
    await streams.unsubscribe(THREAD, L_INBOX)
    await scene.say("between")
    await streams.subscribe(THREAD, L_INBOX, "l.example")
    await scene.say("after")
    await scene.scheduler.drain()
    assert bob.names == ["after"]


async def test_the_host_that_an_activity_came_from_needs_no_copy(scene: Scene) -> None:
    bob, ann = await scene.host(), await scene.host("m.example")
    await scene.say("one", skip_host="l.example")
    await scene.say("two")
    await scene.scheduler.drain()
    assert (bob.names, ann.names) == (["two"], ["one", "two"])
    assert await scene.ended() == []


async def test_votes_reach_thread_servers_only(scene: Scene) -> None:
    bob, ann, vic = [await scene.host(f"{name}.example") for name in ("l", "m", "h")]
    for host, family in (("l.example", "thread"), ("m.example", "microblog")):
        await scene.wire.peers.learn_forms({host: "cavage"})
        await storage.execute("UPDATE peer SET family = ? WHERE host = ?", family, host)
    await scene.say("post")
    await scene.say("like", kind="vote")
    await scene.scheduler.drain()
    assert (bob.names, ann.names, vic.names) == (["post", "like"], ["post"], ["post"])
    assert await scene.cursors("m.example") == await scene.cursors("h.example") == [0]


async def test_a_blocked_host_gets_nothing_and_nobody_is_told(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say("one", "two")
    await scene.wire.peers.block("l.example", "spam")
    await scene.scheduler.drain()
    assert bob.names == []
    assert await scene.cursors() == [0]
    assert [reason.split(":")[0] for _, reason in await scene.ended()] == ["blocked"]
    await scene.wire.peers.unblock("l.example")
    await scene.say("three")
    await scene.scheduler.drain()
    assert bob.names == ["three"]


async def test_direct_answers_go_before_broadcasts(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say(*(f"b{n}" for n in range(5)), thread="t")
    await scene.say("accept", stream="", kind="answer", inbox="https://l.example/u/bob/inbox")
    await scene.scheduler.drain()
    assert bob.names[0] == "accept"
    assert bob.names[1:] == [f"b{n}" for n in range(5)]


async def test_each_inbox_of_a_host_without_a_shared_one_is_served(scene: Scene) -> None:
    paths = [f"/users/{n}/inbox" for n in range(30)]
    bob = await scene.host(inboxes=paths)
    await scene.say("one", "two", thread="t")
    await scene.scheduler.drain()
    for path in paths:
        assert [got.name for got in bob.got if got.path == path] == ["one", "two"]


# Order and parallelism


async def test_the_entries_of_a_thread_go_one_after_another(scene: Scene) -> None:
    bob = await scene.host()
    bob.pause = 0.005
    names = [str(n) for n in range(12)]
    await scene.say(*names, thread="t")
    await scene.scheduler.drain()
    assert bob.names == names
    assert bob.most == 1


async def test_threads_go_side_by_side_and_at_most_four_at_a_time(scene: Scene) -> None:
    bob = await scene.host()
    bob.pause = 0.02
    for n in range(18):
        await scene.say(str(n), thread=str(n % 6))
    await scene.scheduler.drain()
    assert bob.most == limits.DELIVERIES_PER_HOST
    for thread in range(6):
        assert [n for n in bob.names if int(n) % 6 == thread] == [
            str(thread + 6 * k) for k in range(3)
        ]


async def test_a_run_begins_with_one_at_a_time(scene: Scene) -> None:
    bob = await scene.host()
    bob.gate = asyncio.Event()
    await scene.say("1", "2", "3")
    task = asyncio.create_task(scene.scheduler.drain())
    await asyncio.sleep(0.3)
    assert bob.flying == 1
    bob.gate.set()
    await task
    assert sorted(bob.names) == ["1", "2", "3"]


async def test_two_streams_of_a_group_come_in_the_order_of_publication(scene: Scene) -> None:
    vic = await scene.host("h.example", reads=(THREAD, MICROBLOG))
    async with storage.transaction():
        await publish(
            [
                draft("wrapped", thread="t"),
                draft("boost", stream=MICROBLOG, thread="t"),
            ]
        )
    await scene.scheduler.drain()
    assert vic.names == ["wrapped", "boost"]


async def test_a_backlog_of_hundreds_is_delivered_in_one_go(scene: Scene) -> None:
    bob = await scene.host()
    for n in range(130):
        await scene.say(str(n), thread=str(n % 3))
    await scene.scheduler.drain()
    assert sorted(bob.names, key=int) == [str(n) for n in range(130)]
    assert await scene.cursors() == [0]


@pytest.mark.parametrize("status", [500, 302])
async def test_while_one_activity_is_in_doubt_others_of_its_thread_wait(
    scene: Scene, status: int
) -> None:
    bob = await scene.host()
    await scene.say("poison", "after", thread="t")
    await scene.say("other", thread="u")
    await storage.execute("UPDATE lane SET state = 'failing', failures = ?", lane_module.DOUBTS)
    bob.answer = lambda got: status if got.name == "poison" else 202
    await scene.scheduler.drain()
    assert bob.names[:3] == ["poison", "other", "after"]
