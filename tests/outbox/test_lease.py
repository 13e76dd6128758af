"""Trouble of our own: crashes, lost leases, gaps, and a database that is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from federation import clock, limits, storage
from federation import signatures as signatures_module
from outbox import due, lanes, owed, streams
from outbox import lane as lane_module
from outbox import scheduler as scheduler_module
from outbox.deliver import Courier
from outbox.desk import Desk
from outbox.outcome import Fate, Verdict
from outbox.slots import Slots
from receivers import THREAD, Got, Scene, until

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000
L_INBOX = "https://l.example/inbox"


async def test_a_gap_is_never_taken_for_done(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say("1", "2", "3", thread="t")
    await storage.execute("DELETE FROM log_entry WHERE seq = 2")
    await scene.scheduler.drain()
    assert bob.names == ["1"]
    assert await scene.cursors() == [2]


async def test_a_database_error_never_moves_a_cursor(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await scene.host()
    await scene.say("one")
    real = storage.rows

    async def broken(sql: str, *values: object) -> list[storage.Row]:
        if "JOIN activity" in sql:
            raise OSError("the database is away")
        return await real(sql, *values)

    with clock.held(NOW + clock.DAY):
        with monkeypatch.context() as patch:
            patch.setattr(storage, "rows", broken)
            await scene.scheduler.drain()
        assert bob.names == []
        assert await scene.cursors() == [1]
        await scene.scheduler.drain()
    assert bob.names == ["one"]


async def test_the_result_of_a_worker_that_lost_its_lease_is_ignored(scene: Scene) -> None:
    bob = await scene.host()
    bob.gate = asyncio.Event()
    with clock.held(NOW):
        await scene.say("one")
        frozen = asyncio.create_task(scene.scheduler.drain())
        await until(lambda: bob.flying)
    with clock.held(NOW + 2 * clock.MINUTE):
        other = asyncio.create_task(scene.another().drain())
        await until(lambda: bob.flying == 2)
        lane = await scene.lane()
        bob.answer = lambda got: 503 if bob.finished else 404
        bob.gate.set()
        await asyncio.gather(frozen, other)
    assert lane["lease_owner"].startswith("second/")
    assert bob.names == ["one", "one"]
    assert await scene.ended() == []
    assert await scene.cursors() == [1]
    assert (await scene.lane())["state"] == "failing"


@pytest.mark.parametrize("kind", ["postgres"])
async def test_a_worker_whose_clock_is_ahead_neither_takes_a_held_lane_nor_hurries(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.host()
    await scene.say("one")
    real = clock.now_ms
    (held,) = await lanes.claim(["l.example"], "right")
    monkeypatch.setattr(clock, "now_ms", lambda: real() + 30 * clock.MINUTE)
    assert await lanes.claim(["l.example"], "ahead") == []
    assert await due.all_hosts() == await due.retried_hosts() == []
    verdict = Verdict(Fate.BACKOFF, reason="503")
    failed = lanes.failed(held, lanes.Event.FAILED, verdict, clock.now_ms())
    assert await lanes.write([failed]) == {"l.example"}
    waits = (await scene.lane())["next_try_at"] - real()
    assert 0 < waits <= 15 * clock.SECOND, "though it was written by a clock that is ahead"
    assert await due.retried_hosts() == []
    assert await lanes.claim(["l.example"], "ahead") == []


@pytest.mark.parametrize("write_seconds", [0.0, 60.0])
async def test_a_worker_that_lost_its_lease_stops(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, write_seconds: float
) -> None:
    monkeypatch.setattr(lane_module, "WRITE_SECONDS", write_seconds)
    bob = await scene.host()
    await scene.say(*(str(n) for n in range(45)), thread="t")
    bob.gate = asyncio.Event()
    task = asyncio.create_task(scene.scheduler.drain())
    await until(lambda: bob.flying)
    await storage.execute("UPDATE lane SET lease_owner = 'somebody else'")
    bob.gate.set()
    await task
    assert len(bob.names) == (1 if write_seconds == 0 else 20)
    assert await scene.cursors() == [45]
    assert (await scene.lane())["lease_owner"] == "somebody else"


async def test_a_lane_whose_turn_is_over_goes_to_the_end_of_the_queue(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_module, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(scheduler_module, "CLAIMED", 1)
    bob, ann = await scene.host(), await scene.host("m.example")
    order: list[str] = []
    for receiver in (bob, ann):
        receiver.answer = lambda got, host=receiver.host: order.append(host) or 202
    await scene.say(*(str(n) for n in range(50)), thread="t")
    await scene.another().drain()
    first, second = order[0], order[-1]
    assert first != second
    assert (
        order
        == [first] * 20
        + [second] * 20
        + [first] * 20
        + [second] * 20
        + [first] * 10
        + [second] * 10
    )


async def test_what_is_under_way_when_a_host_fails_is_waited_for(scene: Scene) -> None:
    bob = await scene.host()
    names = [str(n) for n in range(12)]
    answers = dict.fromkeys(names, 202) | {"6": 503, "7": 429}
    bob.answer = lambda got: answers[got.name]
    with clock.held(NOW):
        await scene.say(*names)
        bob.pause = 0.01
        await scene.scheduler.drain()
    sent = len(bob.names)
    assert set(names[:6]) <= set(bob.taken)
    assert sent < 12
    assert bob.flying == 0
    assert (await scene.lane())["last_error"] in ("answered 503", "answered 429")
    answers |= {"6": 202, "7": 202}
    with clock.held(NOW + clock.MINUTE):
        await scene.scheduler.drain()
    assert set(bob.taken) == set(names)
    assert len(bob.names) <= 12 + 2 + limits.DELIVERIES_PER_HOST


async def test_an_activity_that_cannot_be_signed_holds_nobody_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await scene.host()
    sign = signatures_module.sign

    def faulty(*values: object) -> dict[str, str]:
        if b"bad" in bytes(values[3]):  # type: ignore[call-overload]
            raise ValueError("a fault of ours")
        return sign(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(signatures_module, "sign", faulty)
    await scene.say("bad", "good", thread="t")
    await scene.scheduler.drain()
    assert bob.names == ["good"]
    assert (await scene.lane())["state"] == "open"
    assert await scene.ended() == []


async def test_two_workers_never_serve_one_host_at_the_same_time(scene: Scene) -> None:
    receivers = [await scene.host(f"h{n}.example") for n in range(12)]
    for receiver in receivers:
        receiver.pause = 0.005
    await scene.say(*(str(n) for n in range(10)))
    await asyncio.gather(scene.scheduler.drain(), scene.another().drain())
    for receiver in receivers:
        assert sorted(receiver.names) == [str(n) for n in range(10)]
        assert receiver.most <= limits.DELIVERIES_PER_HOST


async def test_a_run_that_is_cancelled_writes_what_was_done_and_lets_go(scene: Scene) -> None:
    bob = await scene.host()
    gate = asyncio.Event()

    def until_five(got: Got) -> int:
        if len(bob.finished) == 4:
            bob.gate = gate
        return 202

    bob.answer = until_five
    names = [str(n) for n in range(12)]
    await scene.say(*names, thread="t")
    task = asyncio.create_task(scene.scheduler.drain())
    await until(lambda: bob.gate and bob.flying)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await scene.cursors() == [7]
    assert (await scene.lane())["lease_owner"] == ""
    bob.gate = None
    bob.answer = lambda got: 202
    await scene.another().drain()
    assert bob.taken == names
    assert len(bob.names) == 13


async def test_after_a_crash_nothing_is_lost_and_few_are_sent_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies without a last word: only what it wrote before remains."""
    bob = await scene.host()
    for n in range(60):
        await scene.say(str(n), thread=str(n % 5))

    async def no_last_word(self: lane_module.Run, hold: object) -> bool:
        return False

    for crash in range(1, 4):
        bob.pause = 0.002
        with clock.held(NOW + crash * clock.DAY):
            worker = scene.another(f"w{crash}")
            task = asyncio.create_task(worker.drain())
            await until(lambda crash=crash: len(bob.taken) >= 15 * crash)
            with monkeypatch.context() as patch:
                patch.setattr(lane_module.Run, "_write", no_last_word)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
    with clock.held(NOW + 9 * clock.DAY):
        await scene.scheduler.drain()
    assert set(bob.taken) == {str(n) for n in range(60)}
    assert len(bob.names) <= 60 + 3 * 20
    assert await scene.cursors() == [0]


