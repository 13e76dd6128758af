"""People here in groups elsewhere: Lemmy's kind, groups that boost by id, and other instances."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from federation import clock
from federation.documents import read_activity
from federation.errors import Malformed, Unreachable
from federation.fetch import Budget
from federation.models import Actor
from federation.vocabulary import AS2, PUBLIC
from fedigroups.groups import joining, lookup, speaking
from fedigroups.groups.handlers.delete import gather_delete, on_delete
from fedigroups.groups.models import Group, Post, Reaction
from fedigroups.groups.speaking import Text
from inbox.registry import Received
from neighbour import rsa
from servers import Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

CATS = "!cats@l.example"


class Scene:
    """Olga here is in the group `cats` of l.example, where Bob lives; Ann is on m.example."""

    def __init__(self, world: World, town: Town) -> None:
        self.world = world
        self.town = town
        self.there = Server.at(world.network, "l.example", "lemmy")
        self.bob = self.there.member("bob")
        self.ann = Server.at(world.network, "m.example", "mastodon").member("ann")
        moderators = self.there.url("/users/cats/moderators")
        self.cats = self.there.member("cats", kind="Group", attributedTo=moderators)
        self.moderate(self.bob.uri)

    def moderate(self, *uris: str) -> None:
        """From now on these moderate `cats`."""
        path = "/users/cats/moderators"
        self.there.serve(
            path,
            {
                "@context": AS2,
                "id": self.there.url(path),
                "type": "OrderedCollection",
                "orderedItems": list(uris),
            },
        )

    async def settle(self) -> None:
        await self.world.settle()

    async def join(self) -> dict[str, Any]:
        """Olga asks to be in `cats`; her Follow."""
        await self.town.join("olga", CATS)
        await self.settle()
        follow = self.there.came("Follow")[-1]
        return {key: value for key, value in follow.items() if key != "@context"}

    async def say(self, activity: dict[str, Any], by: Member | None = None) -> str:
        """The group (or somebody else) sends us an activity; its outcome."""
        person = by or self.cats
        assert await person.send(activity, to="https://groups.example/inbox") == 202
        await self.settle()
        _, state, reason = (await self.town.outcomes())[-1]
        return f"{state}: {reason}"

    async def announce(self, activity: dict[str, Any] | list[dict[str, Any]] | str) -> str:
        """The group announces an activity, several, or a post by its id."""
        return await self.say(self.cats.act("Announce", activity, to=[PUBLIC], cc=[]))

    async def post(self, uri: str) -> Post:
        found = await self.town.post(uri)
        assert found is not None, f"{uri} is not here"
        return found

    async def states(self) -> dict[str, str]:
        return await self.town.members(CATS)

    def page(self, title: str = "Cats", person: Member | None = None) -> dict[str, Any]:
        return (person or self.bob).page(title, "Meow.", group=self.cats.uri)


@pytest.fixture
async def scene(world: World) -> Scene:
    made = Scene(world, await world.town())
    follow = await made.join()
    await made.say(made.cats.act("Accept", follow))
    made.there.inbox.clear()
    return made


# In and out


async def test_one_is_in_once_the_group_says_so_and_counted_once(scene: Scene) -> None:
    assert await scene.states() == {"olga@groups.example": "member"}
    with pytest.raises(Malformed, match="cannot become asked"):
        await scene.town.join("olga", CATS)

    async def count() -> int:
        return (await Group.get(name="cats")).members_count

    assert await scene.town.run(count) == 1

    async def leave() -> None:
        group = await lookup.any_group(CATS)
        await joining.leave(scene.town.wire, await lookup.person("olga"), group)

    await scene.town.run(leave)
    await scene.settle()
    assert scene.there.kinds() == ["Undo{Follow}"]
    assert await scene.town.run(count) == 0


@pytest.mark.parametrize("by_id", [False, True], ids=["embedded", "by-id"])
async def test_one_is_turned_down_or_put_out_by_a_reject(world: World, by_id: bool) -> None:
    scene = Scene(world, await world.town())
    follow = await scene.join()
    answered = follow["id"] if by_id else follow
    await scene.say(scene.cats.act("Reject", answered))
    assert await scene.states() == {"olga@groups.example": "refused"}
    follow = await scene.join()
    answered = follow["id"] if by_id else follow
    await scene.say(scene.cats.act("Accept", answered))
    await scene.say(scene.cats.act("Reject", answered))
    assert await scene.states() == {"olga@groups.example": "removed"}
    with pytest.raises(Malformed, match="only members"):
        await scene.town.write("olga", "Hello.", "Cats", CATS)


async def test_an_accept_that_rebuilt_the_follow_is_understood(world: World) -> None:
    scene = Scene(world, await world.town())
    follow = await scene.join()
    await scene.say(scene.cats.act("Accept", follow | {"id": "https://l.example/follow/x"}))
    assert await scene.states() == {"olga@groups.example": "member"}


async def test_nobody_answers_in_the_groups_name(world: World) -> None:
    scene = Scene(world, await world.town())
    follow = await scene.join()
    for kind in ("Accept", "Reject"):
        assert (await scene.say(scene.bob.act(kind, follow), scene.bob)).startswith("ignored")
    assert await scene.states() == {"olga@groups.example": "asked"}


async def test_before_one_is_in_one_does_not_post(world: World) -> None:
    scene = Scene(world, await world.town())
    await scene.join()
    with pytest.raises(Malformed, match="only members"):
        await scene.town.write("olga", "Hello.", "Cats", CATS)


# What the group says


async def test_what_lemmy_announces_is_read_at_its_origin(scene: Scene) -> None:
    page = scene.page()
    forged = scene.bob.create(page | {"content": "<p>Woof.</p>"})
    assert await scene.announce(forged) == "done: posted in cats"
    post = await scene.post(page["id"])
    assert (post.content, post.author.uri) == ("<p>Meow.</p>", scene.bob.uri)
    assert post.thread.group.name == "cats"
    assert scene.there.inbox == []


async def test_a_reply_from_elsewhere_comes_with_what_it_answers(scene: Scene) -> None:
    page = scene.page()
    first = scene.ann.note("Purr.", reply_to=page["id"], group="")
    second = scene.ann.note("Hiss.", reply_to=first["id"], group="")
    assert (await scene.announce(scene.ann.create(second))).startswith("done")
    root, answer = await scene.post(page["id"]), await scene.post(second["id"])
    assert answer.thread_id == root.thread_id
    assert answer.parent_id == (await scene.post(first["id"])).id
    assert answer.depth == 2


async def test_a_group_that_boosts_by_id_is_read_the_same_way(scene: Scene) -> None:
    note = scene.ann.note("Meow?", group=scene.cats.uri)
    reply = scene.bob.note("Meow.", reply_to=note["id"], group="")
    assert await scene.announce(reply["id"]) == "done: posted in cats"
    root, answer = await scene.post(note["id"]), await scene.post(reply["id"])
    assert (answer.parent_id, answer.thread_id) == (root.id, root.thread_id)
    assert (await scene.announce(note["id"])).startswith("ignored: nothing new")


async def test_what_is_no_post_is_not_taken_from_a_boost(scene: Scene) -> None:
    page = scene.page()
    vote = scene.ann.note("", reply_to=page["id"], group="", name="MIG", content=None)
    for odd in (vote, scene.ann.note("Look!", type="Relationship")):
        assert "is no post" in await scene.announce(odd["id"])
        below = scene.bob.note("Where?", reply_to=odd["id"], group="")
        assert await scene.announce(below["id"]) == "done: posted in cats"
        assert await scene.town.post(odd["id"]) is None


async def test_what_was_said_to_a_few_is_not_taken_from_a_boost(scene: Scene) -> None:
    note = scene.ann.note("For friends.", to=[f"{scene.ann.uri}/followers"], cc=[])
    assert (await scene.announce(note["id"])).startswith("ignored")
    assert (await scene.announce(scene.ann.create(note))).startswith("ignored")
    reply = scene.bob.note("Me too.", reply_to=note["id"], group="")
    assert await scene.announce(reply["id"]) == "done: posted in cats"
    assert await scene.town.post(note["id"]) is None


async def test_a_group_that_nobody_here_is_in_tells_us_nothing(scene: Scene) -> None:
    dogs = scene.there.member("dogs", kind="Group")
    for announced in (scene.page()["id"], scene.bob.create(scene.page())):
        outcome = await scene.say(dogs.act("Announce", announced, to=[PUBLIC]), dogs)
        assert outcome.startswith("ignored")
    outcome = await scene.say(scene.bob.create(scene.page()), scene.bob)
    assert outcome.startswith("ignored: it names no group that lives here")


async def test_no_group_elsewhere_puts_anything_into_a_thread_of_ours(scene: Scene) -> None:
    post = await scene.town.write("olga", "Which rod?")
    banned = scene.bob.note("Buy.", reply_to=post.uri, group="")
    below = scene.ann.note("Where?", reply_to=banned["id"], group="")
    for announced in (banned["id"], below["id"], scene.bob.create(banned)):
        outcome = await scene.announce(announced)
        assert outcome == "ignored: a group's announcement is never announced again"
        assert await scene.town.post(banned["id"]) is None
        assert await scene.town.post(below["id"]) is None


async def test_votes_that_the_group_reports_count_and_are_nobodys_act(scene: Scene) -> None:
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    like = scene.ann.act("Like", page["id"])
    await scene.announce(like)
    post = await scene.post(page["id"])
    assert post.likes_count == 1

    async def vouched() -> bool:
        return (await Reaction.get(post_id=post.id)).vouched

    assert await scene.town.run(vouched)
    await scene.announce(scene.ann.act("Undo", like))
    assert (await scene.post(page["id"])).likes_count == 0


async def test_who_votes_is_counted_by_name_and_looked_up_by_nobody(scene: Scene) -> None:
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    hosts = [f"v{number}.example" for number in range(9)]
    votes = [
        {
            "id": f"https://{host}/like/1",
            "type": "Like",
            "actor": f"https://{host}/users/vic",
            "object": page["id"],
        }
        for host in hosts
    ]
    scene.world.network.log.clear()
    assert await scene.announce(votes) == "done: like counted"
    assert (await scene.post(page["id"])).likes_count == len(hosts)
    undo = {"id": "https://v0.example/undo/1", "type": "Undo", "actor": votes[0]["actor"]}
    assert await scene.announce(undo | {"object": votes[0]}) == "done: taken back"
    assert (await scene.post(page["id"])).likes_count == len(hosts) - 1
    follow = votes[1] | {"type": "Follow", "object": scene.cats.uri}
    assert "does not speak for" in await scene.announce(follow)
    asked = {one.host for one in scene.world.network.log if one.method == "GET"}
    assert asked & set(hosts) == set()


async def test_nobody_who_is_not_wanted_here_votes_through_a_group(scene: Scene) -> None:
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    eve = Server.at(scene.world.network, "evil.example", "lemmy").member("eve")

    async def unwanted() -> None:
        await scene.town.wire.peers.block("evil.example", "")
        await scene.town.wire.directory.actor(scene.ann.uri)
        await Actor.filter(uri=scene.ann.uri).update(state="suspended")

    await scene.town.run(unwanted)
    for person, reason in ((eve, "does not federate"), (scene.ann, "is suspended here")):
        for kind in ("Like", "Dislike", "EmojiReact"):
            assert reason in await scene.announce(person.act(kind, page["id"]))
    post = await scene.post(page["id"])
    assert (post.likes_count, post.dislikes_count) == (0, 0)


async def test_a_vote_that_came_in_two_announces_is_taken_back_once_and_for_all(
    scene: Scene,
) -> None:
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    like = scene.ann.act("Like", page["id"])
    for activity in (like, scene.ann.act("Undo", like), like):
        await scene.announce(activity)
    assert (await scene.post(page["id"])).likes_count == 0
    like, dislike = scene.ann.act("Like", page["id"]), scene.ann.act("Dislike", page["id"])
    for activity in (like, dislike, like):
        await scene.announce([activity])
    post = await scene.post(page["id"])
    assert (post.likes_count, post.dislikes_count) == (0, 1)


# What comes too early


async def early(scene: Scene, *activities: dict[str, Any]) -> Post:
    """What is announced about a page before that is, and the page in the end."""
    page = scene.page()
    for activity in activities:
        reply = {key: page["id"] if value == "PAGE" else value for key, value in activity.items()}
        assert (await scene.announce(reply)).startswith("received: ")
    assert await scene.announce(scene.bob.create(page)) == "done: posted in cats"
    waiting = [kind for kind, state, _ in await scene.town.outcomes() if state == "received"]
    assert waiting == []
    return await scene.post(page["id"])


async def test_votes_that_overtake_their_post_count_once_it_comes(scene: Scene) -> None:
    likes = [person.act("Like", "PAGE") for person in (scene.ann, scene.bob)]
    post = await early(scene, *likes, scene.cats.act("Dislike", "PAGE"))
    assert (post.likes_count, post.dislikes_count) == (2, 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_vote_and_its_undo_that_overtake_their_post_are_none(
    scene: Scene, order: tuple[int, int]
) -> None:
    page = scene.page()
    like = scene.ann.act("Like", page["id"])
    said = like, scene.ann.act("Undo", like)
    for number in order:
        await scene.announce(said[number])
    await scene.announce(scene.bob.create(page))
    assert (await scene.post(page["id"])).likes_count == 0


async def test_lemmys_undo_by_another_id_waits_behind_what_it_undoes(scene: Scene) -> None:
    page = scene.page()
    like, again = [scene.ann.act("Like", page["id"]) for _ in range(2)]
    await scene.announce(like)
    await scene.announce(scene.ann.act("Undo", again))
    await scene.announce(scene.bob.create(page))
    assert (await scene.post(page["id"])).likes_count == 0


async def test_a_removal_that_overtakes_its_post_removes_it(scene: Scene) -> None:
    post = await early(scene, scene.bob.act("Delete", "PAGE", summary="spam", to=[PUBLIC]))
    assert post.state == "deleted"  # by its author, who moderates
    page = scene.page(person=scene.ann)
    removal = scene.bob.act("Delete", page["id"], summary="spam", to=[PUBLIC])
    await scene.announce(removal)
    await scene.announce(scene.ann.create(page))
    assert (await scene.post(page["id"])).state == "removed"


async def test_a_removal_whose_post_comes_while_it_is_looked_into_is_looked_into_again(
    scene: Scene,
) -> None:
    page = scene.page(person=scene.ann)
    removal = scene.bob.act("Delete", page["id"], summary="spam", to=[PUBLIC])

    async def too_early() -> Received:
        wire = scene.town.wire
        bob, cats = [await wire.directory.actor(one.uri) for one in (scene.bob, scene.cats)]
        door, now = wire.uris.shared_inbox, clock.now_ms()
        received = Received(read_activity(removal), bob, cats, door, b"", now, wire, Budget())
        return replace(received, facts=await gather_delete(received))

    received = await scene.town.run(too_early)
    await scene.announce(scene.ann.create(page))
    with pytest.raises(Unreachable):
        await scene.town.run(lambda: on_delete(received))
    assert (await scene.post(page["id"])).state == "live"


async def test_what_a_group_says_that_nobody_here_is_in_does_not_wait(scene: Scene) -> None:
    dogs = scene.there.member("dogs", kind="Group")
    page = scene.page()
    for kind in ("Like", "Dislike", "Delete"):
        announce = dogs.act("Announce", scene.ann.act(kind, page["id"]), to=[PUBLIC])
        assert (await scene.say(announce, dogs)).startswith("ignored: ")


async def test_a_reply_waits_while_the_host_of_what_it_answers_is_down(scene: Scene) -> None:
    page = scene.page(person=scene.ann)
    reply = scene.bob.note("Purr.", reply_to=page["id"], group="")
    scene.world.network.fail("m.example", 503)
    assert (await scene.announce(scene.bob.create(reply))).startswith("received: ")
    assert await scene.town.post(reply["id"]) is None
    scene.world.network.heal("m.example")
    with clock.held(clock.now_ms() + clock.MINUTE):
        await scene.settle()
    root, answer = await scene.post(page["id"]), await scene.post(reply["id"])
    assert (answer.parent_id, answer.thread_id) == (root.id, root.thread_id)


def edited(page: dict[str, Any], text: str) -> dict[str, Any]:
    updated = clock.rfc3339(clock.now_ms() + clock.MINUTE)
    return page | {"content": f"<p>{text}</p>", "updated": updated}


async def test_an_edit_is_read_at_its_origin_too(scene: Scene) -> None:
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    newer = edited(page, "Purr.")
    scene.there.serve("/post/" + page["id"].rsplit("/", 1)[1], {"@context": AS2} | newer)
    forged = scene.bob.act("Update", edited(page, "Woof."), to=[PUBLIC])
    assert await scene.announce(forged) == "done: edited"
    assert (await scene.post(page["id"])).content == "<p>Purr.</p>"


async def test_a_delete_counts_when_the_origin_says_so_or_a_moderator(scene: Scene) -> None:
    first, second, third = (scene.page(f"Cats {number}") for number in range(3))
    for page in (first, second, third):
        await scene.announce(scene.bob.create(page))
    scene.moderate()
    delete = scene.bob.act("Delete", first["id"], to=[PUBLIC])
    assert (await scene.announce(delete)).startswith("ignored: neither")
    scene.there.answer("/post/" + second["id"].rsplit("/", 1)[1], 410)
    again = scene.bob.act("Delete", second["id"], to=[PUBLIC])
    assert await scene.announce(again) == "done: deleted in cats"
    scene.moderate(scene.ann.uri)
    removal = scene.ann.act("Delete", third["id"], summary="dogs", to=[PUBLIC])
    assert await scene.announce(removal) == "done: removed in cats"
    assert (await scene.post(third["id"])).reason == "dogs"
    assert (await scene.post(first["id"])).state == "live"


async def test_an_author_who_moderates_deletes_their_own_words(scene: Scene) -> None:
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    delete = scene.bob.act("Delete", page["id"], to=[PUBLIC])
    assert await scene.announce(delete) == "done: deleted in cats"
    assert (await scene.post(page["id"])).content == ""


async def test_what_moderators_there_do_is_followed_here_and_what_others_say_is_not(
    scene: Scene,
) -> None:
    featured = scene.there.url("/users/cats/featured")
    scene.there.serve_person(
        "cats", rsa("cats"), **{"type": "Group"} | scene.cats.more | {"featured": featured}
    )
    await scene.say(scene.cats.act("Update", scene.cats.uri))
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    lock = scene.bob.act("Lock", page["id"], to=[PUBLIC])
    delete = scene.bob.act("Delete", page["id"], summary="dogs", to=[PUBLIC])

    async def looks() -> tuple[bool, bool, str]:
        post = await scene.post(page["id"])
        return post.thread.locked, bool(post.thread.pinned_at), post.state

    scene.moderate(scene.ann.uri)
    assert (await scene.announce(lock)).startswith("ignored: neither")
    scene.moderate(scene.ann.uri, scene.bob.uri)
    steps = (
        (lock | {"id": f"{lock['id']}/2"}, (True, False, "live")),
        (scene.bob.act("Undo", lock, to=[PUBLIC]), (False, False, "live")),
        (scene.bob.act("Add", page["id"], target=featured, to=[PUBLIC]), (False, True, "live")),
        (scene.bob.act("Remove", page["id"], target=featured), (False, False, "live")),
        (delete | {"actor": scene.bob.uri}, (False, False, "deleted")),
    )
    for activity, expected in steps:
        assert (await scene.announce(activity)).startswith("done"), activity["type"]
        assert await looks() == expected, activity["type"]


async def test_a_removal_there_is_taken_back_there(scene: Scene) -> None:
    note = scene.ann.note("Buy.", group=scene.cats.uri)
    await scene.announce(scene.ann.create(note))
    removal = scene.bob.act("Delete", note["id"], summary="spam", to=[PUBLIC])
    assert await scene.announce(removal) == "done: removed in cats"
    undo = scene.bob.act("Undo", removal, to=[PUBLIC])
    assert await scene.announce(undo) == "done: restored"
    assert (await scene.post(note["id"])).state == "live"


async def test_a_moderator_needs_no_origin_that_answers(scene: Scene) -> None:
    note = scene.ann.note("Buy.", group=scene.cats.uri)
    await scene.announce(scene.ann.create(note))
    scene.world.network.leave("m.example")
    removal = scene.bob.act("Delete", note["id"], summary="spam", to=[PUBLIC])
    assert await scene.announce(removal) == "done: removed in cats"


@pytest.mark.parametrize("answer", [404, 410, 403])
async def test_a_group_without_a_list_of_moderators_has_none(scene: Scene, answer: int) -> None:
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    scene.there.answer("/users/cats/moderators", answer)
    scene.there.answer("/post/" + page["id"].rsplit("/", 1)[1], 410)
    outcome = await scene.announce(scene.bob.act("Delete", page["id"], to=[PUBLIC]))
    assert outcome == "done: deleted in cats"


async def test_another_group_does_not_end_what_is_in_this_one(scene: Scene) -> None:
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    dogs = scene.there.member("dogs", kind="Group")
    await scene.town.join("olga", "!dogs@l.example")
    scene.there.answer("/post/" + page["id"].rsplit("/", 1)[1], 410)
    delete = scene.bob.act("Delete", page["id"], to=[PUBLIC])
    assert (await scene.say(dogs.act("Announce", delete, to=[PUBLIC]), dogs)).startswith("ignored")
    assert (await scene.post(page["id"])).state == "live"


async def test_the_groups_profile_is_read_anew_and_its_end_is_taken(scene: Scene) -> None:
    scene.there.serve_person("cats", rsa("cats"), type="Group", name="All cats")
    assert (await scene.say(scene.cats.act("Update", scene.cats.uri))).startswith("done")

    async def row() -> tuple[str, str]:
        group = await Group.get(name="cats")
        return group.title, group.state

    assert await scene.town.run(row) == ("All cats", "open")
    assert (await scene.say(scene.cats.act("Delete", scene.cats.uri))).startswith("done")
    assert await scene.town.run(row) == ("All cats", "closed")
    with pytest.raises(Malformed, match="closed"):
        await scene.town.write("olga", "Anybody?", "", CATS)


# What people here say


async def act(scene: Scene, verb: str, uri: str, *more: Any) -> None:
    async def work() -> None:
        olga = await lookup.person("olga")
        await getattr(speaking, verb)(scene.town.wire, olga, await Post.get(uri=uri), *more)

    await scene.town.run(work)
    await scene.settle()


async def test_what_people_here_say_goes_to_the_group_alone_and_is_distributed_by_it(
    scene: Scene,
) -> None:
    post = await scene.town.write("olga", "Meow?", "My cat", CATS)
    await scene.settle()
    await act(scene, "edit", post.uri, Text("Meow!"))
    await act(scene, "delete", post.uri)
    assert scene.there.kinds() == ["Create", "Update", "Delete"]
    assert {one.path for one in scene.there.inbox} == {"/users/cats/inbox"}
    (create,) = scene.there.came("Create")
    assert create["object"]["audience"] == create["audience"] == scene.cats.uri
    assert "context" not in create["object"]


async def test_a_reply_and_a_like_reach_the_author_and_the_group(scene: Scene) -> None:
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    reply = await scene.town.reply("olga", page["id"], "Purr.")
    await scene.settle()
    await act(scene, "like", page["id"])
    await act(scene, "unlike", page["id"])
    paths = [(one.kind, one.path) for one in scene.there.inbox]
    for kind in ("Create", "Like", "Undo"):
        assert {path for what, path in paths if what == kind} == {
            "/users/bob/inbox",
            "/users/cats/inbox",
        }
    assert (await scene.post(reply.uri)).parent_id == (await scene.post(page["id"])).id


async def test_what_the_group_announces_of_people_here_is_known_already(scene: Scene) -> None:
    post = await scene.town.write("olga", "Meow?", "My cat", CATS)
    await scene.settle()
    (create,) = scene.there.came("Create")
    for announced in (create, post.uri):
        assert (await scene.announce(announced)).startswith("ignored")
    assert (await scene.post(post.uri)).state == "live"


async def test_a_moderator_there_removes_what_somebody_here_said(scene: Scene) -> None:
    post = await scene.town.write("olga", "Woof!", "My dog", CATS)
    await scene.settle()
    removal = scene.bob.act("Delete", post.uri, summary="cats only", to=[PUBLIC])
    assert await scene.announce(removal) == "done: removed in cats"
    removed = await scene.post(post.uri)
    assert (removed.state, removed.reason) == ("removed", "cats only")
    scene.moderate()
    other = await scene.town.write("olga", "Meow!", "My cat", CATS)
    await scene.settle()
    again = scene.bob.act("Delete", other.uri, to=[PUBLIC])
    assert (await scene.announce(again)).startswith("ignored: neither")


async def test_moderating_elsewhere_is_not_done_from_here(scene: Scene) -> None:
    page = scene.page()
    await scene.announce(scene.bob.create(page))
    with pytest.raises(Malformed, match="does not moderate"):
        await act(scene, "remove", page["id"], "dogs")


# Another instance of ours


async def test_two_instances_of_ours_edit_like_and_delete_across(world: World) -> None:
    ours, second, third = [
        await world.town(host) for host in ("groups.example", "second.example", "third.example")
    ]
    for town, name in ((second, "mia"), (third, "rosa")):
        await town.join(name, "@welders@groups.example")
    await world.settle()
    asked = await second.write("mia", "Which rod?", "Thin sheet", "@welders@groups.example")
    await world.settle()
    there = await third.post(asked.uri)
    assert there is not None
    assert there.title == "Thin sheet"

    async def acts(town: Town, verb: str, name: str, *more: Any) -> None:
        async def work() -> None:
            person = await lookup.person(name)
            await getattr(speaking, verb)(town.wire, person, await Post.get(uri=asked.uri), *more)

        await town.run(work)
        await world.settle()

    async def seen() -> list[tuple[str, str, int]]:
        posts = [await town.post(asked.uri) for town in (ours, second, third)]
        return [(post.state, post.content, post.likes_count) for post in posts if post]

    await acts(second, "edit", "mia", Text("Which wire?"))
    await acts(third, "like", "rosa")
    assert await seen() == [("live", "<p>Which wire?</p>", 1)] * 3
    await acts(third, "unlike", "rosa")
    assert await seen() == [("live", "<p>Which wire?</p>", 0)] * 3
    await acts(second, "delete", "mia")
    assert await seen() == [("deleted", "", 0)] * 3


async def test_a_removal_by_a_moderator_reaches_other_instances_of_ours(world: World) -> None:
    ours, second = await world.town(), await world.town("second.example")
    await second.join("mia", "@welders@groups.example")
    await world.settle()
    own = await second.write("mia", "Buy my rods.", "Cheap", "@welders@groups.example")
    spam = await ours.write("tom", "Buy mine.", "Cheaper")
    await world.settle()

    async def work() -> None:
        olga = await lookup.person("olga")
        for uri in (own.uri, spam.uri):
            await speaking.remove(ours.wire, olga, await Post.get(uri=uri), "advertising")

    await ours.run(work)
    await world.settle()
    for uri in (own.uri, spam.uri):
        there = await second.post(uri)
        assert there is not None
        assert (there.state, there.reason) == ("removed", "advertising")
