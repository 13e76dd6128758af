"""One post to several groups here: a thread in the first, and news of it to who reads others."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from federation import clock, limits, storage
from federation.documents import id_of
from federation.errors import Malformed
from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.groups import founding, lookup, membership, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Post
from outbox.publish import publish
from servers import GROUP, Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

SMITHS = "https://groups.example/groups/smiths"


class Scene:
    """The groups `welders` and `smiths`; each is read by a thread server and by a microblog."""

    def __init__(self, world: World, town: Town) -> None:
        self.world = world
        self.town = town
        self.ann = Server.at(world.network, "m.example", "mastodon").member("ann")
        self.readers: dict[str, tuple[Server, Server]] = {}

    async def found(self, name: str, **columns: Any) -> None:
        """Tom founds one more group."""

        async def work() -> None:
            tom = await lookup.person("tom")
            hosted = await founding.found(self.town.wire, name, tom, Profile(title=name))
            for column, value in columns.items():
                setattr(hosted.group, column, value)
            await hosted.group.save()

        await self.town.run(work)

    async def read(self, name: str) -> None:
        """A thread server and a microblog of its own read the group."""
        group = f"https://groups.example/groups/{name}"
        threads = Server.at(self.world.network, f"{name}.l.example", "lemmy")
        microblog = Server.at(self.world.network, f"{name}.m.example", "mastodon")
        for person in (threads.member("bob"), microblog.member("mia")):
            await self.send(person, person.follow(group))
        self.readers[name] = threads, microblog
        self.forget()

    async def send(self, by: Member, *activities: dict[str, Any]) -> str:
        """They deliver the activities; the outcome of the last."""
        for activity in activities:
            assert await by.send(activity, f"{GROUP}/inbox") == 202
            await self.world.settle()
        _, state, reason = (await self.town.outcomes())[-1]
        return f"{state}: {reason}"

    async def ask(self, *groups: str) -> dict[str, Any]:
        """Ann asks all these groups at once."""
        note = self.ann.note("Which hammer?", **naming(*groups))
        await self.send(self.ann, self.ann.create(note))
        return note

    def heard(self, name: str) -> tuple[list[str], list[str]]:
        """What the group's readers were sent since `forget`; all of it by that group."""
        threads, microblog = self.readers[name]
        actors = {one.document["actor"] for server in self.readers[name] for one in server.inbox}
        assert actors <= {f"https://groups.example/groups/{name}"}
        return threads.kinds(notes=False), microblog.kinds(notes=False)

    def announced(self, name: str) -> list[str]:
        """The ids of what the group's readers were sent."""
        return [one.document["id"] for server in self.readers[name] for one in server.inbox]

    async def status(self, url: str) -> int:
        """What we answer who asks for an activity of ours."""
        request = httpx.Request("GET", url, headers={"Accept": ACTIVITY_JSON})
        return (await self.world.network.handle_async_request(request)).status_code

    def forget(self) -> None:
        for server in (server for pair in self.readers.values() for server in pair):
            server.inbox.clear()

    async def post(self, uri: str) -> Post:
        post = await self.town.post(uri)
        assert post is not None
        return post

    async def standing(self, group: str, handle: str, change: str) -> None:
        """Somebody is banned from a group here, or made a moderator of it."""

        async def work() -> None:
            found, actor = await lookup.any_group(group), await self.person(handle)
            async with storage.transaction():
                if change == "banned":
                    await publish(await membership.ban(self.town.wire, found, actor, "spam"))
                else:
                    await membership.appoint(found, actor, change)

        await self.town.run(work)

    async def person(self, handle: str) -> Actor:
        return await lookup.person(handle)


def naming(*groups: str) -> dict[str, Any]:
    """How Mastodon addresses a note in which these are mentioned."""
    uris = [f"https://groups.example/groups/{name}" for name in groups]
    tags = [{"type": "Mention", "href": uri, "name": f"@{uri[-1]}"} for uri in uris]
    return {"cc": ["https://m.example/users/ann/followers", *uris], "tag": tags}


@pytest.fixture
async def scene(world: World) -> Scene:
    made = Scene(world, await world.town())
    await made.found("smiths")
    for name in ("welders", "smiths"):
        await made.read(name)
    for group in (GROUP, SMITHS):
        await made.send(made.ann, made.ann.follow(group))
    made.forget()
    return made


ANNOUNCED = (["Announce{Create}"], ["Announce"])
NOTHING: tuple[list[str], list[str]] = ([], [])


