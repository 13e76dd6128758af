"""Whose word is believed: an author's own, its origin's, a proof's; nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest

import neighbour
import scenery
from federation import clock, limits
from federation.documents import read_activity, read_object
from federation.errors import Blocked, Gone, Malformed, NotUsable, Unreachable
from federation.fetch import Budget
from federation.models import Actor
from federation.vocabulary import AS2, PUBLIC
from fedigroups.groups import evidence
from inbox.registry import Received
from linked import proven, signed
from neighbour import Neighbour
from village import Here

pytestmark = pytest.mark.anyio

ANN = "https://m.example/users/ann"


@pytest.fixture
def home(here: Here) -> Neighbour:
    """Ann's server."""
    made = Neighbour.on(here.network, "m.example")
    made.serve_person("ann", neighbour.rsa("ann"))
    return made


def note(number: int = 1, author: str = ANN, **more: Any) -> dict[str, Any]:
    host = author.split("/")[2]
    return {
        "@context": AS2,
        "id": f"https://{host}/notes/{number}",
        "type": "Note",
        "attributedTo": author,
        "to": [PUBLIC],
        "content": "<p>Said</p>",
    } | more


def create(document: Any, actor: str = ANN, **more: Any) -> dict[str, Any]:
    host = actor.split("/")[2]
    return {
        "@context": AS2,
        "id": f"https://{host}/create/1",
        "type": "Create",
        "actor": actor,
        "object": document,
    } | more


async def received(
    here: Here, document: dict[str, Any], announcer: Actor | None = None, fetches: int = 50
) -> Received:
    activity = read_activity(document)
    actor = await here.wire.directory.actor(activity.actor)
    return Received(
        activity,
        actor,
        announcer,
        here.wire.uris.shared_inbox,
        json.dumps(document).encode(),
        clock.now_ms(),
        here.wire,
        Budget(fetches),
    )


async def cats(here: Here) -> Actor:
    return await here.remote("cats@l.example", kind="Group")


def asked(here: Here, host: str) -> list[str]:
    """The paths that were fetched, actors and software left out."""
    found = [one.url for one in here.network.requests("GET", f"https://{host}/")]
    return [url for url in found if "/notes/" in url]


async def test_an_authors_own_word_is_believed_as_it_came(here: Here, home: Neighbour) -> None:
    home.serve("/notes/1", note(content="<p>Other</p>"))
    found = await evidence.arrival(await received(here, create(note())))
    assert (found.object.content, found.author.uri) == ("<p>Said</p>", ANN)
    assert asked(here, "m.example") == []


async def test_what_is_only_named_is_fetched(here: Here, home: Neighbour) -> None:
    home.serve("/notes/1", note())
    found = await evidence.arrival(await received(here, create("https://m.example/notes/1")))
    assert found.object.content == "<p>Said</p>"


async def test_what_a_group_announces_is_read_at_its_origin(here: Here, home: Neighbour) -> None:
    home.serve("/notes/1", note(content="<p>Really said</p>"))
    reported = await received(here, create(note()), await cats(here))
    found = await evidence.arrival(reported)
    assert found.object.content == "<p>Really said</p>"


async def test_what_its_origin_does_not_serve_is_not_believed_of_a_group(
    here: Here, home: Neighbour
) -> None:
    with pytest.raises(Gone):
        await evidence.arrival(await received(here, create(note()), await cats(here)))


async def test_nobody_speaks_for_somebody_on_another_host(here: Here, home: Neighbour) -> None:
    evil = Neighbour.on(here.network, "evil.example")
    eve = evil.serve_person("eve", neighbour.rsa("eve"))
    with pytest.raises(Gone):
        await evidence.arrival(await received(here, create(note(), eve)))
    home.serve("/notes/2", note(2))
    with pytest.raises(NotUsable, match="cannot speak for"):
        await evidence.arrival(await received(here, create(note(2), eve)))


