"""A process that lives says so; one that cannot write says that it is not ready, and why."""

from __future__ import annotations

import httpx
import pytest

from federation import clock, storage
from servers import Server
from world import Town, World

pytestmark = pytest.mark.anyio

ORIGIN = "https://groups.example"


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


async def read(town: Town, path: str) -> httpx.Response:
    response = await town.network.handle_async_request(httpx.Request("GET", ORIGIN + path))
    await response.aread()
    return response


async def test_a_process_that_answers_lives(town: Town) -> None:
    answer = await read(town, "/livez")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_with_nothing_to_do_it_is_ready(town: Town) -> None:
    for _ in range(2):
        answer = await read(town, "/readyz")
        assert answer.json() == {"ready": True, "oldest_unprocessed_ms": 0, "read_only": False}
    assert answer.status_code == 200


async def test_it_says_how_long_the_oldest_activity_waits(world: World, town: Town) -> None:
    ann = Server.at(world.network, "m.example", "mastodon").member("ann")
    assert await ann.send(ann.follow()) == 202

    old = 15 * clock.MINUTE

    async def age() -> None:
        await storage.execute("UPDATE receipt SET received_at = ?", clock.now_ms() - old)

    await town.run(age)
    waiting = (await read(town, "/readyz")).json()["oldest_unprocessed_ms"]
    assert old <= waiting < old + clock.MINUTE
    await world.settle()
    assert (await read(town, "/readyz")).json()["oldest_unprocessed_ms"] == 0


async def test_a_database_that_takes_no_writes_is_named_and_the_process_still_lives(
    town: Town,
) -> None:
    async def break_it() -> None:
        await storage.execute("ALTER TABLE setting RENAME TO elsewhere")

    await town.run(break_it)
    answer = await read(town, "/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": "OperationalError"}
    assert (await read(town, "/livez")).status_code == 200
