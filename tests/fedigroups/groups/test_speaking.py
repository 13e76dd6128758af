"""What people here say passes the same rules as what peers send, and reaches whom it must."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation import limits, storage
from federation.errors import Malformed, NotHere
from federation.models import Actor
from federation.vocabulary import PUBLIC
from fedigroups.groups import founding, joining, lookup, membership, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member, Post, Thread
from fedigroups.groups.speaking import Text
from servers import GROUP, Server
from world import Town, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


async def act(town: Town, verb: str, name: str, uri: str, *more: Any) -> None:
    """A person here edits, deletes, likes, unlikes or removes a post."""

    async def work() -> None:
        actor = await lookup.person(name)
        post = await Post.get(uri=uri)
        await getattr(speaking, verb)(town.wire, actor, post, *more)

    await town.run(work)


async def set_standing(town: Town, name: str, **columns: Any) -> None:
    async def work() -> None:
        actor = await lookup.person(name)
        await Member.filter(actor_id=actor.id).update(**columns)

    await town.run(work)


async def newest(town: Town) -> Post:
    async def work() -> Post:
        return await Post.all().order_by("-id").select_related("thread").first()

    return await town.run(work)


# Writing


async def test_a_titled_thread_is_a_page_and_an_untitled_one_and_a_reply_are_notes(
    town: Town,
) -> None:
    page = await town.write("olga", "Which **rod**?", "Thin sheet")
    note = await town.write("tom", "Hello.")
    reply = await town.reply("tom", page.uri, "1.6 mm.")
    assert [post.kind for post in (page, note, reply)] == ["Page", "Note", "Note"]
    assert page.content == "<p>Which <strong>rod</strong>?</p>"
    assert json.loads(page.document)["source"]["content"] == "Which **rod**?"
    assert json.loads(reply.document)["inReplyTo"] == page.uri
    assert json.loads(reply.document)["context"] == f"{GROUP}/threads/{page.thread_id}"


async def test_a_post_says_its_warning_and_language(town: Town) -> None:
    async def work() -> Post:
        author = await lookup.person("olga")
        group = (await lookup.hosted_named("welders")).group
        text = Text("Heiß.", warning="hot", language="de")
        return await speaking.write(town.wire, author, group, text)

    post = await town.run(work)
    assert (post.warning, post.language) == ("hot", "de")
    assert json.loads(post.document)["contentMap"] == {"de": "<p>Heiß.</p>"}


@pytest.mark.parametrize(
    ("text", "title", "complaint"),
    [
        (" ", "", "nothing to say"),
        ("x" * (limits.CONTENT_CHARS // 2 + 1), "", "at most"),
        ("x", "x" * 201, "title"),
    ],
)
async def test_a_text_has_words_and_an_end(
    town: Town, text: str, title: str, complaint: str
) -> None:
    with pytest.raises(Malformed, match=complaint):
        await town.write("olga", text, title)


async def test_who_may_not_post_is_told_why(town: Town) -> None:
    await town.change(post_policy="moderators")
    with pytest.raises(Malformed, match="only moderators start threads"):
        await town.write("tom", "Hello.")
    assert (await town.write("olga", "Hello.")).uri


async def test_who_is_banned_here_neither_posts_nor_replies_nor_edits_nor_likes(
    town: Town,
) -> None:
    post = await town.write("olga", "Hello.")
    own = await town.write("tom", "Mine.")
    await set_standing(town, "tom", state="banned", reason="spam")
    with pytest.raises(Malformed, match="banned from the group: spam"):
        await town.write("tom", "Hello.")
    with pytest.raises(Malformed, match="banned from the group: spam"):
        await town.reply("tom", post.uri, "Hello.")
    with pytest.raises(Malformed, match="banned from the group: spam"):
        await act(town, "edit", "tom", own.uri, Text("Changed."))
    with pytest.raises(Malformed, match="banned from the group: spam"):
        await act(town, "like", "tom", post.uri)
    await act(town, "delete", "tom", own.uri)


async def test_in_a_locked_thread_nobody_but_staff_says_anything_new(town: Town) -> None:
    post = await town.write("tom", "Hello.")

    async def lock() -> None:
        await Thread.all().update(locked=True)

    await town.run(lock)
    with pytest.raises(Malformed, match="locked"):
        await town.reply("tom", post.uri, "More.")
    with pytest.raises(Malformed, match="locked"):
        await act(town, "edit", "tom", post.uri, Text("Other words."))
    assert (await town.reply("olga", post.uri, "It is enough.")).uri


async def test_what_is_gone_is_neither_answered_nor_liked_nor_edited_nor_removed(
    town: Town,
) -> None:
    post = await town.write("tom", "Hello.")
    await town.reply("olga", post.uri, "Hi.")
    await act(town, "delete", "tom", post.uri)
    with pytest.raises(Malformed, match="gone"):
        await town.reply("olga", post.uri, "Still there?")
    for verb, name, more in (
        ("like", "olga", ()),
        ("edit", "tom", (Text("Back."),)),
        ("delete", "tom", ()),
        ("remove", "olga", ("spam",)),
    ):
        with pytest.raises(Malformed, match="gone"):
            await act(town, verb, name, post.uri, *more)


async def test_a_thread_does_not_grow_down_without_end(town: Town) -> None:
    post = await town.write("olga", "Hello.")

    async def deepen() -> None:
        await Post.all().update(depth=limits.ANCESTORS)

    await town.run(deepen)
    with pytest.raises(Malformed, match="too deep"):
        await town.reply("tom", post.uri, "Deeper.")


# Editing and taking back


async def test_an_edit_changes_words_title_warning_and_document(town: Town) -> None:
    post = await town.write("olga", "Which rod?", "Thin sheet")
    text = Text("Which *wire*?", "Thin wire", warning="hot", language="de")
    await act(town, "edit", "olga", post.uri, text)
    edited = await newest(town)
    assert (edited.title, edited.warning, edited.language) == ("Thin wire", "hot", "de")
    assert edited.content == "<p>Which <em>wire</em>?</p>"
    document = json.loads(edited.document)
    assert document["updated"] > document["published"]
    assert edited.thread.title == "Thin wire"
    await act(town, "edit", "olga", post.uri, Text("Again"))
    again = await newest(town)
    assert (again.title, again.warning, again.updated_at > edited.updated_at) == (
        "Thin wire",
        "hot",
        True,
    )


async def test_only_their_own_posts_are_edited_and_taken_back(town: Town) -> None:
    post = await town.write("olga", "Hello.")
    for verb, more in (("edit", (Text("Mine."),)), ("delete", ())):
        with pytest.raises(Malformed, match="not yours"):
            await act(town, verb, "tom", post.uri, *more)


async def test_whoever_edits_what_changed_meanwhile_is_told(town: Town) -> None:
    post = await town.write("olga", "Hello.")
    await town.reply("tom", post.uri, "Hi.")

    async def work() -> None:
        olga = await lookup.person("olga")
        stale = await Post.get(uri=post.uri)
        await speaking.edit(town.wire, olga, await Post.get(uri=post.uri), Text("One."))
        with pytest.raises(Malformed, match="changed meanwhile"):
            await speaking.edit(town.wire, olga, stale, Text("Two."))
        stale = await Post.get(uri=post.uri)
        await speaking.remove(town.wire, olga, await Post.get(uri=post.uri), "spam")
        with pytest.raises(Malformed, match="changed meanwhile"):
            await speaking.edit(town.wire, olga, stale, Text("Three."))

    await town.run(work)
    kept = await town.post(post.uri)
    assert kept is not None
    assert kept.content == "<p>One.</p>"


async def test_a_like_counts_once_and_is_taken_back(town: Town) -> None:
    post = await town.write("olga", "Hello.")
    for verb, likes in (("like", 1), ("like", 1), ("unlike", 0), ("unlike", 0)):
        await act(town, verb, "tom", post.uri)
        assert (await newest(town)).likes_count == likes


# Moderating


async def test_a_moderator_removes_with_a_reason_and_nobody_else_does(town: Town) -> None:
    post = await town.write("tom", "Buy my rods.")
    with pytest.raises(Malformed, match="does not moderate"):
        await act(town, "remove", "tom", post.uri, "spam")
    with pytest.raises(Malformed, match="needs a reason"):
        await act(town, "remove", "olga", post.uri, " ")
    await act(town, "remove", "olga", post.uri, "advertising")
    removed = await newest(town)
    assert (removed.state, removed.reason) == ("removed", "advertising")


# Joining and leaving


async def test_joining_a_group_here_is_done_at_once(town: Town) -> None:
    async def work() -> None:
        olga = await lookup.person("olga")
        async with storage.transaction():
            profile = Profile(title="Bakers", join_policy="approval")
            await founding.found(town.wire, "bakers", olga, profile)
            await founding.found(town.wire, "millers", olga, Profile(join_policy="invite"))

    await town.run(work)
    assert await town.join("tom", "bakers") == "asked"
    assert await town.join("tom", "millers") == "refused"
    assert await town.join("tom", "@welders@groups.example") == "member"


async def test_only_a_group_is_joined_and_a_closed_one_is_not(town: Town) -> None:
    async def work() -> None:
        tom, olga = await lookup.person("tom"), await lookup.person("olga")
        with pytest.raises(Malformed, match="is no group"):
            await joining.join(town.wire, tom, olga)
        actor = (await lookup.hosted_named("welders")).actor
        await Group.filter(actor_id=actor.id).update(hosted=False)
        with pytest.raises(NotHere, match="closed"):
            await joining.join(town.wire, tom, actor)

    await town.run(work)


async def leave(town: Town, name: str, group: str = "welders") -> None:
    async def work() -> None:
        found = await lookup.any_group(group)
        await joining.leave(town.wire, await lookup.person(name), found)

    await town.run(work)


async def test_whoever_is_in_may_leave_but_not_the_owner(town: Town) -> None:
    await leave(town, "tom")
    assert (await town.members())["tom@groups.example"] == "left"
    with pytest.raises(Malformed, match="is not in"):
        await leave(town, "tom")
    with pytest.raises(Malformed, match="make somebody else the owner first"):
        await leave(town, "olga")


async def test_a_group_elsewhere_is_asked_and_left_by_activities(world: World, town: Town) -> None:
    there = Server.at(world.network, "l.example", "lemmy")
    there.member("cats", kind="Group")
    assert await town.join("olga", "!cats@l.example") == "asked"
    await world.settle()
    (follow,) = there.came("Follow")
    assert follow["to"] == [there.url("/users/cats")]
    await leave(town, "olga", "!cats@l.example")
    await world.settle()
    (undo,) = there.came("Undo{Follow}")
    assert undo["object"] == {key: follow[key] for key in ("id", "type", "actor", "to", "object")}
    assert (await town.members("!cats@l.example"))["olga@groups.example"] == "left"


# Whom it reaches


async def test_whoever_is_answered_or_named_is_told_in_their_own_inbox(
    world: World, town: Town
) -> None:
    home = Server.at(world.network, "m.example", "mastodon")
    ann, amy = home.member("ann"), home.member("amy")
    await town.change(post_policy="anyone")
    note = ann.note("Which rod?")
    await ann.send(ann.create(note))
    await world.settle()
    home.inbox.clear()
    reply = await town.reply("olga", note["id"], "Ask @amy@m.example or @nobody@m.example.")
    await world.settle()
    assert {one.path for one in home.inbox} == {"/users/ann/inbox", "/users/amy/inbox"}
    told = json.loads(reply.document)
    assert {ann.uri, amy.uri} <= set(told["cc"])
    assert [tag["href"] for tag in told["tag"]] == [GROUP, ann.uri, amy.uri]
    assert amy.uri in reply.content or "/@amy" in reply.content
    assert "@nobody@m.example" in reply.content


async def test_likes_edits_and_deletes_reach_whom_the_post_names(world: World, town: Town) -> None:
    home = Server.at(world.network, "m.example", "mastodon")
    ann = home.member("ann")
    await town.change(post_policy="anyone")
    note = ann.note("Which rod?")
    await ann.send(ann.create(note))
    await world.settle()
    await act(town, "like", "olga", note["id"])
    await act(town, "unlike", "olga", note["id"])
    reply = await town.reply("olga", note["id"], "1.6 mm.")
    await act(town, "edit", "olga", reply.uri, Text("2 mm."))
    await act(town, "delete", "olga", reply.uri)
    await world.settle()
    kinds = [one.kind for one in home.inbox if one.path == "/users/ann/inbox"]
    assert kinds == ["Announce", "Like", "Undo", "Create", "Update", "Delete"]


async def test_microblogs_that_were_shown_a_post_of_ours_hear_of_its_edit_and_its_end(
    world: World, town: Town
) -> None:
    microblog = Server.at(world.network, "m.example", "mastodon")
    threads = Server.at(world.network, "l.example", "lemmy")
    for person in (microblog.member("ann"), threads.member("bob")):
        await person.send(person.follow())
    await world.settle()
    post = await town.write("olga", "Which rod?")
    reply = await town.reply("tom", post.uri, "1.6 mm.")
    await world.settle()
    await act(town, "edit", "olga", post.uri, Text("Which wire?"))
    await act(town, "edit", "tom", reply.uri, Text("2 mm."))
    await world.settle()
    await act(town, "delete", "olga", post.uri)
    await world.settle()
    assert microblog.kinds() == [
        "Accept{Follow}",
        "Announce",
        "Update",
        "Undo{Announce}",
        "Delete",
    ]
    (update,) = microblog.came("Update")
    assert update["actor"] == "https://groups.example/users/olga"
    assert update["object"]["content"] == "<p>Which wire?</p>"
    assert PUBLIC in update["to"]
    assert threads.kinds().count("Announce{Update}") == 2
    assert threads.kinds()[-1] == "Announce{Delete}"


async def test_what_was_taken_back_before_anybody_saw_it_is_never_heard_of(
    world: World, town: Town
) -> None:
    microblog = Server.at(world.network, "m.example", "mastodon")
    ann = microblog.member("ann")
    await ann.send(ann.follow())
    await world.settle()
    post = await town.write("olga", "Oops.")
    await act(town, "delete", "olga", post.uri)
    await world.settle()
    assert microblog.kinds() == ["Accept{Follow}"]


async def test_a_mention_of_a_group_is_no_person_to_tell(world: World, town: Town) -> None:
    there = Server.at(world.network, "l.example", "lemmy")
    there.member("cats", kind="Group")
    post = await town.write("olga", "See @cats@l.example.")
    await world.settle()
    assert there.kinds() == []
    assert len(json.loads(post.document)["tag"]) == 1


async def test_a_post_without_its_document_is_deleted_all_the_same(town: Town) -> None:
    post = await town.write("olga", "Hello.")

    async def strip() -> None:
        await Post.filter(id=post.id).update(document="")

    await town.run(strip)
    await act(town, "delete", "olga", post.uri)
    assert (await newest(town)).state == "deleted"


async def test_a_person_that_was_let_out_may_come_back(town: Town) -> None:
    async def work() -> None:
        hosted = await lookup.hosted_named("welders")
        tom = await Actor.get(username="tom")
        async with storage.transaction():
            await membership.remove(town.wire, hosted.group, tom, "enough")

    await town.run(work)
    with pytest.raises(Malformed, match="only members"):
        await town.write("tom", "Hello.")
    assert await town.join("tom", "welders") == "member"
