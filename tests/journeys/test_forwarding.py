"""What others bring of what somebody did: replies, edits and deletes that were never sent to us."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from federation import clock
from federation.models import Peer
from federation.vocabulary import AS2, PUBLIC
from fedigroups.groups.models import Post
from linked import MASTODON, Json, proven, signed
from neighbour import multikey, rsa
from servers import GROUP, Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio


class Scene:
    """Ann of a microblog and Bob of a thread server are members; Vic answers Ann from elsewhere.

    Ann's server forwards to us what Vic sends it.
    """

    def __init__(self, world: World, town: Town) -> None:
        self.world = world
        self.town = town
        self.microblog = Server.at(world.network, "m.example", "mastodon")
        self.threads = Server.at(world.network, "l.example", "lemmy")
        self.home = Server.at(world.network, "h.example", "mastodon")
        self.ann = self.microblog.member("ann")
        self.bob = self.threads.member("bob")
        vic = self.home.url("/users/vic")
        key = multikey(f"{vic}#ed25519-key", vic, "vic")
        self.vic = self.home.member("vic", assertionMethod=[key])
        self.asked: Json = {}

    async def bring(self, activity: Json | bytes, by: Member | None = None) -> str:
        """Ann's server (or somebody else's) forwards it to us; its outcome."""
        assert await (by or self.ann).send(activity, "https://groups.example/inbox") == 202
        await self.world.settle()
        _, state, reason = (await self.town.outcomes())[-1]
        return f"{state}: {reason}"

    async def post(self, document: Json) -> Post:
        found = await self.town.post(document["id"])
        assert found is not None, f"{document['id']} is not here"
        return found

    async def has(self, document: Json) -> bool:
        return await self.town.post(document["id"]) is not None

    def reply(self, text: str = "1.6 mm.", **more: Any) -> Json:
        """Vic's answer to Ann, which names no group: Mastodon leaves that to whom it answers."""
        return self.vic.note(text, reply_to=self.asked["id"], group="", **more)

    def asked_for(self, document: Json) -> int:
        """How often its origin was asked for it."""
        return len(self.world.network.requests("GET", document["id"]))

    def changed(self, document: Json, **more: Any) -> Json:
        """The document as its origin serves it from now on."""
        document = document | more
        path = urlsplit(document["id"]).path
        self.home.serve(path, {"@context": AS2} | document)
        return document

    def gone(self, document: Json, status: int = 410) -> None:
        self.home.answer(urlsplit(document["id"]).path, status)

    def forget(self) -> None:
        self.microblog.inbox.clear()
        self.threads.inbox.clear()

    def heard(self) -> tuple[list[str], list[str]]:
        return self.microblog.kinds(), self.threads.kinds()


@pytest.fixture
async def scene(world: World) -> Scene:
    made = Scene(world, await world.town())
    await made.bring(made.ann.follow())
    await made.bring(made.bob.follow(), made.bob)
    made.asked = made.ann.note("Which rod?")
    await made.bring(made.ann.create(made.asked))
    made.forget()
    return made


def by_author(activity: Json, name: str, manner: str) -> Json:
    """With a signature or a proof of its actor, who has that name."""
    if manner == "proof":
        return proven(activity, f"{activity['actor']}#ed25519-key", name)
    return signed(activity | {"@context": MASTODON}, f"{activity['actor']}#main-key", name)


def by_vic(activity: Json, manner: str) -> Json:
    return by_author(activity, "vic", manner)


def edit(vic: Member, document: Json) -> Json:
    return vic.create(document) | {
        "id": f"{document['id']}#updates/{document['updated']}",
        "type": "Update",
    }


def delete(vic: Member, document: Json) -> Json:
    return vic.act("Delete", {"id": document["id"], "type": "Tombstone"}, to=[PUBLIC]) | {
        "id": f"{document['id']}#delete"
    }


def later(seconds: int) -> str:
    return clock.rfc3339(clock.now_ms() + seconds * clock.SECOND)


# Proven


@pytest.mark.parametrize("manner", ["signature", "proof"])
async def test_a_reply_that_its_author_signed_is_announced_as_it_came(
    scene: Scene, manner: str
) -> None:
    reply = scene.reply()
    create = by_vic(scene.vic.create(reply), manner)
    assert await scene.bring(create) == "done: posted in welders"
    assert (await scene.post(reply)).author.uri == scene.vic.uri
    assert scene.asked_for(reply) == 0
    assert scene.heard() == ([], ["Announce{Create}"])
    assert scene.threads.came("Announce{Create}")[0]["object"] == create


