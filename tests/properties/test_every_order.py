"""Fault F22: all orders of a story, each part once to thrice, of one host and of two, end the same.

All of them where two hosts tell it to SQLite, every third one elsewhere.

Hundreds of stories are told to one instance at once, each in an order of its own: they have nothing
in common but the group. Signatures are not of interest here, so they arrive without.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from federation import clock, limits, storage
from federation.documents import read_activity
from federation.origin import host_of
from federation.strict_json import dumps
from federation.vocabulary import AS2, PUBLIC
from inbox.record import Arrival
from servers import GROUP, Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

Act = dict[str, Any]
Ending = dict[str, Any]


@dataclass
class Cast:
    """Ann asks, Bob answers: of one host, or of two."""

    ann: Member
    bob: Member
    root: Act
    """A post of Ann's that stands from the start."""
    cats: Member
    """A group on Bob's host that Olga is in; Bob moderates it."""

    def announced(self, *parts: Act) -> list[Act]:
        """Each of them in an Announce by the group."""
        return [self.cats.act("Announce", part, to=[PUBLIC], cc=[]) for part in parts]


@dataclass(frozen=True)
class Story:
    """Its parts, and how it ends for each of its posts: `gone`, or what is to be read of it."""

    parts: list[Act]
    ending: dict[str, Ending]


def live(text: str, parent: str | None, depth: int, likes: int = 0) -> Ending:
    return {"state": "live", "text": f"<p>{text}</p>", "parent": parent} | {
        "depth": depth,
        "likes": likes,
    }


def edited(document: Act, text: str) -> Act:
    moment = clock.rfc3339(clock.now_ms() + clock.MINUTE)
    return document | {"content": f"<p>{text}</p>", "updated": moment}


def serve(by: Member, document: Act, status: int) -> None:
    """What the author's server answers who asks for the document itself."""
    path = urlsplit(document["id"]).path
    by.home.answer(path, status) if status != 200 else by.home.serve(path, document)


def a_deleted_answer(cast: Cast, number: int) -> Story:
    """Bob answers, edits and deletes; Ann has answered that, and Bob liked it for a while."""
    ann, bob = cast.ann, cast.bob
    answer = bob.note(f"Blue {number}.", reply_to=cast.root["id"], group="")
    thanks = ann.note("Thanks!", reply_to=answer["id"], group="")
    like = bob.act("Like", thanks["id"])
    newer = edited(answer, "Green.")
    serve(bob, newer, (200, 410)[number % 2])
    parts = [bob.create(answer), bob.act("Update", newer), bob.act("Delete", answer["id"])]
    parts += [ann.create(thanks), like, bob.act("Undo", like)]
    place = {"state": "deleted", "text": "", "parent": cast.root["id"], "depth": 1, "likes": 0}
    below = live("Thanks!", answer["id"], 2)
    return Story(parts, {answer["id"]: place, thanks["id"]: below})


def a_liked_answer(cast: Cast, number: int) -> Story:
    """Bob answers and edits; Ann has answered that, and both like what the other said."""
    ann, bob = cast.ann, cast.bob
    answer = bob.note(f"Blue {number}.", reply_to=cast.root["id"], group="")
    thanks = ann.note("Thanks!", reply_to=answer["id"], group="")
    newer = edited(answer, "Green.")
    serve(bob, newer, (200, 403)[number % 2])
    parts = [bob.create(answer), bob.act("Update", newer), ann.create(thanks)]
    parts += [ann.act("Like", answer["id"]), bob.act("Like", thanks["id"])]
    return Story(
        parts,
        {
            answer["id"]: live("Green.", cast.root["id"], 1, likes=1),
            thanks["id"]: live("Thanks!", answer["id"], 2, likes=1),
        },
    )


def a_thread(cast: Cast, number: int) -> Story:
    """Ann asks and edits; Bob likes it for a while, and answers."""
    ann, bob = cast.ann, cast.bob
    asked = ann.note(f"Which rod, {number}?")
    answer = bob.note("Blue.", reply_to=asked["id"], group="")
    like = bob.act("Like", asked["id"])
    newer = edited(asked, "Which mask?")
    serve(ann, newer, 200)
    parts = [ann.create(asked), ann.act("Update", newer)]
    parts += [bob.create(answer), like, bob.act("Undo", like)]
    return Story(
        parts,
        {asked["id"]: live("Which mask?", None, 0), answer["id"]: live("Blue.", asked["id"], 1)},
    )


def a_deleted_thread(cast: Cast, number: int) -> Story:
    """Ann asks, edits and deletes; Bob likes it for a while."""
    ann, bob = cast.ann, cast.bob
    asked = ann.note(f"Which rod, {number}?")
    like = bob.act("Like", asked["id"])
    parts = [ann.create(asked), ann.act("Update", edited(asked, "Which mask?"))]
    parts += [ann.act("Delete", asked["id"]), like, bob.act("Undo", like)]
    gone = {"state": "deleted", "text": "", "parent": None, "depth": 0, "likes": 0}
    return Story(parts, {asked["id"]: gone})


def a_page_elsewhere(cast: Cast, number: int) -> Story:
    """In a group elsewhere: Ann posts, Bob likes it for a while and answers, she likes that."""
    ann, bob = cast.ann, cast.bob
    page = ann.page(f"Cats {number}", "Meow.", group=cast.cats.uri)
    answer = bob.note("Purr.", reply_to=page["id"], group="")
    like = bob.act("Like", page["id"])
    acts = [ann.create(page), bob.create(answer), like, bob.act("Undo", like)]
    return Story(
        cast.announced(*acts, ann.act("Like", answer["id"])),
        {
            page["id"]: live("Meow.", None, 0),
            answer["id"]: live("Purr.", page["id"], 1, likes=1),
        },
    )


