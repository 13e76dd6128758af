"""However many doors an activity comes through, and whatever stops in between: one effect."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from federation import clock, storage
from federation.documents import id_of
from fedigroups.app import make_app
from fedigroups.instance import Instance, assemble
from servers import Member, Server
from world import World

pytestmark = pytest.mark.anyio

ORIGIN = "https://groups.example"
DOORS = [
    f"{ORIGIN}{path}/inbox"
    for path in ("", "/groups/welders", "/users/olga", "/users/tom", "/actor", "/moderation")
]


async def process(world: World) -> Instance:
    """One more process of `groups.example`, on the same database."""
    town = await world.town()
    instance = assemble(town.instance.settings, transport=world.network)
    await instance.open()
    world.stack.push_async_callback(instance.close)
    return instance


@asynccontextmanager
async def working(*instances: Instance) -> AsyncIterator[None]:
    """All of them process what arrives, as it arrives."""
    tasks = []
    for instance in instances:
        with instance.store.context():
            tasks.append(asyncio.create_task(instance.processor.run()))
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def settled(world: World) -> None:
    """Everything that arrived has been processed."""
    town = await world.town()
    async with asyncio.timeout(20):
        while True:
            with town.instance.store.context():
                row = await storage.row("SELECT 1 AS one FROM receipt WHERE state = 'received'")
            if row is None:
                return
            await asyncio.sleep(0.02)


async def everywhere(world: World, by: Member, activity: dict[str, Any]) -> None:
    """It is delivered to five inboxes and the shared one at once, twice to each."""
    statuses = await asyncio.gather(*(by.send(activity, door) for door in DOORS * 2))
    assert set(statuses) == {202}
    await settled(world)
    await world.settle()


async def test_through_six_inboxes_at_once_each_act_has_one_effect(world: World) -> None:
    town = await world.town()
    instances = [town.instance]
    if world.kind == "postgres":  # SQLite is one process's alone
        instances.append(await process(world))
        world.network.join("groups.example", make_app(instances[1]))
    ann = Server.at(world.network, "m.example", "mastodon").member("ann")
    threads = Server.at(world.network, "t.example", "lemmy")
    rita = threads.member("rita")
    note, other = ann.note("Which rod?"), ann.note("Mistake")
    reply = rita.note("The blue one.", reply_to=note["id"], group="")
    updated = clock.rfc3339(clock.now_ms() + clock.MINUTE)
    like, again, boost = (rita.act(kind, note["id"]) for kind in ("Like", "Like", "Announce"))
    async with working(*instances):
        for by, activity in (
            *((ann, ann.follow()), (rita, rita.follow())),
            *((ann, ann.create(note)), (ann, ann.create(other)), (rita, rita.create(reply))),
            *((rita, like), (rita, rita.act("Undo", like)), (rita, again), (rita, boost)),
            (ann, ann.act("Update", note | {"updated": updated})),
            (ann, ann.act("Delete", other["id"])),
        ):
            await everywhere(world, by, activity)
    with town.instance.store.context():
        group = await storage.row("SELECT members_count, threads_count FROM groups")
        posts = await storage.rows(
            "SELECT likes_count, boosts_count FROM post WHERE state = 'live' ORDER BY id"
        )
        receipts = await storage.rows("SELECT activity_uri FROM receipt")
    assert group == {"members_count": 4, "threads_count": 1}
    assert [tuple(post.values()) for post in posts] == [(1, 1), (0, 0)]
    assert len(receipts) == 11
    told = [one.document["object"] for one in threads.inbox if one.kind == "Announce"]
    assert set(Counter(id_of(inner) for inner in told).values()) == {1}
    assert sorted(inner["type"] for inner in told) == [
        *["Create", "Create", "Create", "Delete", "Like", "Like", "Undo", "Update"]
    ]
    accepts = [one for one in threads.inbox if one.kind == "Accept"]
    assert len(accepts) == 1


async def test_what_overtakes_a_post_in_two_processes_at_once_is_not_lost(world: World) -> None:
    town = await world.town()
    instances = [town.instance]
    if world.kind == "postgres":
        instances.append(await process(world))
    ann = Server.at(world.network, "m.example", "mastodon").member("ann")
    fans = [Server.at(world.network, f"h{n}.example", "lemmy").member("vic") for n in range(6)]
    await ann.send(ann.follow())
    for fan in fans:
        await fan.send(fan.follow())
    await world.settle()
    notes = [ann.note(f"Which rod, {number}?") for number in range(8)]
    async with working(*instances):
        for note in notes:
            votes = [fan.send(fan.act("Like", note["id"])) for fan in fans]
            votes.insert(len(votes) // 2, ann.send(ann.create(note)))
            assert set(await asyncio.gather(*votes)) == {202}
        await asyncio.sleep(0.2)
    with clock.held(clock.now_ms() + 10 * clock.SECOND):
        await world.settle()
    for note in notes:
        post = await town.post(note["id"])
        assert post is not None
        assert post.likes_count == len(fans)


async def test_what_was_accepted_before_a_crash_has_its_effect_after_it(world: World) -> None:
    town = await world.town()
    ann = Server.at(world.network, "m.example", "mastodon").member("ann")
    note = ann.note("Which rod?")
    like = ann.act("Like", note["id"])
    await ann.send(ann.follow())
    await world.settle()
    assert await ann.send(like) == 202
    await world.settle()
    assert await ann.send(ann.create(note)) == 202
    # The process ends here: nothing that it knew besides the database is left.
    await town.instance.close()
    town.instance = await process(world)
    world.network.join("groups.example", make_app(town.instance))
    assert await ann.send(ann.create(note)) == 202
    await world.settle()
    post = await town.post(note["id"])
    assert post is not None
    assert post.likes_count == 1
    outcomes = [(kind, state) for kind, state, _ in await town.outcomes()]
    assert outcomes == [("Follow", "done"), ("Like", "done"), ("Create", "done")]
