"""Hosts are shown who may be somebody banned, come back; nothing is decided by that."""

from __future__ import annotations

import pytest

import scenery
from fedigroups.groups import lookup
from fedigroups.groups.models import Group, Member, Post
from fedigroups.moderation import submissions
from guests import House

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

HINT = "Has the name or a link of somebody who is banned: <bdi>Ann@m.example</bdi>"
SHOP = '<p><a href="https://shop.example/{}">Rods</a></p>'


async def wait(group: Group, handle: str, shop: int) -> None:
    """A post of theirs waits."""
    author = await scenery.person(handle)
    _, post = await scenery.thread(group, author, content=SHOP.format(shop), state="held")
    await submissions.put(group, await Post.get(id=post.id), None, "It has links.")


async def test_the_same_name_elsewhere_and_the_same_link_are_hinted_at(house: House) -> None:
    group, other = await scenery.group(join_policy="approval"), await scenery.group("bakers")
    ann, carl = await scenery.person("Ann@m.example"), await scenery.person("carl@m.example")
    await scenery.thread(group, ann, content=SHOP.format(1), state="removed")
    for banned, place in ((ann, group), (carl, other)):
        await (await scenery.join(place, banned)).update_from_dict({"state": "banned"}).save()
    await _own(group)
    await _own(other)
    async with house.guest() as host:
        await host.sign_in()
        for handle, shop, hinted in (
            *(("zoe@n.example", 2, False), ("carl@n.example", 2, False)),
            *(("ann@n.example", 2, True), ("ida@n.example", 1, True)),
        ):
            await wait(group, handle, shop)
            shown = (await host.get("/groups/welders/moderation")).text
            assert (HINT in shown) is hinted, handle
            member = await scenery.join(group, await lookup.person(handle))
            page = (await host.get(f"/groups/welders/members/{member.id}")).text
            assert (HINT in page) is hinted, handle
            await member.update_from_dict({"role": "moderator"}).save()
            assert HINT not in (await host.get(f"/groups/welders/members/{member.id}")).text
            await member.delete()
            await Post.filter(author__username=handle.partition("@")[0]).update(state="deleted")
        asks = await scenery.join(group, await scenery.person("ann@o.example"))
        await asks.update_from_dict({"state": "asked"}).save()
        assert HINT in (await host.get("/groups/welders/requests")).text
        assert (await Member.get(id=asks.id)).state == "asked"


async def _own(group: Group) -> None:
    await scenery.join(group, await lookup.person("olga"), "owner")
