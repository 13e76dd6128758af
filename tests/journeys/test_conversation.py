"""What is said in a group: posts, answers, edits, votes and boosts, and what is not taken."""

from __future__ import annotations

from typing import Any

import pytest

from federation import clock, storage
from federation.vocabulary import PUBLIC
from fedigroups.groups import founding, lookup, membership, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Post, Thread
from outbox.publish import publish
from servers import GROUP, Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio


class Scene:
    """Our group with Ann of a microblog and Bob of a thread server in it."""

    def __init__(self, world: World, town: Town) -> None:
        self.world = world
        self.town = town
        self.microblog = Server.at(world.network, "m.example", "mastodon")
        self.threads = Server.at(world.network, "l.example", "lemmy")
        self.ann = self.microblog.member("ann")
        self.bob = self.threads.member("bob")

    async def send(self, person: Member, *activities: dict[str, Any]) -> str:
        """They deliver activities, one after another; the last one's outcome."""
        for activity in activities:
            assert await person.send(activity) == 202
            await self.world.settle()
        _, state, reason = (await self.town.outcomes())[-1]
        return f"{state}: {reason}"

    async def say(self, person: Member, text: str, **more: Any) -> dict[str, Any]:
        """A note of theirs, announced by then."""
        note = person.note(text, **more)
        assert (await self.send(person, person.create(note))).startswith("done")
        return note

    async def post(self, uri: str) -> Post:
        found = await self.town.post(uri)
        assert found is not None, f"{uri} is not here"
        return found

    def forget(self) -> None:
        self.microblog.inbox.clear()
        self.threads.inbox.clear()

    def heard(self) -> tuple[list[str], list[str]]:
        """What the microblog and the thread server were sent since `forget`."""
        return self.microblog.kinds(notes=False), self.threads.kinds(notes=False)


@pytest.fixture
async def scene(world: World) -> Scene:
    made = Scene(world, await world.town())
    await made.send(made.ann, made.ann.follow())
    await made.send(made.bob, made.bob.follow())
    made.forget()
    return made


def later(note: dict[str, Any], text: str, seconds: int) -> dict[str, Any]:
    """The note as it is after an edit."""
    updated = clock.rfc3339(clock.now_ms() + seconds * 1_000)
    return note | {"content": f"<p>{text}</p>", "updated": updated}


# Answers


