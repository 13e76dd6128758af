"""One host that floods is told to wait; nobody else is, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from federation import clock, limits, storage
from federation.actors import Actors
from federation.errors import Slowed
from fedigroups.store import Store
from inbox.pressure import Pressure, address_of
from neighbour import Neighbour
from network import Network
from senders import Doorstep, Person, doorstep, receipts

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000
PUBLIC = "93.184.216.34"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.held(NOW):
        yield


@dataclass
class Scene:
    """Eve floods, Ann does not; where their requests come from is said when the scene opens."""

    network: Network
    door: Doorstep
    ann: Person
    eve: Person

    async def send(self, person: Person, number: int = 1) -> httpx.Response:
        follow = person.follow(number)
        return await self.door.post(follow, person.sign(follow))

    async def lie(self, number: int = 1) -> httpx.Response:
        """Something in Ann's name, signed with another key."""
        follow = self.ann.follow(f"lie{number}")
        return await self.door.post(follow, self.eve.sign(follow, key_id=self.ann.key_id))

    async def flood(self, count: int, start: int = 0) -> list[int]:
        return [(await self.send(self.eve, start + n)).status_code for n in range(count)]


@asynccontextmanager
async def opened(pressure: Pressure | None = None, address: str = PUBLIC) -> AsyncIterator[Scene]:
    network = Network()
    ann, eve = [
        Person(Neighbour.on(network, host), name)
        for host, name in (("m.example", "ann"), ("evil.example", "eve"))
    ]
    async with doorstep(network, pressure, address) as door:
        yield Scene(network, door, ann, eve)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small shares, so that a test is quick to use them up."""
    monkeypatch.setattr(limits, "INBOX_PER_MINUTE", 10)
    monkeypatch.setattr(limits, "INBOX_PER_MINUTE_OF_SITE", 15)
    monkeypatch.setattr(limits, "UNPROVEN_PER_ADDRESS", 5)
    monkeypatch.setattr(limits, "UNPROCESSED_PER_HOST", 8)


@pytest.fixture
async def scene(database: Store, small: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(limits, "UNPROCESSED_PER_HOST", 1_000)
    async with opened() as made:
        yield made


async def test_a_host_that_floods_waits_while_others_are_taken_and_nothing_is_lost(
    scene: Scene,
) -> None:
    assert await scene.flood(10) == [202] * 10
    slowed = await scene.send(scene.eve, 10)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "6")
    assert slowed.headers["content-type"] == "application/problem+json"
    assert (await scene.send(scene.ann)).status_code == 202
    with clock.held(NOW + int(slowed.headers["retry-after"]) * clock.SECOND):
        assert await scene.flood(1, 10) == [202]
    sent = {row["activity_uri"].rsplit("/", 1)[1] for row in await receipts()}
    assert sent == {str(number) for number in range(11)}


async def test_who_is_over_its_share_costs_no_verification_and_no_fetch(scene: Scene) -> None:
    await scene.flood(10)
    scene.eve.serve()
    keys = len(scene.network.requests("GET"))
    await storage.execute("DELETE FROM key")  # now verifying would ask for it
    assert await scene.flood(20, 10) == [429] * 20
    assert len(scene.network.requests("GET")) == keys


async def test_nobody_uses_up_the_share_of_another(scene: Scene) -> None:
    for number in range(30):
        assert (await scene.lie(number)).status_code in {401, 429}
    scene.door.come_from("1.1.1.1")
    assert (await scene.send(scene.ann)).status_code == 202


async def test_what_proves_nothing_is_counted_by_its_address_before_it_is_read(
    scene: Scene,
) -> None:
    assert [(await scene.lie(number)).status_code for number in range(5)] == [401] * 5
    slowed = await scene.lie(5)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "60")
    junk = await scene.door.post(b"{", {})
    assert junk.status_code == 429
    with clock.held(NOW + clock.MINUTE):
        assert (await scene.lie(6)).status_code == 401


async def test_what_is_proven_does_not_count_against_its_address(scene: Scene) -> None:
    for number in range(8):
        assert (await scene.send(scene.ann, number)).status_code == 202
    assert (await scene.lie()).status_code == 401


async def test_a_refusal_that_costs_nothing_is_not_counted(scene: Scene) -> None:
    await scene.door.wire.peers.block("evil.example")
    for number in range(8):
        assert (await scene.send(scene.eve, number)).status_code == 403
    for _ in range(8):
        follow = scene.ann.follow()
        headers = scene.ann.sign(follow, "/users/nobody/inbox")
        assert (await scene.door.post(follow, headers, "/users/nobody/inbox")).status_code == 404
    assert (await scene.send(scene.ann)).status_code == 202


@pytest.mark.usefixtures("small")
async def test_behind_a_proxy_that_is_not_believed_addresses_tell_nothing(database: Store) -> None:
    async with opened(address="172.18.0.2") as scene:
        for number in range(12):
            assert (await scene.lie(number)).status_code == 401
        assert (await scene.send(scene.ann)).status_code == 202


async def test_farewells_of_strangers_are_counted_by_address_too(scene: Scene) -> None:
    def farewell(number: int) -> dict[str, Any]:
        uri = f"https://gone.example/users/{number}"
        return {"id": f"{uri}#delete", "type": "Delete", "actor": uri, "object": uri}

    answers = [(await scene.door.post(farewell(n), {})).status_code for n in range(12)]
    assert answers == [202] * 10 + [429] * 2


async def test_subdomains_have_a_share_together(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # that they are new is not the point
    monkeypatch.setattr(Actors, "_meet", lambda *_: asyncio.sleep(0))
    answers = []
    for number in range(20):
        person = Person(Neighbour.on(scene.network, f"h{number}.evil.example"), f"e{number}")
        answers.append((await scene.send(person)).status_code)
    assert answers == [202] * 15 + [429] * 5
    assert (await scene.send(scene.ann)).status_code == 202


@pytest.mark.usefixtures("small")
async def test_a_host_of_which_too_much_waits_to_be_processed_waits_itself(database: Store) -> None:
    async with opened() as scene:
        assert await scene.flood(8) == [202] * 8
        with clock.held(NOW + 6 * clock.SECOND):
            slowed = await scene.send(scene.eve, 8)
            assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "60")
            assert (await scene.send(scene.ann)).status_code == 202
        await storage.execute("UPDATE receipt SET state = 'done' WHERE host = 'evil.example'")
        with clock.held(NOW + clock.MINUTE):
            assert (await scene.send(scene.eve, 8)).status_code == 202


async def test_how_much_waits_is_not_counted_for_each_activity(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[str] = []
    real = storage.row

    async def row(sql: str, *values: object) -> storage.Row | None:
        if "COUNT" in sql:
            counts.append(sql)
        return await real(sql, *values)

    monkeypatch.setattr(storage, "row", row)
    await scene.flood(9)
    assert len(counts) == 1


@pytest.mark.usefixtures("small")
async def test_switched_off_nobody_waits(database: Store) -> None:
    async with opened(Pressure(on=False)) as scene:
        assert await scene.flood(30) == [202] * 30
        for number in range(30):
            assert (await scene.lie(number)).status_code == 401


async def test_memory_is_bounded_under_many_hosts_and_addresses(database: Store) -> None:
    pressure = Pressure()
    for number in range(limits.NEGATIVE_ENTRIES + 500):
        pressure.unproven(f"address {number}")
        pressure._hosts.take(f"h{number}.example")
        pressure._sites.take(f"h{number}.example")
    await pressure.take("m.example", "m.example")
    for buckets in (pressure._hosts, pressure._sites, pressure._unproven, pressure._unread):
        assert len(buckets) <= limits.NEGATIVE_ENTRIES


async def test_the_shares_are_those_that_are_promised(database: Store) -> None:
    pressure = Pressure()
    for _ in range(600):
        await pressure.take("m.example", "m.example")
    with pytest.raises(Slowed) as slowed:
        await pressure.take("m.example", "m.example")
    assert slowed.value.seconds == 6.0
    with clock.held(NOW + clock.MINUTE):
        for _ in range(600):
            await pressure.take("m.example", "m.example")


@pytest.mark.parametrize(
    ("seen", "counted"),
    [
        (PUBLIC, PUBLIC),
        ("2606:2800:220:1:248:1893:25c8:1946", "2606:2800:220:1::/64"),
        ("::ffff:93.184.216.34", PUBLIC),
        ("127.0.0.1", ""),
        ("10.0.0.7", ""),
        ("100.64.0.1", ""),
        ("fd00::1", ""),
        ("::1", ""),
        ("unix", ""),
        ("", ""),
    ],
)
def test_a_visitor_is_counted_by_what_tells_it_from_others(seen: str, counted: str) -> None:
    client = (seen, 0) if seen else None
    assert address_of(Request({"type": "http", "client": client, "headers": []})) == counted
