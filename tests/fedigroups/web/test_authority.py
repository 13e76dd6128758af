"""Who meets the pages of hosts and of staff: every address of them, in one table."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack

import pytest
from starlette.routing import Route

import scenery
from federation.models import Peer
from fedigroups.accounts.models import Account
from fedigroups.groups import lookup
from fedigroups.groups.models import Group
from fedigroups.web.hosting import handing_over, letting_in, measuring, people, pins, texts
from fedigroups.web.staff import announcing, groups, overview, saying, servers, sign_ups
from fedigroups.web.staff import people as staff_people
from guests import Guest, House, hidden

pytestmark = pytest.mark.anyio

OPEN = {"/groups/{name}/invited"}
"""For whoever was sent a link."""
HOSTING = [
    route.path
    for module in (people, letting_in, texts, pins, measuring, handing_over)
    for route in module.routes()
    if isinstance(route, Route) and route.path not in OPEN
]
OWNERS = {"/groups/{name}/settings/handing-over"}


async def answered(guest: Guest, paths: list[str]) -> dict[str, tuple[int, int]]:
    """What each address answers to a GET, and to a form with a token that is good."""
    token = hidden(await guest.get("/settings")).get("form_token", "")
    said = {}
    for path in paths:
        shown = await guest.get(path)
        sent = await guest.post(path, {"form_token": token, "act": "ban", "decision": "approve"})
        said[path] = shown.status_code, sent.status_code
    return said


def addresses(templates: list[str], group: str, number: object) -> list[str]:
    return [re.sub(r"\{id\}", str(number), path.replace("{name}", group)) for path in templates]


async def signed_in(house: House, stack: AsyncExitStack, name: str) -> Guest:
    guest = await stack.enter_async_context(house.guest())
    await guest.sign_in(name)
    return guest


async def test_pages_of_hosts_are_not_there_for_strangers_members_and_other_hosts(
    house: House,
) -> None:
    for name in ("tom", "ann", "eve"):
        await house.settle(name)
    welders, bakers = await scenery.group(), await scenery.group("bakers", "Bakers")
    await scenery.join(welders, await lookup.person("olga"), "owner")
    toms = await scenery.join(welders, await lookup.person("tom"))
    await scenery.join(bakers, await lookup.person("eve"), "owner")
    await scenery.join(welders, await lookup.person("ann"), "moderator")
    paths = addresses(HOSTING, "welders", toms.id)
    async with AsyncExitStack() as stack:
        stranger = await stack.enter_async_context(house.guest())
        for path, (shown, sent) in (await answered(stranger, paths)).items():
            assert (shown, sent in {303, 405}) == (303, True), path
        for name in ("tom", "eve"):
            guest = await signed_in(house, stack, name)
            for path, (shown, sent) in (await answered(guest, paths)).items():
                assert (shown, sent in {404, 405}) == (404, True), (name, path)
        ann = await signed_in(house, stack, "ann")
        for path, (shown, _sent) in (await answered(ann, paths)).items():
            is_owners = any(path == one for one in addresses(list(OWNERS), "welders", 0))
            assert shown == (403 if is_owners else 200), path
        olga = await signed_in(house, stack, "olga")
        for path, (shown, _sent) in (await answered(olga, paths)).items():
            assert shown == 200, path
        await Group.filter(id=welders.id).update(state="closed")
        assert {shown for shown, _ in (await answered(olga, paths)).values()} == {404}
    assert len(paths) == 9
    assert (await Account.get(actor__username="tom")).role == "member"


ADMINS = {"/admin/texts", "/admin/look", "/admin/announcements"}
"""Of staff, for who runs the instance alone."""
STAFF = [
    route.path
    for module in (overview, staff_people, servers, sign_ups, groups, announcing, saying)
    for route in module.routes()
    if isinstance(route, Route)
]


async def test_pages_of_staff_are_not_there_for_strangers_members_and_hosts(house: House) -> None:
    await house.settle("tom")
    await house.settle("ann", role="admin")
    await house.settle("eve", role="moderator")
    await scenery.join(await scenery.group(), await lookup.person("olga"), "owner")
    tom = await Account.get(actor__username="tom")
    group = await Group.get()
    one_group = [path.replace("/groups/{id}", f"/groups/{group.id}") for path in STAFF]
    await Peer.create(host="bad.example", first_seen_at=1)
    one_server = [path.replace("{host}", "bad.example") for path in one_group]
    paths = addresses(one_server, "", tom.id)
    async with AsyncExitStack() as stack:
        stranger = await stack.enter_async_context(house.guest())
        for path, (shown, sent) in (await answered(stranger, paths)).items():
            assert (shown, sent in {303, 405}) == (303, True), path
        for name in ("tom", "olga"):
            guest = await signed_in(house, stack, name)
            for path, (shown, sent) in (await answered(guest, paths)).items():
                assert (shown, sent in {404, 405}) == (404, True), (name, path)
        ann = await signed_in(house, stack, "ann")
        for path in paths:
            assert (await ann.get(path)).status_code == 200, path
        eve = await signed_in(house, stack, "eve")
        for path, (shown, sent) in (await answered(eve, paths)).items():
            wanted = 403 if path in ADMINS else 200
            assert shown == wanted, path
            assert sent == 403 or path not in ADMINS, path
    assert len(paths) == 15


async def test_staff_suspend_with_a_reason_and_block_by_a_list_that_they_see_first(
    house: House,
) -> None:
    await house.settle("tom")
    await house.settle("ann", role="moderator")
    account = await Account.get(actor__username="tom")
    async with AsyncExitStack() as stack:
        ann = await signed_in(house, stack, "ann")
        page = f"/admin/people/{account.id}"
        assert (await ann.fill(page, act="suspend", reason="")).status_code == 422
        await ann.fill(page, act="suspend", reason="Spam")
        assert (await lookup.person("tom")).state == "suspended"
        await ann.fill(page, act="lift")
        assert (await lookup.person("tom")).state == "live"
        listed = "#domain,#severity,#public_comment\nbad.example,suspend,Spam\nso.example,silence,"
        form = hidden(await ann.get("/admin/servers/import"))
        seen = await ann.post("/admin/servers/import", form | {"text": listed})
        assert "so.example" in seen.text
        assert await Peer.filter(blocked=True).count() == 0
        await ann.post("/admin/servers/import", hidden(seen) | {"step": "block"})
        assert (await Peer.get(blocked=True)).note == "Spam"
        assert "user suspend" in (await ann.get("/admin/log")).text
        exported = (await ann.get("/admin/servers/blocks.csv")).text
        assert exported.splitlines()[1:] == [
            "bad.example,suspend,false,false,,false",
            "so.example,silence,false,false,,false",
        ]
        for act, kept in (("limit", True), ("unlimit", False)):
            await ann.fill("/admin/servers", act=act, host="loud.example", note="Few moderators")
            assert (await Peer.get(host="loud.example")).limited is kept
        public = await ann.get("/about/blocked")
        assert "so.example" in public.text
        assert "Few moderators" not in public.text
