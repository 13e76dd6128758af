"""Which hosts are served next, and that nothing stops the others from being served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from federation import clock, limits, storage
from outbox import due, lanes, queue, report, streams
from outbox import scheduler as scheduler_module
from outbox.deliver import Courier
from outbox.desk import Order
from outbox.lanes import State
from outbox.outcome import Verdict
from outbox.owed import Parcel
from outbox.publish import publish
from outbox.scheduler import Scheduler
from receivers import THREAD, Scene, draft, until

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000


@asynccontextmanager
async def running(scheduler: Scheduler) -> AsyncIterator[asyncio.Task[None]]:
    """The scheduler at work."""
    task = asyncio.create_task(scheduler.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def leases() -> list[str]:
    found = await storage.rows("SELECT lease_owner FROM lane WHERE lease_owner <> ''")
    return [row["lease_owner"] for row in found]


async def test_what_was_owed_before_the_start_is_delivered(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say("one")
    async with running(scene.scheduler):
        await until(lambda: bob.taken == ["one"])


async def test_what_is_published_later_is_delivered_at_once_when_woken(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler_module, "POLL_SECONDS", 60.0)
    bob = await scene.host()
    async with running(scene.scheduler):
        await asyncio.sleep(0.1)
        for name in ("one", "two", "three"):
            await scene.say(name)
            scene.scheduler.wake()
            async with asyncio.timeout(5):
                await until(lambda name=name: name in bob.taken)


async def test_a_lost_wake_up_costs_a_moment(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler_module, "POLL_SECONDS", 0.05)
    bob = await scene.host()
    async with running(scene.scheduler):
        await asyncio.sleep(0.1)
        await scene.say("one")
        async with asyncio.timeout(5):
            await until(lambda: bob.taken == ["one"])


async def test_what_committed_long_ago_is_found_by_the_sweep(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that stayed open longer than a look at the end of the log reaches back."""
    monkeypatch.setattr(scheduler_module, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(scheduler_module, "SWEEP_SECONDS", 0.2)
    bob = await scene.host()
    async with running(scene.scheduler):
        await asyncio.sleep(0.1)
        async with storage.transaction():
            await publish([draft("one")])
            await storage.execute("UPDATE log_entry SET id = 1")
        async with asyncio.timeout(5):
            await until(lambda: bob.taken == ["one"])


async def test_an_entry_that_comes_while_its_host_is_served_is_not_forgotten(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler_module, "POLL_SECONDS", 60.0)
    bob = await scene.host()
    bob.gate = asyncio.Event()
    async with running(scene.scheduler):
        await scene.say("one")
        scene.scheduler.wake()
        await until(lambda: bob.flying)
        await scene.say("two")
        scene.scheduler.wake()
        await asyncio.sleep(0.1)
        bob.gate.set()
        async with asyncio.timeout(5):
            await until(lambda: bob.taken == ["one", "two"])


async def test_a_failing_host_is_tried_again_when_its_time_comes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler_module, "POLL_SECONDS", 0.05)
    bob = await scene.host()
    bob.script(503)
    await scene.say("one")
    async with running(scene.scheduler):
        await until(lambda: bob.finished)
        await asyncio.sleep(0.2)
        assert bob.taken == []
        assert await report.retry("l.example")
        async with asyncio.timeout(5):
            await until(lambda: bob.taken == ["one"])


