"""Signatures, retries and fetches as a whole instance makes them; parts are tested below."""

from __future__ import annotations

import pytest

from federation import clock
from federation.vocabulary import PUBLIC
from servers import GROUP

pytestmark = pytest.mark.anyio


# quirks 71, 72
async def test_a_delivery_is_signed_as_the_strictest_readers_want_it(stage) -> None:
    microblog = stage.microblog()
    await stage.send(ann := microblog.member("ann"), ann.follow())
    (delivery,) = microblog.inbox
    signature = delivery.header("signature")
    assert 'headers="(request-target) host date digest"' in signature
    assert 'algorithm="rsa-sha256"' in signature
    assert f'keyId="{GROUP}#main-key"' in signature
    assert delivery.header("date").endswith(" GMT")
    assert delivery.header("digest").startswith("SHA-256=")


# quirk 74
async def test_a_host_that_reads_the_new_form_alone_is_knocked_at_twice_once(stage) -> None:
    microblog = stage.microblog(takes="rfc9421")
    ann = microblog.member("ann")
    await stage.send(ann, ann.follow())
    await stage.ours.write("olga", "Which rod?")
    await stage.settle()
    forms = ["signature-input" in dict(one.headers) for one in microblog.inbox]
    assert forms == [False, True, True]
    assert [one.kind for one in microblog.taken] == ["Accept", "Announce"]


# quirk 75
@pytest.mark.parametrize("status", [403, 404, 410, 422])
async def test_a_refusal_is_no_reason_to_knock_again(stage, status) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    microblog.answers = [status]
    await stage.send(ann, ann.follow())
    assert len(microblog.inbox) == 1


# quirk 88
@pytest.mark.parametrize("what", ["Delete", "Update"])
async def test_the_farewell_of_a_stranger_is_taken_and_nobody_is_asked(stage, what) -> None:
    zed = stage.server("zed.example", "mastodon").member("zed")
    assert await stage.send(zed, zed.act(what, zed.uri, to=[PUBLIC])) == 202
    assert stage.fetched("zed.example") == []
    assert await stage.ours.outcomes() == []


# quirk 89
async def test_nodebb_that_cannot_fetch_yet_is_asked_twice_more(stage) -> None:
    threads = stage.threads("n.example", "nodebb")
    await stage.join(threads.member("nan"))
    threads.answers = [424, 424, 424, 424]
    await stage.ours.write("olga", "Which rod?")
    for later in range(6):
        with clock.held(clock.now_ms() + later * 3 * clock.HOUR):
            await stage.settle()
    assert threads.kinds() == ["Announce{Create}"] * 3


# quirk 89
async def test_a_host_that_says_when_to_come_back_is_left_alone_until_then(stage) -> None:
    microblog = stage.microblog()
    await stage.join(microblog.member("ann"))
    microblog.answers = [429]
    await stage.ours.write("olga", "Which rod?")
    await stage.settle()
    await stage.settle()
    assert len(microblog.inbox) == 1
    with clock.held(clock.now_ms() + clock.HOUR):
        await stage.settle()
    assert len(microblog.inbox) == 2


# quirk 90
@pytest.mark.parametrize("days", [3, 30], ids=["backing-off", "dormant"])
async def test_a_host_that_was_down_is_answered_as_soon_as_it_speaks(stage, days) -> None:
    microblog = stage.microblog()
    ann, amy = microblog.member("ann"), microblog.member("amy")
    await stage.join(ann)
    stage.world.network.fail("m.example", 502)
    start = clock.now_ms()
    for day in range(days + 1):
        with clock.held(start + day * clock.DAY):
            await stage.ours.write("olga", f"Day {day}: is anybody there?")
            await stage.settle()
    stage.world.network.heal("m.example")
    with clock.held(start + days * clock.DAY + 10 * clock.SECOND):
        await stage.send(amy, amy.follow())
    assert "Accept{Follow}" in microblog.kinds()


# quirks 91, 92
@pytest.mark.parametrize(
    ("media", "own_id"),
    [
        ("text/html", True),
        ("application/json", True),
        ("application/activity+json", False),
    ],
)
async def test_a_post_that_its_origin_does_not_serve_as_such_is_not_believed(
    stage, media, own_id
) -> None:
    cats = stage.server("cats.example", "lemmy").member("cats", kind="Group")
    await stage.ours.join("tom", f"@{cats.handle}")
    await stage.settle()
    await stage.send(cats, cats.act("Accept", cats.home.came("Follow")[0]))
    vic = stage.server("h.example", "mastodon").member("vic")
    note = vic.note("Said by nobody.", group=cats.uri)
    uri = note["id"] if own_id else "https://cats.example/copy"
    document = {"@context": "https://www.w3.org/ns/activitystreams"} | note
    home = vic.home if own_id else cats.home
    home.serve(uri.removeprefix(f"https://{home.host}"), document, media)
    await stage.send(cats, cats.act("Announce", uri, to=[PUBLIC], cc=[]))
    assert await stage.ours.post(note["id"]) is None


# quirk 93
async def test_no_document_makes_us_ask_ourselves(stage) -> None:
    ann = stage.microblog().member("ann")
    await stage.join(ann)
    ours = "https://groups.example"
    olga = f"{ours}/users/olga"
    traps = [
        ann.act("Announce", f"{ours}/users/olga/posts/1"),
        ann.act("Create", f"{ours}/users/olga/posts/2", to=[PUBLIC], cc=[GROUP]),
        ann.act("Update", f"{ours}/users/olga/posts/3"),
        ann.act("Update", {"id": olga, "type": "Person"}),
        ann.act("Delete", f"{ours}/users/olga/posts/4"),
        ann.act("Move", ann.uri, target=olga),
        ann.create(ann.note("Hm.", reply_to=f"{ours}/users/olga/posts/5")),
        ann.create(ann.note("Hm.", attributedTo=olga)) | {"id": f"{ann.uri}/create/9"},
    ]
    for trap in traps:
        await stage.send(ann, trap)
    asked = [
        one.url
        for one in stage.fetched("groups.example")
        if one.headers.get("user-agent", "").startswith("Fedigroups/")
    ]
    assert asked == []


# quirk 100
@pytest.mark.parametrize(
    "published",
    [
        "2026-01-02T10:00:05Z",
        "2026-01-02T10:00:05+00:00",
        "2026-01-02T10:00:05.123456789Z",
        "2026-01-02T10:00:05",
        "10000-01-02T10:00:05Z",
        "yesterday",
        7,
        None,
    ],
)
async def test_no_spelling_of_a_time_keeps_a_post_out(stage, published) -> None:
    microblog, threads = stage.microblog(), stage.threads()
    ann = microblog.member("ann")
    await stage.join(ann, threads.member("bob"))
    note = ann.note("Some time.", published=published)
    await stage.say(ann, note)
    assert microblog.kinds() == ["Announce"], await stage.last()
    post = await stage.ours.post(note["id"])
    assert 0 < post.published_at <= clock.now_ms()


# quirk 110
async def test_nodeinfo_answers_while_the_inbox_refuses_everybody(stage) -> None:
    ann = stage.microblog().member("ann")
    await stage.ours.run(lambda: stage.ours.wire.peers.block("m.example"))
    assert await ann.send(ann.follow()) == 403
    for version in ("2.0", "2.1"):
        answer = await stage.read(f"https://groups.example/nodeinfo/{version}", "*/*")
        assert answer.status_code == 200
