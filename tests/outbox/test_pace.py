"""A boost makes its readers ask the author's server, so they are told one after another."""

from __future__ import annotations

from itertools import pairwise

import pytest

from federation import clock, limits, storage
from outbox import due
from receivers import MICROBLOG, Receiver, Scene

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000


async def crowd(scene: Scene, count: int) -> list[Receiver]:
    return [await scene.host(f"m{n}.example", reads=(MICROBLOG,)) for n in range(count)]


def told(crowd: list[Receiver]) -> int:
    return sum(len(receiver.taken) for receiver in crowd)


async def test_a_small_group_is_not_delayed(scene: Scene) -> None:
    readers = await crowd(scene, limits.FETCHES_PER_SECOND)
    with clock.held(NOW):
        await scene.say("boost", stream=MICROBLOG, paced=True)
        await scene.scheduler.drain()
    assert told(readers) == limits.FETCHES_PER_SECOND


# quirk 107
async def test_a_large_one_is_told_a_few_each_second_and_all_in_the_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FETCHES_PER_SECOND", 2)
    readers = await crowd(scene, 24)
    with clock.held(NOW):
        await scene.say("boost", stream=MICROBLOG, paced=True)
    counts = []
    for second in range(13):
        with clock.held(NOW + second * clock.SECOND):
            await scene.scheduler.drain()
        counts.append(told(readers))
    assert counts[-1] == 24
    assert counts[0] <= 4
    assert max(b - a for a, b in pairwise(counts)) <= 10


async def test_however_many_they_are_it_takes_two_minutes_at_most(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FETCHES_PER_SECOND", 1)
    monkeypatch.setattr(limits, "SPREAD_SECONDS", 5)
    readers = await crowd(scene, 12)
    with clock.held(NOW):
        await scene.say("boost", stream=MICROBLOG, paced=True)
    row = (await storage.rows("SELECT not_before, spread FROM log_entry"))[0]
    assert (row["not_before"], row["spread"]) == (NOW, 5 * clock.SECOND)
    with clock.held(NOW + 5 * clock.SECOND):
        await scene.scheduler.drain()
    assert told(readers) == 12


async def test_a_reader_whose_moment_has_not_come_is_not_due(scene: Scene) -> None:
    await crowd(scene, 1)
    await storage.execute("UPDATE subscription SET id = ?", 47)
    with clock.held(NOW):
        await scene.say("boost", stream=MICROBLOG)
        await storage.execute("UPDATE log_entry SET not_before = ?, spread = 100000", NOW)
        assert await due.all_hosts() == await due.recent_hosts() == []
        await scene.say("accept", stream="", kind="answer", inbox="https://m0.example/u/ann")
        await scene.scheduler.drain()
        assert await due.all_hosts() == []
    with clock.held(NOW + 100 * clock.SECOND):
        assert [one.host for one in await due.all_hosts()] == ["m0.example"]


async def test_what_follows_in_a_stream_waits_for_its_moment_too(scene: Scene) -> None:
    (reader,) = await crowd(scene, 1)
    await storage.execute("UPDATE subscription SET id = ?", 47)
    with clock.held(NOW):
        await scene.say("first", "boost", stream=MICROBLOG)
        await storage.execute(
            "UPDATE log_entry SET not_before = ?, spread = 100000 WHERE seq = 2", NOW
        )
        await scene.scheduler.drain()
        assert reader.names == ["first"]
    with clock.held(NOW + 100 * clock.SECOND):
        await scene.scheduler.drain()
    assert reader.names == ["first", "boost"]