async def test_nobody_speaks_for_a_neighbour(here: Here, home: Neighbour) -> None:
    bob = home.serve_person("bob", neighbour.rsa("bob"))
    with pytest.raises(NotUsable, match="cannot speak for"):
        await evidence.arrival(await received(here, create(note(), bob)))


async def test_nobody_else_says_what_we_said(here: Here, home: Neighbour) -> None:
    ours = "https://groups.example/users/olga/posts/1"
    with pytest.raises(NotUsable, match="our own"):
        await evidence.arrival(await received(here, create(note(1) | {"id": ours})))


async def test_mobilizons_group_posts_by_the_hand_of_its_person(
    here: Here, home: Neighbour
) -> None:
    group = home.serve_person("club", neighbour.rsa("club"), type="Group")
    found = await evidence.arrival(await received(here, create(note(1, group))))
    assert found.author.uri == ANN


async def test_an_object_without_an_author_is_no_post(here: Here, home: Neighbour) -> None:
    with pytest.raises(Malformed):
        await evidence.arrival(await received(here, create(note(attributedTo=None))))
    other = note(1) | {"type": "Dream", "attributedTo": None}
    with pytest.raises(NotUsable, match="is no post"):
        await evidence.arrival(await received(here, create(other)))


async def test_a_blocked_host_is_not_even_asked(here: Here, home: Neighbour) -> None:
    reported = await received(here, create(note()), await cats(here))
    await here.wire.peers.block("m.example", "")
    with pytest.raises(Blocked):
        await evidence.arrival(reported)
    assert asked(here, "m.example") == []


# What a post answers


async def chain(here: Here, document: dict[str, Any], fetches: int = 50) -> list[str]:
    """The ids of what was missing above it."""
    author = await received(here, create(document), fetches=fetches)
    found = await evidence.ancestors(author, read_object(document))
    return [arrival.object.id for arrival in found]


def serve_chain(home: Neighbour, length: int) -> None:
    """Notes 1, 2, 3..., each of which answers the one before."""
    for number in range(1, length + 1):
        parent = home.url(f"/notes/{number - 1}") if number > 1 else None
        home.serve(f"/notes/{number}", note(number, inReplyTo=parent))


async def test_what_is_missing_above_a_reply_is_fetched_oldest_first(
    here: Here, home: Neighbour
) -> None:
    serve_chain(home, 3)
    reply = note(4, inReplyTo=home.url("/notes/3"))
    assert await chain(here, reply) == [home.url(f"/notes/{number}") for number in (1, 2, 3)]


async def test_a_thread_starter_misses_nothing(here: Here, home: Neighbour) -> None:
    assert await chain(here, note()) == []


async def test_the_walk_ends_at_what_we_have(here: Here, home: Neighbour) -> None:
    serve_chain(home, 3)
    ann = await here.wire.directory.actor(ANN)
    await scenery.thread(here.group, ann, uri=home.url("/notes/2"))
    reply = note(4, inReplyTo=home.url("/notes/3"))
    assert await chain(here, reply) == [home.url("/notes/3")]
    assert await chain(here, note(5, inReplyTo="https://groups.example/users/olga/posts/9")) == []


async def test_the_walk_ends_where_it_cannot_go_on(here: Here, home: Neighbour) -> None:
    gone = Neighbour.on(here.network, "gone.example")
    home.serve("/notes/3", note(3, inReplyTo=gone.url("/notes/1")))
    for status in (404, 410, 403):
        gone.answer("/notes/1", status)
        assert await chain(here, note(4, inReplyTo=home.url("/notes/3"))) == [home.url("/notes/3")]


async def test_while_a_host_on_the_way_is_down_the_walk_does_not_end(
    here: Here, home: Neighbour
) -> None:
    home.serve("/notes/3", note(3, inReplyTo="https://down.example/notes/1"))
    reply = create(note(4, inReplyTo=home.url("/notes/3")))
    told = await received(here, reply)
    with pytest.raises(Unreachable):
        await evidence.ancestors(told, read_object(reply["object"]))
    with clock.held(told.received_at + limits.ANCESTRY_SECONDS * clock.SECOND):
        found = await evidence.ancestors(told, read_object(reply["object"]))
    assert [arrival.object.id for arrival in found] == [home.url("/notes/3")]


