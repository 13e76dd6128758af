"""Bodies that parsers differ on, that are too much, or that are of another shape than they say."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from federation import clock, limits, storage
from federation.vocabulary import AS2, PUBLIC
from fedigroups.groups import read
from servers import GROUP, Member
from trials import Scene, as_bytes

pytestmark = pytest.mark.anyio


async def sent(scene: Scene, body: bytes, **headers: str) -> int:
    """The answer to a body of Eve's that is signed as it should be."""
    signed = scene.signed(body) | {name.replace("_", "-"): value for name, value in headers.items()}
    return await scene.raw(body, signed)


async def refused(scene: Scene, body: bytes, *statuses: int, **headers: str) -> None:
    before = await scene.receipts()
    async with scene.nothing_changes():
        assert await sent(scene, body, **headers) in statuses, body[:200]
    assert await scene.receipts() == before


def with_raw(scene: Scene, raw: str) -> bytes:
    """A Like with a field of these very bytes."""
    return as_bytes(scene.eve.act("Like", GROUP, x="HERE")).replace(b'"HERE"', raw.encode())


async def test_a_body_over_the_limit_is_413_and_the_next_one_is_served(scene: Scene) -> None:
    # H077
    body = as_bytes(scene.eve.act("Like", GROUP))
    await refused(scene, body + b" " * (1_000_001 - len(body)), 413)
    assert await sent(scene, body + b" " * (1_000_000 - len(body))) == 202
    await scene.still_serves()


async def test_what_parsers_read_differently_is_400(scene: Scene) -> None:
    # H080, H082, H087, H076
    raws = ["9" * 5_000, "1e999", "-1e999", "NaN", "Infinity", str(2**63), str(2**64), '"\\ud800"']
    raws += ['"\\u0000"', '1,"x":2', "[" * 1_000 + "]" * 1_000]
    raws += ['{"object":' * 500 + "1" + "}" * 500]
    for raw in raws:
        await refused(scene, with_raw(scene, raw), 400)
    good = as_bytes(scene.eve.act("Like", GROUP))
    for body in (b"\xef\xbb\xbf" + good, good.decode().encode("utf-16"), b"[" * 100_000, b"\xff"):
        await refused(scene, body, 400)
    for body in (b"", b"null", b"7", b'"x"', b"[]", b"[" + good + b"]", b"{}"):
        await refused(scene, body, 400)
    await refused(scene, good, 400, Content_Encoding="gzip")
    await refused(scene, good, 400, Content_Type="text/plain")
    for media in ("application/json", "application/activity+json;charset=utf-8"):
        body = as_bytes(scene.eve.act("Like", GROUP))
        assert await sent(scene, body, Content_Type=media) == 202
    await scene.still_serves()


async def test_bombs_are_answered_at_once(scene: Scene) -> None:
    # H076, H079
    bombs = [
        b"[" * 999_000,
        b'{"a":' * 190_000,
        with_raw(scene, json.dumps([PUBLIC[:4]] * 120_000)),
        with_raw(scene, json.dumps([{}] * 300_000)),
        b'{"to":[' + b"1," * 490_000 + b"1]}",
    ]
    for bomb in bombs:
        begun = time.perf_counter()
        await refused(scene, bomb, 400, 413)
        assert time.perf_counter() - begun < 3
    await scene.still_serves()


async def test_an_activity_has_one_type_and_one_actor(scene: Scene) -> None:
    # H083, H084
    eve = scene.eve
    for kind in (["Create", "Delete"], None, {}, 7, "", [], "x" * 100):
        await refused(scene, as_bytes(eve.act("Like", GROUP) | {"type": kind}), 400)
    for actor in ([eve.uri, scene.vic.uri], {}, None, 7, "", [], "eve", [None], {"id": 7}):
        await refused(scene, as_bytes(eve.act("Like", GROUP) | {"actor": actor}), 400, 401)
    for what in (None, 7, True, 1.5, "", [], {}):
        await refused(scene, as_bytes(eve.act("Like", what)), 400)
    for id in (None, 7, "", "x", ["https://evil.example/1"], f"{scene.vic.uri}/like/1"):
        await refused(scene, as_bytes(eve.act("Like", GROUP) | {"id": id}), 400)
    await scene.still_serves()


KINDS = (
    *("Follow", "Join", "Leave", "Accept", "Reject", "Create", "Update", "Delete", "Announce"),
    *("Undo", "Block", "Move", "Flag", "Like", "Dislike", "EmojiReact", "Add", "Nonsense"),
)


