from __future__ import annotations

import asyncio
import contextvars
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation import clock, storage
from federation.documents import ActivityDoc, read_activity
from federation.errors import Unreachable
from fedigroups.store import Store
from inbox import record
from inbox.record import ROWS, Arrival, Recorder
from senders import receipts

pytestmark = pytest.mark.anyio

DOOR = "https://groups.example/inbox"


def like(number: object, actor: str = "https://m.example/users/ann") -> ActivityDoc:
    return read_activity(
        {
            "id": f"https://m.example/likes/{number}",
            "type": "Like",
            "actor": actor,
            "object": "https://groups.example/users/olga/posts/1",
        }
    )


def arrival(number: object, **more: Any) -> Arrival:
    return Arrival(like(number, **more), "m.example", DOOR, b"{%d}" % (hash(number) % 1000))


def recorder() -> tuple[Recorder, list[None]]:
    woken: list[None] = []
    return Recorder(lambda: woken.append(None)), woken


async def test_a_receipt_is_in_the_database_when_its_waiter_is_answered(database: Store) -> None:
    made, woken = recorder()
    with clock.held(1_800_000_000_000):
        assert await made.record(arrival(1))
    (row,) = await receipts()
    assert row["activity_uri"] == "https://m.example/likes/1"
    assert row["actor_uri"] == "https://m.example/users/ann"
    assert (row["kind"], row["host"], row["door"]) == ("Like", "m.example", DOOR)
    assert bytes(row["body"]) == b"{1}"
    assert (row["state"], row["reason"], row["attempts"]) == ("received", "", 0)
    assert (row["received_at"], row["settled_at"]) == (1_800_000_000_000, 0)
    assert len(woken) == 1


async def test_the_same_activity_later_is_a_duplicate_and_wakes_nobody(database: Store) -> None:
    made, woken = recorder()
    assert await made.record(arrival(1))
    assert not await made.record(arrival(1))
    assert len(await receipts()) == len(woken) == 1


async def test_the_same_id_by_another_actor_is_another_activity(database: Store) -> None:
    made, _ = recorder()
    assert await made.record(arrival(1))
    assert await made.record(arrival(1, actor="https://m.example/users/ben"))


async def test_duplicates_at_once_are_stored_once(database: Store) -> None:
    made, _ = recorder()
    answers = await asyncio.gather(*(made.record(arrival(1)) for _ in range(20)))
    assert sorted(answers) == [False] * 19 + [True]
    assert len(await receipts()) == 1


async def test_many_at_once_share_commits_and_keep_their_order(database: Store) -> None:
    made, woken = recorder()
    count = 3 * ROWS + 5
    answers = await asyncio.gather(*(made.record(arrival(number)) for number in range(count)))
    assert all(answers)
    stored = [row["activity_uri"] for row in await receipts()]
    assert stored == [f"https://m.example/likes/{number}" for number in range(count)]
    assert len(woken) <= 5


async def test_two_recorders_take_the_same_activities_once(database: Store) -> None:
    makers = [recorder()[0] for _ in range(3)]
    orders = [range(40), range(39, -1, -1), [*range(20, 40), *range(20)]]
    answers = await asyncio.gather(
        *(
            made.record(arrival(number))
            for made, order in zip(makers, orders, strict=True)
            for number in order
        )
    )
    assert sum(answers) == 40
    assert len(await receipts()) == 40