async def test_while_the_host_of_an_ancestors_author_is_down_the_walk_does_not_end(
    here: Here, home: Neighbour
) -> None:
    amy = "https://m.example/users/amy"
    home.serve("/notes/1", note(1, amy))
    home.answer("/users/amy", 503)
    with pytest.raises(Unreachable):
        await chain(here, note(2, inReplyTo=home.url("/notes/1")))


async def test_a_reply_to_itself_or_in_a_circle_ends(here: Here, home: Neighbour) -> None:
    for number, parent in ((1, 2), (2, 1), (3, 3)):
        home.serve(f"/notes/{number}", note(number, inReplyTo=home.url(f"/notes/{parent}")))
    assert await chain(here, note(3, inReplyTo=home.url("/notes/3"))) == []
    assert await chain(here, note(4, inReplyTo=home.url("/notes/1"))) == [
        home.url("/notes/2"),
        home.url("/notes/1"),
    ]


async def test_the_walk_ends_with_the_budget(here: Here, home: Neighbour) -> None:
    serve_chain(home, 9)
    found = await chain(here, note(10, inReplyTo=home.url("/notes/9")), fetches=3)
    assert len(found) == 3


async def test_the_walk_ends_after_fifty_steps(here: Here, home: Neighbour) -> None:
    serve_chain(home, limits.ANCESTORS + 5)
    last = home.url(f"/notes/{limits.ANCESTORS + 5}")
    assert len(await chain(here, note(99, inReplyTo=last), fetches=500)) == limits.ANCESTORS


async def test_an_ancestor_without_an_author_ends_the_walk(here: Here, home: Neighbour) -> None:
    dream = note(1) | {"type": "Dream", "attributedTo": None}
    home.serve("/notes/1", dream)
    assert await chain(here, note(2, inReplyTo=home.url("/notes/1"))) == []


# What its author signed


async def test_a_proof_by_its_author_saves_the_fetch_and_a_wrong_one_does_not(
    here: Here, home: Neighbour
) -> None:
    key_id = f"{ANN}#ed25519-key"
    home.serve_person(
        "ann",
        neighbour.rsa("ann"),
        assertionMethod=[neighbour.multikey(key_id, ANN, "ann")],
    )
    made = proven(create(note()), key_id, "ann")
    group = await cats(here)
    found = await evidence.arrival(await received(here, made, group))
    assert found.object.content == "<p>Said</p>"
    assert asked(here, "m.example") == []
    home.serve("/notes/1", note(content="<p>Really said</p>"))
    forged = json.loads(json.dumps(made))
    forged["object"]["content"] = "<p>Forged</p>"
    by_another = proven(create(note()), "https://evil.example/users/eve#ed25519-key", "eve")
    no_such_key = proven(create(note()), f"{ANN}#other", "ann")
    for document in (forged, by_another, no_such_key):
        found = await evidence.arrival(await received(here, document, group))
        assert found.object.content == "<p>Really said</p>"


async def test_a_linked_data_signature_by_its_author_does_so_too(
    here: Here, home: Neighbour
) -> None:
    home.serve("/notes/1", note(content="<p>Really said</p>"))
    plain = {name: value for name, value in note().items() if name != "@context"}
    made = signed(create(plain), f"{ANN}#main-key", "ann")
    group = await cats(here)
    found = await evidence.arrival(await received(here, made, group))
    assert found.object.content == "<p>Said</p>"
    assert asked(here, "m.example") == []
    made["object"] = plain | {"content": "<p>Forged</p>"}
    found = await evidence.arrival(await received(here, made, group))
    assert found.object.content == "<p>Really said</p>"


async def test_while_the_origin_is_down_the_activity_waits(here: Here, home: Neighbour) -> None:
    reported = await received(here, create(note()), await cats(here))
    here.network.leave("m.example")
    with pytest.raises(Unreachable):
        await evidence.arrival(reported)
