"""Whose word it is: key ids in every shape, what microblogs forward, and bodies that are bombs."""

from __future__ import annotations

import json

import httpx
import pytest

from federation import limits
from federation.vocabulary import ACTIVITY_JSON, PUBLIC
from linked import MASTODON, proven, signed
from neighbour import key_document, multikey, rsa, rsa_key
from senders import Body
from servers import GROUP, Member

pytestmark = pytest.mark.anyio

INBOX = f"{GROUP}/inbox"


async def knock(stage, person: Member, body: Body, key_id: str = "") -> int:
    """What we answer to a request that the person signed with the key of that id."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": ACTIVITY_JSON} | person.sign(raw, INBOX, key_id=key_id)
    request = httpx.Request("POST", INBOX, content=raw, headers=headers)
    answer = await stage.world.network.handle_async_request(request)
    await stage.world.settle()
    return answer.status_code


async def a_reply(stage):
    """Ann's note is in the group; Vic, of another microblog, answered it and named nobody."""
    home, threads = stage.microblog(), stage.threads()
    ann, bob = home.member("ann"), threads.member("bob")
    await stage.join(ann, bob)
    note = ann.note("Which rod?")
    await stage.say(ann, note)
    elsewhere = stage.server("h.example", "mastodon")
    uri = elsewhere.url("/users/vic")
    key = multikey(f"{uri}#ed25519-key", uri, "vic")
    vic = elsewhere.member("vic", assertionMethod=[key])
    stage.forget()
    return ann, vic, vic.note("1.6 mm.", reply_to=note["id"], group=""), threads


def signed_by(vic: Member, activity: dict) -> dict:
    """As Mastodon sends it: with the signature that lets others forward it."""
    return signed(activity | {"@context": MASTODON}, f"{vic.uri}#main-key", vic.name)


def proven_by(who: Member, activity: dict) -> dict:
    """As Mastodon sends it from 4.7 on: with an integrity proof as well."""
    return proven(activity, f"{who.uri}#ed25519-key", who.name)


def farewell(vic: Member, reply: dict) -> dict:
    """As Mastodon deletes a status."""
    gone = {"id": reply["id"], "type": "Tombstone", "atomUri": reply["id"]}
    return vic.act("Delete", gone, to=[PUBLIC]) | {"id": f"{reply['id']}#delete"}


# quirk 82
@pytest.mark.parametrize("shape", ["stub", "actor", "key"])
async def test_a_key_with_a_path_for_its_id_leads_to_its_actor(stage, shape) -> None:
    home = stage.microblog("gts.example", "gotosocial")
    uri = home.url("/users/gil")
    key = rsa_key(uri, rsa("gil"), "/main-key")
    gil = home.member("gil", publicKey=key)
    documents = {
        "stub": {"id": uri, "type": "Person", "preferredUsername": "gil", "publicKey": key},
        "actor": home.person("gil", publicKey=key),
        "key": key_document(key["id"], uri, "gil"),
    }
    home.serve("/users/gil/main-key", documents[shape])
    assert await knock(stage, gil, gil.follow(), key["id"]) == 202
    assert (await stage.ours.members())["gil@gts.example"] == "member"


# quirk 82
async def test_a_key_that_names_another_owner_is_refused(stage) -> None:
    home = stage.microblog("gts.example", "gotosocial")
    eve, uri = home.member("eve"), home.url("/users/gil")
    home.serve_person("gil", publicKey=rsa_key(uri, rsa("gil"), "/main-key"))
    path = "/users/eve/main-key"
    home.serve(path, key_document(home.url(path), uri, "eve"))
    follow = eve.follow() | {"actor": uri}
    assert await knock(stage, eve, follow, home.url(path)) == 401
    home.serve_person("eve", publicKey=rsa_key(uri, rsa("eve")))
    assert await knock(stage, eve, follow, f"{eve.uri}#main-key") == 401
    assert "gil@gts.example" not in await stage.ours.members()


