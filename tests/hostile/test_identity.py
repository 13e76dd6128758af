"""Where documents come from and who is named in them: a claim about a host counts from there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation import storage
from federation.vocabulary import ACTIVITY_JSON, AS2
from neighbour import Page, rsa, rsa_key
from servers import GROUP, Member
from trials import Scene

pytestmark = pytest.mark.anyio

OLGA = "https://groups.example/users/olga"


async def stored(scene: Scene, uri: str) -> dict[str, Any] | None:
    with scene.ours.instance.store.context():
        return await storage.row("SELECT name, inbox, state FROM actor WHERE uri = ?", uri)


async def strangers_are_refused(scene: Scene, *people: Member, but: tuple[str, ...] = ()) -> None:
    """None of them gets in, none has a row, and nobody else's changed."""
    for person in people:
        async with scene.nothing_changes(asks=("evil.example", "h.example"), but=but):
            assert await scene.send(person.follow(), person) == 401, person.name


# Documents and their origins


async def test_a_document_counts_at_the_origin_that_its_id_names(scene: Scene) -> None:
    # H001, H002, H003
    honest = scene.home.person("vic", rsa("eve"))
    liars = [scene.evil.member(name) for name in ("mallory", "moe", "max")]
    scene.evil.serve("/users/mallory", honest)
    scene.evil.serve("/users/moe", honest | {"id": scene.evil.url("/users/other")})
    scene.evil.serve("/users/max", honest | {"id": scene.evil.url("/users/max2")})
    scene.evil.serve("/users/max2", honest | {"id": scene.evil.url("/users/max3")})
    await strangers_are_refused(scene, *liars)
    assert (await stored(scene, scene.vic.uri) or {})["name"] == "Vic"
    await scene.still_serves()


async def test_one_actor_in_every_spelling_is_one_row(scene: Scene) -> None:
    # H005
    for number, spelling in enumerate(("https://H.EXAMPLE", "https://h.example:443")):
        like = scene.vic.act("Like", f"{GROUP}/threads/0", id=f"{scene.vic.uri}/odd/{number}")
        like["actor"] = scene.vic.uri.replace("https://h.example", spelling)
        async with scene.nothing_changes():
            assert await scene.send(like, scene.vic) == 202
    before = await scene.receipts()
    for host in ("h.example.", "hé.example", "h.example@evil.example", "h.example%2f.evil.example"):
        like = json.dumps(scene.vic.act("Like", GROUP)).replace("h.example", host).encode()
        async with scene.nothing_changes():
            assert await scene.vic.send(like) == 400, host
    assert await scene.receipts() == before
    await scene.still_serves()


async def test_an_actor_in_another_media_type_is_none(scene: Scene) -> None:
    # H006, H007, H008
    types = ["", "image/png", "text/plain", "application/json"]
    types += [f"text/html, {ACTIVITY_JSON}", f"{ACTIVITY_JSON}, text/html"]
    types.append('application/ld+json; profile="https://www.w3.org/ns/activitystreams-evil"')
    people = [scene.evil.member(f"p{number}") for number in range(len(types))]
    for person, media in zip(people, types, strict=True):
        path = f"/users/{person.name}"
        scene.evil.pages[path] = Page(scene.evil.pages[path].body, media)
    await strangers_are_refused(scene, *people)
    good = ["application/activity+json; charset=utf-8", "Application/Activity+JSON"]
    good.append(f'application/ld+json; profile="https://x.example/p {AS2}"')
    for number, media in enumerate(good):
        person = scene.home.member(f"g{number}")
        path = f"/users/{person.name}"
        scene.home.pages[path] = Page(scene.home.pages[path].body, media)
        assert await scene.send(person.follow(), person) == 202, media


async def test_what_is_no_actor_document_is_no_actor(scene: Scene) -> None:
    # H024, H023
    bodies = [b"<html>", b"[]", b'"x"', b"null", b"", b'{"id": 7}', b"{"]
    people = [scene.evil.member(f"b{number}") for number in range(len(bodies))]
    for person, body in zip(people, bodies, strict=True):
        scene.evil.pages[f"/users/{person.name}"] = Page(body, ACTIVITY_JSON)
    odd = []
    for number, kind in enumerate(("Note", "Collection", ["Person", "Note"], None, "Key")):
        odd.append(scene.evil.member(f"o{number}"))
        body = scene.evil.person(odd[-1].name, rsa(odd[-1].name)) | {"type": kind}
        scene.evil.serve(f"/users/{odd[-1].name}", body)
    await strangers_are_refused(scene, *people, *odd)
    asked = len(scene.world.network.requests("GET", people[0].uri))
    assert await scene.send(people[0].follow(), people[0]) == 401
    assert len(scene.world.network.requests("GET", people[0].uri)) == asked
    await scene.still_serves()


