"""What moderators do, as each family can read it; reports; and the profile of a group."""

from __future__ import annotations

import pytest

from federation import storage
from federation.errors import Malformed
from federation.vocabulary import PUBLIC
from fedigroups.groups import founding, lookup, membership, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Post
from fedigroups.moderation.models import Report
from judges import MISSKEY_BYTES
from outbox.publish import publish
from servers import GROUP

pytestmark = pytest.mark.anyio

MODERATION = "https://groups.example/moderation"


async def cast(stage):
    """Ann of a microblog and Bob of a thread server, both members."""
    microblog, threads = stage.microblog(), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    await stage.join(ann, bob)
    return microblog, threads, ann, bob


async def remove(stage, uri: str, reason: str = "Off topic.") -> None:
    """Olga removes a post."""
    olga = await stage.ours.person("olga")

    async def work() -> None:
        await speaking.remove(stage.ours.wire, olga, await Post.get(uri=uri), reason)

    await stage.ours.run(work)
    await stage.settle()


async def change(stage, **profile) -> None:
    """Olga changes the profile of the group."""

    async def work() -> None:
        hosted = await lookup.hosted_named("welders")
        async with storage.transaction():
            await publish(await founding.change(stage.ours.wire, hosted, Profile(**profile)))

    await stage.ours.run(work)
    await stage.settle()


async def appoint(stage, person) -> None:
    """Make somebody a moderator."""

    async def work() -> None:
        hosted = await lookup.hosted_named("welders")
        await membership.appoint(hosted.group, await lookup.person(person.handle), "moderator")

    await stage.ours.run(work)


# quirks 56, 68
async def test_a_removal_is_a_delete_by_the_moderation_actor_with_its_reason(stage) -> None:
    microblog, threads, ann, _ = await cast(stage)
    note = ann.note("Buy rods!")
    await stage.say(ann, note)
    boost = microblog.came("Announce")[0]["id"]
    stage.forget()
    await remove(stage, note["id"], "Advertising.")
    delete = threads.came("Announce{Delete}")[0]["object"]
    assert (delete["actor"], delete["object"]) == (MODERATION, note["id"])
    assert (delete["summary"], delete["audience"]) == ("Advertising.", GROUP)
    assert (delete["to"], delete["cc"]) == ([PUBLIC], [GROUP])
    assert (await stage.document(MODERATION))["type"] == "Service"
    (undo,) = microblog.came("Undo{Announce}")
    assert undo["object"]["id"] == boost


# quirk 57
@pytest.mark.parametrize("role", ["moderator", "member"])
async def test_a_delete_by_somebody_elsewhere_counts_when_the_group_lists_them(stage, role) -> None:
    microblog, _threads, ann, bob = await cast(stage)
    other = stage.threads("q.example", "piefed")
    await stage.join(other.member("pat"))
    note = ann.note("Buy rods!")
    await stage.say(ann, note)
    stage.forget()
    if role == "moderator":
        await appoint(stage, bob)
    delete = bob.act("Delete", note["id"], to=[PUBLIC], cc=[GROUP], audience=GROUP, summary="Ads.")
    await stage.send(bob, delete)
    post = await stage.ours.post(note["id"])
    assert post.state == ("removed" if role == "moderator" else "live")
    assert microblog.kinds(notes=False) == (["Undo{Announce}"] if role == "moderator" else [])
    assert [one["object"] for one in other.came("Announce{Delete}")] == (
        [delete] if role == "moderator" else []
    )


# quirk 108
async def test_a_removal_reaches_who_joined_after_the_post(stage) -> None:
    _, _, ann, _ = await cast(stage)
    note = ann.note("Buy rods!")
    await stage.say(ann, note)
    late, later = stage.microblog("late.example"), stage.threads("later.example", "piefed")
    await stage.join(late.member("lia"), later.member("leo"))
    await remove(stage, note["id"])
    assert late.kinds() == ["Undo{Announce}"]
    assert later.kinds() == ["Announce{Delete}"]