@pytest.mark.parametrize("manner", ["signature", "proof"])
async def test_edits_and_deletes_that_their_author_signed_are_believed(
    scene: Scene, manner: str
) -> None:
    reply = scene.reply()
    await scene.bring(by_vic(scene.vic.create(reply), manner))
    newer = reply | {"content": "<p>1.2 mm.</p>", "updated": later(60)}
    assert await scene.bring(by_vic(edit(scene.vic, newer), manner)) == "done: edited"
    assert "1.2 mm" in (await scene.post(reply)).content
    ended = by_vic(delete(scene.vic, reply), manner)
    assert await scene.bring(ended) == "done: deleted in welders"
    assert (await scene.post(reply)).state == "deleted"
    assert scene.asked_for(reply) == 0
    wrapped = ["Announce{Create}", "Announce{Update}", "Announce{Delete}"]
    assert scene.heard() == (["Update", "Delete"], wrapped)
    assert scene.microblog.came("Delete") == [ended]


async def test_a_delete_that_was_tampered_with_deletes_nothing(scene: Scene) -> None:
    first, second = scene.reply(), scene.reply("Or 2.4 mm.")
    for reply in (first, second):
        await scene.bring(by_vic(scene.vic.create(reply), "signature"))
    forged = by_vic(delete(scene.vic, first), "signature")
    forged["object"] = {"id": second["id"], "type": "Tombstone"}
    assert "is still there" in await scene.bring(forged)
    assert [(await scene.post(reply)).state for reply in (first, second)] == ["live", "live"]


@pytest.mark.parametrize("manner", ["signature", "proof", ""])
async def test_it_has_one_effect_whether_it_is_sent_or_forwarded(scene: Scene, manner: str) -> None:
    for number, order in enumerate(((scene.vic, scene.ann), (scene.ann, scene.vic))):
        reply = scene.reply(f"Answer {number}.")
        create = scene.vic.create(reply)
        create = by_vic(create, manner) if manner else create
        for person in order:
            await scene.bring(create, person)
        newer = scene.changed(reply, content="<p>Better.</p>", updated=later(60))
        update = edit(scene.vic, newer)
        update = by_vic(update, manner) if manner else update
        for person in order:
            await scene.bring(update, person)
        assert (await scene.town.post(scene.asked["id"])).thread_id == (
            await scene.post(reply)
        ).thread_id
        assert scene.threads.kinds() == ["Announce{Create}", "Announce{Update}"]
        scene.forget()


# Hearsay


async def test_a_reply_that_is_only_told_of_is_read_at_its_origin(scene: Scene) -> None:
    reply = scene.reply()
    told = scene.vic.create(reply | {"content": "<p>Buy my rods!</p>", "name": "Sale"})
    told |= {"cc": [GROUP, "https://evil.example/users/eve"], "audience": GROUP, "summary": "Sale"}
    assert await scene.bring(told) == "done: posted in welders"
    post = await scene.post(reply)
    assert (post.content, post.author.uri) == ("<p>1.6 mm.</p>", scene.vic.uri)
    assert post.parent_id == (await scene.post(scene.asked)).id
    assert scene.asked_for(reply) == 1
    assert scene.heard() == ([], ["Announce{Create}"])
    (announce,) = scene.threads.came("Announce{Create}")
    assert announce["object"] == {
        "@context": AS2,
        "id": told["id"],
        "type": "Create",
        "actor": scene.vic.uri,
        "to": reply["to"],
        "cc": reply["cc"],
        "object": reply,
    }


async def test_a_reply_that_its_origin_does_not_serve_was_never_made(scene: Scene) -> None:
    reply = scene.reply()
    scene.gone(reply, 404)
    assert (await scene.bring(scene.vic.create(reply))).startswith("ignored")
    other = scene.reply("By another.", attributedTo=scene.home.url("/users/wes"))
    told = other | {"attributedTo": scene.vic.uri}
    assert "is no post of" in await scene.bring(scene.vic.create(told))
    assert not await scene.has(reply)
    assert not await scene.has(other)
    assert scene.heard() == ([], [])


async def test_nobody_is_asked_about_what_cannot_matter_here(scene: Scene) -> None:
    elsewhere = scene.vic.note("Hello.", group="")
    answer = scene.vic.note("Hi.", reply_to="https://m.example/users/ann/statuses/99", group="")
    for told in (
        scene.vic.create(elsewhere),
        scene.vic.create(answer),
        scene.vic.create(answer) | {"id": f"{answer['id']}#1", "object": answer["id"]},
        edit(scene.vic, elsewhere | {"updated": later(0)}),
        delete(scene.vic, elsewhere),
    ):
        assert "does not matter here" in await scene.bring(told)
    assert scene.world.network.requests("GET", "https://h.example/") == []