def a_removed_page_elsewhere(cast: Cast, number: int) -> Story:
    """In a group elsewhere: Ann answers, Bob likes it for a while and then removes it."""
    ann, bob = cast.ann, cast.bob
    page = bob.page(f"Cats {number}", "Meow.", group=cast.cats.uri)
    answer = ann.note("Woof.", reply_to=page["id"], group="")
    like = bob.act("Like", answer["id"])
    removal = bob.act("Delete", answer["id"], summary="dogs", to=[PUBLIC])
    acts = bob.create(page), ann.create(answer), like, bob.act("Undo", like), removal
    gone = {"state": "removed", "text": "<p>Woof.</p>", "parent": page["id"], "depth": 1}
    return Story(
        cast.announced(*acts),
        {page["id"]: live("Meow.", None, 0), answer["id"]: gone | {"likes": 0}},
    )


def told(parts: list[Act], order: tuple[int, ...], seed: int) -> list[Act]:
    """The parts in that order; each comes up to two times more after it came first."""
    chance, telling = random.Random(seed), [parts[number] for number in order]
    for part in parts:
        for _ in range(chance.randrange(3)):
            first = telling.index(part)
            telling.insert(chance.randint(first + 1, len(telling)), part)
    return telling


async def arrive(town: Town, activities: list[Act]) -> None:
    """They are received, and processed."""
    arrivals = []
    for document in activities:
        activity = read_activity(document)
        host = host_of(activity.actor)
        arrivals.append(Arrival(activity, host, f"{GROUP}/inbox", dumps(document)))
    with town.instance.store.context():
        await asyncio.gather(*(town.instance.recorder.record(one) for one in arrivals))
        await town.instance.processor.drain()


async def endings(town: Town) -> dict[str, Ending]:
    with town.instance.store.context():
        rows = await storage.rows(
            "SELECT p.uri AS uri, p.state AS state, p.content AS text, above.uri AS parent,"
            " p.depth AS depth, p.likes_count AS likes FROM post p"
            " LEFT JOIN post above ON above.id = p.parent_id"
        )
    return {row.pop("uri"): row for row in rows}


async def counted(town: Town) -> dict[str, Any]:
    """The counters, and what they should be."""
    with town.instance.store.context():
        row = await storage.row(
            "SELECT (SELECT SUM(posts_count) FROM thread) AS posts,"
            " (SELECT COUNT(*) FROM post WHERE state = 'live') AS live,"
            " (SELECT SUM(threads_count) FROM groups) AS threads,"
            " (SELECT COUNT(*) FROM thread WHERE visible) AS visible,"
            " (SELECT SUM(likes_count) FROM post) AS likes,"
            " (SELECT COUNT(*) FROM reaction) AS reactions"
        )
    assert row is not None
    return row


async def unsettled(town: Town) -> list[str]:
    with town.instance.store.context():
        rows = await storage.rows(
            "SELECT reason FROM receipt WHERE state IN ('received', 'failed')"
        )
    return [row["reason"] for row in rows]


async def open_world(world: World, hosts: int) -> tuple[Town, Cast]:
    town = await world.town()
    home = Server.at(world.network, "m.example", "")
    away = Server.at(world.network, "l.example", "") if hosts == 2 else home
    ann, bob = home.member("ann"), away.member("bob")
    root = ann.note("Which rods?")
    cats = await a_group(away, bob)
    await town.join("olga", f"!{cats.handle}")
    for person in (ann, bob):
        await person.send(person.follow())
    await world.settle()
    await arrive(town, [ann.create(root), cats.act("Accept", away.came("Follow")[0])])
    with town.instance.store.context():
        await storage.execute("DELETE FROM subscription")  # what is sent is others' matter
    return town, Cast(ann, bob, root, cats)


async def a_group(home: Server, moderator: Member) -> Member:
    """A group elsewhere with its list of moderators."""
    listed = home.url("/users/cats/moderators")
    moderators = {"type": "OrderedCollection", "orderedItems": [moderator.uri]}
    home.serve("/users/cats/moderators", {"@context": AS2, "id": listed} | moderators)
    return home.member("cats", kind="Group", attributedTo=listed)


def rounds(tellings: list[list[Act]]) -> Iterator[list[Act]]:
    """What arrives next of each of them."""
    for step in itertools.zip_longest(*tellings):
        yield [activity for activity in step if activity is not None]


STORIES = [
    *(a_deleted_answer, a_liked_answer, a_thread, a_deleted_thread),
    *(a_page_elsewhere, a_removed_page_elsewhere),
]


@pytest.mark.parametrize(
    ("kind", "hosts", "every"), [("sqlite", 1, 3), ("sqlite", 2, 1), ("postgres", 2, 3)]
)
@pytest.mark.parametrize("write", STORIES)
async def test_every_order_ends_the_same(
    world: World,
    write: Callable[[Cast, int], Story],
    hosts: int,
    every: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "AWAITED_PER_HOST", limits.AWAITED)  # one host tells all of them
    town, cast = await open_world(world, hosts)
    orders = list(itertools.permutations(range(len(write(cast, 0).parts))))[::every]
    stories = [write(cast, number) for number in range(1, len(orders) + 1)]
    tellings = [
        told(story.parts, order, seed)
        for seed, (story, order) in enumerate(zip(stories, orders, strict=True))
    ]
    for arriving in rounds(tellings):
        await arrive(town, arriving)
    found = await endings(town)
    for story, order in zip(stories, orders, strict=True):
        assert {uri: found.get(uri) for uri in story.ending} == story.ending, order
    assert await unsettled(town) == []
    row = await counted(town)
    assert row["posts"] == row["live"]
    assert row["threads"] == row["visible"]
    assert row["likes"] == row["reactions"]