async def test_each_group_that_a_post_names_announces_it_once_to_its_readers(scene: Scene) -> None:
    note = await scene.ask("welders", "smiths")
    assert scene.heard("welders") == scene.heard("smiths") == ANNOUNCED
    boosts = [
        microblog.came("Announce")[0]
        for _, microblog in (scene.readers["welders"], scene.readers["smiths"])
    ]
    assert {boost["object"] for boost in boosts} == {note["id"]}
    assert len({boost["id"] for boost in boosts}) == 2
    await scene.send(scene.ann, scene.ann.create(note, id=f"{note['id']}/again"))
    assert scene.heard("welders") == scene.heard("smiths") == ANNOUNCED


async def test_the_thread_stands_in_the_first_of_them(scene: Scene) -> None:
    note = await scene.ask("smiths", "welders")
    assert (await scene.post(note["id"])).thread.group.name == "smiths"


async def test_a_group_announces_what_its_own_policy_admits(scene: Scene) -> None:
    await scene.send(scene.ann, scene.ann.act("Undo", scene.ann.follow(SMITHS)))
    await scene.ask("welders", "smiths")
    assert (scene.heard("welders"), scene.heard("smiths")) == (ANNOUNCED, NOTHING)
    scene.forget()
    note = await scene.ask("smiths", "welders")
    assert (scene.heard("welders"), scene.heard("smiths")) == (ANNOUNCED, NOTHING)
    assert (await scene.post(note["id"])).thread.group.name == "welders"
    await scene.standing("welders", "ann@m.example", "banned")
    scene.forget()
    await scene.ask("smiths", "welders")
    assert scene.heard("welders") == scene.heard("smiths") == NOTHING


async def test_what_follows_goes_to_the_readers_of_all_of_them(scene: Scene) -> None:
    note = await scene.ask("welders", "smiths")
    vic = Server.at(scene.world.network, "h.example", "mastodon").member("vic")
    reply = vic.note("The round one.", reply_to=note["id"], group="")
    updated = clock.rfc3339(clock.now_ms() + clock.MINUTE)
    like = vic.act("Like", note["id"])
    scene.forget()
    await scene.send(vic, vic.create(reply), like, vic.act("Undo", like))
    await scene.send(scene.ann, scene.ann.act("Update", note | {"updated": updated}))
    await scene.town.reply("tom", note["id"], "Or none.")
    await scene.world.settle()
    told = ["Create", "Like", "Undo", "Update", "Create"]
    assert scene.heard("welders") == scene.heard("smiths")
    assert scene.heard("smiths") == ([f"Announce{{{kind}}}" for kind in told], [])


async def test_a_delete_takes_back_each_boost_by_its_own_id(scene: Scene) -> None:
    note = await scene.ask("welders", "smiths")
    boosts = {}
    for name, (_, microblog) in scene.readers.items():
        boosts[name] = microblog.came("Announce")[0]["id"]
    scene.forget()
    await scene.send(scene.ann, scene.ann.act("Delete", note["id"]))
    for name, (_, microblog) in scene.readers.items():
        assert scene.heard(name) == (["Announce{Delete}"], ["Undo{Announce}"])
        assert id_of(microblog.came("Undo{Announce}")[0]["object"]) == boosts[name]


async def test_who_is_banned_from_one_group_is_not_heard_through_it(scene: Scene) -> None:
    note = await scene.ask("welders", "smiths")
    await scene.standing("smiths", "ann@m.example", "banned")
    scene.forget()
    reply = scene.ann.note("Nobody?", reply_to=note["id"], group="")
    await scene.send(scene.ann, scene.ann.create(reply))
    assert (scene.heard("welders"), scene.heard("smiths")) == ((["Announce{Create}"], []), NOTHING)
    await scene.send(scene.ann, scene.ann.act("Delete", note["id"]))
    assert scene.heard("smiths") == (["Announce{Delete}"], ["Undo{Announce}"])


