"""Lanes share transactions: each has its own answer, and one that fails spoils no other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import asyncpg
import pytest

from federation import storage
from fedigroups.store import Store
from outbox import streams
from outbox.ledger import Ledger

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

Ask = tuple[str, int]


async def heads() -> dict[str, int]:
    return {row["name"]: row["head"] for row in await storage.rows("SELECT name, head FROM stream")}


async def advance(asked: Sequence[Ask]) -> list[int]:
    if any(count < 0 for _, count in asked):
        raise LookupError("mine alone")
    return [await streams.advance(name, count) for name, count in asked]


async def test_each_gets_its_own_answer() -> None:
    ledger = Ledger(advance)
    answers = await asyncio.gather(*(ledger.ask((f"s{n}", n)) for n in range(100)))
    assert answers == list(range(100))
    assert await heads() == {f"s{n}": n for n in range(100)}


async def test_many_share_a_transaction() -> None:
    shared: list[int] = []

    async def counted(asked: Sequence[Ask]) -> list[int]:
        shared.append(len(asked))
        return await advance(asked)

    ledger = Ledger(counted)
    await asyncio.gather(*(ledger.ask(("s", 1)) for _ in range(64)))
    assert await heads() == {"s": 64}
    assert shared == [64]


async def test_who_comes_a_moment_later_shares_it_too() -> None:
    shared: list[int] = []

    async def counted(asked: Sequence[Ask]) -> list[int]:
        shared.append(len(asked))
        return await advance(asked)

    ledger = Ledger(counted, linger=0.2, hurry=lambda: False)

    async def late(n: int) -> None:
        await asyncio.sleep(0.01 * n)
        await ledger.ask(("s", 1))

    await asyncio.gather(*(late(n) for n in range(4)))
    assert shared == [4]


async def test_nobody_lingers_when_nobody_will_join() -> None:
    ledger = Ledger(advance, linger=30.0, hurry=lambda: True)
    before = time.monotonic()
    await ledger.ask(("s", 1))
    assert time.monotonic() - before < 10


async def test_one_that_fails_spoils_no_other() -> None:
    ledger = Ledger(advance)
    answers = await asyncio.gather(
        ledger.ask(("a", 1)), ledger.ask(("bad", -1)), ledger.ask(("b", 2)), return_exceptions=True
    )
    assert (answers[0], answers[2]) == (1, 2)
    assert isinstance(answers[1], LookupError)
    assert await heads() == {"a": 1, "b": 2}
    assert await ledger.ask(("a", 1)) == 2


async def test_a_conflict_costs_nobody_an_answer() -> None:
    """Else what one lane alone hands in would be lost, and its deliveries sent again."""
    conflicts: list[Exception] = [
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.InvalidCachedStatementError("cached plan must not change result type"),
    ]

    async def meets(asked: Sequence[Ask]) -> list[int]:
        answers = await advance(asked)
        if conflicts:
            raise conflicts.pop()
        return answers

    assert await Ledger(meets).ask(("s", 1)) == 1
    assert (conflicts, await heads()) == ([], {"s": 1})


async def test_what_was_begun_is_finished_before_a_cancelled_one_leaves() -> None:
    began, go = asyncio.Event(), asyncio.Event()

    async def slow(asked: Sequence[Ask]) -> list[int]:
        began.set()
        await go.wait()
        return await advance(asked)

    ledger = Ledger(slow)
    task = asyncio.create_task(ledger.ask(("s", 1)))
    await began.wait()
    task.cancel()
    await asyncio.sleep(0.02)
    assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await heads() == {"s": 1}


async def test_nobody_waits_for_a_ledger_that_was_stopped(database: Store) -> None:
    began, hang = asyncio.Event(), True

    async def hangs(asked: Sequence[Ask]) -> list[int]:
        began.set()
        if hang:
            await asyncio.Event().wait()
        return await advance(asked)

    ledger = Ledger(hangs)
    first = asyncio.create_task(ledger.ask(("s", 1)))
    await began.wait()
    second = asyncio.create_task(ledger.ask(("s", 1)))
    await asyncio.sleep(0)
    assert ledger._clerk is not None
    ledger._clerk.cancel()
    async with asyncio.timeout(5):
        answers = await asyncio.gather(first, second, return_exceptions=True)
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers)
    hang = False
    assert await ledger.ask(("s", 1)) == 1