async def test_a_database_that_fails_is_said_to_every_waiter(database: Store) -> None:
    made, woken = recorder()
    await storage.execute("ALTER TABLE receipt RENAME TO away")
    answers = await asyncio.gather(
        *(made.record(arrival(number)) for number in range(5)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Unreachable] * 5
    assert not woken
    await storage.execute("ALTER TABLE away RENAME TO receipt")
    assert await made.record(arrival(1))


async def test_a_waiter_that_goes_away_takes_nothing_with_it(database: Store) -> None:
    made, _ = recorder()
    tasks = [asyncio.create_task(made.record(arrival(number))) for number in range(10)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[7].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers.count(True) == 8
    assert len(await receipts()) == 10


async def test_a_shutdown_in_the_middle_of_a_commit_answers_nobody(database: Store) -> None:
    made, woken = recorder()
    waiting = [asyncio.create_task(made.record(arrival(number))) for number in range(ROWS + 3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert made._committing is not None
    made._committing.cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(answer) for answer in answers} == {asyncio.CancelledError}
    assert not woken
    assert await made.record(arrival("after"))


async def test_a_commit_that_never_began_is_made_up_for_by_the_next(database: Store) -> None:
    made, _ = recorder()
    waiting = [asyncio.create_task(made.record(arrival(number))) for number in range(3)]
    await asyncio.sleep(0)
    assert made._committing is not None
    made._committing.cancel()
    await asyncio.sleep(0)
    assert await made.record(arrival("after"))
    assert await asyncio.gather(*waiting) == [True] * 3


async def test_a_waiter_that_goes_away_before_a_failure_is_no_trouble(database: Store) -> None:
    made, _ = recorder()
    await storage.execute("ALTER TABLE receipt RENAME TO away")
    tasks = [asyncio.create_task(made.record(arrival(number))) for number in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [
        Unreachable,
        asyncio.CancelledError,
        Unreachable,
    ]


async def test_a_database_that_hangs_is_not_waited_for_for_ever(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "RECORD_SECONDS", 0.05)
    made, _ = recorder()
    outside = contextvars.copy_context()
    async with storage.transaction():
        await storage.execute("DELETE FROM receipt")
        if storage.dialect() == "postgres":
            await storage.execute("LOCK TABLE receipt IN EXCLUSIVE MODE")
        # from outside of this transaction, as another request would
        waiting = []
        for number in (1, 2):  # the second comes while the first is being committed
            waiting.append(asyncio.create_task(made.record(arrival(number)), context=outside))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(answer) for answer in answers] == [Unreachable, Unreachable]
        assert made._waiting == [], "nothing piles up while it hangs"


async def test_an_undone_activity_may_come_again_under_its_old_id(database: Store) -> None:
    made, _ = recorder()
    await made.record(arrival(1))
    activity = like(1)
    await record.forget(activity.id, activity.actor)
    assert not await made.record(arrival(1))  # it was not even processed
    await storage.execute("UPDATE receipt SET state = 'done'")
    await record.forget(activity.id, activity.actor)
    assert await made.record(arrival(1))
    assert len(await receipts()) == 2


async def test_old_receipts_lose_their_bodies_then_their_rows(database: Store) -> None:
    made, _ = recorder()
    now = clock.now_ms()
    for number, (state, days) in enumerate(
        [("done", 6), ("done", 8), ("ignored", 8), ("failed", 8), ("done", 91), ("failed", 91)]
    ):
        await made.record(arrival(number))
        await storage.execute(
            "UPDATE receipt SET state = ?, settled_at = ? WHERE activity_uri = ?",
            state,
            now - days * clock.DAY,
            like(number).id,
        )
    await made.record(arrival("waiting"))
    await record.retire()
    rows = await receipts()
    assert [row["activity_uri"].rsplit("/", 1)[1] for row in rows] == [
        "0",
        "1",
        "2",
        "3",
        "waiting",
    ]
    assert [row["body"] is None for row in rows] == [False, True, True, False, False]


@given(st.text(), st.text(), st.text(), st.text())
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_digests_are_one_for_one_pair_only(a: str, b: str, c: str, d: str) -> None:
    url, other = f"https://m.example/{a.encode().hex()}", f"https://m.example/{c.encode().hex()}"
    actor, third = f"https://m.example/{b.encode().hex()}", f"https://m.example/{d.encode().hex()}"
    same = (url, actor) == (other, third)
    assert (record.digest_of(url, actor) == record.digest_of(other, third)) is same
