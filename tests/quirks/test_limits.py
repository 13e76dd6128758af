"""Servers that operators here limited, and instances that deal with few."""

from __future__ import annotations

import pytest

from federation import storage
from federation.models import Peer
from fedigroups.groups import membership
from fedigroups.groups.models import Member
from outbox.publish import publish
from quirks.conftest import Stage
from world import World

pytestmark = pytest.mark.anyio


async def test_people_of_a_limited_server_ask_and_what_they_write_waits(stage) -> None:
    microblog, threads = stage.microblog(), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    await stage.join(bob)
    await stage.ours.run(lambda: stage.ours.wire.peers.limit("m.example"))
    assert await stage.send(ann, ann.follow()) == 202
    assert await stage.last() == "done: ann@m.example is asked in welders"
    assert microblog.kinds() == []

    async def let_in() -> None:
        member = await Member.get(actor__uri=ann.uri).select_related("group", "actor")
        async with storage.transaction():
            await publish(await membership.approve(stage.ours.wire, member.group, member.actor))

    await stage.ours.run(let_in)
    await stage.settle()
    assert microblog.kinds() == ["Accept{Follow}"]
    stage.forget()
    note = ann.note("Which rod?")
    await stage.say(ann, note)
    assert (await stage.ours.post(note["id"])).state == "held"
    assert threads.kinds() == []
    page = bob.page("Which mask?", "For TIG.")
    await stage.say(bob, page)
    assert threads.kinds() == ["Announce{Create}"]
    await stage.ours.run(lambda: stage.ours.wire.peers.unlimit("m.example"))
    again = ann.note("And which mask?")
    await stage.say(ann, again)
    assert (await stage.ours.post(again["id"])).state == "live"


async def test_an_instance_that_deals_with_few_takes_from_them_alone(world: World) -> None:
    stage = Stage(world, await world.town(FEDIGROUPS_FEDERATION="allowed"))
    microblog, threads = stage.microblog(), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    await stage.ours.run(lambda: stage.ours.wire.peers.allow("m.example"))
    await stage.join(ann)
    assert await bob.send(bob.follow()) == 403
    asked = await stage.ours.write("olga", "Which rod?")
    await stage.settle()
    assert microblog.kinds() == ["Announce"]
    assert (threads.kinds(), stage.fetched("l.example")) == ([], [])
    stage.forget()
    await stage.ours.run(lambda: stage.ours.wire.peers.disallow("m.example"))
    assert await ann.send(ann.create(ann.note("1.6 mm.", reply_to=asked.uri))) == 403
    await stage.ours.write("olga", "Which mask?")
    await stage.settle()
    assert microblog.kinds() == []
    assert await stage.ours.run(lambda: Peer.filter(blocked=True).count()) == 0
    stage.conclude()