@pytest.mark.parametrize("where", ["here", "elsewhere"])
async def test_a_moderator_of_another_group_takes_the_thread_out_of_that_one(
    scene: Scene, where: str
) -> None:
    bob = scene.readers["smiths"][0].member("bob")
    await scene.standing("smiths", bob.handle, "moderator")
    note = await scene.ask("welders", "smiths")
    shown = {name: scene.announced(name) for name in ("welders", "smiths")}
    scene.forget()
    if where == "here":

        async def remove() -> None:
            tom, post = await scene.person("tom"), await Post.get(uri=note["id"])
            await speaking.remove(scene.town.wire, tom, post, "not about hammers")

        await scene.town.run(remove)
        await scene.world.settle()
    else:
        removal = bob.act("Delete", note["id"], summary="not about hammers")
        assert await scene.send(bob, removal) == "done: removed in smiths"
    assert scene.heard("welders") == NOTHING
    assert scene.heard("smiths") == (["Announce{Delete}"], ["Undo{Announce}"])
    assert (await scene.post(note["id"])).state == "live"
    assert [await scene.status(uri) for uri in shown["welders"]] == [200, 200]
    assert [await scene.status(uri) for uri in shown["smiths"]] == [404, 404]
    scene.forget()
    reply = scene.ann.note("Why?", reply_to=note["id"], group="")
    await scene.send(scene.ann, scene.ann.create(reply))
    await scene.send(scene.ann, scene.ann.create(note, id=f"{note['id']}/again"))
    assert (scene.heard("welders"), scene.heard("smiths")) == ((["Announce{Create}"], []), NOTHING)


async def test_in_the_other_group_nobody_else_takes_it_out(scene: Scene) -> None:
    note = await scene.ask("welders", "smiths")
    reply = scene.ann.note("Or which?", reply_to=note["id"], group="")
    await scene.send(scene.ann, scene.ann.create(reply))
    bob = scene.readers["smiths"][0].member("bob")
    scene.forget()
    removal = bob.act("Delete", note["id"], summary="no")
    assert (await scene.send(bob, removal)).startswith("ignored: neither")
    await scene.standing("smiths", bob.handle, "moderator")
    removal = bob.act("Delete", reply["id"], summary="a reply is governed where the thread stands")
    assert (await scene.send(bob, removal)).startswith("ignored: neither")
    assert scene.heard("smiths") == scene.heard("welders") == NOTHING

    async def remove() -> None:
        tom = await scene.person("tom")
        with pytest.raises(Malformed, match="does not moderate welders"):
            await speaking.remove(scene.town.wire, tom, await Post.get(uri=reply["id"]), "no")

    await scene.town.run(remove)


async def test_a_moderator_of_the_first_group_takes_it_out_of_all(scene: Scene) -> None:
    note = await scene.ask("welders", "smiths")
    scene.forget()

    async def remove() -> None:
        olga, post = await scene.person("olga"), await Post.get(uri=note["id"])
        await speaking.remove(scene.town.wire, olga, post, "spam")

    await scene.town.run(remove)
    await scene.world.settle()
    gone = (["Announce{Delete}"], ["Undo{Announce}"])
    assert scene.heard("welders") == scene.heard("smiths") == gone


async def test_a_start_that_was_fetched_for_an_answer_is_announced_by_all_when_it_comes(
    scene: Scene,
) -> None:
    note = scene.ann.note("Which hammer?", **naming("welders", "smiths"))
    vic = Server.at(scene.world.network, "h.example", "mastodon").member("vic")
    await scene.send(vic, vic.create(vic.note("The round one.", reply_to=note["id"], group="")))
    assert scene.heard("welders") == (["Announce{Create}"], [])
    await scene.send(scene.ann, scene.ann.create(note))
    assert scene.heard("welders") == (["Announce{Create}", "Announce{Create}"], ["Announce"])
    assert scene.heard("smiths") == ANNOUNCED


async def test_an_edit_that_overtakes_the_post_brings_it_to_all(scene: Scene) -> None:
    note = scene.ann.note("Which hammer?", **naming("welders", "smiths"))
    updated = clock.rfc3339(clock.now_ms() + clock.MINUTE)
    await scene.send(
        scene.ann, scene.ann.act("Update", note | {"updated": updated}), scene.ann.create(note)
    )
    assert scene.heard("smiths") == scene.heard("welders") == (["Announce{Update}"], ["Announce"])


async def test_a_post_reaches_only_so_many_groups(scene: Scene) -> None:
    more = [f"smiths{number}" for number in range(limits.GROUPS_PER_POST + 2)]
    for name in more:
        await scene.found(name, post_policy="anyone")
    note = await scene.ask(*more)
    with scene.town.instance.store.context():
        rows = await storage.rows(
            "SELECT group_id FROM announced WHERE object_uri = ? AND form = 'boost'", note["id"]
        )
    assert len(rows) == limits.GROUPS_PER_POST
