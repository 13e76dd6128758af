"""What runs beside the web: it goes on after failures, and forgets and learns what is due."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from federation import clock, storage
from federation.models import Peer
from federation.pace import Memory
from fedigroups import rounds, worker
from fedigroups.accounts.mailer import Mailer
from fedigroups.groups import tombstones
from fedigroups.groups.models import Tombstone
from fedigroups.instance import assemble
from fedigroups.push.sending import Pusher
from inbox import record
from servers import Server
from world import Town, World, settings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


async def keep_house(town: Town) -> None:
    await town.run(lambda: worker.keep_house(town.instance))


async def dialects(town: Town) -> set[str]:
    """The dialects that anybody elsewhere reads."""

    async def work() -> set[str]:
        rows = await storage.rows("SELECT stream FROM subscription WHERE stream LIKE 'group:%'")
        return {row["stream"].split(":")[2] for row in rows}

    found: set[str] = await town.run(work)
    return found


async def until(asked: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the answer is yes; half a minute at most."""
    for _ in range(1_500):
        if await asked():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never happened")


async def test_what_arrives_is_processed_and_answered_without_anybody_asking(
    world: World, town: Town
) -> None:
    home = Server.at(world.network, "m.example", "mastodon")
    ann = home.member("ann")
    running = asyncio.create_task(worker.run(town.instance))
    try:
        assert await ann.send(ann.follow()) == 202

        async def answered() -> bool:
            return home.kinds() == ["Accept{Follow}"]

        await until(answered)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_a_process_starts_with_is_no_garbage_and_is_not_searched_for_any(
    world: World,
) -> None:
    host = "groups.example"
    chosen = settings(host, await world.copy(host), world.folder)
    async with worker.running(assemble(chosen, transport=world.network), work=False):
        assert gc.get_freeze_count() > len(gc.get_objects())
    assert gc.get_freeze_count() == 0


async def test_a_part_that_fails_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "RESTART_SECONDS", 0.0)
    runs: list[int] = []

    async def work() -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            raise RuntimeError("the database went away")

    kept = asyncio.create_task(worker._kept_up("processor", work))

    async def often() -> bool:
        return len(runs) > 2

    await until(often)
    kept.cancel()
    with pytest.raises(asyncio.CancelledError):
        await kept


async def test_a_part_that_fails_while_it_is_stopped_is_not_started_again() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("the database is away")

    kept = asyncio.create_task(worker._kept_up("imports", work))
    await begun.wait()
    kept.cancel()
    done, _ = await asyncio.wait([kept], timeout=30)
    kept.cancel()
    assert done


@pytest.mark.parametrize(
    "part",
    [Mailer(*[cast(Any, None)] * 4), Pusher(*[cast(Any, None)] * 3)],
    ids=["mailer", "pusher"],
)
async def test_a_stop_that_meets_a_wake_up_is_not_lost(
    part: Mailer | Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = asyncio.Event()

    async def nothing() -> list[Any]:
        waits.set()
        return []

    monkeypatch.setattr(part, "_taken", nothing)
    running = asyncio.create_task(part.run())
    await waits.wait()
    await asyncio.sleep(0)
    part._waiting.set()
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=30)
    running.cancel()
    assert done


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_fails_in_keeping_house_keeps_nothing_else_back(
    town: Town, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise OSError("the bucket is away")

    monkeypatch.setattr(record, "retire", away)
    uris = ("https://h.example/notes/1", "https://h.example/users/vic")
    await town.run(lambda: tombstones.bury(*uris, "delete", -1))
    with pytest.raises(OSError, match="bucket"):
        await keep_house(town)
    assert not await town.run(Tombstone.exists)


async def test_house_is_kept_again_and_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "HOUSEKEEPING_SECONDS", 0.01)

    async def bury() -> None:
        await tombstones.bury(
            "https://h.example/notes/1", "https://h.example/users/vic", "delete", -1
        )

    async def forgotten() -> bool:
        ran = {one.name for one in await rounds.known()}
        return not await Tombstone.all().exists() and "housekeeping" in ran

    await town.run(bury)
    running = asyncio.create_task(worker.run(town.instance))
    try:
        await until(lambda: town.run(forgotten))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_tombstones_are_kept_for_their_days_and_no_longer(town: Town) -> None:
    async def bury() -> None:
        for number, days in ((1, -1), (2, 30)):
            uri = f"https://h.example/notes/{number}"
            await tombstones.bury(uri, "https://h.example/users/vic", "delete", days)

    await town.run(bury)
    await keep_house(town)
    left = await town.run(lambda: Tombstone.all().values_list("uri", flat=True))
    assert list(left) == ["https://h.example/notes/2"]


async def test_what_was_settled_long_ago_is_forgotten(world: World, town: Town) -> None:
    ann = Server.at(world.network, "m.example", "mastodon").member("ann")
    await ann.send(ann.follow())
    await world.settle()

    async def age() -> None:
        await storage.execute("UPDATE receipt SET settled_at = ?", clock.now_ms() - 365 * clock.DAY)

    await town.run(age)
    await keep_house(town)
    assert await town.outcomes() == []


async def test_a_host_that_says_at_last_what_it_is_reads_its_own_dialect_from_then_on(
    world: World, town: Town
) -> None:
    home = Server.at(world.network, "m.example", "")
    ann = home.member("ann")
    await ann.send(ann.follow())
    await world.settle()
    assert await dialects(town) == {"thread", "microblog"}
    await keep_house(town)
    assert await dialects(town) == {"thread", "microblog"}
    home.serve_nodeinfo("mastodon")
    await town.run(lambda: Peer.filter(host="m.example").update(asked_at=0))
    town.wire.fetcher._gone = Memory()
    await keep_house(town)
    assert await dialects(town) == {"microblog"}
    home.inbox.clear()
    await town.write("olga", "Hello.")
    await world.settle()
    assert home.kinds() == ["Announce"]