async def test_cursors_are_written_while_a_slow_host_is_served(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_module, "WRITE_SECONDS", 0.05)
    bob = await scene.host()
    bob.pause = 0.06
    await scene.say(*(str(n) for n in range(6)), thread="t")
    task = asyncio.create_task(scene.scheduler.drain())
    await until(lambda: len(bob.taken) >= 5)
    (lag,) = await scene.cursors()
    assert 1 <= lag <= 4
    await task


async def test_what_is_withdrawn_while_a_load_is_sent_is_left_out_after_a_while(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_module, "LOAD_SECONDS", 0.05)
    bob = await scene.host()
    bob.pause = 0.03
    await scene.say(*(str(n) for n in range(8)), thread="t")
    task = asyncio.create_task(scene.scheduler.drain())
    await until(lambda: bob.flying)
    await scene.delete("7", "undo", thread="t")
    await task
    assert "7" not in bob.names
    assert bob.names[:7] == [str(n) for n in range(7)]
    assert bob.names[7:] == ["undo"]


async def test_an_inbox_that_leaves_while_a_load_is_sent_is_left_alone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_module, "LOAD_SECONDS", 0.05)
    bob = await scene.host()
    bob.pause = 0.03
    await scene.say(*(str(n) for n in range(15)), thread="t")
    task = asyncio.create_task(scene.scheduler.drain())
    await until(lambda: bob.flying)
    await streams.unsubscribe(THREAD, L_INBOX)
    await task
    assert len(bob.names) < 8


