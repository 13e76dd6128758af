"""An inbox that says 410: its actor's own document decides, then the days; hosts only rest."""

from __future__ import annotations

from typing import Any

import pytest

from federation import clock, storage
from federation.models import Actor
from federation.pace import Memory
from fedigroups.groups import departures
from fedigroups.groups.models import Group
from servers import Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

NOON = clock.now_ms() // clock.DAY * clock.DAY + clock.DAY // 2


class Scene:
    """Our group, and a server of which Ann and Amy are members."""

    def __init__(self, world: World, town: Town, home: Server) -> None:
        self.world, self.town, self.home = world, town, home
        self.ann, self.amy = home.member("ann"), home.member("amy")

    async def begin(self) -> Scene:
        for person in (self.ann, self.amy):
            await person.send(person.follow())
        await self.world.settle()
        self.home.inbox.clear()
        return self

    async def say(self, text: str, *answers: int) -> None:
        """A new thread here, and what the server answers when it is told."""
        self.home.answers[:] = answers
        await self.town.write("olga", text)
        await self.world.settle()
        self.home.answers.clear()

    async def states(self) -> list[str]:
        members = await self.town.members()
        return [members[person.handle] for person in (self.ann, self.amy)]

    async def rows(self, sql: str, *values: object) -> list[storage.Row]:
        with self.town.instance.store.context():
            return await storage.rows(sql, *values)

    async def rests_until(self) -> int:
        (row,) = await self.rows("SELECT next_try_at FROM lane WHERE host = 'm.example'")
        return int(row["next_try_at"])

    async def readers(self) -> set[str]:
        rows = await self.rows("SELECT inbox FROM subscription WHERE stream LIKE 'group:%'")
        return {row["inbox"].removeprefix("https://m.example") for row in rows}


async def scene(world: World, *, shared: bool) -> Scene:
    home = Server.at(world.network, "m.example", "mastodon", shared=shared)
    return await Scene(world, await world.town(), home).begin()


@pytest.fixture
async def alone(world: World) -> Scene:
    """Each has an inbox of their own, and Ann's is asked first."""
    return await scene(world, shared=False)


@pytest.fixture
async def together(world: World) -> Scene:
    """They share an inbox."""
    return await scene(world, shared=True)


def moved_out(person: Member, status: int) -> None:
    """Nobody is found any more where they were."""
    person.home.answer(f"/users/{person.name}", status)


async def test_a_member_whose_origin_says_gone_leaves_at_once_and_alone(alone: Scene) -> None:
    moved_out(alone.ann, 410)
    await alone.say("One.", 410)
    assert await alone.states() == ["left", "member"]
    assert await alone.readers() == {"/users/amy/inbox"}
    (row,) = await alone.rows("SELECT state FROM actor WHERE uri = ?", alone.ann.uri)
    assert row["state"] == "gone"


async def test_a_tombstone_says_it_too(alone: Scene) -> None:
    alone.home.serve("/users/ann", {"id": alone.ann.uri, "type": "Tombstone"})
    await alone.say("One.", 410)
    assert await alone.states() == ["left", "member"]


async def test_a_member_that_is_not_found_leaves_but_may_come_back(alone: Scene) -> None:
    moved_out(alone.ann, 404)
    await alone.say("One.", 410)
    assert await alone.states() == ["left", "member"]
    alone.home.member("ann")
    alone.town.wire.fetcher._gone = Memory()
    assert await alone.ann.send(alone.ann.follow()) == 202
    await alone.world.settle()
    assert await alone.states() == ["member", "member"]


async def test_a_member_whose_origin_says_nothing_is_dropped_after_three_days(
    alone: Scene,
) -> None:
    for day, state in ((0, "member"), (1, "member"), (2, "left")):
        with clock.held(NOON + day * clock.DAY):
            for hour in range(3):
                with clock.held(NOON + day * clock.DAY + hour * clock.HOUR):
                    await alone.say(f"{day}, {hour}.", 410)
            assert await alone.states() == [state, "member"]
    assert await alone.readers() == {"/users/amy/inbox"}