async def test_what_is_removed_before_it_was_sent_is_never_sent_nor_undone(stage) -> None:
    microblog, threads, ann, _ = await cast(stage)
    note = ann.note("Buy rods!")
    await ann.send(ann.create(note))
    with stage.ours.instance.store.context():
        await stage.ours.instance.processor.drain()
    olga = await stage.ours.person("olga")

    async def work() -> None:
        await speaking.remove(stage.ours.wire, olga, await Post.get(uri=note["id"]), "Ads.")

    await stage.ours.run(work)
    await stage.settle()
    assert (microblog.kinds(notes=False), threads.kinds()) == ([], [])


# quirks 62, 64
@pytest.mark.parametrize("role", ["moderator", "member"])
async def test_a_block_with_a_target_is_a_ban_when_a_moderator_says_so(stage, role) -> None:
    microblog, _, ann, bob = await cast(stage)
    if role == "moderator":
        await appoint(stage, bob)
    ban = bob.act("Block", ann.uri, target=GROUP, to=[PUBLIC], cc=[GROUP], summary="Ads.")
    await stage.send(bob, ban | {"removeData": False, "expires": None})
    state = (await stage.ours.members())["ann@m.example"]
    assert state == ("banned" if role == "moderator" else "member")
    assert microblog.kinds(notes=False) == (["Reject{Follow}"] if role == "moderator" else [])


# quirk 62
@pytest.mark.parametrize("target", ["https://l.example/", "https://other.example/c/cats", ""])
async def test_a_block_that_is_not_about_this_group_moves_nobody(stage, target) -> None:
    _, _, ann, bob = await cast(stage)
    await appoint(stage, bob)
    more = {"target": target} if target else {}
    assert await stage.send(bob, bob.act("Block", ann.uri, **more)) == 202
    assert (await stage.ours.members())["ann@m.example"] == "member"


# quirk 67
@pytest.mark.parametrize(
    "words",
    [
        {"summary": "Spam."},
        {"content": "Spam."},
        {"summary": None, "content": None},
        {},
    ],
    ids=["lemmy", "mastodon", "mbin", "bare"],
)
@pytest.mark.parametrize("listed", [False, True])
async def test_a_report_in_every_shape_is_kept_and_announced_to_nobody(
    stage, words, listed
) -> None:
    microblog, threads, ann, _bob = await cast(stage)
    note = ann.note("Buy rods!")
    await stage.say(ann, note)
    stage.forget()
    instance = stage.server("r.example", "mastodon").member("r", kind="Application")
    about = [ann.uri, note["id"]] if listed else note["id"]
    report = instance.act("Flag", about, to=GROUP, **words)
    assert await stage.send(instance, report) == 202

    async def kept() -> list[tuple[str, str, bool, bool]]:
        author, post = await lookup.person(ann.uri), await Post.get(uri=note["id"])
        return [
            (one.activity_uri, one.text, one.person_id == author.id, one.post_id == post.id)
            for one in await Report.filter(group_id__gt=0)
        ]

    said = words.get("summary") or words.get("content") or ""
    assert await stage.ours.run(kept) == [(report["id"], said, True, True)]
    assert (microblog.kinds(), threads.kinds()) == ([], [])
    assert (
        await stage.read(report["id"].replace("r.example", "groups.example"))
    ).status_code == 404


# quirks 69, 70
async def test_a_changed_profile_is_told_by_the_group_and_to_threads_by_the_moderation_actor(
    stage,
) -> None:
    microblog, threads, _, _ = await cast(stage)
    await change(stage, title="Welders and smiths", summary="How we *join* metal.")
    (update,) = microblog.came("Update")
    assert update["actor"] == update["object"]["id"] == GROUP
    assert update["object"]["name"] == "Welders and smiths"
    inner = threads.came("Announce{Update}")[0]["object"]
    assert inner["actor"] == MODERATION
    assert inner["object"] == {
        key: value for key, value in (await stage.document(GROUP)).items() if key != "@context"
    }


# quirk 109
@pytest.mark.parametrize("text", ["溶" * 20_000, '"' * 20_000, "<b>&\n" * 4_000])
async def test_a_profile_that_misskey_could_not_take_is_refused_where_it_is_written(
    stage, text
) -> None:
    microblog = stage.microblog(software="misskey")
    await stage.join(microblog.member("kim"))
    with pytest.raises(Malformed, match="at most"):
        await change(stage, summary=text)
    await change(stage, summary=text[:3_000])
    assert len(microblog.inbox[0].body) < MISSKEY_BYTES