async def test_a_lane_that_waited_for_its_place_is_held_anew_before_it_is_worked(
    scene: Scene,
) -> None:
    bob = await scene.host()
    bob.gate = asyncio.Event()
    await scene.say("one")
    desk = Desk(scene.wire.peers, "a", lambda: True)
    with clock.held(NOW):
        (order,) = await desk.claim(["l.example"])
    late = NOW + lanes.LEASE - lane_module.SAFE_MS + 1
    with clock.held(late):
        run = lane_module.Run(order, desk, Courier(scene.wire, order.standing.form), Slots(1, 0))
        turn = asyncio.create_task(run.run())
        await until(lambda: bob.flying)
        assert (await scene.lane())["lease_until"] == late + lanes.LEASE
        bob.gate.set()
        assert await turn is lane_module.End.EMPTY


async def test_what_is_published_while_a_host_is_served_follows_without_another_look(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler_module, "POLL_SECONDS", 3_600.0)
    monkeypatch.setattr(scheduler_module.Scheduler, "_find", first_look(scene.scheduler))
    bob = await scene.host()
    bob.gate = asyncio.Event()
    await scene.say("one")
    worker = asyncio.create_task(scene.scheduler.run())
    await until(lambda: bob.flying)
    await scene.say("two")
    bob.gate.set()
    await until(lambda: bob.names == ["one", "two"])
    worker.cancel()
    await asyncio.wait({worker})


async def test_a_host_that_cannot_be_read_spoils_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, carol = await scene.host(), await scene.host("m.example")
    await scene.say("one")
    loaded = owed._loaded

    def broken(lags: Sequence[owed.Lag], *rest: Any) -> owed.Load:
        if any(lag.host == "l.example" for lag in lags):
            raise ValueError("a corrupted row")
        return loaded(lags, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(owed, "_loaded", broken)
        await scene.scheduler.drain()
    assert (bob.names, carol.names) == ([], ["one"])
    await scene.scheduler.drain()
    assert bob.names == ["one"]


def first_look(scheduler: scheduler_module.Scheduler) -> Callable[..., Awaitable[None]]:
    """Looks at the log once, and never again."""
    find, looks = scheduler._find, iter([True])

    async def look(_: object) -> None:
        if next(looks, False):
            await find()

    return look


async def test_what_overtook_another_is_not_sent_again_when_a_load_is_read_anew(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads go side by side, and a cursor passes only what has nothing unsent before it."""
    monkeypatch.setattr(lane_module, "LOAD_SECONDS", 0.03)
    host = await scene.host()
    host.pause = 0.02
    said = [*(f"a{number}" for number in range(6)), *"bcdefgh"]
    for name in said:
        await scene.say(name, thread=name[0])
    await scene.scheduler.drain()
    assert sorted(host.taken) == sorted(said)