# quirk 83
async def test_what_a_mastodon_forwards_with_its_authors_signature_is_believed(stage) -> None:
    ann, vic, reply, threads = await a_reply(stage)
    create = signed_by(vic, vic.create(reply))
    assert await stage.send(ann, create, to="https://groups.example/inbox") == 202
    assert threads.came("Announce{Create}")[0]["object"] == create
    assert await stage.send(ann, signed_by(vic, farewell(vic, reply))) == 202
    assert (await stage.ours.post(reply["id"])).state == "deleted"
    assert threads.kinds() == ["Announce{Create}", "Announce{Delete}"]


# quirk 83
async def test_a_forwarded_delete_that_was_tampered_with_is_not(stage) -> None:
    ann, vic, reply, threads = await a_reply(stage)
    other = vic.note("Or 2.4 mm.", reply_to=reply["inReplyTo"], group="")
    for document in (reply, other):
        await stage.send(ann, signed_by(vic, vic.create(document)))
    forged = signed_by(vic, farewell(vic, other))
    forged |= {"object": forged["object"] | {"id": reply["id"]}}
    assert await stage.send(ann, forged) == 202
    assert "is still there" in await stage.last()
    assert (await stage.ours.post(reply["id"])).state == "live"
    assert threads.kinds() == ["Announce{Create}"] * 2


# quirk 83
async def test_a_forwarded_like_or_undo_counts_with_its_actors_signature_alone(stage) -> None:
    ann, vic, _, threads = await a_reply(stage)
    like = vic.act("Like", threads.url("/post/1"), to=[PUBLIC])
    undo = vic.act("Undo", f"{vic.uri}/like/1", to=[PUBLIC])
    for activity in (like, undo):
        assert await stage.send(ann, activity) == 401
        assert await stage.send(ann, signed_by(vic, activity)) == 202


# quirk 84
async def test_what_is_forwarded_with_its_authors_proof_is_believed(stage) -> None:
    ann, vic, reply, threads = await a_reply(stage)
    create = proven_by(vic, vic.create(reply))
    assert await stage.send(ann, create) == 202
    assert threads.came("Announce{Create}")[0]["object"] == create
    assert await stage.send(ann, proven_by(vic, farewell(vic, reply))) == 202
    assert (await stage.ours.post(reply["id"])).state == "deleted"


# quirk 84
async def test_a_proof_by_a_key_of_another_host_proves_nothing(stage) -> None:
    ann, vic, reply, _ = await a_reply(stage)
    evil = stage.server("evil.example", "mastodon")
    uri = evil.url("/users/eve")
    eve = evil.member("eve", assertionMethod=[multikey(f"{uri}#ed25519-key", uri, "eve")])
    await stage.send(ann, proven_by(vic, vic.create(reply)))
    for activity in (farewell(vic, reply), vic.act("Undo", f"{vic.uri}/like/1")):
        lie = proven_by(eve, activity | {"id": f"{vic.uri}/lies/{activity['type']}"})
        status = await stage.send(eve, lie)
        assert status == (202 if activity["type"] == "Delete" else 401)
    assert "is still there" in await stage.last()
    assert (await stage.ours.post(reply["id"])).state == "live"


# quirk 85
async def test_a_megabyte_is_too_much_and_a_nest_without_end_is_no_activity(stage) -> None:
    ann = stage.microblog().member("ann")
    big = ann.follow() | {"content": "x" * limits.BODY_BYTES}
    assert await knock(stage, ann, big) == 413
    for bomb in (b"[" * 100_000, b'{"object":' * 1_000 + b"1" + b"}" * 1_000):
        assert await knock(stage, ann, bomb) == 400
    deep = ann.follow()
    for _ in range(limits.DEPTH):
        deep = ann.act("Create", deep)
    assert await knock(stage, ann, deep) == 400
    assert await stage.ours.outcomes() == []
    await stage.join(ann)
