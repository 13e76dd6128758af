"""Each id that we mint answers with that very id, 410 where something was, 404 for all else."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from federation import storage
from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.groups import lookup, speaking
from fedigroups.groups.models import Group, Member, Post, Thread
from servers import GROUP, Server
from world import Town, World

pytestmark = pytest.mark.anyio

ORIGIN = "https://groups.example"
OLGA = f"{ORIGIN}/users/olga"
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


async def read(town: Town, url: str, accept: str = ACTIVITY_JSON, method: str = "GET") -> Any:
    """The answer to whoever asks."""
    request = httpx.Request(method, url, headers={"Accept": accept} if accept else {})
    request.headers.setdefault("Accept", accept)
    response = await town.network.handle_async_request(request)
    await response.aread()
    return response


async def document(town: Town, url: str) -> dict[str, Any]:
    response = await read(town, url)
    assert response.status_code == 200, f"{url}: {response.status_code}"
    assert response.headers["content-type"] == ACTIVITY_JSON
    served: dict[str, Any] = response.json()
    return served


async def end(town: Town, verb: str, name: str, uri: str, *more: Any) -> None:
    async def work() -> None:
        actor = await lookup.person(name)
        await getattr(speaking, verb)(town.wire, actor, await Post.get(uri=uri), *more)

    await town.run(work)


@pytest.mark.parametrize(
    ("url", "shape"),
    [
        (GROUP, "Group"),
        (OLGA, "Person"),
        (f"{ORIGIN}/actor", "Application"),
        (f"{ORIGIN}/moderation", "Service"),
        (f"{GROUP}/outbox", "OrderedCollection"),
        (f"{GROUP}/followers", "Collection"),
        (f"{GROUP}/following", "OrderedCollection"),
        (f"{GROUP}/moderators", "OrderedCollection"),
        (f"{GROUP}/featured", "OrderedCollection"),
        (f"{OLGA}/outbox", "OrderedCollection"),
        (f"{OLGA}/followers", "OrderedCollection"),
        (f"{OLGA}/following", "OrderedCollection"),
    ],
)
async def test_what_an_id_names_is_served_there(town: Town, url: str, shape: str) -> None:
    served = await document(town, url)
    assert (served["id"], served["type"]) == (url, shape)


async def test_what_an_actor_names_is_there(town: Town) -> None:
    served = await document(town, GROUP)
    for name in ("outbox", "followers", "following", "featured", "attributedTo"):
        assert (await document(town, served[name]))["id"] == served[name]


async def test_threads_posts_and_activities_are_served_at_their_ids(
    world: World, town: Town
) -> None:
    post = await town.write("olga", "Which rod?", "Thin sheet")
    reply = await town.reply("tom", post.uri, "1.6 mm.")
    thread = await document(town, f"{GROUP}/threads/{post.thread_id}")
    assert thread["orderedItems"] == [post.uri, reply.uri]
    assert (await document(town, post.uri))["name"] == "Thin sheet"
    assert (await document(town, post.page_url))["id"] == post.uri
    (item,) = (await document(town, f"{GROUP}/outbox"))["orderedItems"]
    assert await document(town, item["id"]) == item
    assert await document(town, item["object"]["id"]) == item["object"]
    boost = await document(town, town.wire.uris.boost("welders", post.uri))
    assert boost["object"] == post.uri


SHARED = [
    "/groups/welders",
    "/users/olga",
    "/@olga",
    "/groups/welders/threads/{thread}",
    "/users/olga/posts/{post}",
    "/@olga/{post}",
]


@pytest.mark.parametrize("path", SHARED)
async def test_one_url_is_a_page_for_people_and_a_document_for_programs(
    town: Town, path: str
) -> None:
    post = await town.write("olga", "Which rod?", "Thin sheet")
    url = ORIGIN + path.format(thread=post.thread_id, post=post.id)
    for accept in (ACTIVITY_JSON, LD, f"text/html;q=0.5, {ACTIVITY_JSON}"):
        response = await read(town, url, accept)
        assert (response.status_code, response.headers["content-type"]) == (200, ACTIVITY_JSON)
        assert "Accept" in response.headers["vary"]
    for accept in ("text/html", "*/*", "", f"text/html, {ACTIVITY_JSON};q=0.5", "image/png"):
        response = await read(town, url, accept)
        assert response.status_code in {200, 302, 303, 308}, accept
        assert "json" not in response.headers.get("content-type", ""), accept
        assert "Accept" in response.headers["vary"]


@pytest.mark.parametrize(
    "path",
    [
        "/groups/bakers",
        "/groups/olga",
        "/groups/bakers/outbox",
        "/groups/bakers/followers",
        "/groups/bakers/following",
        "/groups/bakers/moderators",
        "/groups/bakers/featured",
        "/groups/bakers/threads/1",
        "/groups/welders/threads/1",
        "/groups/welders/threads/x",
        "/groups/welders/threads/99999999999999999999",
        "/users/nobody",
        "/users/welders",
        "/users/nobody/outbox",
        "/users/olga/liked",
        "/users/olga/posts/1",
        "/users/olga/posts/-1",
        "/@nobody",
        "/@olga/1",
        "/activities/1",
        "/activities/boost-0",
    ],
)
async def test_what_is_not_here_is_404_for_programs_and_for_people(town: Town, path: str) -> None:
    response = await read(town, ORIGIN + path)
    assert (response.status_code, response.headers["content-type"]) == (
        404,
        "application/problem+json",
    )
    assert response.json()["status"] == 404
    assert (await read(town, ORIGIN + path, "text/html")).status_code == 404


async def test_capitals_lead_people_to_the_page_and_programs_nowhere(town: Town) -> None:
    url = f"{ORIGIN}/groups/Welders"
    assert (await read(town, url)).status_code == 404
    response = await read(town, url, "text/html")
    assert (response.status_code, response.headers["location"]) == (308, "/groups/welders")


async def test_a_thread_is_only_under_its_own_group(town: Town) -> None:
    post = await town.write("olga", "Hello.")

    async def give_away() -> None:
        other = await Group.get(name="welders")
        other.id, other.name, other.actor_id = 1, "bakers", (await Actor.first()).id
        await other.save(force_create=True)
        await Thread.filter(id=post.thread_id).update(group_id=1)

    await town.run(give_away)
    assert (await read(town, f"{GROUP}/threads/{post.thread_id}")).status_code == 404


# What is gone


@pytest.mark.parametrize("verb", ["delete", "remove"])
async def test_of_a_post_that_is_gone_a_tombstone_is_left_and_nothing_else(
    world: World, town: Town, verb: str
) -> None:
    post = await town.write("tom", "Buy my rods.", "Cheap")
    (item,) = (await document(town, f"{GROUP}/outbox"))["orderedItems"]
    boost = town.wire.uris.boost("welders", post.uri)
    reason = ("advertising",) if verb == "remove" else ()
    await end(town, verb, "tom" if verb == "delete" else "olga", post.uri, *reason)
    for url in (post.uri, post.page_url):
        response = await read(town, url)
        assert response.status_code == 410
        assert response.headers["content-type"] == ACTIVITY_JSON
        tombstone = response.json()
        assert (tombstone["id"], tombstone["type"], tombstone["formerType"]) == (
            post.uri,
            "Tombstone",
            "Page",
        )
        assert "Buy" not in response.text
    for url in (item["id"], item["object"]["id"], boost):
        assert (await read(town, url)).status_code == 404
    served = await document(town, f"{GROUP}/outbox")
    assert (served["totalItems"], served["orderedItems"]) == (0, [])
    assert (await read(town, f"{GROUP}/threads/{post.thread_id}")).status_code == 404
    (deleted,) = await ends(town)
    assert "Buy" not in json.dumps(await document(town, deleted))


async def ends(town: Town) -> list[str]:
    async def work() -> list[str]:
        rows = await storage.rows("SELECT uri FROM activity WHERE kind = 'Delete'")
        return [row["uri"] for row in rows]

    return await town.run(work)


async def test_a_thread_that_lost_its_start_does_not_say_what_it_was_about(
    world: World, town: Town
) -> None:
    post = await town.write("tom", "Buy my rods.", "Cheap rods")
    reply = await town.reply("olga", post.uri, "No.")
    await end(town, "remove", "olga", post.uri, "advertising")
    served = await document(town, f"{GROUP}/threads/{post.thread_id}")
    assert (served["name"], served["orderedItems"]) == ("", [reply.uri])


@pytest.mark.parametrize(("column", "value"), [("state", "held"), ("visibility", "members")])
async def test_what_strangers_may_not_see_is_not_there(town: Town, column: str, value: str) -> None:
    post = await town.write("olga", "For us.")

    async def hide() -> None:
        await Post.filter(id=post.id).update(**{column: value})

    await town.run(hide)
    assert (await read(town, post.uri)).status_code == 404
    assert (await read(town, post.page_url)).status_code == 404
    assert (await read(town, f"{GROUP}/threads/{post.thread_id}")).status_code == 404


async def test_a_closed_group_is_a_tombstone_and_its_collections_are_not_there(
    town: Town,
) -> None:
    await town.change(state="closed")
    response = await read(town, GROUP)
    assert (response.status_code, response.json()["formerType"]) == (410, "Group")
    for name in ("outbox", "followers", "following", "moderators", "featured"):
        assert (await read(town, f"{GROUP}/{name}")).status_code == 404


async def test_a_person_who_left_is_a_tombstone(town: Town) -> None:
    async def go() -> None:
        await Actor.filter(username="tom").update(state="gone")

    await town.run(go)
    for url in (f"{ORIGIN}/users/tom", f"{ORIGIN}/@tom"):
        response = await read(town, url)
        assert (response.status_code, response.json()["id"]) == (410, f"{ORIGIN}/users/tom")


# What is private


async def test_an_answer_to_a_follow_is_served_to_nobody(world: World, town: Town) -> None:
    home = Server.at(world.network, "m.example", "mastodon")
    ann = home.member("ann")
    await ann.send(ann.follow())
    await world.settle()
    (accept,) = home.came("Accept{Follow}")
    assert (await read(town, accept["id"])).status_code == 404


async def test_what_a_peer_signed_is_not_served_as_ours(world: World, town: Town) -> None:
    home = Server.at(world.network, "m.example", "mastodon")
    ann = home.member("ann")
    await town.change(post_policy="anyone")
    note = ann.note("Which rod?")
    await ann.send(ann.create(note))
    await world.settle()
    (item,) = (await document(town, f"{GROUP}/outbox"))["orderedItems"]
    assert item["object"] == ann.create(note)
    number = note["id"].rsplit("/", 1)[1]
    assert (await read(town, f"{ORIGIN}/users/ann/posts/{number}")).status_code == 404


# Collections


async def test_the_featured_are_whole_posts_of_pinned_threads(town: Town) -> None:
    post = await town.write("olga", "Read the rules.", "Welcome")

    async def pin() -> None:
        await Thread.filter(id=post.thread_id).update(pinned_at=1)

    await town.run(pin)
    (item,) = (await document(town, f"{GROUP}/featured"))["orderedItems"]
    assert item == await document(town, post.uri)


async def test_moderators_and_members_are_those_of_now(town: Town) -> None:
    async def promote() -> None:
        tom = await lookup.person("tom")
        await Member.filter(actor_id=tom.id).update(role="moderator")

    assert (await document(town, f"{GROUP}/followers"))["totalItems"] == 2
    before = (await document(town, f"{GROUP}/moderators"))["orderedItems"]
    await town.run(promote)
    after = (await document(town, f"{GROUP}/moderators"))["orderedItems"]
    assert set(after) - set(before) == {f"{ORIGIN}/users/tom"}
    assert f"{ORIGIN}/moderation" in before


async def test_a_person_shows_how_much_they_wrote(town: Town) -> None:
    await town.write("olga", "One.")
    served = await document(town, f"{OLGA}/outbox")
    assert (served["totalItems"], served["orderedItems"]) == (1, [])


async def test_an_empty_outbox_is_one_too(town: Town) -> None:
    served = await document(town, f"{GROUP}/outbox")
    assert (served["totalItems"], served["orderedItems"]) == (0, [])


async def test_actors_may_be_kept_for_three_minutes_and_read_from_anywhere(town: Town) -> None:
    for url in (GROUP, OLGA, f"{ORIGIN}/actor"):
        response = await read(town, url)
        assert response.headers["cache-control"] == "public, max-age=180"
        assert response.headers["access-control-allow-origin"] == "*"


async def test_a_head_request_is_answered_without_a_body(town: Town) -> None:
    response = await read(town, GROUP, method="HEAD")
    assert (response.status_code, response.content) == (200, b"")