async def test_a_key_is_its_owners_both_ways(scene: Scene) -> None:
    # H020, H022, H057
    eve, vic = scene.evil, scene.vic
    keys = [
        rsa_key(vic.uri, rsa("k0")),
        rsa_key(eve.url("/users/k1"), rsa("k1")) | {"owner": vic.uri},
        rsa_key(eve.url("/users/k2"), rsa("k2")) | {"owner": eve.url("/users/eve")},
        [
            rsa_key(eve.url("/users/k3"), rsa("other")),
            rsa_key(eve.url("/users/k3"), rsa("k3"), "#b"),
        ],
    ]
    people = [eve.member(f"k{number}", publicKey=key) for number, key in enumerate(keys)]
    before = await stored(scene, vic.uri)
    await strangers_are_refused(scene, *people, but=("actor", "key"))
    assert await stored(scene, vic.uri) == before
    body = json.dumps(vic.act("Like", GROUP)).encode()
    apart = {"@context": AS2, "type": "CryptographicKey"}
    eve.serve("/key", apart | rsa_key(vic.uri, rsa("eve")) | {"id": eve.url("/key")})
    scene.home.serve("/key", apart | rsa_key(vic.uri, rsa("eve")) | {"id": scene.home.url("/key")})
    for key_id in (eve.url("/key"), scene.home.url("/key"), f"{scene.eve.uri}#main-key"):
        async with scene.nothing_changes(asks=("h.example",)):
            assert await scene.raw(body, scene.signed(body, key_id=key_id)) == 401
    await scene.still_serves()


async def test_an_actor_has_its_inboxes_on_its_own_host_or_none(scene: Scene) -> None:
    # H019
    bad: list[Any] = [
        *("javascript:alert(1)", "not a url", ["https://evil.example/x"], {"id": 7}, 7, ""),
        *(f"{GROUP}/inbox", "https://groups.example/inbox", "https://127.0.0.1/inbox"),
        *("https://h.example/inbox", "https://u@evil.example/inbox", "http://evil.example/inbox"),
    ]
    for number, value in enumerate(bad):
        person = scene.evil.member(
            f"i{number}", inbox=value, endpoints={"sharedInbox": value}, followers=value
        )
        asked = len(scene.world.network.log)
        assert await scene.send(person.follow(), person) in {202, 401}, value
        posts = scene.world.network.log[asked:]
        assert [one.url for one in posts if one.method == "POST" and "groups" not in one.url] == []
        assert (await stored(scene, person.uri) or {"inbox": ""})["inbox"] == ""
    assert not [one for one in scene.home.inbox if one.kind != "Accept"]
    with scene.ours.instance.store.context():
        reading = await storage.rows("SELECT inbox FROM subscription WHERE inbox LIKE '%groups%'")
    assert reading == []
    await scene.still_serves()


# Objects and their authors


async def test_a_post_is_of_the_host_and_the_author_that_it_names(scene: Scene) -> None:
    # H010, H011, H013
    eve, vic = scene.eve, scene.vic
    theirs = vic.note("Vic's own", to=[f"{vic.uri}/followers"], cc=[GROUP])
    await scene.send(eve.follow())
    tries: list[dict[str, Any]] = [
        eve.note("x") | {"id": f"{vic.uri}/statuses/77"},
        eve.note("x") | {"id": f"{vic.uri}/statuses/77", "attributedTo": vic.uri},
        eve.note("x") | {"id": theirs["id"]},
        *(
            eve.note("x") | {"attributedTo": author}
            for author in (vic.uri, 1, "1", "admin", None, {}, [], [None], OLGA, {"id": vic.uri})
        ),
        eve.note("x") | {"attributedTo": {"type": "Group", "id": vic.uri}},
        eve.note("x") | {"type": "Person"},
        eve.note("x") | {"type": ["Note", "Page"]},
        eve.note("x") | {"type": None},
    ]
    for note in tries:
        create = eve.create(note) | {"id": f"{eve.uri}/creates/{eve.next()}"}
        async with scene.nothing_changes(asks=("h.example",)):
            assert await scene.send(create) == 202, note
        assert (await scene.why())[0] == "ignored", note
    assert scene.world.network.requests("GET", str(tries[0]["id"]))
    await scene.still_serves()


async def test_an_embedded_actor_is_only_named(scene: Scene) -> None:
    # H014
    note = scene.vic.note("With an actor in it")
    claim = scene.home.person("vic", rsa("eve")) | {"name": "Eve", "inbox": scene.eve.uri}
    create = scene.vic.create(note | {"attributedTo": claim}) | {"actor": claim}
    before = await scene.rows()
    assert await scene.send(create, scene.vic) == 202
    after = await scene.rows()
    assert (after["actor"], after["key"]) == (before["actor"], before["key"])
    post = await scene.ours.post(note["id"])
    assert post is not None
    assert post.author.name == "Vic"


