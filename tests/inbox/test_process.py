from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from federation import clock, storage
from federation.documents import read_activity
from federation.errors import Gone, Malformed, NotUsable, OverBudget, Unreachable
from federation.faults import is_away, is_conflict
from federation.origin import host_of
from federation.wire import Wire
from fedigroups.store import Store
from inbox import process, report
from inbox.prepare import Due, Fault, Later
from inbox.process import Processor
from inbox.record import Arrival, Recorder
from inbox.registry import Outcome, Received, Registry, done, ignored
from inbox.settle import ATTEMPTS, WAITS, judge
from neighbour import Neighbour, instance, rsa
from network import Network
from senders import as_bytes, receipts

pytestmark = pytest.mark.anyio

DOOR = "https://groups.example/groups/welders/inbox"
NOW = 1_800_000_000_000
Act = Callable[[Received], Awaitable[Outcome | None]]


def arrival(document: dict[str, Any]) -> Arrival:
    activity = read_activity(document)
    return Arrival(activity, host_of(activity.actor), DOOR, as_bytes(document))


@dataclass
class Shop:
    """A processor with a Like handler that a test fills in, and what it did."""

    network: Network
    wire: Wire
    recorder: Recorder
    registry: Registry
    processor: Processor
    effects: list[str] = field(default_factory=list)
    after: list[None] = field(default_factory=list)
    hosts: dict[str, Neighbour] = field(default_factory=dict)
    act: Act | None = None
    look: Callable[[Received], Awaitable[Any]] | None = None

    async def gather(self, received: Received) -> Any:
        return await self.look(received) if self.look is not None else None

    async def apply(self, received: Received) -> Outcome:
        """An effect in the database, named by the activity; then what the test wants."""
        await storage.execute(
            "INSERT INTO stream (name, head) VALUES (?, 0) ON CONFLICT (name) DO NOTHING",
            received.activity.id,
        )
        self.effects.append(received.activity.id)
        outcome = await self.act(received) if self.act is not None else None
        return outcome or done()

    def host(self, name: str) -> Neighbour:
        if name not in self.hosts:
            self.hosts[name] = Neighbour.on(self.network, name)
        return self.hosts[name]

    def like(self, number: object, host: str = "m.example", name: str = "ann") -> dict[str, Any]:
        actor = self.host(host).serve_person(name, rsa(name))
        return {
            "id": f"https://{host}/likes/{number}",
            "type": "Like",
            "actor": actor,
            "object": "https://groups.example/users/olga/posts/1",
        }

    async def record(self, *documents: dict[str, Any]) -> None:
        for document in documents:
            await self.recorder.record(arrival(document))

    async def committed(self) -> list[str]:
        return [row["name"] for row in await storage.rows("SELECT name FROM stream ORDER BY name")]

    async def states(self) -> list[str]:
        return [row["state"] for row in await receipts()]


@pytest.fixture
async def shop(database: Store) -> AsyncIterator[Shop]:
    network = Network()
    wire = await instance(network)
    registry = Registry()
    after: list[None] = []
    processor = Processor(wire, registry, lambda: after.append(None))
    made = Shop(network, wire, Recorder(processor.wake), registry, processor, after=after)
    registry.register("Like", made.apply, made.gather)
    yield made
    await wire.close()


async def group(shop: Shop, name: str = "cats", host: str = "l.example") -> str:
    return shop.host(host).serve_person(name, rsa(name), type="Group")


def announce(actor: str, of: Any, number: int = 1) -> dict[str, Any]:
    return {
        "id": f"{actor}/announce/{number}",
        "type": "Announce",
        "actor": actor,
        "object": of,
    }


# What reaches a handler


