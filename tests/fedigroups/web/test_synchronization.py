"""A host may ask who of it follows a group (FEP-8fcf), and nobody may ask for another host."""

from __future__ import annotations

import httpx
import pytest

from federation import follower_digest, followers, limits
from federation.signatures import Form
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.groups import collections
from servers import GROUP, Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

URL = f"{GROUP}/followers_synchronization"


class Scene:
    """Ann and Amy of m.example and Bob of l.example are in our group."""

    def __init__(self, world: World, town: Town) -> None:
        self.world, self.town = world, town
        self.home = Server.at(world.network, "m.example", "mastodon")
        self.there = Server.at(world.network, "l.example", "lemmy")
        self.ann, self.amy = self.home.member("ann"), self.home.member("amy")
        self.bob = self.there.member("bob")
        self.members = (self.ann, self.amy, self.bob)

    async def join(self, *people: Member) -> None:
        for person in people:
            assert await person.send(person.follow()) == 202
        await self.world.settle()


@pytest.fixture
async def scene(world: World) -> Scene:
    made = Scene(world, await world.town())
    await made.join(*made.members)
    return made


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
async def test_a_host_reads_its_own_followers_and_no_others(scene: Scene, form: Form) -> None:
    actor = scene.home.member("actor", "Application")
    for asking, own in ((actor, (scene.ann, scene.amy)), (scene.bob, (scene.bob,))):
        answer = await asking.read(URL, form)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == ACTIVITY_JSON
        assert "no-store" in answer.headers["cache-control"]
        listed = answer.json()
        assert (listed["id"], listed["type"]) == (URL, "OrderedCollection")
        assert listed["orderedItems"] == [person.uri for person in own]
        assert listed["totalItems"] == len(own)


async def test_what_is_listed_is_what_its_digest_tells(scene: Scene) -> None:
    listed = (await scene.bob.read(URL)).json()["orderedItems"]
    told = await scene.town.run(lambda: followers.digest(GROUP, "l.example"))
    assert told == follower_digest.of(listed)


async def test_who_is_not_followed_by_anybody_there_reads_an_empty_list(scene: Scene) -> None:
    vic = Server.at(scene.world.network, "h.example", "mastodon").member("vic")
    answer = await vic.read(URL)
    assert (answer.status_code, answer.json()["orderedItems"]) == (200, [])


async def test_whoever_left_is_not_listed_any_more(scene: Scene) -> None:
    await scene.ann.send(scene.ann.act("Undo", scene.ann.follow()))
    await scene.world.settle()
    assert (await scene.ann.read(URL)).json()["orderedItems"] == [scene.amy.uri]


async def test_unsigned_it_is_refused(scene: Scene) -> None:
    request = httpx.Request("GET", URL, headers={"Accept": ACTIVITY_JSON})
    answer = await scene.world.network.handle_async_request(request)
    assert answer.status_code == 401


async def test_signed_with_anothers_key_it_is_refused(scene: Scene) -> None:
    eve = Server.at(scene.world.network, "evil.example", "mastodon").member("eve")
    eve.home = scene.home  # she says that she is of m.example, and has but her own key
    assert (await eve.read(URL)).status_code == 401


async def test_a_blocked_host_reads_nothing(scene: Scene) -> None:
    await scene.town.run(lambda: scene.town.wire.peers.block("m.example"))
    assert (await scene.ann.read(URL)).status_code == 403


async def test_while_its_key_cannot_be_had_a_host_is_told_to_come_back(scene: Scene) -> None:
    vic = Server.at(scene.world.network, "h.example", "mastodon").member("vic")
    scene.world.network.fail("h.example", 503)
    answer = await vic.read(URL)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


@pytest.mark.parametrize("path", ["/groups/bakers", "/users/olga", "/actor", "/moderation"])
async def test_of_others_there_is_no_such_list(scene: Scene, path: str) -> None:
    url = f"https://groups.example{path}/followers_synchronization"
    assert (await scene.ann.read(url)).status_code == 404


async def test_a_closed_group_lists_nobody(scene: Scene) -> None:
    await scene.town.change(state="closed")
    assert (await scene.ann.read(URL)).status_code == 404


async def test_many_followers_are_listed_page_by_page(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collections, "FOLLOWERS_PER_PAGE", 2)
    people = [scene.home.member(f"p{number}") for number in range(3)]
    await scene.join(*people)
    first = (await scene.ann.read(URL)).json()
    assert "orderedItems" not in first
    listed, url = [], first["first"]
    while url:
        page = (await scene.ann.read(url)).json()
        assert (page["id"], page["type"]) == (url, "OrderedCollectionPage")
        assert len(page["orderedItems"]) <= 2
        listed += page["orderedItems"]
        url = page.get("next", "")
    assert listed == [person.uri for person in (scene.ann, scene.amy, *people)]


def test_a_page_is_no_larger_than_readers_take() -> None:
    assert limits.FOLLOWERS_PER_PAGE * 100 < limits.ANSWER_BYTES
    assert limits.FOLLOWERS_PER_PAGE < limits.NODES