async def test_every_verb_survives_every_shape_of_object(scene: Scene) -> None:
    # H084, H088
    eve = scene.eve
    await scene.send(eve.follow())
    note = eve.note("odd")
    shapes: list[Any] = [
        [GROUP, scene.vic.uri],
        [note, note],
        [{}, 7],
        {"id": 7},
        {"type": "Note"},
        {"id": f"{eve.uri}/thing"},
        {"id": "https://evil.example/x", "type": {"a": 1}, "actor": 7, "object": [7]},
        {"type": "Follow", "actor": [eve.uri], "object": {"id": [GROUP]}},
        {"type": ["Like"], "id": f"{eve.uri}/l", "actor": eve.uri, "object": {"type": "Note"}},
        "https://evil.example/" + "x" * 1_900,
        "https://evil.example/nothing#" + "é" * 20,
    ]
    asked = ("evil.example", "h.example")
    async with scene.nothing_changes(but=("tombstone", "report"), asks=asked):
        for kind in KINDS:
            for shape in shapes:
                odd = eve.act(kind, shape, target=shape, to=shape, tag=shape, content=shape)
                assert await eve.send(odd) == 202, (kind, shape)
        far = "https://evil.example/" + "x" * 3_000
        for inner in ("Follow", "Like", "Block", "Delete", "Lock"):
            said = {"type": inner, "actor": eve.uri, "object": far, "target": far}
            assert await eve.send(eve.act("Undo", said)) == 202, inner
        asks = {"type": "Follow", "actor": far, "object": eve.uri}
        assert await eve.send(eve.act("Accept", asks)) == 202
    for kind in KINDS:
        loop = eve.act(kind, None)
        assert await scene.send(loop | {"object": loop["id"]}) == 202
        assert await scene.send(eve.act(kind, loop | {"object": loop["id"]})) == 202
    states = {state for _, state, _ in await scene.ours.outcomes()}
    assert states <= {"done", "ignored", "received"}
    with clock.held(clock.now_ms() + limits.AWAITED_SECONDS * clock.SECOND):
        await scene.settle()  # what waited for a post that never comes
    assert {state for _, state, _ in await scene.ours.outcomes()} <= {"done", "ignored"}
    await scene.still_serves()


async def test_a_context_is_never_fetched_nor_does_it_change_what_is_read(scene: Scene) -> None:
    # H070, H071
    eve, vic = scene.eve, scene.vic
    note = await scene.post()
    mean: list[Any] = [
        "https://evil.example/ctx",
        [AS2, *(f"https://evil.example/{number}" for number in range(20))],
        [{"actor": "https://x.example/#y", "object": "as:actor"}],
        {"@vocab": "https://evil.example/#", "@base": f"{vic.uri}/", "@propagate": False},
        {"Delete": "as:Like", "actor": {"@reverse": "as:object"}, "@protected": True},
    ]
    for context in mean:
        for activity in (eve.act("Delete", note["id"]), eve.act("Update", note)):
            async with scene.nothing_changes(asks=("h.example",)):
                assert await scene.send(activity | {"@context": context}) == 202
        like = vic.act("Like", f"{GROUP}/threads/0") | {"@context": context}
        assert await scene.send(like, vic) == 202
    assert not [one for one in scene.world.network.log if "/ctx" in one.url or one.url[-2:] == "/1"]
    await scene.still_serves()


async def test_a_linked_data_signature_of_a_relay_makes_nobody_believed(scene: Scene) -> None:
    # H072, H074, H075: each way to deceive in tests/federation/test_linked_data.py
    vic = scene.vic
    graph: list[dict[str, Any]] = [{"id": f"_:b{n}", "x": f"_:b{n + 1}"} for n in range(500)]
    signature = {
        "type": "RsaSignature2017",
        "creator": f"{vic.uri}#main-key",
        "created": "2026-01-01T00:00:00Z",
        "signatureValue": "AAAA",
    }
    for name, more in {"@graph": graph, "@included": graph, "@reverse": {"x": graph}}.items():
        note = vic.note("Vic says so")
        forged = vic.create(note | {"content": "A relay says so"}) | {"signature": signature}
        own = scene.eve.act("Announce", forged) | {"signature": signature, name: more}
        async with scene.nothing_changes(asks=("h.example",)):
            assert await scene.send(own) == 202
        undo = vic.act("Undo", note["id"]) | {"signature": signature, name: more}
        async with scene.nothing_changes():
            assert await scene.send(undo) == 401
        assert await scene.send(forged | {name: more}) == 202
        post = await scene.ours.post(note["id"])
        assert post is not None
        assert post.content == "<p>Vic says so</p>"
    await scene.still_serves()


