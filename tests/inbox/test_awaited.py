"""What overtook what it is about waits for it: not for ever, and not in any number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from federation import clock, limits, storage
from federation.documents import read_activity
from federation.errors import Unreachable
from federation.origin import host_of
from fedigroups.store import Store
from inbox import awaited, record
from inbox.process import Processor
from inbox.record import Arrival, Recorder
from inbox.registry import Outcome, Received, Registry, done, ignored
from neighbour import Neighbour, instance, rsa
from network import Network
from senders import as_bytes, receipts

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000_000
SECOND = clock.SECOND
LIFETIME = limits.AWAITED_SECONDS * SECOND
DOOR = "https://groups.example/groups/welders/inbox"


@dataclass
class Shop:
    """A processor that counts a Like once there was the Create of what is liked."""

    network: Network
    recorder: Recorder
    processor: Processor
    created: set[str] = field(default_factory=set)
    counted: list[str] = field(default_factory=list)
    down: bool = False

    async def on_create(self, received: Received) -> Outcome:
        self.created.add(received.activity.object_id)
        await awaited.arrived(received.activity.object_id)
        return done()

    async def on_like(self, received: Received) -> Outcome:
        if self.down:
            raise Unreachable("h.example does not answer")
        if received.activity.object_id not in self.created:
            return ignored("nothing to like", awaits=received.activity.object_id)
        self.counted.append(received.activity.id)
        return done()

    def act(self, kind: str, object: Any, number: int = 1, host: str = "m.example") -> Any:
        """An activity of Ann, who lives on `host`."""
        neighbour = Neighbour.on(self.network, host)
        actor = neighbour.serve_person("ann", rsa("ann"))
        uri = neighbour.url(f"/{kind.lower()}/{number}")
        return {"id": uri, "type": kind, "actor": actor, "object": object}

    def batch(self, *objects: str) -> Any:
        """An Announce of the group `cats` around a Like of each object."""
        neighbour = Neighbour.on(self.network, "l.example")
        group = neighbour.serve_person("cats", rsa("cats"), type="Group")
        likes = [
            {
                "id": f"https://l.example/like/{uri[-1]}",
                "type": "Like",
                "actor": group,
                "object": uri,
            }
            for uri in objects
        ]
        return {"id": f"{group}/a/1", "type": "Announce", "actor": group, "object": likes}

    async def say(self, *documents: Any, at: int = NOW) -> None:
        """They arrive at that time, and what is due then is processed."""
        with clock.held(at):
            for document in documents:
                activity = read_activity(document)
                host = host_of(activity.actor)
                await self.recorder.record(Arrival(activity, host, DOOR, as_bytes(document)))
            await self.processor.drain()

    async def states(self) -> list[tuple[str, str]]:
        return [(row["state"], row["reason"]) for row in await receipts()]


@pytest.fixture
async def shop(database: Store) -> AsyncIterator[Shop]:
    network, registry = Network(), Registry()
    wire = await instance(network)
    processor = Processor(wire, registry, lambda: None)
    made = Shop(network, Recorder(processor.wake), processor)
    registry.register("Create", made.on_create)
    registry.register("Like", made.on_like)
    yield made
    await wire.close()


def post(number: int) -> str:
    return f"https://h.example/notes/{number}"


async def rows() -> list[str]:
    return [row["object_uri"] for row in await storage.rows("SELECT object_uri FROM awaited")]


async def test_what_waits_has_its_effect_as_soon_as_that_comes_from_whichever_host(
    shop: Shop,
) -> None:
    like = shop.act("Like", post(1))
    await shop.say(like)
    assert await shop.states() == [("received", "nothing to like")]
    await shop.say(shop.act("Create", post(2), host="h.example"))
    assert shop.counted == []
    await shop.say(shop.act("Create", post(1), 2, host="h.example"))
    assert shop.counted == [like["id"]]
    assert {state for state, _ in await shop.states()} == {"done"}
    assert await rows() == []


async def test_what_waits_of_one_host_keeps_its_order(shop: Shop) -> None:
    likes = [shop.act("Like", post(1), number) for number in (3, 1, 2)]
    await shop.say(*likes)
    await shop.say(shop.act("Create", post(1)))
    assert shop.counted == [like["id"] for like in likes]


async def test_it_is_looked_at_once_more_in_case_the_two_missed_each_other(shop: Shop) -> None:
    await shop.say(shop.act("Like", post(1)))
    shop.created.add(post(1))  # by a transaction that could not see it waiting
    await shop.say(at=NOW + 9 * SECOND)
    assert shop.counted == []
    await shop.say(at=NOW + 10 * SECOND)
    assert len(shop.counted) == 1


async def test_what_never_comes_costs_three_looks_and_is_ignored_in_the_end(shop: Shop) -> None:
    await shop.say(shop.act("Like", post(1)))
    looks = []
    for after in (1, 10, 60, 3_600, limits.AWAITED_SECONDS - 1, limits.AWAITED_SECONDS):
        await shop.say(at=NOW + after * SECOND)
        looks.append((await receipts())[0]["attempts"])
    assert looks == [1, 2, 2, 2, 2, 3]
    assert await shop.states() == [("ignored", "nothing to like")]
    assert await rows() == []
    await shop.say(shop.act("Create", post(1)), at=NOW + LIFETIME + SECOND)
    assert shop.counted == []


async def test_of_a_batch_each_part_has_its_effect_when_its_own_object_comes(shop: Shop) -> None:
    numbers = range(1, 10)
    await shop.say(shop.batch(*map(post, numbers)))
    assert sorted(await rows()) == [post(number) for number in numbers]
    for number in reversed(numbers):
        await shop.say(shop.act("Create", post(number), number))
        assert f"https://l.example/like/{number}" in shop.counted
    assert (await shop.states())[0][0] == "done"


async def test_a_host_that_is_down_meanwhile_is_waited_for_as_ever(shop: Shop) -> None:
    await shop.say(shop.act("Like", post(1)))
    shop.down = True
    await shop.say(shop.act("Create", post(1)))
    assert (await shop.states())[0] == ("received", "h.example does not answer")
    shop.down = False
    await shop.say(at=NOW + 60 * SECOND)
    assert len(shop.counted) == 1


async def test_of_one_host_the_latest_wait_and_nobody_else_gives_way(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "AWAITED_PER_HOST", 3)
    await shop.say(shop.act("Like", post(1), host="h.example"))
    await shop.say(*(shop.act("Like", post(number), number) for number in range(1, 6)))
    states = await shop.states()
    assert [state for state, _ in states] == ["received", *["ignored"] * 2, *["received"] * 3]
    assert "too much came after it" in states[1][1]
    assert sorted(await rows()) == [post(number) for number in (1, 3, 4, 5)]
    for number in range(1, 6):
        await shop.say(shop.act("Create", post(number), number))
    assert sorted(shop.counted) == [
        "https://h.example/like/1",
        *(f"https://m.example/like/{number}" for number in (3, 4, 5)),
    ]


async def test_of_all_hosts_together_only_so_much_waits(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "AWAITED", 4)
    for number in range(1, 8):
        await shop.say(shop.act("Like", post(number), host=f"h{number}.example"))
    assert sorted(await rows()) == [post(number) for number in (4, 5, 6, 7)]
    assert [state for state, _ in await shop.states()] == ["ignored"] * 3 + ["received"] * 4


async def test_a_batch_that_makes_room_is_given_up_as_a_whole(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "AWAITED", 3)
    await shop.say(shop.batch(post(1), post(2)))
    await shop.say(shop.act("Like", post(3), 3), shop.act("Like", post(4), 4))
    assert sorted(await rows()) == [post(3), post(4)]


async def test_what_waits_is_not_swept_away_and_leaves_nothing_behind(shop: Shop) -> None:
    await shop.say(shop.act("Like", post(1)))
    with clock.held(NOW + 100 * clock.DAY):
        await record.retire()
    assert await rows() == [post(1)]
    await shop.say(at=NOW + 100 * clock.DAY)
    with clock.held(NOW + 300 * clock.DAY):
        await record.retire()
    assert (await receipts(), await rows()) == ([], [])
