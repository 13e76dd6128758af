"""Lanes share commits: each has its own result, and one that fails spoils no other."""

from __future__ import annotations

import asyncio

import pytest

from federation import storage
from fedigroups.store import Store
from outbox import streams
from outbox.ledger import Ledger
from receivers import THREAD

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def heads() -> dict[str, int]:
    return {row["name"]: row["head"] for row in await storage.rows("SELECT name, head FROM stream")}


async def test_each_gets_its_own_result() -> None:
    ledger = Ledger()
    results = await asyncio.gather(
        *(ledger.write(lambda n=n: streams.advance(f"s{n}", n)) for n in range(100))
    )
    assert results == list(range(100))
    assert await heads() == {f"s{n}": n for n in range(100)}


async def test_many_share_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = 0
    transaction = storage.transaction

    def counted() -> object:
        nonlocal begun
        begun += 1
        return transaction()

    monkeypatch.setattr(storage, "transaction", counted)
    ledger = Ledger()
    await asyncio.gather(*(ledger.write(lambda: streams.advance(THREAD, 1)) for _ in range(64)))
    assert await heads() == {THREAD: 64}
    assert begun == 1


async def test_one_that_fails_spoils_no_other() -> None:
    ledger = Ledger()

    async def fails() -> int:
        await streams.advance("bad", 1)
        raise LookupError("mine alone")

    results = await asyncio.gather(
        ledger.write(lambda: streams.advance("a", 1)),
        ledger.write(fails),
        ledger.write(lambda: streams.advance("b", 2)),
        return_exceptions=True,
    )
    assert (results[0], results[2]) == (1, 2)
    assert isinstance(results[1], LookupError)
    assert await heads() == {"a": 1, "b": 2}
    assert await ledger.write(lambda: streams.advance("a", 1)) == 2


async def test_what_was_begun_is_finished_before_a_cancelled_writer_leaves(
    database: Store,
) -> None:
    ledger = Ledger()
    began, go = asyncio.Event(), asyncio.Event()

    async def slow() -> int:
        began.set()
        await go.wait()
        return await streams.advance(THREAD, 1)

    task = asyncio.create_task(ledger.write(slow))
    await began.wait()
    task.cancel()
    await asyncio.sleep(0.02)
    assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await heads() == {THREAD: 1}


async def test_nobody_waits_for_a_ledger_that_was_stopped() -> None:
    ledger = Ledger()
    began = asyncio.Event()

    async def hangs() -> None:
        began.set()
        await asyncio.Event().wait()

    first = asyncio.create_task(ledger.write(hangs))
    await began.wait()
    second = asyncio.create_task(ledger.write(hangs))
    await asyncio.sleep(0)
    assert ledger._writer is not None
    ledger._writer.cancel()
    async with asyncio.timeout(5):
        results = await asyncio.gather(first, second, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert await ledger.write(lambda: streams.advance(THREAD, 1)) == 1