async def test_nobody_else_says_what_our_own_documents_hold(scene: Scene) -> None:
    # H015
    mine = await scene.ours.write("olga", "Read the rules.", "Rules")
    await scene.settle()
    eve = scene.eve
    await scene.send(eve.follow())
    fake = eve.note("Eve's rules") | {"id": mine.uri}
    olga = json.dumps(scene.home.person("olga", rsa("eve")))
    tries = [
        eve.create(fake) | {"id": f"{eve.uri}/c/1"},
        eve.create(fake | {"attributedTo": OLGA}) | {"id": f"{eve.uri}/c/2"},
        eve.act("Update", fake | {"attributedTo": OLGA, "updated": "2090-01-01T00:00:00Z"}),
        eve.act("Update", json.loads(olga.replace("h.example", "groups.example"))),
        eve.act("Update", {"id": GROUP, "type": "Group", "name": "Eve's"}),
        eve.act("Delete", mine.uri),
        eve.act("Delete", GROUP),
        eve.act("Delete", OLGA),
    ]
    for activity in tries:
        async with scene.nothing_changes():
            assert await scene.send(activity) == 202
        assert (await scene.why())[0] == "ignored", activity
    for kind in ("Like", "Announce", "Delete"):
        own = eve.act(kind, mine.uri) | {"actor": OLGA, "id": f"{OLGA}/x"}
        async with scene.nothing_changes():
            assert await scene.send(own) == 401
    assert "Read the rules." in str((await scene.ours.post(mine.uri) or mine).content)
    await scene.still_serves()


async def test_nothing_is_looked_up_by_another_name_than_its_id(scene: Scene) -> None:
    # H017
    theirs = await scene.post("Vic's")
    eve = scene.eve
    await scene.send(eve.follow())
    note = eve.note("Eve's", url=theirs["id"], atomUri=theirs["id"], context=theirs["id"])
    await scene.send(eve.create(note))
    await scene.send(
        eve.act("Update", note | {"content": "new", "updated": "2090-01-01T00:00:00Z"})
    )
    await scene.send(eve.act("Delete", note["id"]))
    post = await scene.ours.post(theirs["id"])
    assert post is not None
    assert (post.state, post.content, post.author.username) == ("live", "<p>Vic's</p>", "vic")
    mine = await scene.ours.post(note["id"])
    assert mine is not None
    assert mine.thread_id != post.thread_id
    await scene.still_serves()


async def test_no_spelling_of_a_name_makes_a_post_somebody_elses(scene: Scene) -> None:
    # H010 to H017, their neighbours: hosts that look like another, JSON-LD's names, lists
    eve, vic = scene.eve, scene.vic
    await scene.send(eve.follow())
    ids = [
        *("https://h.example@evil.example/1", "https://evil.example\\@h.example/2"),
        *("https://h.example%2f@evil.example/3", "https://evil.example:443@h.example/4"),
        *("https://h.example#@evil.example/5", "https://h.example?@evil.example/6"),
        *("https://һ.example/7", "https://xn--g1a.example/8", "https://h.example。evil.example/9"),
        *("//h.example/10", "https:h.example/11", "https:///h.example/12", "HTTPS://h.example/13"),
    ]
    claims: list[dict[str, Any]] = [
        {"@id": f"{vic.uri}/statuses/1", "@type": "Person", "as:attributedTo": vic.uri},
        {"attributedTo": [vic.uri, eve.uri]},
        {"attributedTo": [eve.uri, vic.uri]},
        {"attributedTo": {"@id": vic.uri, "id": eve.uri}},
        {"attributedTo": {"id": [vic.uri]}},
        {"attributedTo": f"{vic.uri}#main-key"},
        {"attributedTo": vic.uri.replace("vic", "%76ic")},
        {"attributedTo": f"{eve.uri}/../../users/vic"},
        {"actor": vic.uri, "author": vic.uri, "creator": vic.uri},
        {"contentMap": {"@value": "x", "en": ["y"]}, "nameMap": ["z"], "content": None},
    ]
    for odd in [*({"id": one} for one in ids), *claims]:
        create = eve.create(eve.note("x") | odd) | {"id": f"{eve.uri}/creates/{eve.next()}"}
        assert await scene.send(create) in {202, 400}, odd
    with scene.ours.instance.store.context():
        kept = await storage.rows(
            "SELECT p.uri, a.uri AS by FROM post p JOIN actor a ON a.id = p.author_id"
        )
    assert kept
    assert {row["by"] for row in kept} == {eve.uri}
    assert {row["uri"][:22] for row in kept} == {"https://evil.example/u"}
    await scene.still_serves()