async def test_a_handler_is_given_who_acted_what_and_where(shop: Shop) -> None:
    seen: list[Received] = []

    async def act(received: Received) -> None:
        seen.append(received)

    shop.act = act
    document = shop.like(1)
    with clock.held(NOW):
        await shop.record(document)
        await shop.processor.drain()
    (received,) = seen
    assert received.activity.id == document["id"]
    assert received.actor.uri == document["actor"]
    assert (received.announcer, received.door) == (None, DOOR)
    assert received.body == as_bytes(document)
    assert (received.received_at, received.wire) == (NOW, shop.wire)
    (row,) = await receipts()
    assert (row["state"], row["reason"], row["attempts"]) == ("done", "", 1)
    assert row["settled_at"] == NOW
    assert len(shop.after) == 1


async def test_facts_are_gathered_outside_of_the_transaction_and_handed_over(shop: Shop) -> None:
    seen: list[Any] = []

    async def look(received: Received) -> Any:
        inside = storage.connection()
        assert "Transaction" not in type(inside).__name__
        return {"facts": received.activity.id}

    async def act(received: Received) -> None:
        assert "Transaction" in type(storage.connection()).__name__
        seen.append(received.facts)

    shop.look, shop.act = look, act
    document = shop.like(1)
    await shop.record(document)
    await shop.processor.drain()
    assert seen == [{"facts": document["id"]}]


async def test_what_has_no_handler_is_ignored_by_name(shop: Shop) -> None:
    await shop.record(shop.like(1) | {"type": "ResolveReport"})
    await shop.processor.drain()
    (row,) = await receipts()
    assert (row["state"], row["reason"]) == ("ignored", "ResolveReport means nothing here")
    assert shop.after == []


async def test_what_a_handler_ignores_has_its_reason(shop: Shop) -> None:
    async def act(received: Received) -> Outcome:
        return ignored("ann is no member")

    shop.act = act
    await shop.record(shop.like(1))
    await shop.processor.drain()
    (row,) = await receipts()
    assert (row["state"], row["reason"]) == ("ignored", "ann is no member")


async def test_what_a_handler_did_has_its_reason_too(shop: Shop) -> None:
    async def act(received: Received) -> Outcome:
        return done("held for review")

    shop.act = act
    await shop.record(shop.like(1))
    await shop.processor.drain()
    (row,) = await receipts()
    assert (row["state"], row["reason"]) == ("done", "held for review")


async def test_a_host_that_was_blocked_meanwhile_has_no_effect(shop: Shop) -> None:
    await shop.record(shop.like(1))
    await shop.wire.peers.block("m.example")
    await shop.processor.drain()
    assert await shop.states() == ["ignored"]
    assert shop.effects == []
    assert shop.network.requests("GET") == []


async def test_an_actor_that_is_suspended_here_has_no_effect(shop: Shop) -> None:
    document = shop.like(1)
    await shop.wire.directory.actor(document["actor"])
    await storage.execute("UPDATE actor SET state = 'suspended' WHERE uri = ?", document["actor"])
    await shop.record(document)
    await shop.processor.drain()
    (row,) = await receipts()
    assert row["state"] == "ignored"
    assert "suspended" in row["reason"]


async def test_a_farewell_reaches_its_handler_though_the_origin_is_gone(shop: Shop) -> None:
    shop.registry.register("Delete", shop.apply)
    like = shop.like(1)
    await shop.wire.directory.actor(like["actor"])
    shop.host("m.example").answer("/users/ann", 410)
    farewell = like | {"type": "Delete", "object": like["actor"]}
    with clock.held(clock.now_ms() + 3 * clock.DAY):
        await shop.record(farewell)
        await shop.processor.drain()
    assert shop.effects == [farewell["id"]]


async def test_a_farewell_of_a_stranger_is_ignored_and_nobody_is_asked(shop: Shop) -> None:
    shop.registry.register("Delete", shop.apply)
    like = shop.like(1)
    await shop.record(like | {"type": "Delete", "object": like["actor"]})
    await shop.processor.drain()
    assert await shop.states() == ["ignored"]
    assert shop.network.requests("GET") == []


# Order


async def test_the_receipts_of_one_host_are_processed_in_their_order(shop: Shop) -> None:
    documents = [shop.like(number) for number in range(process.CHUNK * 2 + 3)]
    await shop.record(*documents)
    await shop.processor.drain()
    assert shop.effects == [document["id"] for document in documents]