async def test_a_time_that_cannot_be_is_the_time_of_receipt(scene: Scene) -> None:
    # H086
    first = await scene.post("First")
    for published in ("2036-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "1970-01-01T00:00:00Z"):
        note = scene.vic.note("When?", published=published)
        assert await scene.send(scene.vic.create(note), scene.vic) == 202
        post = await scene.ours.post(note["id"])
        assert post is not None
        assert post.published_at == post.received_at
    long_ago = "1999-01-01T00:00:00Z"  # which can be, and moves nothing in the feed
    for published in ([long_ago], {}, 7, "yesterday", None, "-1", long_ago):
        note = scene.vic.note("When?", published=published, updated=published)
        assert await scene.send(scene.vic.create(note), scene.vic) == 202
        assert (await scene.why())[0] == "done"
    with scene.ours.instance.store.context():
        rows = await storage.rows("SELECT active_at, created_at FROM thread")
        group = await scene.ours.group()
        page = await read.group_page(group)
    assert all(row["active_at"] <= group.active_at for row in rows)
    assert page.threads[-1].id == (await stored_thread(scene, first["id"]))
    await scene.still_serves()


async def stored_thread(scene: Scene, uri: str) -> int:
    post = await scene.ours.post(uri)
    assert post is not None
    return int(post.thread_id)


async def test_a_post_that_answers_itself_or_a_circle_ends(scene: Scene) -> None:
    # H088
    vic = scene.vic
    selfish = vic.note("Me")
    selfish["inReplyTo"] = selfish["id"]
    one, two = vic.note("One"), vic.note("Two")
    one["inReplyTo"], two["inReplyTo"] = two["id"], one["id"]
    for note in (selfish, one, two):
        path = note["id"].removeprefix("https://h.example")
        scene.home.serve(path, {"@context": []} | note)
    for note in (selfish, one, two):
        assert await scene.send(vic.create(note), vic) == 202
        post = await scene.ours.post(note["id"])
        assert post is not None
        with scene.ours.instance.store.context():
            assert await asyncio.wait_for(read.thread_page(post.thread_id), 5) is not None
    assert {state for _, state, _ in await scene.ours.outcomes()} <= {"done", "ignored"}
    await scene.still_serves()


async def test_texts_and_lists_are_cut_at_their_limits(scene: Scene) -> None:
    # H079, H089
    vic = scene.vic
    languages = {f"l{number}": "x" for number in range(3_000)}
    note = vic.note(
        "long",
        content="<p>" + "a" * 200_000 + "</p>",
        name="n" * 100_000,
        summary="s" * 100_000,
        attachment=[{"type": "Image", "url": "https://h.example/i.png", "name": "x" * 99}] * 500,
        tag=[{"type": "Hashtag", "name": "İ" * 100}, *[{"type": "Mention", "href": GROUP}] * 500],
        language="é" * 5_000,
        contentMap=languages,
    )
    assert await scene.send(vic.create(note), vic) == 202
    post = await scene.ours.post(note["id"])
    assert post is not None
    assert len(post.content) <= 100_100
    assert len(post.title) <= 200
    assert len(post.warning) <= 2_048
    assert len(json.loads(post.attachments)) <= 16
    wide = "".join(map(chr, range(0x4E00, 0x4E00 + 1_900)))  # and of no pattern to press it by
    for kind, id in (("Like", wide), ("Delete", wide[:650])):
        assert await scene.send(vic.act(kind, f"{vic.uri}/{id}"), vic) == 202
    person = Member(scene.evil, "x" * 1_000, more={"name": "y" * 50_000, "summary": "<b>" * 50_000})
    assert await scene.send(person.act("Like", GROUP), person) in {202, 400, 401}
    for emoji in ("x" * 100_000, "👍" * 1_000, {"a": "b"}):
        like = vic.act("EmojiReact", note["id"], content=emoji)
        assert await scene.send(like, vic) == 202
    assert {state for _, state, _ in await scene.ours.outcomes()} <= {"done", "ignored"}
    await scene.still_serves()


async def test_addressed_to_thousands_is_read_for_what_it_says(scene: Scene) -> None:
    # H079
    crowd = [f"https://h.example/users/u{number}" for number in range(4_000)]
    note = scene.vic.note("To all", cc=[*crowd, GROUP])
    create = scene.vic.create(note | {"to": [PUBLIC]}, cc=[GROUP])
    begun = time.perf_counter()
    assert await scene.send(create, scene.vic) == 202
    assert await scene.why() == ("done", "posted in welders")
    assert time.perf_counter() - begun < 10
