"""Hostile input at one moment: what is done twice at once, or while a group closes (H189)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from clients import signed_in
from device import HOST, Device
from federation import storage
from federation.documents import read_object
from federation.models import Actor
from federation.strict_json import dumps
from fedigroups.groups import boosting, ending, founding, lookup, membership, speaking, threads
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.evidence import Arrival
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member, Post, Reaction
from fedigroups.groups.speaking import Text
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from outbox.publish import publish
from racing import Do, at_once
from trials import Scene

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("kind", ["postgres"]),  # SQLite lets one write after the other
]


@dataclass(frozen=True)
class Round:
    """Olga's group, Tom in it with a post, and Eve, of whom it has never heard."""

    scene: Scene
    olga: Actor
    tom: Actor
    eve: Actor
    post: Post

    async def group(self) -> Hosted:
        """As somebody reads it who does not know yet what happens to it."""
        return await lookup.hosted_named("welders")

    async def seen(self) -> Post:
        return await Post.get(id=self.post.id)


@pytest.fixture
async def round_(scene: Scene) -> AsyncIterator[Round]:
    post = await scene.ours.write("tom", "Which rods?", "Rods")
    with scene.ours.instance.store.context():
        people = [await lookup.person(name) for name in ("olga", "tom", scene.eve.uri)]
        yield Round(scene, *people, post)


async def invite(here: Round) -> None:
    await membership.invite((await here.group()).group, here.eve)


async def ban(here: Round) -> None:
    await membership.ban(here.scene.ours.wire, (await here.group()).group, here.eve, "Spam.")


async def join(here: Round) -> None:
    hosted, wire = await here.group(), here.scene.ours.wire
    follow = here.scene.eve.follow()
    async with storage.transaction():
        await membership.ask(wire, hosted.group, hosted.actor, here.eve, follow)


First = Callable[[Round], Awaitable[object]]


@pytest.mark.parametrize(
    ("first", "second", "state", "refused"),
    [
        (join, join, "member", ""),
        (invite, join, "member", ""),
        (ban, join, "banned", "cannot become member"),
        (ban, ban, "banned", "cannot become banned"),
    ],
)
async def test_two_first_acts_about_somebody_are_done_one_after_the_other(
    round_: Round, first: First, second: First, state: str, refused: str
) -> None:
    why = await at_once(lambda: first(round_), lambda: second(round_))
    assert refused in why
    assert bool(why) == bool(refused)
    (row,) = await Member.filter(actor_id=round_.eve.id)
    assert row.state == state
    counted = await Member.filter(group_id=row.group_id, state="member").count()
    assert (await Group.get(id=row.group_id)).members_count == counted


async def test_what_is_clicked_twice_at_once_counts_once(round_: Round) -> None:
    wire, post = round_.scene.ours.wire, round_.seen

    async def clicked(act: Callable[..., Awaitable[None]]) -> tuple[int, int, int]:
        async def click() -> None:
            await act(wire, round_.olga, await post())

        assert await at_once(click, click) == ""
        await asyncio.gather(click(), click())
        row = await post()
        return row.likes_count, row.boosts_count, await Reaction.all().count()

    assert await clicked(speaking.like) == (1, 0, 1)
    assert await clicked(boosting.boost) == (1, 1, 2)
    assert await clicked(speaking.unlike) == (0, 1, 1)
    assert await clicked(boosting.unboost) == (0, 0, 0)


async def write(here: Round) -> None:
    hosted = await here.group()
    await speaking.write(here.scene.ours.wire, here.tom, hosted.group, Text("And?", "More"))


async def reply(here: Round) -> None:
    await speaking.answer(here.scene.ours.wire, here.olga, await here.seen(), Text("These."))


async def change(here: Round) -> None:
    drafts = await founding.change(
        here.scene.ours.wire, await here.group(), Profile(title="Old welders")
    )
    await publish(drafts)


async def like(here: Round) -> None:
    await speaking.like(here.scene.ours.wire, here.olga, await here.seen())


async def delete(here: Round) -> None:
    await speaking.delete(here.scene.ours.wire, here.tom, await here.seen())


async def decide_against(here: Round) -> None:
    post = await Post.get(id=here.post.id).select_related("author", "thread__group__actor")
    hosted = await here.group()
    act = Act(kind="remove", hosted=hosted, decider=here.olga, text="Spam.", post=post)
    await decide(here.scene.ours.wire, act)