async def running(shop: Shop) -> asyncio.Task[None]:
    task = asyncio.create_task(shop.processor.run())
    await asyncio.sleep(0)
    return task


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while True:
            met = condition()
            if met if isinstance(met, bool) else await met:
                return
            await asyncio.sleep(0.01)


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def all_settled(shop: Shop) -> bool:
    return "received" not in await shop.states()


async def test_a_slow_host_holds_up_nobody_but_itself(shop: Shop) -> None:
    gate = asyncio.Event()

    async def look(received: Received) -> None:
        if received.actor.host == "slow.example":
            await gate.wait()

    shop.look = look
    await shop.record(
        shop.like(1, "slow.example"), shop.like(2, "slow.example"), shop.like(3), shop.like(4)
    )
    task = await running(shop)
    await until(lambda: len(shop.effects) == 2)
    assert {effect.split("/")[2] for effect in shop.effects} == {"m.example"}
    gate.set()
    await until(lambda: all_settled(shop))
    assert shop.effects[2:] == ["https://slow.example/likes/1", "https://slow.example/likes/2"]
    await stop(task)


async def test_more_hosts_than_lanes_all_have_their_turn(shop: Shop) -> None:
    count = process.LANES * 2 + 3
    await shop.record(*(shop.like(1, f"h{number}.example") for number in range(count)))
    task = await running(shop)
    await until(lambda: all_settled(shop))
    assert len(shop.effects) == count
    await stop(task)


async def test_a_new_receipt_wakes_the_processor(shop: Shop) -> None:
    task = await running(shop)
    for number in range(5):
        await shop.record(shop.like(number))
        await until(lambda: all_settled(shop))
    assert len(shop.effects) == 5
    await stop(task)


