"""Whatever order a story arrives in, and however often, it ends the same and is told once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from federation import clock, storage
from federation.documents import id_of
from federation.vocabulary import AS2
from fresh import fresh_world
from servers import Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

Template = Callable[[str, str], str]
FAST = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # to make a failing example smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Event:
    """Something that somebody sends; `name` is what the orders below call it."""

    name: str
    by: Member
    activity: dict[str, Any]


@dataclass
class Stage:
    """Our instance, those who act, and two servers that read what the group sends on."""

    world: World
    ours: Town
    threads: Server
    microblog: Server
    story: dict[str, Event]

    async def play(self, names: Sequence[str], *, at_once: bool) -> None:
        """Deliver in this order; processed one by one, or all when everything is there."""
        for name in names:
            event = self.story[name]
            assert await event.by.send(event.activity) == 202
            if not at_once:
                await self.world.settle()
        await self.world.settle()

    async def ending(self) -> dict[str, Any]:
        """What a visitor of the group could see in the end."""
        with self.ours.instance.store.context():
            posts = await storage.rows(
                "SELECT p.uri AS uri, p.content AS content, above.uri AS parent, p.depth AS depth, "
                "p.likes_count AS likes, p.boosts_count AS boosts FROM post p "
                "LEFT JOIN post above ON above.id = p.parent_id WHERE p.state = 'live'"
            )
            threads = await storage.rows("SELECT posts_count FROM thread WHERE visible ORDER BY 1")
            group = await storage.row("SELECT members_count, threads_count FROM groups")
            unsettled = await storage.rows(
                "SELECT kind, reason FROM receipt WHERE state IN ('received', 'failed')"
            )
        members = await self.ours.members()
        return {
            "posts": {row.pop("uri"): row for row in posts},
            "threads": [row["posts_count"] for row in threads],
            "group": group,
            "members": {who for who, state in members.items() if state == "member"},
            "unsettled": unsettled,
        }

    def check_announces(self) -> None:
        """Each act is sent on once, each post starts once, and only what was sent is undone."""
        wrapped = [one.document["object"] for one in self.threads.inbox if one.kind == "Announce"]
        assert repeated(inner["id"] for inner in wrapped) == []
        about = [id_of(inner["object"]) for inner in wrapped]
        for place, inner in enumerate(wrapped):
            # Nothing of a post was told before its Create, nor is that told after its Update.
            assert inner["type"] != "Create" or about[place] not in about[:place]
        boosts = [one.document for one in self.microblog.inbox if one.kind == "Announce"]
        assert repeated(boost["object"] for boost in boosts) == []
        undone = [one.document["object"] for one in self.microblog.inbox if one.kind == "Undo"]
        assert repeated(inner["id"] for inner in undone) == []
        assert {inner["id"] for inner in undone} <= {boost["id"] for boost in boosts}


def repeated(values: Any) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def newer(note: dict[str, Any], text: str, minutes: int) -> dict[str, Any]:
    moment = clock.rfc3339(clock.now_ms() + minutes * clock.MINUTE)
    return note | {"content": f"<p>{text}</p>", "updated": moment}


async def set_up(world: World) -> Stage:
    """Ann and Bob are members, as are two who only read; the post `rods` stands already."""
    ours = await world.town()
    home = Server.at(world.network, "m.example", "mastodon")
    lemmy = Server.at(world.network, "l.example", "lemmy")
    threads = Server.at(world.network, "t.example", "lemmy")
    microblog = Server.at(world.network, "w.example", "mastodon")
    ann, bob = home.member("ann"), lemmy.member("bob")
    for person in (ann, bob, threads.member("reader"), microblog.member("watcher")):
        assert await person.send(person.follow()) == 202
    rods = ann.note("Which rods?")
    assert await ann.send(ann.create(rods)) == 202
    await world.settle()
    return Stage(world, ours, threads, microblog, story(home, ann, bob, rods))


def story(home: Server, ann: Member, bob: Member, rods: dict[str, Any]) -> dict[str, Event]:
    """Follow and Undo, Create, Update, Delete, Like and Undo, boosts, and answers."""
    cid, dora = home.member("cid"), home.member("dora")
    mask, mistake = ann.note("Which mask?"), ann.note("Nonsense")
    answer = bob.note("The blue one.", reply_to=mask["id"], group="")
    thanks = ann.note("Thanks!", reply_to=answer["id"], group="")
    second = newer(mask, "Which mask, second try?", 2)
    home.serve(urlsplit(mask["id"]).path, {"@context": AS2} | second)
    like, boost, follow = bob.act("Like", rods["id"]), cid.act("Announce", rods["id"]), cid.follow()
    acts = {
        "mask": (ann, ann.create(mask)),
        "mask edited": (ann, ann.act("Update", newer(mask, "Which mask, first try?", 1))),
        "mask edited again": (ann, ann.act("Update", second)),
        "mistake": (ann, ann.create(mistake)),
        "mistake edited": (ann, ann.act("Update", newer(mistake, "Still nonsense", 1))),
        "mistake deleted": (ann, ann.act("Delete", {"id": mistake["id"], "type": "Tombstone"})),
        "answer": (bob, bob.create(answer)),
        "thanks": (ann, ann.create(thanks)),
        "like": (bob, like),
        "like undone": (bob, bob.act("Undo", like)),
        "other like": (dora, dora.act("Like", rods["id"])),
        "boost": (cid, boost),
        "boost undone": (cid, cid.act("Undo", boost)),
        "follow": (cid, follow),
        "follow undone": (cid, cid.act("Undo", follow)),
        "other follow": (dora, dora.follow()),
    }
    return {name: Event(name, by, activity) for name, (by, activity) in acts.items()}


STORY = (
    *("mask", "mask edited", "mask edited again"),
    *("mistake", "mistake edited", "mistake deleted"),
    *("answer", "thanks", "like", "like undone", "other like", "boost", "boost undone"),
    *("follow", "follow undone", "other follow"),
)


IN_ORDER: dict[str, Any] = {}
"""How the story ends in its own order; told once for all examples."""


def without_returns(names: Sequence[str]) -> list[str]:
    """Without a Follow that comes once more after its Undo: that is a new one, see below."""
    kept: list[str] = []
    for name in names:
        if name == "follow" and {"follow", "follow undone"} <= set(kept):
            continue
        kept.append(name)
    return kept


arrivals = (
    st.lists(st.integers(1, 3), min_size=len(STORY), max_size=len(STORY))
    .flatmap(
        lambda times: st.permutations(
            [name for name, count in zip(STORY, times, strict=True) for _ in range(count)]
        )
    )
    .map(without_returns)
)


async def told(template: str, names: Sequence[str], *, at_once: bool) -> dict[str, Any]:
    async with fresh_world(template) as world:
        stage = await set_up(world)
        await stage.play(names, at_once=at_once)
        stage.check_announces()
        return await stage.ending()


async def test_the_story_in_its_own_order_ends_as_it_should(populated: Template) -> None:
    ending = await told(populated("sqlite", "groups.example"), STORY, at_once=False)
    texts = [row["content"] for row in ending["posts"].values()]
    assert sorted(texts) == [
        "<p>Thanks!</p>",
        "<p>The blue one.</p>",
        "<p>Which mask, second try?</p>",
        "<p>Which rods?</p>",
    ]
    assert ending["threads"] == [1, 3]
    assert ending["members"] == {
        *("olga@groups.example", "tom@groups.example", "ann@m.example", "bob@l.example"),
        *("reader@t.example", "watcher@w.example", "dora@m.example"),
    }
    assert ending["group"] == {"members_count": 7, "threads_count": 2}
    assert sum(row["likes"] for row in ending["posts"].values()) == 1
    assert sum(row["boosts"] for row in ending["posts"].values()) == 0


@FAST
@given(names=arrivals, at_once=st.booleans())
@example(names=list(reversed(STORY)), at_once=False)
@example(names=list(reversed(STORY)), at_once=True)
@example(names=without_returns([*STORY, *STORY, *STORY]), at_once=False)
async def test_the_story_in_any_order_ends_the_same_and_is_told_once(
    populated: Template, names: list[str], at_once: bool
) -> None:
    template = populated("sqlite", "groups.example")
    if not IN_ORDER:
        IN_ORDER.update(await told(template, STORY, at_once=False))
    assert await told(template, names, at_once=at_once) == IN_ORDER


@pytest.mark.parametrize("kept", ["mask", "mistake", "like", "boost", "follow"])
async def test_every_order_of_each_thread_of_the_story_ends_the_same(
    populated: Template, kept: str
) -> None:
    template = populated("sqlite", "groups.example")
    part = [name for name in STORY if name.split(maxsplit=1)[0] == kept]
    expected = await told(template, part, at_once=False)
    for order in itertools.permutations(part):
        assert await told(template, order, at_once=False) == expected, order


async def test_a_follow_that_comes_again_after_its_undo_is_a_new_one(populated: Template) -> None:
    # Misskey and Pixelfed give every Follow of one group the same id: nobody can tell it apart.
    template = populated("sqlite", "groups.example")
    names = ["follow", "follow undone", "follow"]
    assert "cid@m.example" in (await told(template, names, at_once=False))["members"]
    names = ["follow undone", "follow", "follow", "follow undone"]
    assert "cid@m.example" not in (await told(template, names, at_once=False))["members"]


async def test_leaving_twice_before_the_follow_came_holds_each_time(populated: Template) -> None:
    async with fresh_world(populated("sqlite", "groups.example")) as world:
        stage = await set_up(world)
        cid = stage.story["follow"].by
        for _ in range(2):
            follow = cid.follow()
            for activity in (cid.act("Undo", follow), follow):
                await cid.send(activity)
                await world.settle()
        assert (await stage.ours.members()).get("cid@m.example", "left") == "left"
        follow = cid.follow()
        for activity in (follow, cid.act("Undo", follow)):
            await cid.send(activity)
        follow = cid.follow()
        for activity in (cid.act("Undo", follow), follow):
            await cid.send(activity)
        await world.settle()
        assert (await stage.ours.members())["cid@m.example"] == "left"