async def test_nobody_is_put_into_a_group_by_what_others_say(scene: Scene) -> None:
    await scene.town.change(post_policy="anyone")
    note = scene.vic.note("About my cat.", group="")
    named = scene.vic.create(note | {"cc": [GROUP]}, cc=[GROUP], audience=GROUP)
    assert "does not matter here" in await scene.bring(named)
    assert not await scene.has(note)
    meant = scene.vic.note("About my torch.")
    assert await scene.bring(scene.vic.create(meant)) == "done: posted in welders"
    assert scene.heard() == (["Announce"], ["Announce{Create}"])


async def test_what_was_said_to_a_few_stays_with_them(scene: Scene) -> None:
    reply = scene.reply(to=[f"{scene.vic.uri}/followers"], cc=[])
    told = scene.vic.create(reply | {"to": [PUBLIC]}, to=[PUBLIC])
    assert "not public" in await scene.bring(told)
    assert not await scene.has(reply)


async def test_an_edit_that_is_only_told_of_is_read_at_its_origin(scene: Scene) -> None:
    reply = scene.reply()
    await scene.bring(scene.vic.create(reply))
    scene.forget()
    lie = edit(scene.vic, reply | {"content": "<p>Buy!</p>", "updated": later(300)})
    assert "not newer" in await scene.bring(lie)
    newer = scene.changed(reply, content="<p>1.2 mm.</p>", updated=later(60))
    told = edit(scene.vic, newer | {"content": "<p>Buy!</p>"})
    assert await scene.bring(told) == "done: edited"
    assert (await scene.post(reply)).content == "<p>1.2 mm.</p>"
    assert scene.heard() == ([], ["Announce{Update}"])
    assert scene.threads.came("Announce{Update}")[0]["object"]["object"] == newer


async def test_an_older_edit_is_no_reason_to_ask(scene: Scene) -> None:
    reply = scene.reply()
    await scene.bring(scene.vic.create(reply))
    asked = scene.asked_for(reply)
    assert "not newer" in await scene.bring(edit(scene.vic, reply | {"updated": later(-999)}))
    assert "not newer" in await scene.bring(scene.vic.create(reply) | {"id": f"{reply['id']}#x"})
    assert scene.asked_for(reply) == asked


@pytest.mark.parametrize("status", [404, 410, 0])
async def test_a_delete_that_is_only_told_of_is_believed_when_the_origin_says_so(
    scene: Scene, status: int
) -> None:
    reply = scene.vic.note("Which gas?")
    await scene.town.change(post_policy="anyone")
    await scene.bring(scene.vic.create(reply), scene.vic)
    boost = scene.microblog.came("Announce")[0]["id"]
    scene.forget()
    told = delete(scene.vic, reply)
    assert "is still there" in await scene.bring(told)
    assert (await scene.post(reply)).state == "live"
    assert scene.heard() == ([], [])
    if status:
        scene.gone(reply, status)
    else:
        scene.changed({"id": reply["id"], "type": "Tombstone"})
    told = delete(scene.vic, reply) | {"id": f"{reply['id']}#delete2", "summary": "I lied."}
    assert await scene.bring(told) == "done: deleted in welders"
    assert (await scene.post(reply)).state == "deleted"
    assert scene.heard() == (["Undo{Announce}"], ["Announce{Delete}"])
    assert scene.microblog.came("Undo{Announce}")[0]["object"]["id"] == boost
    inner = scene.threads.came("Announce{Delete}")[0]["object"]
    assert inner == {
        "@context": AS2,
        "id": told["id"],
        "type": "Delete",
        "actor": scene.vic.uri,
        "to": [PUBLIC],
        "object": reply["id"],
    }


async def test_what_was_not_there_yet_is_not_gone(scene: Scene) -> None:
    """Eve asks us to look before Vic has written, and says then that it was deleted."""
    reply = scene.reply()
    page = scene.home.pages.pop(urlsplit(reply["id"]).path)
    assert (await scene.bring(scene.vic.create(reply))).startswith("ignored")
    scene.home.pages[urlsplit(reply["id"]).path] = page
    await scene.bring(scene.vic.create(reply), scene.vic)
    assert "is still there" in await scene.bring(delete(scene.vic, reply))
    assert (await scene.post(reply)).state == "live"


