"""Into a group and out of it, over the network, by every road that there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from federation import storage
from federation.models import Peer
from federation.pace import Memory
from fedigroups.groups import lookup, membership
from fedigroups.groups.models import Group
from fedigroups.groups.models import Member as Membership
from neighbour import rsa
from outbox.publish import publish
from servers import GROUP, Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def home(world: World) -> Server:
    return Server.at(world.network, "m.example", "mastodon")


async def follow(world: World, *people: Member) -> None:
    """They ask to join, and all that follows happens."""
    for person in people:
        assert await person.send(person.follow()) == 202
    await world.settle()


async def decide(town: Town, verb: str, handle: str, *more: Any) -> None:
    """Whoever looks after the group approves, refuses, removes, bans or invites somebody."""

    async def work() -> None:
        group = (await lookup.hosted_named("welders")).group
        actor = await lookup.person(handle)
        wire = () if verb in {"invite", "pardon", "appoint"} else (town.wire,)
        async with storage.transaction():
            drafts = await getattr(membership, verb)(*wire, group, actor, *more)
            await publish(drafts or [])

    await town.run(work)


async def count(town: Town) -> int:
    async def work() -> int:
        return (await Group.get(name="welders", hosted=True)).members_count

    number: int = await town.run(work)
    return number


async def hears(world: World, town: Town, home: Server) -> bool:
    """Whether a new thread reaches the server."""
    home.inbox.clear()
    await town.write("olga", "Does anybody hear me?")
    await world.settle()
    return any(kind.startswith("Announce") for kind in home.kinds())


async def test_where_a_moderator_looks_first_one_waits_and_hears_nothing_until_then(
    world: World, town: Town, home: Server
) -> None:
    await town.change(join_policy="approval")
    ann = home.member("ann")
    await follow(world, ann)
    assert (await town.members())["ann@m.example"] == "asked"
    assert not await hears(world, town, home)
    await decide(town, "approve", "ann@m.example")
    await world.settle()
    assert home.kinds() == ["Accept{Follow}"]
    assert await hears(world, town, home)


async def test_whoever_is_turned_down_is_told_so(world: World, town: Town, home: Server) -> None:
    await town.change(join_policy="approval")
    await follow(world, home.member("ann"))
    await decide(town, "refuse", "ann@m.example", "not now")
    await world.settle()
    assert home.kinds() == ["Reject{Follow}"]
    assert not await hears(world, town, home)


async def test_by_invitation_only_the_invited_come_in(
    world: World, town: Town, home: Server
) -> None:
    await town.change(join_policy="invite")
    ann, amy = home.member("ann"), home.member("amy")
    await follow(world, ann, amy)
    assert home.kinds(notes=False) == ["Reject{Follow}", "Reject{Follow}"]
    home.inbox.clear()
    await town.run(lambda: town.wire.directory.actor(ann.uri))
    await decide(town, "invite", "ann@m.example")
    await follow(world, ann, amy)
    assert home.kinds() == ["Accept{Follow}", "Reject{Follow}"]


async def test_a_member_that_asks_again_is_answered_again_and_counted_once(
    world: World, town: Town, home: Server
) -> None:
    ann = home.member("ann")
    await town.change(join_policy="invite")
    await town.run(lambda: town.wire.directory.actor(ann.uri))
    await decide(town, "invite", "ann@m.example")
    for _ in range(3):
        await follow(world, ann)
    assert home.kinds() == ["Accept{Follow}"] * 3
    assert await count(town) == 3


ROADS: dict[str, Callable[[Member, dict[str, Any]], dict[str, Any]]] = {
    "undo": lambda ann, asked: ann.act("Undo", asked),
    "undo by id": lambda ann, asked: ann.act("Undo", asked["id"]),
    "undo of another follow": lambda ann, asked: ann.act("Undo", ann.follow()),
    "undo of a join": lambda ann, asked: ann.act("Undo", asked | {"type": "Join"}),
    "leave": lambda ann, asked: ann.act("Leave", GROUP),
    "block": lambda ann, asked: ann.act("Block", GROUP),
    "end": lambda ann, asked: ann.act("Delete", ann.uri),
}


@pytest.mark.parametrize("road", ROADS)
async def test_every_road_out_ends_what_is_sent(
    world: World, town: Town, home: Server, road: str
) -> None:
    ann = home.member("ann")
    asked = ann.follow()
    await ann.send(asked)
    await world.settle()
    assert await hears(world, town, home)
    assert await ann.send(ROADS[road](ann, asked)) == 202
    await world.settle()
    assert (await town.members())["ann@m.example"] == "left"
    assert await count(town) == 2
    assert not await hears(world, town, home)
    assert (await town.outcomes())[-1][1] == "done"


@pytest.mark.parametrize("road", ["undo", "undo by id", "leave", "block"])
async def test_whoever_is_not_in_does_not_leave(
    world: World, town: Town, home: Server, road: str
) -> None:
    ann = home.member("ann")
    await ann.send(ROADS[road](ann, ann.follow()))
    await world.settle()
    assert (await town.outcomes())[-1][1] == "ignored"
    assert await count(town) == 2


@pytest.mark.parametrize("verb", ["Follow", "Leave", "Block"])
async def test_where_there_is_no_group_nothing_happens(
    world: World, town: Town, home: Server, verb: str
) -> None:
    ann = home.member("ann")
    for target in (f"{GROUP}-2", "https://l.example/users/cats"):
        await ann.send(ann.act(verb, target), to="https://groups.example/inbox")
    await world.settle()
    assert {state for _, state, _ in await town.outcomes()} == {"ignored"}


async def test_members_behind_one_inbox_leave_it_reading_until_the_last_is_gone(
    world: World, town: Town, home: Server
) -> None:
    ann, amy = home.member("ann"), home.member("amy")
    await follow(world, ann, amy)
    home.inbox.clear()
    await town.write("olga", "One copy for both.")
    await world.settle()
    assert [one.path for one in home.inbox] == ["/inbox"]
    await ann.send(ann.act("Undo", ann.follow()))
    await world.settle()
    assert await hears(world, town, home)
    await decide(town, "remove", "amy@m.example", "enough")
    await world.settle()
    assert not await hears(world, town, home)


async def test_an_undo_that_overtakes_its_follow_keeps_it_out(
    world: World, town: Town, home: Server
) -> None:
    ann = home.member("ann")
    asked = ann.follow()
    await ann.send(ann.act("Undo", asked))
    await world.settle()
    await ann.send(asked)
    await world.settle()
    assert "ann@m.example" not in await town.members()
    await follow(world, ann)
    assert (await town.members())["ann@m.example"] == "member"


async def test_a_ban_follows_whoever_moves(world: World, town: Town, home: Server) -> None:
    evil = Server.at(world.network, "evil.example", "mastodon")
    eve = evil.member("eve")
    await follow(world, eve)
    await decide(town, "ban", "eve@evil.example", "spam")
    await world.settle()
    assert evil.kinds(notes=False)[-1] == "Reject{Follow}"
    new = home.member("eve", alsoKnownAs=[eve.uri])
    evil.serve_person("eve", rsa("eve"), movedTo=new.uri)
    await eve.send(eve.act("Move", eve.uri, target=new.uri))
    await follow(world, new)
    assert home.kinds() == ["Create", "Reject{Follow}"]
    assert (await town.members())["eve@m.example"] == "banned"
    await decide(town, "pardon", "eve@evil.example")
    await decide(town, "pardon", "eve@m.example")
    await follow(world, new)
    assert home.kinds()[-1] == "Accept{Follow}"


async def test_a_moderator_elsewhere_bans_and_nobody_else_does(
    world: World, town: Town, home: Server
) -> None:
    threads = Server.at(world.network, "l.example", "lemmy")
    mo, ann, eve = threads.member("mo"), home.member("ann"), home.member("eve")
    await follow(world, mo, ann, eve)
    ban = ann.act("Block", eve.uri, target=GROUP, summary="spam")
    await ann.send(ban)
    await world.settle()
    assert (await town.members())["eve@m.example"] == "member"
    await decide(town, "appoint", "mo@l.example", "moderator")
    for target, banned in ((f"{GROUP}-2", eve.uri), (GROUP, "https://x.example/users/x")):
        await mo.send(mo.act("Block", banned, target=target))
    olga = "https://groups.example/users/olga"
    await mo.send(mo.act("Block", olga, target=GROUP))
    await world.settle()
    assert [state for _, state, _ in (await town.outcomes())[-3:]] == ["ignored"] * 3
    await mo.send(mo.act("Block", eve.uri, target=GROUP, summary="spam"))
    await world.settle()
    assert (await town.members())["eve@m.example"] == "banned"
    assert (await town.members())["olga@groups.example"] == "member"

    async def reason() -> str:
        return (await Membership.get(actor__uri=eve.uri)).reason

    assert await town.run(reason) == "spam"
    assert home.kinds(notes=False)[-1] == "Reject{Follow}"


async def test_a_host_of_which_nothing_is_known_gets_both_forms_until_it_is(
    world: World, town: Town
) -> None:
    stranger = Server.at(world.network, "u.example", "")
    ann = stranger.member("ann")
    await follow(world, ann)
    await town.write("olga", "Hello.")
    await world.settle()
    assert sorted(stranger.kinds()[1:]) == ["Announce", "Announce{Create}"]
    stranger.serve_nodeinfo("mastodon")
    await town.run(lambda: Peer.filter(host="u.example").update(asked_at=0))
    town.wire.fetcher._gone = Memory()
    await follow(world, stranger.member("amy"))
    stranger.inbox.clear()
    await town.write("olga", "Hello again.")
    await world.settle()
    assert stranger.kinds() == ["Announce"]


async def test_a_blocked_host_is_neither_heard_nor_asked_nor_written_to(
    world: World, town: Town, home: Server
) -> None:
    ann, bob = home.member("ann"), Server.at(world.network, "l.example", "lemmy").member("bob")
    await follow(world, ann, bob)
    await town.run(lambda: town.wire.peers.block("m.example", "spam"))
    note = ann.note("Let me in.")
    assert await ann.send(ann.create(note)) == 403
    asked = len(world.network.requests("GET", "https://m.example/"))
    reply = bob.note("See above.", reply_to=note["id"])
    await bob.send(bob.create(reply))
    home.inbox.clear()
    await town.write("olga", "Hello.")
    await world.settle()
    assert home.inbox == []
    assert len(world.network.requests("GET", "https://m.example/")) == asked


async def test_a_closed_group_turns_everybody_away(world: World, town: Town, home: Server) -> None:
    await town.change(state="closed")
    ann = home.member("ann")
    await follow(world, ann)
    assert home.kinds() == ["Reject{Follow}", "Create"]
