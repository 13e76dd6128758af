"""A post that was shown, and is edited into what a rule of the group lets wait."""

from __future__ import annotations

import pytest

from fedigroups.groups import lookup, speaking
from fedigroups.groups.models import Group, Post, Thread
from fedigroups.groups.speaking import Text
from fedigroups.moderation import watching
from fedigroups.moderation.acts import Act
from fedigroups.moderation.automatic import Rule
from fedigroups.moderation.decide import decide
from servers import GROUP

pytestmark = pytest.mark.anyio

SELLS = "<p>Buy sesame rods</p>"


async def ruled(stage):
    """Ann and a thread server in a group that has a rule; her note is shown."""
    microblog, threads = stage.microblog(), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    await stage.join(ann, bob)

    async def make() -> None:
        await watching.add(await Group.get(name="welders"), Rule("words", words=("sesame",)))

    await stage.ours.run(make)
    note = ann.note("Which rods?")
    await stage.say(ann, note)
    stage.forget()
    return microblog, threads, ann, note


async def edit(stage, ann, note, content: str, year: int) -> None:
    edited = note | {"content": content, "updated": f"{year}-01-01T00:00:00Z"}
    ann.home.serve(note["id"].removeprefix("https://m.example"), edited)
    await stage.send(ann, ann.act("Update", edited, to=note["to"], cc=note["cc"]))


async def taken(stage, kind: str, uri: str, **said) -> None:
    async def work() -> None:
        post = await Post.get(uri=uri).select_related("author", "thread__group__actor")
        hosted, olga = await lookup.hosted_named("welders"), await lookup.person("olga")
        await decide(
            stage.ours.wire, Act(kind=kind, hosted=hosted, decider=olga, post=post, **said)
        )

    await stage.ours.run(work)
    await stage.settle()


async def test_it_waits_is_told_to_nobody_and_goes_out_as_an_edit_when_it_is_accepted(
    stage,
) -> None:
    _, threads, ann, note = await ruled(stage)
    await edit(stage, ann, note, "<p>Which rods, please?</p>", 2098)
    assert threads.kinds() == ["Announce{Update}"]
    assert (await stage.ours.post(note["id"])).state == "live"
    stage.forget()

    await edit(stage, ann, note, SELLS, 2099)
    assert threads.kinds() == []
    post = await stage.ours.post(note["id"])
    assert post.state == "held"
    for page in (
        f"/groups/welders/threads/{post.thread_id}",
        "/groups/welders",
        "/search?q=rods",
    ):
        assert "sesame rods" not in (await stage.read(f"https://groups.example{page}")).text

    async def counted() -> tuple[int, bool, int]:
        thread = await Thread.get(id=post.thread_id).select_related("group")
        return thread.posts_count, thread.visible, thread.group.threads_count

    assert await stage.ours.run(counted) == (0, False, 0)
    await taken(stage, "accept", note["id"])
    assert threads.kinds() == ["Announce{Update}"]
    assert await stage.ours.run(counted) == (1, True, 1)
    assert (await stage.ours.post(note["id"])).content == SELLS
    stage.forget()
    await edit(stage, ann, note, f"{SELLS}<p>Thank you.</p>", 2100)
    assert threads.kinds() == ["Announce{Update}"]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("way", ["author", "moderator"])
async def test_what_waits_since_an_edit_ends_for_everybody_who_was_told_of_it(stage, way) -> None:
    _, threads, ann, note = await ruled(stage)
    await edit(stage, ann, note, SELLS, 2099)
    if way == "author":
        await stage.send(ann, ann.act("Delete", note["id"], to=note["to"], cc=[GROUP]))
    else:
        await taken(stage, "remove", note["id"], text="It sells.")
    assert threads.kinds() == ["Announce{Delete}"]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_people_here_see_their_edit_wait_as_well_and_hosts_do_not(stage) -> None:
    _, threads, _, _ = await ruled(stage)
    for name, state in (("tom", "held"), ("olga", "live")):
        post = await stage.ours.write(name, "Which rods?")
        await stage.settle()
        stage.forget()

        async def change(post=post, name=name) -> None:
            person = await lookup.person(name)
            await speaking.edit(stage.ours.wire, person, post, Text("Buy sesame rods"))

        await stage.ours.run(change)
        await stage.settle()
        assert (await stage.ours.post(post.uri)).state == state
        assert threads.kinds() == ([] if state == "held" else ["Announce{Update}"])
        if state == "held":
            await taken(stage, "accept", post.uri)
            assert threads.kinds() == ["Announce{Update}"]


SHOP = '<a href="https://shop.example/{}">there</a>'


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("profile", "before", "after", "waits"),
    [
        ({"approve": "nobody"}, "Which rods?", f"See {SHOP}", False),
        ({"approve": "everyone"}, "Which rods?", "Which rods, please?", True),
        ({"approve": "everyone"}, "Which rods?", "Which rods?", False),
        ({"approve": "newcomers", "newcomer_posts": 2}, "Which rods?", "Buy rods!", True),
        ({"approve": "newcomers", "newcomer_posts": 1}, "Which rods?", "Buy rods!", False),
        ({"approve": "links"}, "Which rods?", "Buy rods!", False),
        ({"approve": "links"}, "Which rods?", SHOP.format(1), True),
        ({"approve": "links"}, SHOP.format(1), SHOP.format(1) + " Thank you.", False),
        ({"approve": "links"}, SHOP.format(1), SHOP.format(2), True),
    ],
)
async def test_an_edit_waits_where_a_new_post_that_says_so_would(
    stage, profile, before, after, waits
) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    await stage.join(ann)
    note = ann.note(before)
    await stage.say(ann, note)
    await stage.ours.change(**profile)
    stage.forget()
    await edit(stage, ann, note, f"<p>{after}</p>", 2099)
    post = await stage.ours.post(note["id"])
    assert post.state == ("held" if waits else "live")
    assert microblog.kinds() == (["Create"] if waits else [])


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_how_a_poll_stands_waits_for_nobody_and_another_question_does(stage) -> None:
    ann = stage.microblog().member("ann")
    await stage.join(ann)

    def options(*names: str) -> list[dict]:
        return [{"type": "Note", "name": one, "replies": {"totalItems": 3}} for one in names]

    note = ann.note("Which?", type="Question", oneOf=options("MIG", "TIG"))
    await stage.say(ann, note)
    await stage.ours.change(approve="everyone")
    for asked, updated, state in (
        *(
            (("MIG", "TIG"), {}, "live"),
            (("MIG", "TIG"), {"updated": "2098-01-01T00:00:00Z"}, "live"),
        ),
        (("Buy rods", "TIG"), {"updated": "2099-01-01T00:00:00Z"}, "held"),
    ):
        told = note | updated | {"oneOf": options(*asked)}
        await stage.send(ann, ann.act("Update", told, to=note["to"], cc=note["cc"]))
        assert (await stage.ours.post(note["id"])).state == state, asked


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_is_sold_beside_the_words_of_a_post_waits_as_well(stage) -> None:
    _, _, ann, note = await ruled(stage)
    picture = {"type": "Image", "mediaType": "image/png", "url": "https://m.example/rods.png"}
    drawn = note | {"attachment": [picture | {"name": "Buy sesame rods"}]}
    await edit(stage, ann, drawn, note["content"], 2099)
    assert (await stage.ours.post(note["id"])).state == "held"
    options = [{"type": "Note", "name": name} for name in ("Rods", "Rods of sesame")]
    poll = ann.note("Which ones?") | {"type": "Question", "oneOf": options}
    await stage.say(ann, poll)
    assert (await stage.ours.post(poll["id"])).state == "held"