@pytest.mark.parametrize("silent", [True, False])
async def test_days_far_apart_do_not_add_up(alone: Scene, silent: bool) -> None:
    if silent:
        moved_out(alone.ann, 503)
    for day in (0, 1, 20, 21):
        with clock.held(NOON + day * clock.DAY):
            await alone.say(f"{day}.", 410)
    assert await alone.states() == ["member", "member"]
    with clock.held(NOON + 22 * clock.DAY):
        await alone.say("And once more.", 410)
    assert await alone.states() == ["left", "member"]


async def test_a_member_whose_inbox_moved_is_told_at_the_new_one(alone: Scene) -> None:
    inbox = f"{alone.ann.uri}/in"
    alone.home.member("ann", inbox=inbox)
    await alone.say("One.", 410)
    await alone.say("Two.")
    assert await alone.states() == ["member", "member"]
    assert "/users/ann/in" in {one.path for one in alone.home.inbox}
    assert await alone.readers() == {"/users/ann/in", "/users/amy/inbox"}


async def test_a_shared_inbox_that_says_gone_drops_nobody_and_its_host_rests(
    together: Scene,
) -> None:
    for day, rest in ((0, 1), (1, 1), (2, 7), (9, 7)):
        with clock.held(NOON + day * clock.DAY):
            await together.say(f"{day}.", 410)
            assert await together.rests_until() == NOON + (day + rest) * clock.DAY
            asked = len(together.home.inbox)
            await together.say("Meanwhile.")
            assert len(together.home.inbox) == asked
    assert await together.states() == ["member", "member"]
    with clock.held(NOON + 17 * clock.DAY):
        together.home.inbox.clear()
        await together.say("Back again.")
    assert len(together.home.inbox) == 2, "what was said while it rested, and now"


async def test_what_a_resting_host_runs_now_is_asked_anew(together: Scene) -> None:
    together.home.serve_nodeinfo("lemmy")
    await together.say("One.", 410)
    rows = await together.rows("SELECT stream FROM subscription WHERE stream LIKE 'group:%'")
    assert [row["stream"].rsplit(":", 1)[1] for row in rows] == ["thread"]


async def test_members_behind_a_shared_inbox_that_moved_go_along_at_once(together: Scene) -> None:
    for name in ("ann", "amy"):
        together.home.member(name, endpoints={"sharedInbox": "https://m.example/all"})
    await together.say("One.", 410)
    assert await together.readers() == {"/all"}
    assert await together.rests_until() == 0
    await together.say("Two.")
    assert together.home.inbox[-1].path == "/all"


async def test_those_behind_a_shared_inbox_whose_origin_says_gone_leave(together: Scene) -> None:
    moved_out(together.ann, 410)
    await together.say("One.", 410)
    assert await together.states() == ["left", "member"]


async def test_an_inbox_of_nobody_lets_no_host_rest(together: Scene) -> None:
    async def lost() -> None:
        await departures.inbox_gone(together.town.wire, "https://m.example/users/eve/inbox")

    await together.town.run(lost)
    assert await together.rests_until() == 0
    assert together.world.network.requests("GET", "https://m.example/users/eve") == []


async def test_many_at_a_time_are_looked_into_once(alone: Scene) -> None:
    before = len(alone.world.network.requests("GET", alone.ann.uri))

    async def lost() -> None:
        for _ in range(20):
            await departures.inbox_gone(alone.town.wire, f"{alone.ann.uri}/inbox")

    await alone.town.run(lost)
    assert len(alone.world.network.requests("GET", alone.ann.uri)) == before + 1


async def test_a_group_elsewhere_that_is_gone_is_closed_here(world: World) -> None:
    town = await world.town()
    there = Server.at(world.network, "l.example", "lemmy", shared=False)
    pipes = there.member("pipes", "Group")
    await town.join("tom", "pipes@l.example")
    moved_out(pipes, 410)
    there.answers[:] = [410]
    await world.settle()

    async def state() -> Any:
        actor = await Actor.get(uri=pipes.uri)
        return (await Group.get(actor_id=actor.id)).state, actor.state

    assert await town.run(state) == ("closed", "gone")


async def test_what_was_not_said_again_is_forgotten(alone: Scene) -> None:
    await alone.say("One.", 410)
    for later, kept in ((clock.DAY, 1), (departures.KEPT + clock.MINUTE, 0)):
        with clock.held(clock.now_ms() + later):
            await alone.town.run(departures.forget)
        assert len(await alone.rows("SELECT inbox FROM lost_inbox")) == kept