async def test_a_lost_wake_up_costs_a_sweep(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SWEEP_SECONDS", 0.05)
    task = await running(shop)
    unheard = Recorder(lambda: None)
    document = shop.like(1)
    await unheard.record(arrival(document))
    await until(lambda: all_settled(shop))
    await stop(task)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_disorder_and_repetition_leave_one_effect_each(
    shop: Shop, order: tuple[int, ...]
) -> None:
    documents = [shop.like(number) for number in range(3)]
    for number in (*order, *reversed(order)):
        await shop.record(documents[number])
        await shop.processor.drain()
    assert sorted(shop.effects) == [document["id"] for document in documents]


# What has to wait


async def test_a_host_that_is_down_is_waited_for_longer_and_longer_then_given_up(
    shop: Shop,
) -> None:
    async def look(received: Received) -> None:
        raise Unreachable("h.example does not answer")

    shop.look = look
    now = NOW
    with clock.held(now):
        await shop.record(shop.like(1))
        await shop.wire.directory.actor("https://m.example/users/ann")
        await shop.processor.drain()
    waits = []
    for _ in range(ATTEMPTS - 1):
        (row,) = await receipts()
        assert (row["state"], row["reason"]) == ("received", "h.example does not answer")
        waits.append(row["next_try_at"] - now)
        with clock.held(row["next_try_at"] - 1):
            await shop.processor.drain()
        assert (await receipts())[0]["attempts"] == row["attempts"]
        now = row["next_try_at"]
        with clock.held(now):
            await shop.processor.drain()
    assert tuple(waits) == WAITS
    assert (waits[0], waits[-1]) == (10_000, 6 * clock.HOUR)
    (row,) = await receipts()
    assert (row["state"], row["attempts"]) == ("failed", 8)
    assert row["reason"] == "h.example does not answer"
    assert shop.effects == []


async def test_what_comes_back_in_time_has_its_effect_once(shop: Shop) -> None:
    trouble = [True]

    async def look(received: Received) -> None:
        if trouble:
            raise Unreachable("down")

    shop.look = look
    with clock.held(NOW):
        await shop.record(shop.like(1))
        await shop.processor.drain()
    trouble.clear()
    with clock.held(NOW + 10_000):
        await shop.processor.drain()
    (row,) = await receipts()
    assert (row["state"], row["reason"], row["attempts"]) == ("done", "", 2)
    assert len(shop.effects) == 1


async def test_a_receipt_that_waits_does_not_hold_up_the_later_ones(shop: Shop) -> None:
    async def look(received: Received) -> None:
        if received.activity.id.endswith("/1"):
            raise Unreachable("down")

    shop.look = look
    await shop.record(*(shop.like(number) for number in (1, 2, 3)))
    await shop.processor.drain()
    assert await shop.states() == ["received", "done", "done"]


async def test_a_host_may_say_when_to_come_back(shop: Shop) -> None:
    async def look(received: Received) -> None:
        raise Unreachable("too many", retry_after=600.0 if received.activity.id[-1] == "1" else 9e9)

    shop.look = look
    with clock.held(NOW):
        await shop.record(shop.like(1), shop.like(2))
        await shop.processor.drain()
    waits = [row["next_try_at"] - NOW for row in await receipts()]
    assert waits == [10 * clock.MINUTE, 6 * clock.HOUR]


async def test_an_actor_whose_host_is_down_is_waited_for(shop: Shop) -> None:
    await shop.record(shop.like(1))
    shop.network.fail("m.example", 503)
    await shop.processor.drain()
    assert await shop.states() == ["received"]
    assert shop.effects == []


async def test_a_fetch_that_never_ends_is_given_up_for_now(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look(received: Received) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("federation.limits.PREPARE_SECONDS", 0.2)
    shop.look = look
    await shop.record(shop.like(1))
    await shop.processor.drain()
    (row,) = await receipts()
    assert row["state"] == "received"
    assert "could be fetched within" in row["reason"]


@pytest.mark.parametrize(
    "error",
    [
        Gone("h.example says 410"),
        NotUsable("h.example sent HTML"),
        OverBudget("too many"),
        Malformed("odd"),
    ],
)
@pytest.mark.parametrize("where", ["look", "act"])
async def test_what_cannot_be_helped_is_ignored_with_its_reason(
    shop: Shop, error: Exception, where: str
) -> None:
    async def refuse(received: Received) -> None:
        raise error

    setattr(shop, where, refuse)
    await shop.record(shop.like(1))
    await shop.processor.drain()
    (row,) = await receipts()
    assert (row["state"], row["reason"]) == ("ignored", str(error))
    assert await shop.committed() == []


# What fails here


async def test_a_poison_receipt_is_put_aside_after_three_tries_and_others_go_on(
    shop: Shop,
) -> None:
    async def act(received: Received) -> None:
        if received.activity.id.endswith("/poison"):
            raise KeyError("no such thing")

    shop.act = act
    with clock.held(NOW):
        await shop.record(shop.like("poison"), shop.like(2), shop.like(3, "h.example"))
        await shop.processor.drain()
    assert await shop.states() == ["received", "done", "done"]
    for minutes in (1, 5):
        with clock.held(NOW + minutes * clock.MINUTE):
            await shop.processor.drain()
    (row, *_) = await receipts()
    assert (row["state"], row["attempts"]) == ("failed", 3)
    assert row["reason"] == "KeyError: 'no such thing'"
    assert not any("poison" in name for name in await shop.committed())
    (dead,) = await report.failed()
    assert dead.activity_uri.endswith("/poison")


async def test_a_poison_in_gathering_is_put_aside_too(shop: Shop) -> None:
    async def look(received: Received) -> None:
        raise RecursionError("deep")

    shop.look = look
    for minutes in (0, 1, 5):
        with clock.held(NOW + minutes * clock.MINUTE):
            await shop.record(shop.like(1))
            await shop.processor.drain()
    assert await shop.states() == ["failed"]


async def test_a_body_that_can_no_longer_be_read_is_ignored(shop: Shop) -> None:
    await shop.record(shop.like(1))
    await storage.execute("UPDATE receipt SET body = ?", b"\xff")
    await shop.processor.drain()
    (row,) = await receipts()
    assert row["state"] == "ignored"


async def test_waiting_for_a_host_does_not_count_as_failing_here(shop: Shop) -> None:
    errors: list[Exception] = [
        Unreachable("down"),
        Unreachable("down"),
        Unreachable("down"),
        ValueError("a"),
        ValueError("b"),
    ]

    async def look(received: Received) -> None:
        if errors:
            raise errors.pop(0)

    shop.look = look
    now = NOW
    with clock.held(now):
        await shop.record(shop.like(1))
    for number in range(6):
        now += 6 * clock.HOUR
        assert number != 3 or len(shop.processor._faults) == 0, "nothing failed here yet"
        with clock.held(now):
            await shop.processor.drain()
    assert await shop.states() == ["done"]


def deadlock() -> Exception:
    return asyncpg.DeadlockDetectedError("deadlock detected")


@pytest.mark.parametrize(
    "error",
    [
        deadlock(),
        asyncpg.SerializationError("could not serialize access"),
        asyncpg.InvalidCachedStatementError("cached plan must not change result type"),
        OperationalError("database is locked"),
    ],
)
async def test_a_conflict_with_another_transaction_is_tried_again_at_once(
    shop: Shop, error: Exception
) -> None:
    tries: list[None] = []

    async def act(received: Received) -> None:
        tries.append(None)
        if len(tries) < 3:
            raise error

    shop.act = act
    await shop.record(shop.like(1))
    await shop.processor.drain()
    (row,) = await receipts()
    assert (row["state"], row["attempts"], len(tries)) == ("done", 1, 3)


async def test_a_conflict_that_never_ends_is_a_fault(shop: Shop) -> None:
    async def act(received: Received) -> None:
        raise deadlock()

    shop.act = act
    await shop.record(shop.like(1))
    await shop.processor.drain()
    (row,) = await receipts()
    assert (row["state"], row["attempts"]) == ("received", 1)
    assert "deadlock" in row["reason"]


def test_what_is_no_conflict_is_not_tried_at_once() -> None:
    assert not is_conflict(IntegrityError("UNIQUE constraint failed"))
    assert not is_conflict(ValueError("database is locked"))


def test_a_database_that_is_away_is_told_from_a_statement_that_is_wrong(tmp_path: Path) -> None:
    def fault(path: str, sql: str) -> OperationalError:
        with closing(sqlite3.connect(path, uri=True)) as link:
            try:
                link.execute(sql)
            except sqlite3.OperationalError as error:
                return OperationalError(error)
        raise AssertionError(sql)

    file = f"file:{tmp_path}/rows"
    assert not is_away(fault(file, "SELECT nothing FROM nowhere"))
    assert is_away(fault(f"{file}?mode=ro", "CREATE TABLE one (id)"))
    assert is_away(asyncpg.ConnectionDoesNotExistError("it was closed"))
    assert not is_away(IntegrityError("UNIQUE constraint failed"))
    assert not is_away(OperationalError("no column of that name"))


async def test_a_broken_statement_fails_its_receipt_and_no_other(shop: Shop) -> None:
    async def act(received: Received) -> None:
        if received.activity.id.endswith("/1"):
            await storage.execute("INSERT INTO nothing_of_the_kind (x) VALUES (1)")

    shop.act = act
    await shop.record(shop.like(1), shop.like(2))
    await shop.processor.drain()
    assert await shop.states() == ["received", "done"]
    assert await shop.committed() == ["https://m.example/likes/2"]


async def test_a_database_that_is_away_costs_no_receipt_an_attempt(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(process, "PAUSE_SECONDS", 0.05)
    await shop.record(shop.like(1))
    await storage.execute("ALTER TABLE receipt RENAME TO away")
    with pytest.raises(OperationalError):
        await shop.processor.drain()
    task = await running(shop)
    await asyncio.sleep(0.2)
    await storage.execute("ALTER TABLE away RENAME TO receipt")
    await until(lambda: all_settled(shop))
    await stop(task)
    (row,) = await receipts()
    assert (row["state"], row["attempts"]) == ("done", 1)


@pytest.mark.parametrize("batch", [False, True])
async def test_effects_are_undone_with_a_state_that_cannot_be_written(
    shop: Shop, batch: bool
) -> None:
    async def act(received: Received) -> Outcome:
        await storage.execute("ALTER TABLE receipt RENAME TO away")
        return ignored("so that the state must be written once more")

    shop.act = act
    likes = [shop.like(1), shop.like(2) | {"type": "Nothing"}]
    await shop.record(announce(await group(shop), likes) if batch else likes[0])
    await shop.processor.drain()
    (row,) = await receipts()
    assert (row["state"], row["attempts"]) == ("received", 1)
    assert await shop.committed() == []


# Batches


async def test_each_step_of_a_batch_has_its_actor_and_the_announcer(shop: Shop) -> None:
    seen: list[tuple[str, str]] = []

    async def act(received: Received) -> None:
        assert received.announcer is not None
        assert json.loads(received.body)["id"] == received.activity.id
        seen.append((received.actor.uri, received.announcer.uri))

    shop.act = act
    cats = await group(shop)
    votes = [shop.like(number, name=name) for number, name in enumerate(("ann", "ben"))]
    await shop.record(announce(cats, votes))
    await shop.processor.drain()
    assert seen == [(vote["actor"], cats) for vote in votes]
    assert await shop.states() == ["done"]


async def test_a_step_that_fails_undoes_itself_and_not_its_neighbours(shop: Shop) -> None:
    async def act(received: Received) -> Outcome | None:
        if received.activity.id.endswith("/2"):
            await storage.execute("INSERT INTO nothing_of_the_kind (x) VALUES (1)")
        if received.activity.id.endswith("/3"):
            raise NotUsable("odd")
        return None

    shop.act = act
    cats = await group(shop)
    await shop.record(announce(cats, [shop.like(number) for number in (1, 2, 3, 4)]))
    with clock.held(clock.now_ms()):
        await shop.processor.drain()
    assert await shop.committed() == ["https://m.example/likes/1", "https://m.example/likes/4"]
    (row,) = await receipts()
    assert row["state"] == "received"
    for days in (1, 2):
        with clock.held(clock.now_ms() + days * clock.DAY):
            await shop.processor.drain()
    (row,) = await receipts()
    assert row["state"] == "failed"
    assert "nothing_of_the_kind" in row["reason"]
    assert len(await shop.committed()) == 2


async def test_a_step_that_waits_does_not_hold_up_its_neighbours(shop: Shop) -> None:
    cats = await group(shop)
    votes = [shop.like(1), shop.like(1, "down.example"), shop.like(2)]
    shop.network.fail("down.example", 503)
    await shop.record(announce(cats, votes))
    await shop.processor.drain()
    assert len(await shop.committed()) == 2
    assert await shop.states() == ["received"]
    shop.network.heal("down.example")
    with clock.held(clock.now_ms() + clock.DAY):
        await shop.processor.drain()
    assert len(await shop.committed()) == 3
    assert await shop.states() == ["done"]


async def test_nothing_of_a_forged_announce_is_done(shop: Shop) -> None:
    cats = await group(shop)
    forged = shop.like(1) | {
        "id": "https://groups.example/activities/1",
        "actor": "https://groups.example/users/olga",
    }
    await shop.record(announce(cats, forged))
    await shop.processor.drain()
    (row,) = await receipts()
    assert row["state"] == "ignored"
    assert "who is here" in row["reason"]


async def test_a_blocked_host_has_no_effect_through_a_group_either(shop: Shop) -> None:
    await shop.wire.peers.block("bad.example")
    cats = await group(shop)
    await shop.record(announce(cats, [shop.like(1, "bad.example"), shop.like(2)]))
    await shop.processor.drain()
    assert await shop.committed() == ["https://m.example/likes/2"]


async def test_many_strangers_in_one_announce_cost_one_budget(shop: Shop) -> None:
    cats = await group(shop)
    votes = [shop.like(1, f"h{number}.example") for number in range(70)]
    await shop.record(announce(cats, votes))
    await shop.processor.drain()
    assert len(shop.effects) == 49  # and one request for the group itself
    assert len(shop.network.requests("GET")) == 50


async def test_a_batch_in_the_way_of_another_transaction_is_applied_again_whole(
    shop: Shop,
) -> None:
    conflicts = [deadlock()]

    async def act(received: Received) -> None:
        if received.activity.id.endswith("/2") and conflicts:
            raise conflicts.pop()

    shop.act = act
    cats = await group(shop)
    await shop.record(announce(cats, [shop.like(1), shop.like(2)]))
    await shop.processor.drain()
    assert [effect[-1] for effect in shop.effects] == ["1", "2", "1", "2"]
    assert await shop.states() == ["done"]


async def test_an_unreachable_host_in_apply_is_waited_for(shop: Shop) -> None:
    async def act(received: Received) -> None:
        raise Unreachable("down")

    shop.act = act
    await shop.record(shop.like(1))
    await shop.processor.drain()
    assert await shop.states() == ["received"]
    assert await shop.committed() == []


async def test_a_batch_that_another_process_settled_is_left_alone(shop: Shop) -> None:
    async def look(received: Received) -> None:
        await storage.execute("UPDATE receipt SET state = 'done', reason = 'by another'")

    shop.look = look
    cats = await group(shop)
    await shop.record(announce(cats, [shop.like(1), shop.like(2)]))
    await shop.processor.drain()
    assert shop.effects == shop.after == []
    assert (await receipts())[0]["reason"] == "by another"


async def test_a_host_with_many_receipts_gives_others_their_turn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "TURN", 1)
    many = [shop.like(number) for number in range(process.CHUNK * 2)]
    await shop.record(*many, shop.like(1, "h.example"))
    await shop.processor.drain()
    assert shop.effects.index("https://h.example/likes/1") == process.CHUNK
    assert len(shop.effects) == len(many) + 1


async def test_a_lane_in_which_the_database_fails_rests_and_comes_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PAUSE_SECONDS", 0.02)
    await shop.record(shop.like(1))
    await storage.execute("ALTER TABLE peer RENAME TO away")  # the first that a lane writes
    task = await running(shop)
    await asyncio.sleep(0.1)
    assert await shop.states() == ["received"]
    await storage.execute("ALTER TABLE away RENAME TO peer")
    await until(lambda: all_settled(shop))
    assert (await receipts())[0]["attempts"] == 1
    await stop(task)


# Being killed


async def test_what_was_recorded_before_a_kill_is_processed_afterwards(shop: Shop) -> None:
    gate = asyncio.Event()

    async def look(received: Received) -> None:
        await gate.wait()

    shop.look = look
    await shop.record(*(shop.like(number) for number in range(3)))
    task = await running(shop)
    await until(lambda: bool(shop.network.requests("GET")))
    await asyncio.sleep(0.05)
    await stop(task)
    assert await shop.states() == ["received"] * 3
    assert shop.effects == []
    gate.set()
    registry = Registry()
    registry.register("Like", shop.apply)
    await Processor(shop.wire, registry, lambda: None).drain()
    assert await shop.states() == ["done"] * 3
    assert len(shop.effects) == 3


async def test_a_stop_that_meets_a_wake_up_is_not_lost(shop: Shop) -> None:
    task = await running(shop)
    await asyncio.sleep(0.05)
    shop.processor.wake()
    task.cancel()
    await asyncio.wait([task], timeout=2)
    assert task.cancelled()


async def test_a_transaction_that_began_before_a_stop_is_ended_first(shop: Shop) -> None:
    began, gate = asyncio.Event(), asyncio.Event()

    async def act(received: Received) -> None:
        began.set()
        await gate.wait()

    shop.act = act
    await shop.record(shop.like(1), shop.like(2))
    task = await running(shop)
    await began.wait()
    task.cancel()
    await asyncio.sleep(0.02)
    task.cancel()
    assert not task.done()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await shop.states() == ["done", "received"]
    assert await shop.committed() == ["https://m.example/likes/1"]


async def test_two_processors_give_each_receipt_its_effects_once_and_in_order(
    shop: Shop,
) -> None:
    documents = [
        shop.like(number, host) for number in range(8) for host in ("m.example", "h.example")
    ]
    await shop.record(*documents)
    committed: list[str] = []

    async def act(received: Received) -> None:
        await asyncio.sleep(0.002)
        committed.append(received.activity.id)

    shop.act = act
    others = [Processor(shop.wire, shop.registry, lambda: None) for _ in range(3)]
    await asyncio.gather(*(other.drain() for other in others))
    assert await shop.states() == ["done"] * 16
    assert sorted(committed) == sorted(document["id"] for document in documents)
    for host in ("m.example", "h.example"):
        mine = [one for one in committed if host in one]
        assert mine == sorted(mine)


# What is shown and tried again


async def test_an_operator_sees_what_failed_and_has_it_tried_again(shop: Shop) -> None:
    broken = [True]

    async def act(received: Received) -> None:
        if broken:
            raise KeyError("x")

    shop.act = act
    with clock.held(NOW):
        await shop.record(shop.like(1), shop.like(2))
        assert await report.oldest_due() == 0
    for hours in (1, 2, 3):
        with clock.held(NOW + hours * clock.HOUR):
            assert await report.oldest_due() > 0
            await shop.processor.drain()
    assert await report.counts() == {"received": 0, "done": 0, "ignored": 0, "failed": 2}
    latest, first = await report.failed()
    assert (first.host, first.attempts, first.reason) == ("m.example", 3, "KeyError: 'x'")
    assert latest.id > first.id
    broken.clear()
    assert await report.retry(first.id)
    assert not await report.retry(first.id)
    assert await report.retry_host("m.example") == 1
    assert await report.retry_host("m.example") == 0
    await shop.processor.drain()
    assert await report.counts() == {"received": 0, "done": 2, "ignored": 0, "failed": 0}
    assert await report.oldest_due() == 0


async def test_a_host_that_was_heard_is_known_to_have_been(shop: Shop) -> None:
    with clock.held(NOW):
        await shop.record(shop.like(1))
        await shop.processor.drain()
    peer = await shop.wire.peers.show("m.example")
    assert peer is not None
    assert peer.heard_at == NOW


# What follows from results


def due(attempts: int = 0) -> Due:
    return Due(1, "https://m.example/1", "", "Like", "m.example", "", DOOR, b"", attempts, 0)


def test_a_receipt_is_done_when_one_of_its_steps_was() -> None:
    assert judge(due(), [ignored("a"), done()], 0).state == "done"
    assert judge(due(), [ignored("a"), ignored("b"), ignored("a")], 0).reason == "a; b"
    assert judge(due(), [ignored("a")], 0).state == "ignored"


def test_a_receipt_comes_again_for_the_soonest_of_its_steps() -> None:
    with clock.held(NOW):
        verdict = judge(due(3), [done(), Later("down"), Fault("oops")], 0)
    assert (verdict.state, verdict.next_try_at) == ("received", NOW + WAITS[0])
    assert (verdict.reason, verdict.faulty) == ("down; oops", True)


def test_a_receipt_that_failed_often_enough_still_waits_for_a_host() -> None:
    verdict = judge(due(2), [Later("down"), Fault("oops")], 2)
    assert verdict.state == "received"
    assert judge(due(2), [Fault("oops")], 2).state == "failed"
    assert judge(due(7), [Later("down")], 0).state == "failed"


def test_a_reason_is_cut() -> None:
    assert len(judge(due(), [ignored("x" * 5_000)], 0).reason) == 2_000
