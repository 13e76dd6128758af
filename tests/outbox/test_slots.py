"""So many deliveries at once: a slow one lets others begin, and an urgent one goes first."""

from __future__ import annotations

import asyncio

import pytest

from outbox import slots as slots_module
from outbox.due import Due
from outbox.queue import PROBES, Queue
from outbox.slots import Slots

pytestmark = pytest.mark.anyio


async def test_no_more_are_under_way_than_there_are_places() -> None:
    slots, flying, most = Slots(3, 0), 0, 0

    async def work() -> None:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0.001)
        flying -= 1

    await asyncio.gather(*(slots.run(work) for _ in range(20)))
    assert most == 3
    assert slots.idle


async def test_one_that_hangs_lets_another_begin_after_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slots_module, "PATIENCE_SECONDS", 0.02)
    slots, gate, done = Slots(1, 2), asyncio.Event(), asyncio.Event()

    async def finish() -> None:
        done.set()

    hanging = [asyncio.create_task(slots.run(gate.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await slots.run(finish)
    assert done.is_set()
    gate.set()
    await asyncio.gather(*hanging)
    assert slots.idle


async def test_only_so_many_may_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "PATIENCE_SECONDS", 0.01)
    slots, gate, begun = Slots(1, 1), asyncio.Event(), 0

    async def hang() -> None:
        nonlocal begun
        begun += 1
        await gate.wait()

    tasks = [asyncio.create_task(slots.run(hang)) for _ in range(4)]
    await asyncio.sleep(0.2)
    assert begun == 2
    gate.set()
    await asyncio.gather(*tasks)
    assert begun == 4


async def test_what_is_urgent_gets_the_next_place() -> None:
    slots, gate, order = Slots(1, 0), asyncio.Event(), list[str]()

    async def note(name: str) -> None:
        order.append(name)

    first = asyncio.create_task(slots.run(gate.wait))
    await asyncio.sleep(0)
    others = [asyncio.create_task(slots.run(lambda: note("broadcast"))) for _ in range(3)]
    await asyncio.sleep(0)
    urgent = asyncio.create_task(slots.run(lambda: note("answer"), urgent=True))
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, urgent, *others)
    assert order == ["answer", "broadcast", "broadcast", "broadcast"]


async def test_who_is_cancelled_while_waiting_takes_no_place() -> None:
    slots, gate = Slots(1, 0), asyncio.Event()
    first = asyncio.create_task(slots.run(gate.wait))
    await asyncio.sleep(0)
    second = asyncio.create_task(slots.run(gate.wait))
    await asyncio.sleep(0)
    second.cancel()
    gate.set()
    await asyncio.gather(first, second, return_exceptions=True)
    async with asyncio.timeout(5):
        await slots.run(gate.wait)
    assert slots.idle


def test_answers_go_first_and_failing_hosts_last() -> None:
    queue = Queue()
    for due in (Due("bad", False, True), Due("some", False), Due("asked", True)):
        queue.put(due)
    assert queue.take(9) == ["asked", "some", "bad"]
    assert queue.take(9) == []


def test_only_so_many_failing_hosts_are_tried_at_a_time() -> None:
    queue = Queue()
    for n in range(PROBES + 5):
        queue.put(Due(f"bad{n}", False, True))
    queue.put(Due("good", False))
    taken = queue.take(1_000)
    assert (len(taken), taken[0]) == (PROBES + 1, "good")
    assert queue.take(1_000) == []
    queue.ended(taken[1])
    assert len(queue.take(1_000)) == 1


async def test_a_place_is_not_lost_when_who_gets_it_is_cancelled_at_that_moment() -> None:
    slots, gate = Slots(1, 0), asyncio.Event()
    first = asyncio.create_task(slots.run(gate.wait))
    await asyncio.sleep(0)
    second = asyncio.create_task(slots.run(gate.wait))
    await asyncio.sleep(0)
    slots.release()  # the place is second's, which has not run yet
    second.cancel()
    await asyncio.wait({second})
    async with asyncio.timeout(5):
        await slots.run(lambda: asyncio.sleep(0))
    gate.set()
    await first
