"""Who is cut off stays cut off, under every name, on every road, and of our own accord too."""

from __future__ import annotations

import json

import pytest

from doors import KINDS, ask
from federation import clock, ids, limits, storage
from federation.models import Actor, Peer
from fedigroups.groups import lookup, membership
from fedigroups.groups.models import Group
from fedigroups.notify.models import Notification
from neighbour import rsa
from servers import GROUP, Member, Server
from trials import Scene

pytestmark = pytest.mark.anyio

SPELLINGS = (
    "evil.example",
    "a.evil.example",
    "deep.down.evil.example",
    "EVIL.example",
    "evil.example:8443",
    "a.evil.example:443",
)


async def block(scene: Scene, host: str) -> None:
    await scene.ours.run(lambda: scene.ours.wire.peers.block(host, "spam"))


@pytest.mark.parametrize("host", SPELLINGS)
async def test_a_blocked_host_is_403_under_every_name(scene: Scene, host: str) -> None:
    # H235: sub-domains, capitals and ports; before anybody is asked anything
    await block(scene, "Evil.Example")
    uri = f"https://{host}/users/eve"
    activity = scene.eve.act("Follow", GROUP) | {"actor": uri, "id": f"{uri}/follow/9"}
    body = json.dumps(activity).encode()
    async with scene.nothing_changes():
        assert await scene.raw(body, scene.signed(body, key_id=f"{uri}#main-key")) == 403
    await scene.still_serves()


@pytest.mark.parametrize(
    "host", ["evil.example.", "evil。example", "xn--vil-8ma.example/", "e vil"]
)
async def test_a_name_that_is_no_canonical_name_is_no_way_around_a_block(
    scene: Scene, host: str
) -> None:
    # H235, H005: a trailing dot, another script's full stop or letter
    await block(scene, "evil.example")
    uri = f"https://{host}/users/eve"
    activity = scene.eve.act("Follow", GROUP) | {"actor": uri, "id": f"{uri}/follow/9"}
    body = json.dumps(activity).encode()
    async with scene.nothing_changes():
        assert await scene.raw(body, scene.signed(body)) in {400, 401, 403}
    await scene.still_serves()


async def test_a_key_on_a_blocked_host_speaks_for_nobody(scene: Scene) -> None:
    # H235: the actor is elsewhere, the key is there; and the other way round
    await block(scene, "evil.example")
    for actor, key in ((scene.vic.uri, scene.eve.uri), (scene.eve.uri, scene.vic.uri)):
        activity = scene.vic.act("Like", GROUP) | {"actor": actor, "id": f"{actor}/like/9"}
        body = json.dumps(activity).encode()
        async with scene.nothing_changes():
            status = await scene.raw(body, scene.signed(body, key_id=f"{key}#main-key"))
        assert status == 403
    await scene.still_serves()


async def test_what_a_blocked_host_says_does_not_come_in_by_others(scene: Scene) -> None:
    # H235: as an object to fetch, as what is answered, boosted or announced by a group
    note = scene.eve.note("Buy now.")
    await scene.ours.change(post_policy="anyone")
    await block(scene, "evil.example")
    vic = scene.vic
    answer = vic.note("See what I found", reply_to=note["id"])
    tries = [
        vic.act("Announce", note["id"]),
        vic.act("Create", note["id"]),
        vic.act("Create", note),
        vic.create(answer),
    ]
    asked = len(scene.world.network.log)
    for activity in tries:
        assert await scene.send(activity, vic) in {202, 401, 403}
    assert await scene.ours.post(note["id"]) is None
    assert not [one for one in scene.world.network.log[asked:] if "evil" in one.host]
    await scene.still_serves()


async def test_nothing_of_ours_goes_to_a_blocked_host_by_itself(scene: Scene) -> None:
    # H237: what was queued is dropped when it is due; neither NodeInfo nor actors are read anew
    await scene.send(scene.eve.follow())
    assert (await scene.ours.members())["eve@evil.example"] == "member"
    note = scene.vic.note("For all members.")
    assert await scene.vic.send(scene.vic.create(note)) == 202
    await block(scene, "evil.example")
    asked = len(scene.world.network.log)
    await scene.settle()
    await scene.ours.write("tom", "And one more.")
    month = clock.now_ms() + 31 * clock.DAY
    with clock.held(month):

        async def grow_old() -> None:
            await Peer.filter(host="evil.example").update(asked_at=0)
            await Actor.filter(host="evil.example").update(fetched_at=0)

        await scene.ours.run(grow_old)
        await scene.ours.write("tom", "A month later.")
        await scene.settle()
    assert not [one.url for one in scene.world.network.log[asked:] if "evil" in one.host]


async def test_a_blocked_host_sends_nothing_when_it_is_let_in_again_of_what_was_refused(
    scene: Scene,
) -> None:
    # H235: a block is no queue
    await block(scene, "evil.example")
    refused = scene.eve.act("Follow", GROUP)
    assert await scene.eve.send(refused) == 403
    await scene.ours.run(lambda: scene.ours.wire.peers.unblock("evil.example"))
    await scene.settle()
    assert "eve@evil.example" not in await scene.ours.members()
    assert await scene.send(scene.eve.follow()) == 202
    assert (await scene.ours.members())["eve@evil.example"] == "member"


