"""Whoever looks at a page hears how much is new, and nothing of what they may not read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from fedigroups.accounts import sessions
from fedigroups.accounts.models import Account
from fedigroups.groups.models import Group, Post
from fedigroups.personal import keeping
from listening import events, open_to_all
from served import Door
from world import Town, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def door(town: Town) -> AsyncIterator[Door]:
    async with open_to_all(town) as door:
        yield door


async def cookie(town: Town, name: str) -> dict[str, str]:
    """The header of a browser in which somebody is signed in."""

    async def begin() -> str:
        return await sessions.begin(await Account.get(actor__username=name))

    return {"cookie": f"__Host-fedigroups={await town.run(begin)}"}


async def test_a_page_counts_the_answers_of_others_and_what_was_missed(
    town: Town, door: Door
) -> None:
    root = await town.write("olga", "Which rod?")
    await town.reply("olga", root.uri, "For thin sheet.")
    path = f"/live?thread={root.thread_id}&after={root.id}"
    olga = await cookie(town, "olga")
    async with events(door, path) as stranger, events(door, path, **olga) as own:
        assert await stranger.event() == ("replies", 1)
        await town.reply("tom", root.uri, "6013, @olga@groups.example")
        assert await stranger.event() == ("replies", 2)
        heard = [await own.event() for _ in range(2)]
        assert heard == [("replies", 1), ("notifications", 1)]
        reader = await town.person("olga")
        await town.run(lambda: keeping.mark(reader.id, "notifications", 2**62))
        assert await own.event() == ("notifications", 0)


async def test_a_page_of_a_group_counts_its_new_threads(town: Town, door: Door) -> None:
    async with events(door, f"/live?group={(await town.group()).id}") as stranger:
        root = await town.write("olga", "Which rod?")
        await town.reply("tom", root.uri, "6013")
        assert await stranger.event() == ("threads", 1)
        await town.write("olga", "Which gas?")
        assert await stranger.event() == ("threads", 2)


async def test_nobody_listens_where_they_may_not_read(town: Town, door: Door) -> None:
    root = await town.write("olga", "Which rod?")

    async def hide() -> None:
        await Post.filter(id=root.id).update(visibility="members")

    await town.run(hide)
    path = f"/live?thread={root.thread_id}"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{door.port}") as client:
        for wanted, status in ((path, 404), ("/live?thread=x", 404), ("/live", 204)):
            assert (await client.get(wanted)).status_code == status
        async with events(door, path, **await cookie(town, "tom")) as member:
            assert member.answer.status_code == 200
        await town.run(lambda: Group.filter(name="welders").update(state="closed"))
        assert (await client.get(path, headers=await cookie(town, "tom"))).status_code == 404


async def test_what_members_say_among_themselves_moves_no_strangers_count(
    town: Town, door: Door
) -> None:
    root = await town.write("olga", "Which rod?")
    async with events(door, f"/live?thread={root.thread_id}") as stranger:
        reply = await town.reply("tom", root.uri, "6013")
        assert await stranger.event() == ("replies", 1)

        async def hidden() -> None:
            await Post.filter(id=reply.id).update(visibility="members")
            town.instance.hub.hear(b"post %d" % reply.id)

        await town.run(hidden)
        await town.reply("tom", root.uri, "7018")
        assert await stranger.event() == ("replies", 2)


async def test_a_browser_that_is_signed_out_is_cut_off(town: Town, door: Door) -> None:
    async with events(door, "/live", **await cookie(town, "tom")) as ear:
        await town.run(town.instance.hub.check)
        await town.run(lambda: Account.filter(actor__username="tom").update(confirmed_at=0))
        await town.run(town.instance.hub.check)
        assert await ear.ends()