async def test_a_hanging_host_takes_one_place_and_delays_nobody(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DELIVERY_SECONDS", 120)  # they hang until the end
    hanging = [await scene.host(f"dead{n}.example") for n in range(8)]
    healthy = [await scene.host(f"h{n}.example") for n in range(30)]
    for receiver in hanging:
        receiver.gate = asyncio.Event()
    await scene.say("1", "2", "3")
    async with running(scene.scheduler):
        await until(lambda: all(len(receiver.taken) == 3 for receiver in healthy))
        await until(lambda: all(receiver.flying for receiver in hanging))
        assert [receiver.flying for receiver in hanging] == [1] * 8
        assert [len(receiver.taken) for receiver in hanging] == [0] * 8


async def test_no_more_requests_are_under_way_than_allowed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DELIVERIES_AT_ONCE", 6)
    scheduler = scene.another()
    receivers = [await scene.host(f"h{n}.example") for n in range(10)]
    most = 0

    def count(got: object) -> int:
        nonlocal most
        most = max(most, sum(receiver.flying for receiver in receivers))
        return 202

    for receiver in receivers:
        receiver.pause = 0.01
        receiver.answer = count
    await scene.say(*(str(n) for n in range(8)))
    await scheduler.drain()
    assert all(len(receiver.taken) == 8 for receiver in receivers)
    assert 4 <= most <= 6


async def test_a_lane_that_fails_ends_neither_the_loop_nor_the_others(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, ann = await scene.host(), await scene.host("m.example")
    deliver = Courier.deliver

    async def broken(courier: Courier, parcel: Parcel) -> Verdict:
        if parcel.lag.host == "l.example":
            raise LookupError("a fault of ours")
        return await deliver(courier, parcel)

    monkeypatch.setattr(Courier, "deliver", broken)
    async with running(scene.scheduler) as task:
        for name in ("one", "two"):
            await scene.say(name)
            scene.scheduler.wake()
            await until(lambda name=name: name in ann.taken)
        assert not task.done()
        assert bob.got == []
        assert await scene.cursors() == [2]


async def test_a_database_that_is_away_is_asked_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await scene.host()
    await scene.say("one")
    find, asked = due.all_hosts, 0

    async def away() -> list[due.Due]:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise OSError("connection refused")
        return await find()

    monkeypatch.setattr(due, "all_hosts", away)
    async with running(scene.scheduler) as task, asyncio.timeout(10):
        await until(lambda: bob.taken == ["one"])
        assert not task.done()


async def test_failing_hosts_are_tried_again_after_the_database_was_away(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "PROBES", 1)
    bob = await scene.host()
    bob.script(503)
    await scene.say("one")
    await scene.scheduler.drain()
    assert await report.retry("l.example")

    async def away(self: Scheduler, hosts: object) -> list[Order]:
        raise OSError("connection refused")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Scheduler, "_claim", away)
        with pytest.raises(OSError, match="refused"):
            await scene.scheduler.drain()
    await scene.scheduler.drain()
    assert bob.taken == ["one"]


async def test_cancelling_releases_every_lease(scene: Scene) -> None:
    receivers = [await scene.host(f"h{n}.example") for n in range(5)]
    for receiver in receivers:
        receiver.gate = asyncio.Event()
    await scene.say("one")
    async with running(scene.scheduler) as task:
        await until(lambda: all(receiver.flying for receiver in receivers))
        assert len(await leases()) == 5
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await leases() == []
    for receiver in receivers:
        receiver.gate = None
    await scene.another().drain()
    assert [receiver.taken for receiver in receivers] == [["one"]] * 5


async def test_what_is_under_way_at_the_end_is_ended_and_nothing_is_begun(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a worker that is stopped, and one that takes over, make no delivery twice."""
    monkeypatch.setattr(scheduler_module, "FINISH_SECONDS", 5.0)
    monkeypatch.setattr(limits, "DELIVERIES_AT_ONCE", 3)
    receivers = [await scene.host(f"h{n}.example") for n in range(4)]
    for receiver in receivers:
        receiver.pause = 0.3
    for n in range(6):
        await scene.say(str(n), thread=str(n % 2))
    async with running(scene.another()) as task:
        await until(lambda: sum(receiver.flying for receiver in receivers) == 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert sum(len(receiver.names) for receiver in receivers) == 3
    assert await leases() == []
    for receiver in receivers:
        receiver.pause = 0
    await scene.another().drain()
    for receiver in receivers:
        assert sorted(receiver.names) == [str(n) for n in range(6)]


async def test_a_database_that_is_away_at_the_end_is_no_obstacle(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(owner: str) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(lanes, "release_all", away)
    async with running(scene.scheduler) as task:
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_only_its_own_leases_are_released(scene: Scene) -> None:
    await scene.host()
    await scene.say("one")
    (held,) = await lanes.claim(["l.example"], "somebody")
    async with running(scene.scheduler):
        await asyncio.sleep(0.1)
    assert await leases() == [held.lease]


async def test_a_lease_that_ended_is_taken_over(scene: Scene) -> None:
    bob = await scene.host()
    with clock.held(NOW):
        await scene.say("one")
        assert await lanes.claim(["l.example"], "dead")
        await scene.scheduler.drain()
        assert bob.names == []
    with clock.held(NOW + lanes.LEASE):
        await scene.scheduler.drain()
    assert bob.names == ["one"]


async def test_many_hosts_are_claimed_once_each(scene: Scene) -> None:
    names = [f"h{n}.example" for n in range(40)]
    for name in names:
        await streams.subscribe(THREAD, f"https://{name}/inbox", name)
    claims = await asyncio.gather(*(lanes.claim(names, f"w{n}") for n in range(6)))
    hosts = [claim.host for some in claims for claim in some]
    assert sorted(hosts) == sorted(names)


async def test_a_claim_is_renewed_and_released_by_its_holder_only(scene: Scene) -> None:
    await scene.host()
    with clock.held(NOW):
        (first,) = await lanes.claim(["l.example"], "a")
        assert await lanes.write([lanes.held(first)]) == {"l.example"}
    with clock.held(NOW + lanes.LEASE):
        assert not await lanes.write([lanes.held(first)])
        (second,) = await lanes.claim(["l.example"], "b")
        assert not await lanes.write([lanes.let_go(first)])
        assert not await lanes.write([lanes.answered(first, took=True)])
        assert await lanes.write([lanes.let_go(second)]) == {"l.example"}
        assert not await lanes.write([lanes.let_go(second)])


async def test_a_host_at_which_this_program_ends_again_and_again_is_tried_ever_more_seldom(
    scene: Scene,
) -> None:
    await scene.host()
    now = NOW
    for _ in range(lanes.PATIENCE):
        with clock.held(now):
            assert len(await lanes.claim(["l.example"], "a")) == 1
        now += lanes.LEASE
    for pauses in (1, 2, 3):
        with clock.held(now):
            (claim,) = await lanes.claim(["l.example"], "a")
        with clock.held(now + max(lanes.LEASE, pauses * lanes.PAUSE) - 1):
            assert await lanes.claim(["l.example"], "a") == []
        now += max(lanes.LEASE, pauses * lanes.PAUSE)
    with clock.held(now):
        (claim,) = await lanes.claim(["l.example"], "a")
        assert await lanes.write([lanes.let_go(claim)]) == {"l.example"}
    for _ in range(lanes.PATIENCE):
        with clock.held(now):
            assert len(await lanes.claim(["l.example"], "a")) == 1
        now += lanes.LEASE


# What looking costs


async def test_a_host_that_somebody_serves_is_not_looked_at(scene: Scene) -> None:
    await scene.host()
    await scene.say("one")
    with clock.held(NOW):
        await lanes.claim(["l.example"], "a")
        assert await due.all_hosts() == await due.recent_hosts() == []
        assert await due.among(["l.example"]) == set()
    with clock.held(NOW + lanes.LEASE):
        assert await due.among(["l.example"]) == {"l.example"}


async def test_nothing_is_due_when_nothing_is_owed(scene: Scene) -> None:
    await scene.host()
    assert await due.all_hosts() == []
    await scene.say("one")
    assert await due.recent_hosts() == await due.all_hosts() == [due.Due("l.example", False)]
    await scene.scheduler.drain()
    assert await due.all_hosts() == await due.recent_hosts() == await due.retried_hosts() == []


async def test_hosts_that_wait_for_an_answer_come_first(scene: Scene) -> None:
    for name in ("a.example", "b.example", "c.example"):
        await scene.host(name)
    await scene.say("one")
    await scene.say("accept", stream="", kind="answer", inbox="https://b.example/u/bob/inbox")
    assert (await due.all_hosts())[0] == due.Due("b.example", True)
    assert await due.recent_hosts(direct_only=True) == [due.Due("b.example", True)]


async def test_an_idle_loop_reads_the_end_of_the_log_not_all_subscriptions(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler_module, "POLL_SECONDS", 0.02)
    bob = await scene.host()
    seen: list[str] = []
    rows = storage.rows

    async def watched(sql: str, *values: object) -> list[storage.Row]:
        seen.append(sql)
        return await rows(sql, *values)

    with clock.held(NOW):
        await scene.say("old")
    async with running(scene.scheduler):
        await until(lambda: bob.taken)
        await storage.execute("UPDATE log_entry SET id = 1")
        await asyncio.sleep(0.2)
        monkeypatch.setattr(storage, "rows", watched)
        await asyncio.sleep(0.3)
    assert len(seen) > 4
    assert not [sql for sql in seen if "FROM stream" in sql]


async def test_while_many_hosts_wait_only_answers_are_looked_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler_module, "BUSY", 3)
    monkeypatch.setattr(limits, "DELIVERIES_AT_ONCE", 2)
    monkeypatch.setattr(scheduler_module, "POLL_SECONDS", 0.02)
    scheduler = scene.another()
    receivers = [await scene.host(f"h{n}.example") for n in range(12)]
    for receiver in receivers:
        receiver.pause = 0.02
    await scene.say("1")
    async with running(scheduler):
        await until(lambda: receivers[0].got or receivers[1].got)
        await scene.say("accept", stream="", kind="answer", inbox="https://h11.example/u/bob")
        await scene.say("2")
        scheduler.wake()
        async with asyncio.timeout(10):
            await until(lambda: all(len(receiver.taken) >= 2 for receiver in receivers))
        assert "accept" in receivers[11].taken
    served_before = sum(1 for receiver in receivers if len(receiver.taken) == 2)
    assert served_before >= 11


# What an operator sees


async def test_the_report_names_what_is_owed_since_when_and_why(scene: Scene) -> None:
    await scene.host()
    ann = await scene.host("m.example")
    with clock.held(NOW):
        await scene.say("one", "two")
        scene.network.fail("l.example", 503)
        ann.answer = lambda got: 404
        await scene.scheduler.drain()
        (bad,) = await report.hosts()
    assert (bad.host, bad.owed, bad.since, bad.state) == ("l.example", 2, NOW, State.FAILING)
    assert (bad.failures, bad.last_error, bad.succeeded_at) == (1, "answered 503", 0)
    assert bad.next_try_at > NOW
    (good,) = await report.hosts("m.example")
    assert (good.owed, good.since, good.state) == (0, 0, State.OPEN)
    assert await report.hosts("nobody.example") == []


async def test_the_report_lists_what_ended_newest_first(scene: Scene) -> None:
    bob, ann = await scene.host(), await scene.host("m.example")
    bob.answer = lambda got: 404
    ann.answer = lambda got: 413
    with clock.held(NOW):
        await scene.say("gone", "undo", thread="t")
        await scene.scheduler.drain()
        ended = await report.ended("l.example")
    assert [one.activity_uri.rsplit("/", 1)[1] for one in ended] == ["undo", "gone"]
    assert (ended[0].status, ended[0].reason, ended[0].ended_at) == (404, "answered 404", NOW)
    assert {one.host for one in await report.ended()} == {"l.example", "m.example"}
    assert len(await report.ended(limit=3)) == 3


async def test_the_report_leaves_out_what_nobody_needs_to_look_at(scene: Scene) -> None:
    await scene.host()
    await scene.host("evil.example")
    await scene.wire.peers.block("evil.example")
    await scene.say("post")
    await scene.delete("post", "undo")
    await scene.scheduler.drain()
    assert len(await scene.ended()) == 2
    assert len(await scene.ended("evil.example")) == 1
    assert await report.ended() == []


async def test_retrying_a_host_that_is_not_known_is_said(scene: Scene) -> None:
    await scene.host()
    assert await report.retry("l.example")
    assert not await report.retry("nobody.example")