async def ban(scene: Scene, member: Member) -> None:
    async def work() -> None:
        person, group = await lookup.person(member.uri), await Group.get(name="welders")
        async with storage.transaction():
            await membership.ban(scene.ours.wire, group, person, "spam")

    await scene.ours.run(work)


async def test_a_banned_member_is_banned_with_a_new_key_too(scene: Scene) -> None:
    # H239: who somebody is does not hang on the key
    await scene.send(scene.eve.follow())
    await ban(scene, scene.eve)
    scene.evil.serve_person("eve", rsa("another"))
    await scene.send(scene.eve.act("Update", scene.eve.uri))
    changes = ("key", "actor")
    async with scene.nothing_changes(but=changes, asks=("evil.example",), told=scene.eve):
        note = scene.eve.note("It is me again.")
        assert await scene.send(scene.eve.create(note)) in {202, 401}
    assert await scene.ours.post(note["id"]) is None
    await scene.still_serves()


async def test_the_posts_of_the_banned_are_not_brought_in_by_their_friends(scene: Scene) -> None:
    # H239: neither by who answers them, nor by who boosts them, nor by another group here
    await scene.send(scene.eve.follow())
    await ban(scene, scene.eve)
    note, vic = scene.eve.note("Buy now."), scene.vic
    tries = [
        vic.create(vic.note("Hear hear", reply_to=note["id"], group="")),
        vic.create(vic.note("Hear hear", reply_to=note["id"])),
        vic.act("Announce", note["id"]),
        vic.act("Create", note),
    ]
    for activity in tries:
        assert await scene.send(activity, vic) in {202, 401}
    assert await scene.ours.post(note["id"]) is None
    outbox = await ask(scene.ours, "/groups/welders/outbox", KINDS[1])
    assert "Buy now" not in outbox.text
    await scene.still_serves()


async def test_a_suspended_actor_is_not_heard(scene: Scene) -> None:
    # H239: suspended here, on a host that is not blocked
    await scene.ours.run(lambda: Actor.filter(uri=scene.eve.uri).update(state="suspended"))
    async with scene.nothing_changes(asks=("evil.example",)):
        assert await scene.send(scene.eve.follow()) in {202, 403}
        assert await scene.send(scene.eve.create(scene.eve.note("Hi!"))) in {202, 403}
    assert (await scene.why())[0] == "ignored"
    await scene.still_serves()


async def test_a_crowd_of_new_actors_who_name_people_here_is_not_heard(scene: Scene) -> None:
    # H243: outside of a group nothing of it is kept, and nobody is notified or answered
    crowd = Server.at(scene.world.network, "crowd.example", "mastodon")
    tom = "https://groups.example/users/tom"
    for number in range(12):
        new = crowd.member(f"n{number}")
        mention = {"type": "Mention", "href": tom, "name": "@tom"}
        note = new.note("Hi!", group="", tag=[mention])
        async with scene.nothing_changes(but=("actor", "key"), asks=("crowd.example",)):
            assert await scene.send(new.create(note) | {"cc": [tom]}, new) == 202
    assert crowd.inbox == []
    await scene.still_serves()


async def test_a_crowd_of_new_actors_floods_nobody_with_mentions(scene: Scene) -> None:
    # H243: in a group where anybody may post; at the limit, below and above it
    most = limits.MENTIONS_PER_HOST
    assert most == 100
    await scene.ours.change(post_policy="anyone")
    crowd = Server.at(scene.world.network, "crowd.example", "mastodon")
    first = crowd.member("n0")
    await say(scene, first)

    async def told() -> int:
        return await Notification.filter(actor__username="tom").count()

    async def repeat() -> None:
        one, now = await Notification.get(actor__username="tom"), clock.now_ms()
        await Notification.bulk_create(
            Notification(
                id=ids.new(), actor_id=one.actor_id, kind="mention", sender_id=one.sender_id,
                post_id=number, created_at=now,
            )
            for number in range(1, most - 1)
        )  # fmt: skip

    await scene.ours.run(repeat)
    assert await scene.ours.run(told) == most - 1
    for number in (1, 2, 3):
        await say(scene, crowd.member(f"n{number}"))
        assert await scene.ours.run(told) == most
    await say(scene, scene.vic)
    assert await scene.ours.run(told) == most + 1, "others are heard"
    with clock.held(clock.now_ms() + clock.HOUR + 1):
        await say(scene, first)
    assert await scene.ours.run(told) == most + 2


async def say(scene: Scene, who: Member) -> None:
    """Somebody mentions Tom in the group, and the post is taken."""
    tom = "https://groups.example/users/tom"
    note = who.note("Hi, Tom!")
    note["tag"] = [*note.get("tag", []), {"type": "Mention", "href": tom, "name": "@tom"}]
    assert await scene.send(who.create(note), who) == 202
    assert await scene.ours.post(note["id"]) is not None