async def test_a_reply_stands_in_its_thread_though_it_names_nobody(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Which rod?")
    reply = await scene.say(scene.bob, "1.6 mm.", reply_to=note["id"], group="")
    root, answer = await scene.post(note["id"]), await scene.post(reply["id"])
    assert (answer.parent_id, answer.thread_id) == (root.id, root.thread_id)
    assert scene.heard() == (["Announce"], ["Announce{Create}", "Announce{Create}"])


async def test_replies_are_boosted_where_the_group_wants_it(scene: Scene) -> None:
    await scene.town.change(boost_replies=True)
    note = await scene.say(scene.ann, "Which rod?")
    reply = await scene.say(scene.bob, "1.6 mm.", reply_to=note["id"], group="")
    assert [one["object"] for one in scene.microblog.came("Announce")] == [note["id"], reply["id"]]


async def test_what_was_missed_between_is_fetched_and_stands_where_it_belongs(
    scene: Scene,
) -> None:
    note = await scene.say(scene.ann, "Which rod?")
    elsewhere = Server.at(scene.world.network, "h.example", "mastodon")
    vic = elsewhere.member("vic")
    missed = vic.note("Depends.", reply_to=note["id"], group="")
    reply = await scene.say(scene.bob, "On what?", reply_to=missed["id"], group="")
    between, answer = await scene.post(missed["id"]), await scene.post(reply["id"])
    assert answer.parent_id == between.id
    assert between.author.uri == vic.uri
    scene.forget()
    assert (await scene.send(vic, vic.create(missed))).startswith("done: it is known")
    assert scene.heard() == ([], ["Announce{Create}"])
    assert (await scene.send(vic, vic.create(missed) | {"id": f"{vic.uri}/2"})).startswith("done")
    assert scene.heard() == ([], ["Announce{Create}"])


async def test_a_reply_below_what_a_banned_person_said_is_no_way_in(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Which rod?")
    eve = Server.at(scene.world.network, "evil.example", "mastodon").member("eve")
    await scene.send(eve, eve.follow())
    await ban(scene, eve.handle)
    spam = eve.note("Buy.", reply_to=note["id"], group="")
    outcome = await scene.send(
        scene.bob, scene.bob.create(scene.bob.note("See above.", reply_to=spam["id"], group=""))
    )
    assert outcome.startswith("ignored")
    assert await scene.town.post(spam["id"]) is None


async def ban(scene: Scene, handle: str) -> None:
    async def work() -> None:
        group = (await lookup.hosted_named("welders")).group
        actor = await lookup.person(handle)
        async with storage.transaction():
            await publish(await membership.ban(scene.town.wire, group, actor, "spam"))

    await scene.town.run(work)


async def test_what_answers_nothing_here_and_names_no_group_is_left_alone(scene: Scene) -> None:
    note = scene.ann.note("Just saying.", group="")
    assert (await scene.send(scene.ann, scene.ann.create(note))).startswith("ignored: it names no")


async def test_in_a_locked_thread_nobody_answers_and_everybody_may_like(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Which rod?")
    await scene.town.run(lambda: Thread.all().update(locked=True))
    reply = scene.bob.note("1.6 mm.", reply_to=note["id"])
    assert await scene.send(scene.bob, scene.bob.create(reply)) == "ignored: the thread is locked"
    assert (await scene.send(scene.bob, scene.bob.act("Like", note["id"]))).startswith("done")


async def test_where_nothing_is_left_nobody_answers(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Which rod?")
    await scene.send(scene.ann, scene.ann.act("Delete", note["id"]))
    reply = scene.bob.note("1.6 mm.", reply_to=note["id"])
    outcome = await scene.send(scene.bob, scene.bob.create(reply))
    assert outcome == "ignored: nothing is left of the thread"


async def test_a_vote_in_a_poll_is_not_taken_for_a_reply(scene: Scene) -> None:
    poll = await scene.say(scene.ann, "MIG or TIG?", type="Question", oneOf=[{"name": "MIG"}])
    vote = scene.bob.note("", reply_to=poll["id"], group="", name="MIG", content=None)
    assert (await scene.send(scene.bob, scene.bob.create(vote))).startswith("ignored: a poll vote")
    named = scene.bob.act("Create", vote["id"])
    assert (await scene.send(scene.bob, named)).startswith("ignored: a poll vote")
    assert (await scene.post(poll["id"])).thread.posts_count == 1


# Who may start threads


@pytest.mark.parametrize(
    ("policy", "stranger", "member"),
    [("anyone", True, True), ("members", False, True), ("moderators", False, False)],
)
async def test_threads_are_started_by_whom_the_group_wants(
    scene: Scene, policy: str, stranger: bool, member: bool
) -> None:
    await scene.town.change(post_policy=policy)
    vic = Server.at(scene.world.network, "h.example", "mastodon").member("vic")
    for person, allowed in ((vic, stranger), (scene.ann, member)):
        outcome = await scene.send(person, person.create(person.note("Hello.")))
        assert outcome.startswith("done") == allowed, outcome


async def test_whoever_never_joined_may_answer(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Which rod?")
    vic = Server.at(scene.world.network, "h.example", "mastodon").member("vic")
    await scene.say(vic, "1.6 mm.", reply_to=note["id"], group="")


# Edits


async def test_edits_count_by_the_time_that_they_name_and_not_by_their_arrival(
    scene: Scene,
) -> None:
    note = await scene.say(scene.ann, "One.")
    scene.forget()
    second, third = later(note, "Two.", 60), later(note, "Three.", 120)
    assert await scene.send(scene.ann, scene.ann.act("Update", third)) == "done: edited"
    outcome = await scene.send(scene.ann, scene.ann.act("Update", second))
    assert outcome == "ignored: it is not newer than what we have"
    assert (await scene.post(note["id"])).content == "<p>Three.</p>"
    assert scene.heard() == ([], ["Announce{Update}"])


async def test_an_edit_with_its_authors_signature_goes_to_microblogs_as_it_came(
    scene: Scene,
) -> None:
    note = await scene.say(scene.bob, "One.")
    scene.forget()
    signed = scene.bob.act(
        "Update", later(note, "Two.", 60), signature={"type": "RsaSignature2017"}
    )
    await scene.send(scene.bob, signed)
    assert scene.heard() == (["Update"], ["Announce{Update}"])
    assert scene.microblog.came("Update") == [signed]


async def test_an_edit_of_what_never_came_is_its_arrival(scene: Scene) -> None:
    page = scene.bob.page("Thin sheet", "Which rod?")
    outcome = await scene.send(scene.bob, scene.bob.act("Update", page, to=page["to"]))
    assert outcome == "done: posted in welders"
    assert (await scene.post(page["id"])).title == "Thin sheet"


async def test_a_banned_person_does_not_edit(scene: Scene) -> None:
    note = await scene.say(scene.ann, "One.")
    await ban(scene, "ann@m.example")
    outcome = await scene.send(scene.ann, scene.ann.act("Update", later(note, "Spam.", 60)))
    assert outcome.startswith("ignored: banned")


# Votes and boosts


async def counts(scene: Scene, uri: str) -> tuple[int, int, int]:
    post = await scene.post(uri)
    return post.likes_count, post.dislikes_count, post.boosts_count


async def test_likes_dislikes_and_emoji_count_once_and_go_to_threads_alone(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Which rod?")
    scene.forget()
    bob, uri = scene.bob, note["id"]
    like, emoji = bob.act("Like", uri), bob.act("Like", uri, content="🔥")
    await scene.send(bob, like, bob.act("Like", uri), emoji)
    assert await counts(scene, uri) == (1, 0, 0)
    dislike = bob.act("Dislike", uri)
    await scene.send(bob, dislike)
    assert await counts(scene, uri) == (0, 1, 0)
    await scene.send(bob, bob.act("Undo", dislike), bob.act("Undo", emoji))
    assert await counts(scene, uri) == (0, 0, 0)
    assert scene.heard() == (
        [],
        [
            "Announce{Like}",
            "Announce{Like}",
            "Announce{Dislike}",
            "Announce{Undo}",
            "Announce{Undo}",
        ],
    )


async def test_a_reaction_is_taken_back_by_its_id_alone(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Which rod?")
    react = scene.bob.act("EmojiReact", note["id"])
    like = scene.bob.act("Like", note["id"])
    await scene.send(scene.bob, react, like)
    scene.forget()
    await scene.send(scene.bob, scene.bob.act("Undo", like["id"]))
    await scene.send(scene.bob, scene.bob.act("Undo", react["id"]))
    assert await counts(scene, note["id"]) == (0, 0, 0)
    assert scene.heard() == ([], ["Announce{Undo}", "Announce{Undo}"])


async def test_an_undo_that_overtakes_its_like_keeps_it_from_counting(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Which rod?")
    like = scene.bob.act("Like", note["id"])
    await scene.send(scene.bob, scene.bob.act("Undo", like))
    outcome = await scene.send(scene.bob, like)
    assert outcome == "ignored: it was taken back before it came"
    again = scene.bob.act("Undo", like)
    assert (await scene.send(scene.bob, again)).startswith("ignored: it takes back nothing")


async def test_a_boost_by_a_person_is_counted_and_taken_back_and_told_to_nobody(
    scene: Scene,
) -> None:
    note = await scene.say(scene.ann, "Which rod?")
    scene.forget()
    boost = scene.bob.act("Announce", note["id"])
    await scene.send(scene.bob, boost)
    assert await counts(scene, note["id"]) == (0, 0, 1)
    await scene.send(scene.bob, scene.bob.act("Undo", boost))
    assert await counts(scene, note["id"]) == (0, 0, 0)
    again = scene.bob.act("Announce", note["id"])
    await scene.send(scene.bob, again, scene.bob.act("Undo", again["id"]))
    assert await counts(scene, note["id"]) == (0, 0, 0)
    assert scene.heard() == ([], [])


@pytest.mark.parametrize("kind_of_act", ["Accept", "Add"])
async def test_an_undo_of_something_else_means_nothing(scene: Scene, kind_of_act: str) -> None:
    undo = scene.ann.act("Undo", scene.ann.act(kind_of_act, GROUP))
    outcome = await scene.send(scene.ann, undo)
    assert outcome == f"ignored: an Undo of {kind_of_act} means nothing here"


# Moderators, authors who want to be asked, and the group itself


async def test_a_removal_takes_the_boost_back_and_tells_threads_the_reason(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Buy my rods.")
    (boost,) = scene.microblog.came("Announce")
    scene.forget()

    async def work() -> None:
        olga = await lookup.person("olga")
        post = await Post.get(uri=note["id"])
        await speaking.remove(scene.town.wire, olga, post, "advertising")

    await scene.town.run(work)
    await scene.world.settle()
    assert scene.heard() == (["Undo{Announce}"], ["Announce{Delete}"])
    assert scene.microblog.came("Undo{Announce}")[0]["object"]["id"] == boost["id"]
    removal = scene.threads.inbox[0].document["object"]
    assert (removal["actor"], removal["summary"]) == (
        "https://groups.example/moderation",
        "advertising",
    )
    outcome = await scene.send(scene.ann, scene.ann.act("Update", later(note, "Back.", 60)))
    assert outcome == "ignored: nothing is left of it here"


async def test_a_moderator_elsewhere_removes_by_a_delete(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Buy my rods.")
    removal = scene.bob.act("Delete", note["id"], summary="advertising", to=[PUBLIC])
    assert (await scene.send(scene.bob, removal)).startswith("ignored: neither")

    async def appoint() -> None:
        group = (await lookup.hosted_named("welders")).group
        await membership.appoint(group, await lookup.person("bob@l.example"), "moderator")

    await scene.town.run(appoint)
    scene.forget()
    again = scene.bob.act("Delete", note["id"], summary="advertising", to=[PUBLIC])
    assert await scene.send(scene.bob, again) == "done: removed in welders"
    assert scene.heard() == (["Undo{Announce}"], ["Announce{Delete}"])
    removed = await scene.post(note["id"])
    assert (removed.state, removed.reason) == ("removed", "advertising")


async def test_an_author_who_says_no_is_shown_to_nobody(scene: Scene) -> None:
    home = Server.at(scene.world.network, "gts.example", "gotosocial", shared=False)
    gus = home.member("gus")
    await scene.send(gus, gus.follow())
    policy = {"canAnnounce": {"automaticApproval": [gus.uri]}}
    note = await scene.say(gus, "Ask me.", interactionPolicy=policy)
    (asked,) = home.came("Announce")
    for answer in (gus.act("Accept", asked["id"]), scene.ann.act("Reject", asked["id"])):
        person = gus if answer["actor"] == gus.uri else scene.ann
        assert (await scene.send(person, answer)).startswith("ignored")
    refused = await scene.send(gus, gus.act("Reject", asked["id"]))
    assert refused == "done: the boost is not allowed: it goes to nobody"
    late = gus.act("Accept", asked["id"], result=f"{gus.uri}/ok/1")
    assert (await scene.send(gus, late)).startswith("ignored")
    await scene.send(scene.bob, scene.bob.act("Like", note["id"]))
    await scene.send(gus, gus.act("Delete", note["id"]))
    assert scene.heard() == ([], [])


async def test_a_changed_profile_reaches_both_families_in_their_own_form(scene: Scene) -> None:
    async def work() -> None:
        hosted = await lookup.hosted_named("welders")
        async with storage.transaction():
            profile = Profile(title="Welders of the north")
            await publish(await founding.change(scene.town.wire, hosted, profile))

    await scene.town.run(work)
    await scene.world.settle()
    assert scene.heard() == (["Update"], ["Announce{Update}"])
    (own,) = scene.microblog.came("Update")
    inner = scene.threads.inbox[0].document["object"]
    assert own["actor"] == GROUP
    assert inner["actor"] == "https://groups.example/moderation"
    assert own["object"]["name"] == inner["object"]["name"] == "Welders of the north"


async def test_a_report_is_kept_and_told_to_nobody(scene: Scene) -> None:
    note = await scene.say(scene.ann, "Buy my rods.")
    scene.forget()
    flag = scene.bob.act("Flag", [note["id"]], content="spam")
    assert await scene.send(scene.bob, flag) == "done: report kept"
    by_group = scene.bob.act("Flag", GROUP, summary="all of it")
    assert await scene.send(scene.bob, by_group) == "done: report kept"
    olga = scene.bob.act("Flag", ["https://groups.example/users/olga"])
    assert await scene.send(scene.bob, olga) == "done: report kept"
    nothing = scene.bob.act("Flag", ["https://x.example/notes/1"])
    assert (await scene.send(scene.bob, nothing)).startswith("ignored")
    assert scene.heard() == ([], [])

    async def kept() -> list[tuple[Any, ...]]:
        rows = await storage.rows("SELECT text, group_id FROM report ORDER BY id")
        return [(row["text"], row["group_id"] != 0) for row in rows]

    assert await scene.town.run(kept) == [("spam", True), ("all of it", True), ("", False)]
