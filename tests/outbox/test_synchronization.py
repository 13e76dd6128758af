"""What a group sends to its followers tells each host whom of it the group has (FEP-8fcf)."""

from __future__ import annotations

import pytest

from federation import follower_digest, followers, keys, signatures, storage
from federation.follower_digest import Synchronization
from federation.models import Peer
from neighbour import rsa
from outbox import streams
from receivers import MICROBLOG, THREAD, WELDERS, Got, Receiver, Scene

pytestmark = pytest.mark.anyio

BOB, BEA = "https://l.example/users/bob", "https://l.example/users/bea"


async def follow(uri: str, host: str = "l.example") -> None:
    async with storage.transaction():
        await followers.toggle(WELDERS, host, uri, follows=True)


def told(got: Got) -> Synchronization | None:
    return follower_digest.read(dict(got.headers).get("collection-synchronization", ""))


def of(*uris: str) -> Synchronization:
    url = f"{WELDERS}/followers_synchronization"
    return Synchronization(f"{WELDERS}/followers", url, follower_digest.of(uris))


async def host(scene: Scene, *uris: str) -> Receiver:
    for uri in uris:
        await follow(uri)
    return await scene.host(reads=(THREAD, MICROBLOG))


@pytest.mark.parametrize("stream", [THREAD, MICROBLOG])
@pytest.mark.parametrize("kind", ["post", "reply", "edit", "delete", "profile"])
async def test_a_delivery_to_followers_tells_who_of_the_host_they_are(
    scene: Scene, stream: str, kind: str
) -> None:
    bobs = await host(scene, BOB, BEA)
    await scene.say("one", stream=stream, kind=kind)
    await scene.scheduler.drain()
    assert told(bobs.got[0]) == of(BOB, BEA)


async def test_each_host_is_told_of_its_own(scene: Scene) -> None:
    bobs, anns = await host(scene, BOB), await scene.host("m.example")
    await follow("https://m.example/users/ann", "m.example")
    vics = await scene.host("h.example")
    await scene.say("one")
    await scene.scheduler.drain()
    assert told(bobs.got[0]) == of(BOB)
    assert told(anns.got[0]) == of("https://m.example/users/ann")
    assert told(vics.got[0]) is None


async def test_who_came_meanwhile_is_in_the_next_delivery(scene: Scene) -> None:
    bobs = await host(scene, BOB)
    await scene.say("one")
    await scene.scheduler.drain()
    await follow(BEA)
    await scene.say("two")
    await scene.scheduler.drain()
    assert [told(got) for got in bobs.got] == [of(BOB), of(BOB, BEA)]


async def test_neither_votes_nor_answers_tell_it(scene: Scene) -> None:
    bobs = await host(scene, BOB)
    await Peer.create(host="l.example", family="thread", first_seen_at=0)
    inbox = "https://l.example/users/bob/inbox"
    await scene.say("like", kind="vote")
    await scene.say("accept", stream=streams.direct(inbox), inbox=inbox, kind="answer")
    await scene.scheduler.drain()
    assert sorted(bobs.names) == ["accept", "like"]
    assert [told(got) for got in bobs.got] == [None, None]


async def test_what_is_tried_again_tells_it_again(scene: Scene) -> None:
    bobs = await host(scene, BOB)
    bobs.script(401, 401)
    await scene.say("one")
    await scene.scheduler.drain()
    await storage.execute("UPDATE log_entry SET not_before = 0")
    await scene.scheduler.drain()
    assert [told(got) for got in bobs.got] == [of(BOB)] * 3
    assert bobs.taken == ["one"]


async def test_it_is_signed_in_either_form(scene: Scene) -> None:
    bobs = await host(scene, BOB)
    bobs.answer = lambda got: 202 if got.form == "rfc9421" else 401
    await scene.say("one")
    await scene.scheduler.drain()
    key = keys.load_public(
        f"{WELDERS}#main-key", WELDERS, "rsa", keys.public_text(rsa("welders").public_key())
    )
    assert [got.form for got in bobs.got] == ["cavage", "rfc9421"]
    for got in bobs.got:
        (claim,) = signatures.read(got.signed("l.example"))
        claim.check(got.signed("l.example"), key)
        assert "collection-synchronization" in claim.covered
