"""What comes before what it is about: it waits, has its effect, and costs nothing in between."""

from __future__ import annotations

from typing import Any

import pytest

from federation import clock, limits, storage
from federation.vocabulary import PUBLIC
from fedigroups.groups import lookup, membership
from outbox.publish import publish
from servers import GROUP, Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

SHARED = "https://groups.example/inbox"
VERBS = ["Like", "Dislike", "EmojiReact", "Announce"]


class Scene:
    """Our group with Ann of a microblog and Bob of a thread server in it."""

    def __init__(self, world: World, town: Town) -> None:
        self.world = world
        self.town = town
        self.microblog = Server.at(world.network, "m.example", "mastodon")
        self.threads = Server.at(world.network, "l.example", "lemmy")
        self.ann = self.microblog.member("ann")
        self.bob = self.threads.member("bob")

    async def say(self, by: Member, activity: dict[str, Any], to: str = f"{GROUP}/inbox") -> str:
        """They deliver it, and all that is due happens; its outcome."""
        assert await by.send(activity, to) == 202
        await self.world.settle()
        with self.town.instance.store.context():
            row = await storage.row(
                "SELECT state, reason FROM receipt WHERE activity_uri = ?", activity["id"]
            )
        assert row is not None
        return f"{row['state']}: {row['reason']}"

    async def counts(self, uri: str) -> tuple[int, int, int, int]:
        """Likes, dislikes, boosts, and reactions in all."""
        post = await self.town.post(uri)
        assert post is not None
        with self.town.instance.store.context():
            rows = await storage.rows("SELECT id FROM reaction WHERE post_id = ?", post.id)
        return post.likes_count, post.dislikes_count, post.boosts_count, len(rows)

    async def later(self, seconds: float) -> None:
        """So much later."""
        with clock.held(clock.now_ms() + int(seconds * clock.SECOND)):
            await self.world.settle()


@pytest.fixture
async def scene(world: World) -> Scene:
    made = Scene(world, await world.town())
    for person in (made.ann, made.bob):
        await made.say(person, person.follow())
    return made


# Votes


@pytest.mark.parametrize("verb", VERBS)
async def test_a_vote_that_overtakes_its_post_counts_and_is_announced_after_it(
    scene: Scene, verb: str
) -> None:
    reader = Server.at(scene.world.network, "t.example", "lemmy")
    follow = reader.member("rita").follow()
    await scene.say(reader.member("rita"), follow)
    note = scene.ann.note("Which rod?")
    vote = scene.bob.act(verb, note["id"])
    assert (await scene.say(scene.bob, vote)).startswith("received: ")
    assert not any(name.startswith("Announce") for name in reader.kinds())
    await scene.say(scene.ann, scene.ann.create(note))
    assert (await scene.counts(note["id"]))[3] == 1
    announced = [one for one in reader.kinds() if one.startswith("Announce")]
    told = [] if verb == "Announce" else [f"Announce{{{verb}}}"]
    assert announced == ["Announce{Create}", *told]


async def test_a_vote_that_was_taken_back_before_its_post_came_is_none(scene: Scene) -> None:
    note = scene.ann.note("Which rod?")
    for verb in VERBS:
        vote = scene.bob.act(verb, note["id"])
        await scene.say(scene.bob, vote)
        await scene.say(scene.bob, scene.bob.act("Undo", vote))
        vote = scene.bob.act(verb, note["id"])
        await scene.say(scene.bob, scene.bob.act("Undo", vote["id"]))
        await scene.say(scene.bob, vote)
    await scene.say(scene.ann, scene.ann.create(note))
    assert await scene.counts(note["id"]) == (0, 0, 0, 0)


async def test_a_dislike_after_a_like_stands_alone_though_both_were_early(scene: Scene) -> None:
    note = scene.ann.note("Which rod?")
    for verb in ("Like", "Dislike"):
        await scene.say(scene.bob, scene.bob.act(verb, note["id"]))
    await scene.say(scene.ann, scene.ann.create(note))
    assert await scene.counts(note["id"]) == (0, 1, 0, 1)


async def test_who_was_banned_meanwhile_does_not_vote(scene: Scene) -> None:
    note = scene.ann.note("Which rod?")
    await scene.say(scene.bob, scene.bob.act("Like", note["id"]))

    async def ban() -> None:
        group = await lookup.any_group("welders")
        bob = await lookup.person("bob@l.example")
        async with storage.transaction():
            await publish(await membership.ban(scene.town.wire, group, bob, "spam"))

    await scene.town.run(ban)
    await scene.say(scene.ann, scene.ann.create(note))
    assert await scene.counts(note["id"]) == (0, 0, 0, 0)


@pytest.mark.parametrize("verb", VERBS)
async def test_what_will_never_be_ours_does_not_wait(scene: Scene, verb: str) -> None:
    away = scene.bob.act(verb, "https://m.example/users/ann/statuses/99", to=[PUBLIC])
    assert (await scene.say(scene.bob, away, SHARED)).startswith("ignored: ")
    assert (await scene.say(scene.bob, scene.bob.act("Undo", away), SHARED)).startswith("ignored: ")
    ours = scene.bob.act(verb, "https://groups.example/users/olga/posts/1")
    assert (await scene.say(scene.bob, ours)).startswith("ignored: ")


async def test_what_is_gone_is_not_waited_for(scene: Scene) -> None:
    note = scene.ann.note("Which rod?")
    await scene.say(scene.ann, scene.ann.create(note))
    await scene.say(scene.ann, scene.ann.act("Delete", note["id"]))
    for verb in VERBS:
        assert (await scene.say(scene.bob, scene.bob.act(verb, note["id"]))).startswith("ignored: ")


