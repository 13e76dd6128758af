"""Every software's own way of writing is understood, and passed on without a byte of change."""

from __future__ import annotations

import pytest

from federation.vocabulary import PUBLIC
from judges import Judge
from quirks import shapes
from servers import GROUP

pytestmark = pytest.mark.anyio


async def listeners(stage):
    """A microblog and a thread server that read along."""
    microblog, threads = stage.microblog("reads.example"), stage.threads("also.example")
    await stage.join(microblog.member("ann"), threads.member("bob"))
    return microblog, threads


# quirks 28, 32, 35, 101, 104, 105
@pytest.mark.parametrize("software", shapes.ALL)
async def test_a_post_in_the_manner_of_each_software_reaches_both_families(stage, software) -> None:
    microblog, threads = await listeners(stage)
    home = stage.stranger(f"{software}.example", software)
    author = home.member("zoe")
    await stage.join(author)
    document = shapes.ALL[software](author)
    create = author.create(document, **shapes.ACTIVITIES.get(software, {}))
    assert await stage.send(author, create) == 202
    assert microblog.kinds() == ["Announce"], await stage.last()
    assert microblog.came("Announce")[0]["object"] == document["id"]
    assert [one["object"] for one in threads.came("Announce{Create}")] == [create]
    post = await stage.ours.post(document["id"])
    assert post.author.uri == author.uri
    assert "worth" in post.content or "gloves" in post.content


# quirk 28
@pytest.mark.parametrize("software", shapes.ALL)
async def test_each_software_is_sent_the_dialect_that_it_reads(stage, software) -> None:
    boosts = {"gotosocial", "mastodon", "misskey", "pleroma", "smithereen"}
    both = {"mobilizon", "peertube", "wordpress"}
    judge: Judge = stage.stranger("x.example", software)
    await stage.join(judge.member("xia"))
    await stage.ours.write("olga", "Which rod?")
    await stage.settle()
    wanted = ["Announce"] if software in boosts else ["Announce{Create}"]
    assert judge.kinds() == (["Announce{Create}", "Announce"] if software in both else wanted)


# quirk 98
@pytest.mark.parametrize(
    "odd",
    [
        lambda ann, create: create | {"actor": {"id": ann.uri, "type": "Person"}},
        lambda ann, create: create | {"actor": [ann.uri]},
        lambda ann, create: create | {"object": [create["object"]]},
    ],
    ids=["actor-embedded", "actor-in-a-list", "object-in-a-list"],
)
async def test_single_values_may_stand_in_lists_and_objects(stage, odd) -> None:
    microblog, _threads = await listeners(stage)
    ann = stage.microblog().member("ann")
    await stage.join(ann)
    note = ann.note("Oddly put.")
    assert await stage.send(ann, odd(ann, ann.create(note))) == 202
    assert microblog.kinds() == ["Announce"], await stage.last()


# quirk 98
async def test_an_activity_of_actors_on_two_hosts_is_refused(stage) -> None:
    ann = stage.microblog().member("ann")
    create = ann.create(ann.note("We two."))
    both = [ann.uri, "https://l.example/users/bob"]
    assert await ann.send(create | {"actor": both}) == 400


# quirk 99
@pytest.mark.parametrize("public", ["as:Public", "Public", PUBLIC])
async def test_the_public_is_understood_in_every_spelling_and_sent_in_full(stage, public) -> None:
    microblog, threads = await listeners(stage)
    ann = stage.microblog().member("ann")
    await stage.join(ann)
    await stage.say(ann, ann.note("For all.", to=[public]))
    assert microblog.came("Announce")[0]["to"] == [PUBLIC]
    assert threads.came("Announce{Create}")[0]["to"] == [PUBLIC]


# quirk 101
@pytest.mark.parametrize("what", ["Video", "Audio", "Image", "Document", "Link", "Page"])
async def test_attachments_of_every_type_pass_through(stage, what) -> None:
    _, threads = await listeners(stage)
    ann = stage.microblog().member("ann")
    await stage.join(ann)
    part = {
        "type": what,
        "url": "https://m.example/1.mp4",
        "mediaType": "video/mp4",
        "blurhash": "U",
    }
    await stage.say(ann, ann.note("Look.", attachment=[part]))
    (announce,) = threads.came("Announce{Create}")
    assert announce["object"]["object"]["attachment"] == [part]


# quirk 102
@pytest.mark.parametrize("shape", ["string", "object", "list"])
async def test_a_reply_names_its_parent_in_any_shape(stage, shape) -> None:
    ann = stage.microblog().member("ann")
    await stage.join(ann)
    asked = await stage.ours.write("olga", "Which rod?")
    named = {"string": asked.uri, "object": {"id": asked.uri, "type": "Note"}, "list": [asked.uri]}
    answer = ann.note("1.6 mm.", group="", inReplyTo=named[shape])
    await stage.say(ann, answer)
    assert (await stage.ours.post(answer["id"])).parent_id == asked.id


# quirk 103
async def test_texts_by_language_are_read(stage) -> None:
    ann = stage.microblog().member("ann")
    await stage.join(ann)
    page = ann.page("", "", contentMap={"en": "<p>By language.</p>"}, nameMap={"en": "A map"})
    del page["content"], page["name"]
    await stage.say(ann, page)
    post = await stage.ours.post(page["id"])
    assert (post.title, post.content) == ("A map", "<p>By language.</p>")


# quirk 105
@pytest.mark.parametrize(
    "addressed",
    [
        {"to": PUBLIC, "cc": GROUP},
        {"to": [PUBLIC, GROUP], "cc": None},
        {"to": [PUBLIC, GROUP]},
        {"to": None, "cc": [PUBLIC, GROUP]},
    ],
    ids=["strings", "cc-null", "cc-missing", "to-null"],
)
async def test_addresses_may_be_single_null_or_missing(stage, addressed) -> None:
    microblog, threads = await listeners(stage)
    ann = stage.microblog().member("ann")
    await stage.join(ann)
    plain = ann.note("Somehow addressed.")
    for name in ("to", "cc"):
        plain.pop(name)
    note = plain | addressed
    ann.home.serve(note["id"].removeprefix("https://m.example"), note)
    create = ann.create({"to": None, "cc": None} | note) | {"object": note}
    create = {key: value for key, value in create.items() if key not in {"to", "cc"}} | addressed
    assert await stage.send(ann, create) == 202
    assert microblog.kinds() == ["Announce"], await stage.last()
    assert threads.came("Announce{Create}")[0]["object"] == create
