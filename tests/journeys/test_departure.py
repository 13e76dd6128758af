"""Posts and people that go: what is told, what is served afterwards, and what cannot come back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from federation import storage
from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON, PUBLIC
from fedigroups.groups import deleting, farewells, lookup, speaking
from fedigroups.groups.models import Post
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

    async def state(self, uri: str) -> str:
        post = await self.town.post(uri)
        return post.state if post else "unknown"

    async def served(self, url: str) -> int:
        """The status of what anybody gets at a URL."""
        request = httpx.Request("GET", url, headers={"Accept": ACTIVITY_JSON})
        return (await self.world.network.handle_async_request(request)).status_code

    async def outbox(self) -> list[dict[str, Any]]:
        request = httpx.Request("GET", f"{GROUP}/outbox", headers={"Accept": ACTIVITY_JSON})
        response = await self.world.network.handle_async_request(request)
        await response.aread()
        items: list[dict[str, Any]] = response.json()["orderedItems"]
        return items

    def forget(self) -> None:
        self.microblog.inbox.clear()
        self.threads.inbox.clear()


@pytest.fixture
async def scene(world: World) -> Scene:
    made = Scene(world, await world.town())
    await made.send(made.ann, made.ann.follow())
    await made.send(made.bob, made.bob.follow())
    made.forget()
    return made


async def test_a_post_that_its_author_takes_back_is_taken_back_everywhere(scene: Scene) -> None:
    note = scene.ann.note("Oops.")
    await scene.send(scene.ann, scene.ann.create(note))
    (announced,) = await scene.outbox()
    boost = scene.town.wire.uris.boost("welders", note["id"])
    assert (await scene.served(announced["id"]), await scene.served(boost)) == (200, 200)
    scene.forget()
    tombstone = {"id": note["id"], "type": "Tombstone"}
    assert await scene.send(scene.ann, scene.ann.act("Delete", tombstone)) == (
        "done: deleted in welders"
    )
    assert scene.microblog.kinds() == ["Undo{Announce}"]
    assert scene.microblog.inbox[0].document["object"]["id"] == boost
    assert scene.threads.kinds() == ["Announce{Delete}"]
    assert (await scene.served(announced["id"]), await scene.served(boost)) == (404, 404)
    for sent in (*scene.microblog.inbox, *scene.threads.inbox):
        assert await scene.served(sent.document["id"]) == 200
    assert await scene.outbox() == []


async def test_a_post_of_ours_leaves_a_tombstone(scene: Scene) -> None:
    post = await scene.town.write("tom", "Oops.", "Title")
    await scene.world.settle()
    (announced,) = await scene.outbox()

    async def work() -> None:
        await speaking.delete(
            scene.town.wire, await lookup.person("tom"), await Post.get(uri=post.uri)
        )

    await scene.town.run(work)
    await scene.world.settle()
    assert await scene.served(post.uri) == 410
    assert await scene.served(announced["id"]) == 404
    assert await scene.served(announced["object"]["id"]) == 404
    assert await scene.outbox() == []


async def test_a_delete_again_or_of_nothing_is_ignored(scene: Scene) -> None:
    note = scene.ann.note("Oops.")
    await scene.send(scene.ann, scene.ann.create(note), scene.ann.act("Delete", note["id"]))
    scene.forget()
    outcome = await scene.send(scene.ann, scene.ann.act("Delete", note["id"]))
    assert outcome == "ignored: it is gone already"
    other = scene.ann.act("Delete", "https://h.example/notes/1")
    assert await scene.send(scene.ann, other) == "ignored: it deletes nothing that we have"
    assert (scene.microblog.kinds(), scene.threads.kinds()) == ([], [])


async def test_a_post_does_not_come_in_after_its_delete(scene: Scene) -> None:
    note = scene.ann.note("Oops.")
    outcome = await scene.send(scene.ann, scene.ann.act("Delete", note["id"]))
    assert outcome.startswith("done: remembered")
    outcome = await scene.send(scene.ann, scene.ann.create(note))
    assert outcome.startswith("ignored: it was deleted before it came")
    assert await scene.outbox() == []


async def test_what_is_deleted_is_not_edited_liked_or_boosted(scene: Scene) -> None:
    note = scene.ann.note("Oops.")
    await scene.send(scene.ann, scene.ann.create(note), scene.ann.act("Delete", note["id"]))
    for person, activity in (
        (scene.ann, scene.ann.act("Update", note)),
        (scene.bob, scene.bob.act("Like", note["id"])),
        (scene.bob, scene.bob.act("Announce", note["id"])),
        (scene.ann, scene.ann.create(note) | {"id": f"{note['id']}/again"}),
    ):
        assert (await scene.send(person, activity)).startswith("ignored")
    assert await scene.state(note["id"]) == "deleted"


async def test_a_reply_that_goes_leaves_its_thread(scene: Scene) -> None:
    note = scene.ann.note("Which rod?")
    reply = scene.bob.note("1.6 mm.", reply_to=note["id"], group="")
    await scene.send(scene.ann, scene.ann.create(note))
    await scene.send(scene.bob, scene.bob.create(reply))
    scene.forget()
    await scene.send(scene.bob, scene.bob.act("Delete", reply["id"]))
    assert (scene.microblog.kinds(), scene.threads.kinds()) == ([], ["Announce{Delete}"])
    root = await scene.town.post(note["id"])
    assert root is not None
    assert (root.thread.posts_count, root.thread.visible) == (1, True)


async def test_who_ends_and_says_so_leaves_their_posts_here(scene: Scene) -> None:
    note = scene.bob.note("So long.")
    await scene.send(scene.bob, scene.bob.create(note))
    scene.forget()
    await scene.send(scene.bob, scene.bob.act("Delete", scene.bob.uri, removeData=False))
    assert (await scene.town.members())["bob@l.example"] == "left"
    assert await scene.state(note["id"]) == "live"
    actor = await scene.town.run(lambda: Actor.get(uri=scene.bob.uri))
    assert actor.state == "gone"
    assert (scene.microblog.kinds(), scene.threads.kinds()) == ([], [])


async def test_who_ends_on_a_microblog_takes_their_posts_along_and_readers_are_told(
    scene: Scene,
) -> None:
    note, held = scene.ann.note("So long."), scene.ann.note("And this.")
    await scene.send(scene.ann, scene.ann.create(note), scene.ann.create(held))
    await scene.town.run(lambda: Post.filter(uri=held["id"]).update(state="held"))
    other = Server.at(scene.world.network, "p.example", "pleroma")
    pia = other.member("pia")
    await scene.send(pia, pia.follow())
    scene.forget()
    other.inbox.clear()
    await scene.send(scene.ann, scene.ann.act("Delete", scene.ann.uri, to=[PUBLIC]))
    assert (await scene.town.members())["ann@m.example"] == "left"
    assert [await scene.state(one["id"]) for one in (note, held)] == ["deleted", "deleted"]
    assert other.kinds() == ["Undo{Announce}"] * 2
    assert scene.threads.kinds() == ["Announce{Delete}"] * 2
    (said, _) = (one.document["object"] for one in scene.threads.inbox)
    assert said["actor"] == "https://groups.example/moderation"
    assert said["summary"]
    assert await scene.served(said["id"]) == 200
    assert await scene.outbox() == []


async def test_of_many_posts_some_go_at_once_and_the_others_in_commits_of_their_own(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farewells, "AT_ONCE", 1)
    notes = [scene.ann.note(f"Bead {number}.") for number in range(3)]
    for note in notes:
        await scene.send(scene.ann, scene.ann.create(note))
    scene.forget()
    await scene.send(scene.ann, scene.ann.act("Delete", scene.ann.uri))
    assert [await scene.state(one["id"]) for one in notes] == ["live", "live", "deleted"]
    await scene.town.run(lambda: deleting.delete_due(scene.town.wire))
    await scene.world.settle()
    assert [await scene.state(one["id"]) for one in notes] == ["deleted"] * 3
    assert scene.threads.kinds() == ["Announce{Delete}"] * 3
    assert await scene.town.run(lambda: deleting.delete_due(scene.town.wire)) == 0


async def test_who_ends_with_all_their_data_takes_their_posts_along(scene: Scene) -> None:
    note, other = scene.bob.note("So long."), scene.ann.note("Bye.")
    await scene.send(scene.bob, scene.bob.create(note))
    await scene.send(scene.ann, scene.ann.create(other))
    end = scene.bob.act("Delete", scene.bob.uri, removeData=True)
    assert (await scene.send(scene.bob, end)).startswith("done")
    assert (await scene.state(note["id"]), await scene.state(other["id"])) == ("deleted", "live")
    (left,) = await scene.outbox()
    assert left["object"]["object"]["id"] == other["id"]


async def test_what_was_not_sent_yet_of_who_ends_is_not_sent_any_more(scene: Scene) -> None:
    note = scene.bob.note("So long.")
    await scene.bob.send(scene.bob.create(note))
    await scene.town.run(scene.town.instance.processor.drain)
    await scene.bob.send(scene.bob.act("Delete", scene.bob.uri, removeData=True))
    await scene.town.run(scene.town.instance.processor.drain)
    await scene.world.settle()
    assert (scene.microblog.kinds(), scene.threads.kinds()) == ([], [])

    async def standing() -> int:
        rows = await storage.rows(
            "SELECT id FROM log_entry WHERE stream LIKE 'group:%' AND cancelled = ?"
            " AND kind <> 'delete'",
            False,
        )
        return len(rows)

    assert await scene.town.run(standing) == 0


async def test_nobody_ends_another(scene: Scene) -> None:
    eve = Server.at(scene.world.network, "evil.example", "mastodon").member("eve")
    note = scene.ann.note("Still here.")
    await scene.send(scene.ann, scene.ann.create(note))
    for activity in (eve.act("Delete", scene.ann.uri), eve.act("Delete", note["id"])):
        assert (await scene.send(eve, activity)).startswith("ignored")
    assert (await scene.town.members())["ann@m.example"] == "member"
    assert await scene.state(note["id"]) == "live"


async def test_leaving_leaves_what_one_said(scene: Scene) -> None:
    note = scene.ann.note("So long.")
    await scene.send(scene.ann, scene.ann.create(note), scene.ann.act("Leave", GROUP))
    assert await scene.state(note["id"]) == "live"
    await scene.send(scene.ann, scene.ann.act("Delete", note["id"]))
    assert await scene.state(note["id"]) == "deleted"
