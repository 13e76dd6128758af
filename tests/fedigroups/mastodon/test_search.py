"""What an app finds: posts by their words, groups and posts elsewhere by handle and address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

import entities
import scenery
from clients import App, signed_in
from entities import check, many
from federation import limits
from federation.models import Actor
from federation.vocabulary import AS2
from fedigroups.groups.models import Group, Post
from servers import Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

SEARCH = "/api/v2/search"
WELDERS = "https://l.example/users/smiths"


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def tom(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "tom") as app:
        yield app


@pytest.fixture
def bob(world: World, town: Town) -> Member:
    """Bob, on a threadiverse server that has a group of smiths."""
    server = Server.at(world.network, "l.example", "lemmy")
    server.member("smiths", "Group")
    return server.member("bob")


async def texts(app: App, **asked: Any) -> list[str]:
    """What of the posts that are found stands in their first paragraph."""
    found = await app.get(SEARCH, **asked)
    shown = check(found["statuses"], many(entities.STATUS_SEEN))
    return [one["content"].rsplit("<p>", 1)[1].removesuffix("</p>") for one in shown]


async def test_posts_are_found_by_words_page_by_page(town: Town, tom: App) -> None:
    for number in range(5):
        await town.write("olga", f"Question {number}")
    assert await texts(tom, q="questions") == []
    first = await tom.get(SEARCH, q="question", limit=2, type="statuses")
    assert first["accounts"] == first["hashtags"] == []
    last = first["statuses"][-1]["id"]
    assert await texts(tom, q="question", limit=2, max_id=last) == ["Question 2", "Question 1"]
    assert await texts(tom, q="question", limit=2, offset=4) == ["Question 0"]
    assert await texts(tom, q="question", min_id=last) == ["Question 4"]
    assert await texts(tom, q="question", account_id=(await tom.account("tom"))["id"]) == []
    assert await texts(tom, q="from:olga in:welders question", limit=1) == ["Question 4"]


async def test_who_does_not_want_to_be_found_says_so_and_is_found_by_whole_name_only(
    town: Town, tom: App
) -> None:
    await town.write("tom", "Which rod?")
    changed = await tom.ask(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        json={"discoverable": False, "indexable": False},
    )
    assert (changed["discoverable"], changed["indexable"]) == (False, False)
    assert changed["source"]["indexable"] is False
    document = (await _document(town, "tom"))["indexable"], (await _document(town, "tom"))
    assert (document[0], document[1]["discoverable"]) == (False, False)
    async with signed_in(town, "olga") as olga:
        assert await texts(olga, q="rod") == []
        named = [len((await olga.get(SEARCH, q=q))["accounts"]) for q in ("to", "tom")]
    assert named == [0, 1]
    assert await texts(tom, q="rod") == ["Which rod?"]


async def _document(town: Town, name: str) -> Any:
    async with signed_in(town) as app:
        answer = await app.http.get(
            f"/users/{name}", headers={"Accept": "application/activity+json"}
        )
    return answer.json()


async def test_a_group_elsewhere_is_found_by_handle_and_by_address(tom: App, bob: Member) -> None:
    for query in ("@smiths@l.example", "!smiths@l.example", "smiths@l.example", WELDERS):
        (found,) = (await tom.get(SEARCH, q=query, resolve=True))["accounts"]
        assert (found["acct"], found["group"]) == ("smiths@l.example", True), query


async def test_somebody_is_found_by_the_address_of_their_page(
    world: World, town: Town, tom: App
) -> None:
    ann = await town.run(partial(scenery.person, "ann@m.example"))
    page = "https://m.example/@ann"
    await town.run(lambda: Actor.filter(id=ann.id).update(page_url=page))
    for address, acct in ((page, "ann@m.example"), ("https://groups.example/@tom", "tom")):
        for resolve in (False, True):
            (found,) = (await tom.get(SEARCH, q=address, resolve=resolve, type="accounts"))[
                "accounts"
            ]
            assert found["acct"] == acct
    assert world.network.requests(url="https://m.example") == [], "she is known"
    for address in ("https://m.example/@eve", "https://groups.example/", "https://[/@tom"):
        assert (await tom.get(SEARCH, q=address))["accounts"] == []


async def test_a_post_elsewhere_is_fetched_with_what_it_answers(
    town: Town, tom: App, bob: Member
) -> None:
    root = bob.page("Forge", "Which coal?", group=WELDERS)
    reply = bob.note("Anthracite.", reply_to=root["id"], group=WELDERS)
    assert await texts(tom, q=reply["id"]) == []
    assert await texts(tom, q=reply["id"], resolve=True) == ["Anthracite."]
    assert await texts(tom, q=root["id"]) == ["Which coal?"]
    assert await texts(tom, q="coal in:smiths@l.example") == ["Which coal?"]

    async def group() -> str:
        post = await Post.get(uri=reply["id"]).select_related("thread__group__actor")
        return str(post.thread.group.actor.uri)

    assert await town.run(group) == WELDERS


@pytest.mark.parametrize(
    "what", ["into a group here", "of another server", "not public", "a vote", "names no group"]
)
async def test_nobody_puts_a_post_into_a_group_by_its_address(
    world: World, town: Town, tom: App, bob: Member, what: str
) -> None:
    eve = Server.at(world.network, "evil.example", "mastodon").member("eve")
    post = {
        "into a group here": lambda: eve.note("Buy this"),
        "of another server": lambda: eve.note("Buy this", group=WELDERS),
        "not public": lambda: bob.note("Buy this", group=WELDERS, to=[WELDERS]),
        "a vote": lambda: bob.note("", group=WELDERS, name="Yes", content="", inReplyTo=WELDERS),
        "names no group": lambda: bob.note("Buy this", group=""),
    }[what]()
    assert await texts(tom, q=post["id"], resolve=True) == []
    assert await town.run(lambda: Post.all().count()) == 0
    assert await town.run(lambda: Group.filter(hosted=False).count()) == 0


async def test_a_group_vouches_for_posts_of_other_servers_that_its_outbox_shows(
    world: World, town: Town, tom: App, bob: Member
) -> None:
    ann = Server.at(world.network, "m.example", "mastodon").member("ann")
    said = ann.note("Which coal?", group=WELDERS)
    inner = {"id": "https://m.example/1", "type": "Create", "object": said["id"]}
    page = {"orderedItems": [{"type": "Announce", "object": inner}]}
    first = bob.home.serve("/users/smiths/outbox/1", {"@context": AS2, **_id("/1"), **page})
    outbox = {"@context": AS2, **_id(""), "type": "OrderedCollection", "first": first}
    bob.home.serve("/users/smiths/outbox", outbox)
    assert await texts(tom, q=said["id"], resolve=True) == ["Which coal?"]


def _id(part: str) -> dict[str, str]:
    return {"id": f"{WELDERS}/outbox{part}", "type": "OrderedCollectionPage"}


async def test_a_search_causes_so_many_requests_and_no_more(
    world: World, tom: App, bob: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FETCHES_PER_SEARCH", 5)
    said = bob.page("Forge", "Which coal?", group=WELDERS)
    for _ in range(8):
        said = bob.note("And?", reply_to=said["id"], group="")
    assert await texts(tom, q=said["id"], resolve=True, type="statuses") == []
    assert len(world.network.requests("GET", "https://l.example/")) == 5


async def test_strangers_find_posts_and_have_nobody_asked(town: Town, bob: Member) -> None:
    await town.write("olga", "Which rod?")
    async with signed_in(town) as app:
        assert [one["content"] for one in (await app.get(SEARCH, q="rod"))["statuses"]]
        check(await app.get(SEARCH, 401, q=WELDERS, resolve=True), entities.ERROR)
    assert await town.run(lambda: Actor.filter(uri=WELDERS).count()) == 0