@pytest.mark.parametrize("named", ["audience", "to", "cc"])
async def test_through_the_inbox_of_all_what_names_the_group_waits(
    scene: Scene, named: str
) -> None:
    note = scene.ann.note("Which rod?")
    like = scene.bob.act("Like", note["id"], **{named: GROUP})
    undone = scene.bob.act("Like", note["id"], **{named: GROUP})
    assert (await scene.say(scene.bob, like, SHARED)).startswith("received: ")
    undo = scene.bob.act("Undo", undone)
    assert (await scene.say(scene.bob, undo, SHARED)).startswith("received: ")
    await scene.say(scene.ann, scene.ann.create(note), SHARED)
    assert await scene.counts(note["id"]) == (0, 0, 0, 0)


# Deletes


async def test_a_moderator_elsewhere_removes_what_has_not_come_yet(scene: Scene) -> None:
    async def appoint() -> None:
        group = await lookup.any_group("welders")
        await membership.appoint(group, await lookup.person("bob@l.example"), "moderator")

    await scene.town.run(appoint)
    # Of a person on another host, and of one on their own, whose delete it might be.
    cleo = scene.threads.member("cleo")
    await scene.say(cleo, cleo.follow())
    for author in (scene.ann, cleo):
        note = author.note("Cheap rods!")
        removal = scene.bob.act("Delete", note["id"], summary="spam", to=[PUBLIC])
        assert (await scene.say(scene.bob, removal)).startswith("received: ")
        await scene.say(author, author.create(note))
        post = await scene.town.post(note["id"])
        assert post is not None
        assert (post.state, post.reason) == ("removed", "spam")
    # And their own words are deleted, not removed.
    note = scene.bob.note("Mistake")
    await scene.say(scene.bob, scene.bob.act("Delete", note["id"], to=[PUBLIC]))
    await scene.say(scene.bob, scene.bob.create(note))
    post = await scene.town.post(note["id"])
    assert post is not None
    assert post.state == "deleted"


# Answers


async def deep(scene: Scene) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Ann's post, an answer on a third host that nobody sent us, and Bob's answer to that."""
    root = scene.ann.note("Which rod?")
    await scene.say(scene.ann, scene.ann.create(root))
    vic = Server.at(scene.world.network, "h.example", "mastodon").member("vic")
    between = vic.note("The blue one.", reply_to=root["id"], group="")
    return root, between, scene.bob.note("Why?", reply_to=between["id"], group="")


async def test_an_answer_is_stored_once_the_host_of_what_it_answers_is_back(scene: Scene) -> None:
    root, between, answer = await deep(scene)
    scene.world.network.fail("h.example", 502)
    outcome = await scene.say(scene.bob, scene.bob.create(answer))
    assert outcome.startswith("received: https://h.example/")
    for seconds in (10, 60, 300):
        await scene.later(seconds)
        assert await scene.town.post(answer["id"]) is None
    scene.world.network.heal("h.example")
    await scene.later(3_600)
    posts = [await scene.town.post(note["id"]) for note in (root, between, answer)]
    ids = [post.id for post in posts if post]
    assert [post.parent_id for post in posts if post] == [None, *ids[:2]]


async def test_what_a_host_that_stays_down_holds_is_taken_for_gone_in_the_end(
    scene: Scene,
) -> None:
    _, between, _ = await deep(scene)
    scene.world.network.fail("h.example", 502)
    answer = scene.bob.note("Why, welders?", reply_to=between["id"])
    assert (await scene.say(scene.bob, scene.bob.create(answer))).startswith("received: ")
    now = clock.now_ms()
    for after in (10, 70, 370, 2_170, 9_370):
        with clock.held(now + after * clock.SECOND):
            await scene.world.settle()
        assert await scene.town.post(answer["id"]) is None
    assert after < limits.ANCESTRY_SECONDS
    with clock.held(now + 31_000 * clock.SECOND):
        await scene.world.settle()
    post = await scene.town.post(answer["id"])
    assert post is not None
    assert post.parent_id is None


@pytest.mark.parametrize("status", [404, 410])
async def test_an_answer_to_what_is_gone_starts_a_thread_at_once_if_it_names_the_group(
    scene: Scene, status: int
) -> None:
    _, between, _ = await deep(scene)
    Server.at(scene.world.network, "h.example", "mastodon").answer("/users/vic/statuses/1", status)
    answer = scene.bob.note("Why, welders?", reply_to=between["id"])
    assert await scene.say(scene.bob, scene.bob.create(answer)) == "done: posted in welders"


async def test_an_answer_to_what_we_cannot_read_stands_below_it_once_that_is_sent(
    scene: Scene,
) -> None:
    root = scene.ann.note("Which rod?")
    await scene.say(scene.ann, scene.ann.create(root))
    first = scene.ann.note("This one?", reply_to=root["id"], group="")
    scene.microblog.answer(first["id"].removeprefix("https://m.example"), 403)
    answer = scene.bob.note("No.", reply_to=first["id"], group="")
    last = scene.bob.note("Or yes.", reply_to=answer["id"], group="")
    for note in (last, answer):
        assert (await scene.say(scene.bob, scene.bob.create(note))).startswith("received: it names")
    await scene.say(scene.ann, scene.ann.create(first))
    posts = [await scene.town.post(note["id"]) for note in (root, first, answer, last)]
    assert [post.depth for post in posts if post] == [0, 1, 2, 3]


async def test_an_answer_to_nothing_that_is_ours_does_not_wait(scene: Scene) -> None:
    away = Server.at(scene.world.network, "h.example", "mastodon").member("vic")
    note = away.note("Hello.", reply_to="https://m.example/notes/none", group="")
    outcome = await scene.say(away, away.create(note), SHARED)
    assert outcome.startswith("ignored: it names no group")
