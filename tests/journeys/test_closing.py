"""Somebody here leaves for good: whoever knew them is told, and nothing of theirs is served."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from federation.errors import Malformed
from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.accounts import people
from fedigroups.accounts.models import Account
from fedigroups.accounts.names import check_free
from fedigroups.groups import closing, founding, lookup
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Member, Post
from servers import Server
from world import World

pytestmark = pytest.mark.anyio

TOM = "https://groups.example/users/tom"


async def close(world: World, name: str, *, posts: bool) -> None:
    town = await world.town()

    async def work() -> None:
        await closing.close(town.wire, await people.account_named(name), posts=posts)

    await town.run(work)
    await world.settle()


async def served(world: World, url: str) -> tuple[int, str]:
    """The status and the type of what anybody gets at a URL."""
    request = httpx.Request("GET", url, headers={"Accept": ACTIVITY_JSON})
    response = await world.network.handle_async_request(request)
    await response.aread()
    is_json = response.headers.get("content-type", "").startswith(ACTIVITY_JSON)
    return response.status_code, response.json().get("type", "") if is_json else ""


async def scene(world: World) -> tuple[Server, Server, Post]:
    """Ann's microblog and Bob's thread server have members here, and Tom has written."""
    town = await world.town()
    microblog = Server.at(world.network, "m.example", "mastodon")
    threads = Server.at(world.network, "l.example", "lemmy")
    for person in (microblog.member("ann"), threads.member("bob")):
        assert await person.send(person.follow()) == 202
    await world.settle()
    post = await town.write("tom", "Which rods?", "Rods")
    await world.settle()
    microblog.inbox.clear()
    threads.inbox.clear()
    return microblog, threads, post


def farewells(server: Server) -> list[dict[str, Any]]:
    return [one for one in server.came("Delete") if one["object"] == TOM]


@pytest.mark.parametrize("posts", [True, False])
async def test_every_server_that_knew_them_is_told_once_and_asks_in_vain(
    world: World, posts: bool
) -> None:
    microblog, threads, post = await scene(world)
    town = await world.town()
    await town.change(approve="everyone")
    waiting = await town.write("tom", "Which wire?", "Wire")
    await close(world, "tom", posts=posts)
    for server in (microblog, threads):
        [said] = farewells(server)
        assert (said["actor"], said["removeData"]) == (TOM, posts)
    assert await served(world, TOM) == (410, "Tombstone")
    assert (await served(world, f"{TOM}/outbox"))[0] == 404
    finger = "https://groups.example/.well-known/webfinger?resource=acct:tom@groups.example"
    assert (await served(world, finger))[0] == 404
    assert (await served(world, post.uri)) == ((410, "Tombstone") if posts else (200, "Page"))
    states = [(await town.post(one.uri)).state for one in (post, waiting)]
    assert states == (["deleted", "deleted"] if posts else ["live", "held"])
    assert (await town.members())["tom@groups.example"] == "left"


async def test_nothing_private_is_kept_and_nobody_gets_the_name(world: World) -> None:
    town = await world.town()
    await close(world, "tom", posts=True)

    async def look() -> None:
        assert not await Account.exists(actor__username="tom")
        actor = await Actor.get(uri=TOM)
        assert (actor.state, actor.name, actor.summary) == ("gone", "", "")
        with pytest.raises(Malformed, match="taken"):
            await check_free("tom", town.wire.uris)

    await town.run(look)


async def test_groups_elsewhere_are_left_and_their_server_is_told(world: World) -> None:
    town, theirs = await world.town(), await world.town("second.example")

    async def found() -> None:
        mia = await people.person_named(theirs.wire, "mia")
        await founding.found(theirs.wire, "bakers", mia, Profile(title="Bakers"))

    await theirs.run(found)
    await town.join("tom", "bakers@second.example")
    await world.settle()
    assert (await theirs.members("bakers"))["tom@groups.example"] == "member"
    await close(world, "tom", posts=False)
    assert (await theirs.members("bakers"))["tom@groups.example"] == "left"

    async def known() -> str:
        return (await Actor.get(uri=TOM)).state

    assert await theirs.run(known) == "gone"


async def test_whoever_owns_a_group_finds_somebody_else_first(world: World) -> None:
    town = await world.town()
    with pytest.raises(Malformed, match="you own welders"):
        await close(world, "olga", posts=True)

    async def hand_over() -> None:
        group = await lookup.any_group("welders")
        await Member.filter(group_id=group.id, actor__username="tom").update(role="owner")
        await Member.filter(group_id=group.id, actor__username="olga").update(role="member")

    await town.run(hand_over)
    await close(world, "olga", posts=True)
    assert (await town.members())["olga@groups.example"] == "left"