async def answer_a_follow(here: Round) -> None:
    hosted, wire = await here.group(), here.scene.ours.wire
    follow = here.scene.eve.follow()
    async with storage.transaction():
        await publish([membership.answer(wire, "Reject", hosted.actor, here.eve, follow, "No.")])


LAST_WORDS = (
    "SELECT a.kind, a.actor_uri FROM log_entry e JOIN activity a ON a.id = e.activity_id"
    " WHERE e.id > ? AND a.actor_uri = ?"
)


async def closing_group(round_: Round) -> tuple[Hosted, Do]:
    """The group, and what closes it."""
    hosted = await round_.group()
    return hosted, lambda: ending.close(round_.scene.ours.wire, hosted)


@pytest.mark.parametrize("act", [like, delete, decide_against, answer_a_follow])
async def test_what_a_closing_group_is_still_made_to_say_is_not_said(
    round_: Round, act: First
) -> None:
    hosted, close = await closing_group(round_)
    start = await storage.row("SELECT MAX(id) AS id FROM log_entry")
    await at_once(close, lambda: act(round_))
    said = await storage.rows(LAST_WORDS, start["id"] if start else 0, hosted.actor.uri)
    assert [row["kind"] for row in said] == ["Delete", "Delete"], "to either family"


@pytest.mark.parametrize("act", [like, delete, decide_against, answer_a_follow])
async def test_a_group_closes_when_it_has_said_what_it_was_about_to_say(
    round_: Round, act: First
) -> None:
    hosted, close = await closing_group(round_)
    start = await storage.row("SELECT MAX(id) AS id FROM log_entry")
    assert await at_once(lambda: act(round_), close) == ""
    said = await storage.rows(f"{LAST_WORDS} ORDER BY e.id", start["id"], hosted.actor.uri)
    assert len(said) > 2
    assert [row["kind"] for row in said][-2:] == ["Delete", "Delete"]


@pytest.mark.parametrize("act", [write, reply, change, join])
async def test_nothing_follows_the_farewell_of_a_group(round_: Round, act: First) -> None:
    async def close() -> None:
        await ending.close(round_.scene.ours.wire, await round_.group())

    assert await at_once(close, lambda: act(round_)) == "the group is closed"
    last = await storage.rows(
        "SELECT e.kind FROM log_entry e WHERE e.stream LIKE 'group:%' AND e.seq ="
        " (SELECT MAX(f.seq) FROM log_entry f WHERE f.stream = e.stream)"
    )
    assert {row["kind"] for row in last} == {"act"}
    assert await Member.filter(actor_id=round_.eve.id).count() == 0


async def test_a_group_elsewhere_is_met_by_two_at_once(round_: Round) -> None:
    there = round_.scene.home.member("bakers", kind="Group")
    actor = await round_.scene.ours.wire.directory.actor(there.uri)
    both: Do = lambda: lookup.remote(actor)  # noqa: E731 - it is done twice
    assert await at_once(both, both) == ""
    assert await Group.filter(actor_id=actor.id).count() == 1


async def test_a_post_that_comes_by_two_roads_at_once_is_no_fault(round_: Round) -> None:
    scene = round_.scene
    note = scene.vic.note("Which gas?")
    assert await scene.vic.send(scene.vic.create(note)) == 202  # recorded, not processed yet
    vic = await lookup.person(scene.vic.uri)
    group = (await round_.group()).group
    arrival = Arrival(read_object(note), vic)

    async def fetched_as_what_another_answers() -> None:
        await threads.store(group, arrival, None, "public")

    refused = await at_once(fetched_as_what_another_answers, scene.ours.instance.processor.drain)
    assert refused == ""
    assert await scene.faults() == []
    assert (await scene.why())[0] == "done"


async def test_an_app_that_subscribes_twice_at_once_has_one_subscription(scene: Scene) -> None:
    phone = Device()
    scene.world.network.join(HOST, phone.app)
    said = {"subscription": {"endpoint": f"https://{HOST}/tom", "keys": phone.keys}}
    async with signed_in(scene.ours, "tom") as tom:
        asked = (tom.http.post("/api/v1/push/subscription", json=said) for _ in range(4))
        answers = await asyncio.gather(*asked)
    assert [answer.status_code for answer in answers] == [200] * 4, dumps(answers[0].json())