async def test_a_moderators_delete_is_no_hearsay(scene: Scene) -> None:
    wes = scene.home.member("wes")
    reply = scene.reply()
    await scene.bring(scene.vic.create(reply))
    scene.gone(reply)
    asked = scene.asked_for(reply)
    assert "does not matter" in await scene.bring(wes.act("Delete", reply["id"], to=[PUBLIC]))
    assert (await scene.post(reply)).state == "live"
    assert scene.asked_for(reply) == asked


async def test_an_origin_that_is_down_is_asked_again(scene: Scene) -> None:
    reply = scene.reply()
    scene.world.network.fail("h.example", 503)
    assert (await scene.bring(scene.vic.create(reply))).startswith("received")
    scene.world.network.heal("h.example")
    with clock.held(clock.now_ms() + clock.MINUTE):
        await scene.world.settle()
    assert await scene.has(reply)


async def test_an_origin_that_was_blocked_meanwhile_is_not_asked(scene: Scene) -> None:
    reply = scene.reply()
    shared = "https://groups.example/inbox"
    assert await scene.ann.send(scene.vic.create(reply), shared) == 202
    await scene.town.run(lambda: scene.town.wire.peers.block("h.example"))
    await scene.world.settle()
    assert (await scene.town.outcomes())[-1] == ("Create", "ignored", "h.example is blocked here")
    assert scene.world.network.requests("GET", "https://h.example/") == []
    assert await scene.ann.send(scene.vic.create(reply) | {"id": f"{reply['id']}#2"}, shared) == 403


async def test_a_host_makes_us_ask_so_often_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.limits.HEARSAY_PER_HOST", 2)
    scene = Scene(world, await world.town())
    await scene.bring(scene.ann.follow())
    scene.asked = scene.ann.note("Which rod?")
    await scene.bring(scene.ann.create(scene.asked))
    outcomes = [await scene.bring(scene.vic.create(scene.reply(f"{n}."))) for n in range(4)]
    assert [one.partition(":")[0] for one in outcomes] == ["done", "done", "received", "received"]
    assert "ask too often" in outcomes[-1]
    assert await scene.bring(scene.vic.create(scene.reply("By Bob.")), scene.bob) == (
        "done: posted in welders"
    )
    with clock.held(clock.now_ms() + 2 * clock.HOUR):
        await world.settle()
    assert len(world.network.requests("GET", f"{scene.vic.uri}/statuses")) == 5


async def test_the_bytes_of_who_told_are_nowhere_to_be_read(scene: Scene) -> None:
    reply = scene.reply()
    told = scene.vic.create(reply | {"content": "<p>FREE RODS</p>"})
    await scene.bring(told)
    sent = b"".join(one.body for server in (scene.threads, scene.microblog) for one in server.inbox)
    assert b"FREE RODS" not in sent
    assert "FREE RODS" not in json.dumps((await scene.post(reply)).document)


# Two instances of ours


@pytest.mark.parametrize("manner", ["signature", "proof"])
async def test_what_our_group_forwards_another_instance_believes(scene: Scene, manner: str) -> None:
    """To `second.example` the group writes as to a microblog, so that it forwards what it may."""
    second = await scene.world.town("second.example")
    key = multikey(f"{scene.ann.uri}#ed25519-key", scene.ann.uri, "ann")
    scene.microblog.serve_person("ann", rsa("ann"), assertionMethod=[key])
    await scene.town.run(lambda: reads_as_a_microblog("second.example"))
    await second.join("mia", "!welders@groups.example")
    await scene.world.settle()
    note = scene.ann.note("MIG or TIG?")
    await scene.bring(by_author(scene.ann.create(note), "ann", manner))
    assert (await second.post(note["id"])).thread.group.name == "welders"

    newer = note | {"content": "<p>MIG, TIG or MMA?</p>", "updated": later(60)}
    update = by_author(edit(scene.ann, newer), "ann", manner)
    ended = by_author(delete(scene.ann, note), "ann", manner)
    asked = scene.asked_for(note)
    for activity in (update, ended):
        body = json.dumps(activity, indent=1).encode()
        await scene.bring(body)
        forwarded = scene.world.network.requests("POST", "https://second.example/")
        assert body in [one.body for one in forwarded]
        told = [outcome for outcome in await second.outcomes() if outcome[0] == activity["type"]]
        assert [state for _, state, _ in told] == ["done"]
        found = await second.post(note["id"])
        assert found.state == ("live" if activity is update else "deleted")
        assert found.content == ("<p>MIG, TIG or MMA?</p>" if activity is update else "")
    assert scene.asked_for(note) == asked


async def reads_as_a_microblog(host: str) -> None:
    now = clock.now_ms()
    await Peer.filter(host=host).delete()
    await Peer.create(host=host, family="microblog", asked_at=now, first_seen_at=now)
