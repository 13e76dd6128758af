"""Chains and collections that never end, and what others say about who reads them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from federation import clock, limits
from federation.vocabulary import ACTIVITY_JSON, AS2
from fedigroups.groups import policies
from servers import GROUP, Server
from trials import Scene, as_bytes

pytestmark = pytest.mark.anyio

FETCHES = 50


def endless(scene: Scene, number: int, hosts: str) -> dict[str, Any]:
    """A chain of answers, each on a host of its own (or all on Eve's), that has no start."""
    last: dict[str, Any] = {}
    above = "https://evil.example/above"
    for step in range(number):
        host = hosts.format(step)
        who = scene.eve if host == hosts else Server.at(scene.world.network, host, "").member("w")
        last = who.note(f"Step {step}", reply_to=above, group="")
        above = last["id"]
    return last


@pytest.mark.parametrize("hosts", ["n{}.example", "n{}.swarm.example", "evil.example"])
async def test_a_chain_without_end_costs_a_budget_and_the_post_is_kept(
    scene: Scene, hosts: str
) -> None:
    # H119
    tail = endless(scene, 70, hosts)
    note = scene.vic.note("At the end", reply_to=tail["id"])
    asked = len(scene.world.network.requests("GET"))
    assert await scene.send(scene.vic.create(note), scene.vic) == 202
    made = scene.world.network.requests("GET")[asked:]
    assert 10 < len([one for one in made if "groups.example" not in one.host]) <= FETCHES
    post = await scene.ours.post(note["id"])
    assert post is not None
    assert post.parent_id is None
    await scene.still_serves()


async def test_a_page_that_makes_up_its_own_parents_is_left(scene: Scene) -> None:
    # H119, H088
    eve = scene.eve
    first, second = eve.note("a", group=""), eve.note("b", group="")
    for one, other in ((first, second), (second, first)):
        path = one["id"].removeprefix("https://evil.example")
        scene.evil.serve(path, {"@context": AS2} | one | {"inReplyTo": other["id"]})
    note = scene.vic.note("What?", reply_to=first["id"])
    asked = len(scene.world.network.requests("GET", "https://evil.example"))
    assert await scene.send(scene.vic.create(note), scene.vic) == 202
    assert len(scene.world.network.requests("GET", "https://evil.example")) - asked <= 3
    await scene.still_serves()


async def test_a_thread_ends_at_its_depth(scene: Scene) -> None:
    # H119, H187: what is one too deep is not taken, and what answers that is not either
    vic = scene.vic
    above = (await scene.post())["id"]
    for step in range(limits.ANCESTORS + 2):
        note = vic.note(f"Level {step + 1}", reply_to=above, group="")
        assert await vic.send(vic.create(note)) == 202
        above = note["id"]
    await scene.settle()
    reasons = [reason for _, _, reason in await scene.ours.outcomes()]
    assert reasons.count("posted in welders") == limits.ANCESTORS + 1
    assert reasons[-2] == policies.TOO_DEEP
    await scene.still_serves()


async def test_a_header_about_followers_is_not_acted_on(scene: Scene) -> None:
    # H120
    headers = [
        f'collectionId="{scene.vic.uri}/followers", url="{scene.evil.url("/s")}", digest="00"',
        f'collectionId="{GROUP}/followers", url="https://127.0.0.1/", digest="{"0" * 64}"',
        "x" * 60_000,
        "",
    ]
    for header in headers:
        body = as_bytes(scene.eve.act("Like", f"{GROUP}/threads/0"))
        sent = scene.signed(body) | {"Collection-Synchronization": header}
        async with scene.nothing_changes():
            assert await scene.raw(body, sent) == 202
    assert (await scene.ours.members())["vic@h.example"] == "member"
    await scene.still_serves()


async def test_no_collection_of_an_actor_is_read(scene: Scene) -> None:
    # H118, H121: featured, outbox and followers are never walked, however long they are
    page = scene.evil.url("/page")
    loop = {"@context": AS2, "id": page, "type": "OrderedCollection", "first": page, "next": page}
    scene.evil.serve(
        "/page", loop | {"totalItems": "x", "orderedItems": [scene.vic.note("stolen")]}
    )
    links = dict.fromkeys(("outbox", "followers", "following", "featured"), page)
    person = scene.evil.member("long", **links)
    den = scene.evil.member("den", "Group", **links, attributedTo=page, moderators=page)
    await scene.send(person.follow(), person)
    await scene.send(den.act("Like", f"{GROUP}/threads/0"), den)
    assert await scene.ours.join("tom", f"@{den.handle}") == "asked"
    await scene.settle()
    assert scene.world.network.requests("GET", page) == []
    await scene.still_serves()


async def test_the_moderators_of_a_group_are_one_page_of_its_own_origin(scene: Scene) -> None:
    # H118, H106: asked only for a delete that they report, of a post of theirs
    lists = {
        "next": scene.evil.url("/mods2"),
        "totalItems": -1,
        "orderedItems": [f"https://x.example/{number}" for number in range(5_000)],
    }
    club = scene.home.member("club", "Group", attributedTo=scene.evil.url("/mods"))
    scene.evil.serve("/mods", {"id": scene.evil.url("/mods"), "type": "Collection"} | lists)
    await scene.ours.join("tom", f"@{club.handle}")
    await scene.settle()
    note = scene.vic.note("In the club", group=club.uri)
    await scene.send(club.act("Announce", note["id"]), club)
    assert await scene.ours.post(note["id"]) is not None
    for actor in (scene.vic, scene.eve):
        delete = actor.act("Delete", note["id"], summary="spam")
        await scene.send(club.act("Announce", delete), club)
    post = await scene.ours.post(note["id"])
    assert post is not None
    assert post.state == "live"
    assert scene.world.network.requests("GET", scene.evil.url("/mods")) == []
    await scene.still_serves()


async def test_who_follows_a_group_is_a_number_and_costs_the_same_for_many(scene: Scene) -> None:
    # H122, H227: a host that signs reads its own followers (tests/fedigroups/web/)
    url = f"{GROUP}/followers"
    for _ in range(100):
        request = httpx.Request("GET", url, headers={"Accept": ACTIVITY_JSON})
        response = await scene.world.network.handle_async_request(request)
        await response.aread()
        document = response.json()
        assert document["totalItems"] >= 2
        assert not document.get("items")
        assert not document.keys() & {"orderedItems", "first", "next"}
        assert scene.vic.uri not in response.text


async def test_whoever_owns_a_domain_has_not_all_the_names_below_it(scene: Scene) -> None:
    # H123
    most = limits.NEW_HOSTS_PER_MINUTE_OF_SITE
    crowd = [
        Server.at(scene.world.network, f"s{number}.swarm.example", "").member("w")
        for number in range(most + 5)
    ]
    with clock.held(clock.now_ms()):
        answers = [await scene.send(who.follow(), who) for who in crowd]
    assert answers == [202] * most + [503] * 5
    assert scene.world.network.requests("GET", f"https://s{most}.swarm.example") == []
    other = Server.at(scene.world.network, "honest.example", "").member("nan")
    assert await scene.send(other.follow(), other) == 202
    with clock.held(clock.now_ms() + 2 * clock.MINUTE):
        for who in crowd[-5:]:  # an honest one sends again, and comes in
            assert await scene.send(who.follow(), who) == 202
    assert len(await scene.ours.members()) == most + 5 + 4
    await scene.still_serves()
