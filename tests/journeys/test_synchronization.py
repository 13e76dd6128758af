"""Two servers that disagree about who is in a group agree again by themselves (FEP-8fcf)."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

import linked
from federation import clock, follower_digest, limits, storage
from federation.follower_digest import NAME, Synchronization
from federation.models import Actor
from federation.signatures import Form
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.accounts.people import sign_up
from fedigroups.groups import membership
from fedigroups.groups.models import Group, Member
from inbox import record
from linked import MASTODON
from servers import GROUP, Server
from servers import Member as Stranger
from world import Town, World

pytestmark = pytest.mark.anyio

MIA, MAX = "https://second.example/users/mia", "https://second.example/users/max"
URL = f"{GROUP}/followers_synchronization"
WELDERS = "welders@groups.example"
CATS = "cats@l.example"


class Pair:
    """`groups.example` hosts the welders; Mia and Max of `second.example` are members."""

    def __init__(self, world: World, ours: Town, theirs: Town) -> None:
        self.world, self.ours, self.theirs = world, ours, theirs

    async def say(self, text: str = "Hello.") -> None:
        await self.ours.write("olga", text)
        await self.world.settle()

    async def states(self) -> dict[str, list[str]]:
        """How both servers see Mia and Max."""
        seen = {}
        for town, group in ((self.ours, "welders"), (self.theirs, WELDERS)):
            members = await town.members(group)
            seen[town.host] = [members[f"{name}@second.example"] for name in ("mia", "max")]
        return seen

    async def forget(self, town: Town, uri: str) -> None:
        """One of the two loses what it knew, as after an old backup; nobody is told."""

        async def work() -> None:
            actor = await Actor.get(uri=uri)
            group = await Group.get(actor__uri=GROUP)
            async with storage.transaction():
                await membership.leave(group, actor)

        await town.run(work)

    def asked(self) -> int:
        return len(self.world.network.requests("GET", URL))


@pytest.fixture
async def pair(world: World) -> Pair:
    ours, theirs = await world.town(), await world.town("second.example")
    await theirs.run(lambda: sign_up(theirs.wire, "max", email="", password=""))
    made = Pair(world, ours, theirs)
    for name in ("mia", "max"):
        await theirs.join(name, WELDERS)
    await world.settle()
    assert await made.states() == {
        "groups.example": ["member", "member"],
        "second.example": ["member", "member"],
    }
    return made


async def test_while_both_agree_nobody_asks(pair: Pair) -> None:
    await pair.say()
    assert (await pair.theirs.outcomes())[-1][1] == "done"
    assert pair.asked() == 0


async def test_whom_their_server_does_not_know_any_more_leaves_here(pair: Pair) -> None:
    await pair.forget(pair.theirs, MIA)
    await pair.say()
    assert await pair.states() == {
        "groups.example": ["left", "member"],
        "second.example": ["left", "member"],
    }
    await pair.say()
    assert pair.asked() == 1


async def test_whom_we_do_not_know_any_more_is_put_out_there_and_may_ask_again(
    pair: Pair,
) -> None:
    await pair.forget(pair.ours, MIA)
    await pair.say()
    assert await pair.states() == {
        "groups.example": ["left", "member"],
        "second.example": ["removed", "member"],
    }
    await pair.theirs.join("mia", WELDERS)
    await pair.world.settle()
    assert (await pair.states())["second.example"] == ["member", "member"]


async def test_whose_acceptance_was_lost_is_in_at_last(pair: Pair) -> None:
    async def forgets() -> None:
        await pair.forget(pair.theirs, MIA)
        group = await Group.get(actor__uri=GROUP)
        async with storage.transaction():
            await membership.asked_elsewhere(group, await Actor.get(uri=MIA), {"id": "x"})

    await pair.theirs.run(forgets)
    await pair.say()
    assert (await pair.states())["second.example"] == ["member", "member"]


async def test_both_at_once_are_healed_at_once(pair: Pair) -> None:
    await pair.forget(pair.theirs, MIA)
    await pair.forget(pair.ours, MAX)
    await pair.say()
    assert await pair.states() == {
        "groups.example": ["left", "left"],
        "second.example": ["left", "removed"],
    }


async def test_a_group_is_asked_once_in_an_hour_by_all_processes_together(pair: Pair) -> None:
    await pair.forget(pair.theirs, MIA)
    await pair.say()
    await pair.forget(pair.theirs, MAX)
    for _ in range(3):
        await pair.say()
    assert pair.asked() == 1
    assert (await pair.states())["groups.example"] == ["left", "member"]
    with clock.held(clock.now_ms() + limits.SYNCHRONIZATION_SECONDS * clock.SECOND):
        await pair.say()
    assert pair.asked() == 2
    assert (await pair.states())["groups.example"] == ["left", "left"]


class Scene:
    """Olga of our server is in the group `cats` of l.example, whose lists are as a test says."""

    def __init__(self, world: World, town: Town) -> None:
        self.world, self.town = world, town
        self.there = Server.at(world.network, "l.example", "lemmy")
        self.cats = self.there.member("cats", "Group")
        self.url = f"{self.cats.uri}/sync"
        self.olga = "https://groups.example/users/olga"
        self.tom = "https://groups.example/users/tom"

    async def begin(self) -> Scene:
        await self.town.join("olga", CATS)
        await self.world.settle()
        follow = self.there.came("Follow")[-1]
        accept = self.cats.act("Accept", follow)
        assert await self.cats.send(accept, to="https://groups.example/inbox") == 202
        await self.world.settle()
        self.there.inbox.clear()
        return self

    def list(self, *uris: str, path: str = "", **more: Any) -> str:
        """The group has these followers of ours; the digest that tells it."""
        document = {"id": self.url + path, "type": "OrderedCollection", "orderedItems": list(uris)}
        self.there.serve(f"/users/cats/sync{path}", document | more)
        return follower_digest.of(uris)

    async def tell(
        self,
        digest: str,
        *,
        collection: str = "",
        url: str = "",
        by: Stranger | None = None,
        form: Form = "cavage",
        signed: bool = True,
    ) -> None:
        """A delivery with the header comes and is processed."""
        teller = by or self.cats
        collection = collection or f"{self.cats.uri}/followers"
        header = {NAME: Synchronization(collection, url or self.url, digest).header()}
        activity = teller.act("Listen", "https://l.example/song")
        sent = teller.send if signed else self._unsigned
        assert await sent(activity, "https://groups.example/inbox", form, header) == 202
        await self.world.settle()

    async def _unsigned(self, activity: Any, to: str, form: Form, beside: dict[str, str]) -> int:
        """As `send`, with headers that the signature does not cover."""
        body = json.dumps(activity).encode()
        headers = self.cats.sign(body, to, form) | beside
        request = httpx.Request(
            "POST", to, content=body, headers={"Content-Type": ACTIVITY_JSON} | headers
        )
        return (await self.world.network.handle_async_request(request)).status_code

    async def states(self) -> dict[str, str]:
        members = await self.town.members(CATS)
        return {handle.partition("@")[0]: state for handle, state in members.items()}

    def asked(self, url: str = "") -> int:
        return len(self.world.network.requests("GET", url or self.url))


@pytest.fixture
async def scene(world: World) -> Scene:
    return await Scene(world, await world.town()).begin()


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
async def test_a_group_that_has_put_somebody_out_says_so_by_its_list(
    scene: Scene, form: Form
) -> None:
    await scene.tell(scene.list(), form=form)
    assert await scene.states() == {"olga": "removed"}
    assert (await scene.town.members())["tom@groups.example"] == "member"
    assert scene.there.kinds() == []


async def test_somebody_listed_who_never_joined_is_taken_back(scene: Scene) -> None:
    await scene.tell(scene.list(scene.olga, scene.tom))
    assert await scene.states() == {"olga": "member"}
    (undo,) = scene.there.came("Undo{Follow}")
    assert (undo["actor"], undo["object"]["object"]) == (scene.tom, scene.cats.uri)


async def test_a_list_may_have_pages(scene: Scene) -> None:
    digest = follower_digest.of([scene.olga, scene.tom])
    scene.list(first=f"{scene.url}?page=1")
    scene.list(scene.olga, path="?page=1", next=f"{scene.url}?page=2")
    scene.list(scene.tom, path="?page=2")
    await scene.tell(digest)
    assert len(scene.there.came("Undo{Follow}")) == 1
    assert await scene.states() == {"olga": "member"}


@pytest.mark.parametrize(
    "onward",
    [
        "https://l.example/users/cats/sync?page=1",
        "https://evil.example/more",
        "https://groups.example/actor",
    ],
)
async def test_a_list_that_leads_in_circles_or_elsewhere_changes_nothing(
    scene: Scene, onward: str
) -> None:
    scene.list(first=f"{scene.url}?page=1")
    scene.list(scene.tom, path="?page=1", next=onward)
    await scene.tell(follower_digest.of([scene.tom]))
    assert (await scene.states(), scene.there.kinds()) == ({"olga": "member"}, [])
    assert scene.asked("https://evil.example") == 0


async def test_an_endless_list_is_left_after_ten_pages(scene: Scene) -> None:
    for number in range(20):
        path = f"?page={number}" if number else ""
        scene.list(path=path, **{"next" if number else "first": f"{scene.url}?page={number + 1}"})
    await scene.tell(follower_digest.of([scene.tom]))
    assert scene.asked() == limits.COLLECTION_PAGES
    assert await scene.states() == {"olga": "member"}


async def test_nobody_is_put_out_by_a_list_that_is_not_the_one_that_was_told(
    scene: Scene,
) -> None:
    scene.list()
    await scene.tell(follower_digest.of([scene.tom]))
    assert scene.asked() == 1
    assert await scene.states() == {"olga": "member"}


async def test_nobody_is_put_out_who_came_while_the_list_was_read(scene: Scene) -> None:
    digest = scene.list()

    async def later() -> None:
        await Member.all().update(changed_at=clock.now_ms() + clock.MINUTE)

    await scene.town.run(later)
    await scene.tell(digest)
    assert await scene.states() == {"olga": "member"}


async def test_strangers_and_people_of_others_in_a_list_mean_nothing(scene: Scene) -> None:
    others = ("https://m.example/users/ann", "https://groups.example/users/nobody", GROUP, "x")
    await scene.tell(scene.list(scene.olga, *others))
    assert (await scene.states(), scene.there.kinds()) == ({"olga": "member"}, [])


@pytest.mark.parametrize(
    ("collection", "url"),
    [
        ("https://l.example/users/dogs/followers", ""),
        ("https://m.example/users/ann/followers", ""),
        ("", "https://evil.example/sync"),
        ("", "https://l.example:8443/sync"),
        ("", "http://l.example/users/cats/sync"),
        ("", "https://groups.example/groups/welders/followers_synchronization"),
    ],
)
async def test_a_header_about_another_or_that_leads_elsewhere_is_ignored(
    scene: Scene, collection: str, url: str
) -> None:
    before = len(scene.world.network.log)
    await scene.tell(scene.list(), collection=collection, url=url)
    assert [one.url for one in scene.world.network.log[before:] if one.method == "GET"] == []
    assert await scene.states() == {"olga": "member"}
    await scene.tell(scene.list())
    assert await scene.states() == {"olga": "removed"}, "it has not used up the hour"


async def test_a_header_that_is_not_signed_is_ignored(scene: Scene) -> None:
    await scene.tell(scene.list(), signed=False)
    assert (await scene.states(), scene.asked()) == ({"olga": "member"}, 0)


async def test_who_forwards_says_nothing_of_the_actors_followers(scene: Scene) -> None:
    eve = Server.at(scene.world.network, "evil.example", "").member("eve")
    said = scene.cats.act("Listen", "https://l.example/song") | {"@context": MASTODON}
    brought = linked.signed(said, f"{scene.cats.uri}#main-key", "cats")
    header = Synchronization(f"{scene.cats.uri}/followers", scene.url, scene.list()).header()
    sent = await eve.send(brought, "https://groups.example/inbox", "cavage", {NAME: header})
    await scene.world.settle()
    assert (sent, await scene.states(), scene.asked()) == (202, {"olga": "member"}, 0)


async def test_another_actor_of_the_same_host_says_nothing_of_the_group(scene: Scene) -> None:
    dogs = scene.there.member("dogs", "Group")
    bob = scene.there.member("bob")
    for other in (dogs, bob):
        await scene.tell(scene.list(), by=other)
    assert (await scene.states(), scene.asked()) == ({"olga": "member"}, 0)


async def test_a_list_that_cannot_be_had_costs_nothing_but_the_question(scene: Scene) -> None:
    digest = scene.list()
    scene.there.answer("/users/cats/sync", 500)
    await scene.tell(digest)
    assert await scene.states() == {"olga": "member"}
    assert [state for _, state, _ in await scene.town.outcomes()][-1] in {"done", "ignored"}


async def test_the_header_is_kept_no_longer_than_what_came_with_it(scene: Scene) -> None:
    async def kept() -> str:
        rows = await storage.rows("SELECT synchronization FROM receipt ORDER BY id DESC LIMIT 1")
        return str(rows[0]["synchronization"])

    await scene.tell(scene.list(scene.olga))
    assert "cats/followers" in await scene.town.run(kept)
    with clock.held(clock.now_ms() + record.BODY_MS + 1):
        await scene.town.run(record.retire)
    assert await scene.town.run(kept) == ""
