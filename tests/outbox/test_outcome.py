"""What the answers of a host lead to, for an activity and for its lane."""

from __future__ import annotations

import pytest

from federation import clock, storage
from outbox import streams
from outbox.publish import Draft, Outgoing, Place, publish
from outbox.scheduler import Scheduler
from receivers import ORIGIN, THREAD, Scene, draft

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000
L_INBOX = "https://l.example/inbox"


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 410, 413, 415, 422, 501])
async def test_a_refused_activity_ends_and_the_lane_goes_on(scene: Scene, status: int) -> None:
    bob = await scene.host()
    bob.script(503)
    with clock.held(NOW):
        await scene.say("bad", thread="t")
        await scene.scheduler.drain()
    bob.answer = lambda got: status if got.name == "bad" else 202
    with clock.held(NOW + clock.MINUTE):
        await scene.scheduler.drain()
    assert (await scene.lane())["state"] == "open"
    await scene.say("good", thread="t")
    await scene.scheduler.drain()
    assert bob.taken == ["good"]
    assert await scene.ended() == [("bad", f"answered {status}")]
    row = await storage.row("SELECT status, inbox, seq FROM ended")
    assert row == {"status": status, "inbox": L_INBOX, "seq": 1}


@pytest.mark.parametrize("status", [401, 424])
async def test_what_may_come_right_is_tried_three_times_and_holds_nobody_up(
    scene: Scene, status: int
) -> None:
    bob = await scene.host()
    bob.answer = lambda got: status if got.name == "bad" else 202
    knocks = 2 if status == 401 else 1
    with clock.held(NOW):
        await scene.say("bad", "good", thread="t")
        await scene.scheduler.drain()
        assert bob.taken == ["good"]
        assert bob.names.count("bad") == knocks
    with clock.held(NOW + 10 * clock.MINUTE - 1):
        await scene.scheduler.drain()
        assert bob.names.count("bad") == knocks
    with clock.held(NOW + 10 * clock.MINUTE):
        await scene.scheduler.drain()
        assert bob.names.count("bad") == 2 * knocks
    with clock.held(NOW + 2 * clock.HOUR + 10 * clock.MINUTE):
        assert await scene.ended() == []
        await scene.scheduler.drain()
        assert bob.names.count("bad") == 3 * knocks
    with clock.held(NOW + clock.DAY):
        await scene.scheduler.drain()
        assert bob.names.count("bad") == 3 * knocks
    assert await scene.ended() == [("bad", f"answered {status} (3 times)")]
    assert (await scene.lane())["state"] == "open"


async def test_a_second_attempt_that_succeeds_ends_well(scene: Scene) -> None:
    bob = await scene.host()
    bob.script(424)
    with clock.held(NOW):
        await scene.say("one")
        await scene.scheduler.drain()
    with clock.held(NOW + 10 * clock.MINUTE):
        await scene.scheduler.drain()
    assert bob.taken == ["one"]
    assert await scene.ended() == []
    assert set(await scene.cursors()) == {0}


async def test_what_was_deleted_meanwhile_is_not_tried_again(scene: Scene) -> None:
    bob = await scene.host()
    bob.answer = lambda got: 424 if got.name == "one" else 202
    with clock.held(NOW):
        await scene.say("one", thread="t")
        await scene.scheduler.drain()
    with clock.held(NOW + clock.MINUTE):
        await scene.delete("one", "undo")
        await scene.scheduler.drain()
    with clock.held(NOW + clock.HOUR):
        await scene.scheduler.drain()
    assert bob.names == ["one", "undo"]
    assert await scene.ended() == [("one", "withdrawn")]


async def test_an_inbox_that_unsubscribes_gets_no_further_attempt(scene: Scene) -> None:
    bob = await scene.host()
    bob.answer = lambda got: 424
    with clock.held(NOW):
        await scene.say("one")
        await scene.scheduler.drain()
    await streams.unsubscribe(THREAD, L_INBOX)
    with clock.held(NOW + clock.HOUR):
        await scene.scheduler.drain()
    assert bob.names == ["one"]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 302])
async def test_a_host_in_trouble_is_owed_everything(scene: Scene, status: int) -> None:
    bob = await scene.host()
    bob.answer = lambda got: status
    with clock.held(NOW):
        await scene.say("one", "two")
        await scene.scheduler.drain()
    assert bob.names == ["one"]
    assert await scene.cursors() == [2]
    assert await scene.ended() == []
    lane = await scene.lane()
    assert (lane["state"], lane["failures"], lane["failing_since"]) == ("failing", 1, NOW)
    assert NOW + 2_000 <= lane["next_try_at"] <= NOW + 3_000
    assert lane["last_error"] == f"answered {status}"
    assert (lane["lease_owner"], lane["lease_until"]) == ("", 0)


async def test_a_host_that_is_not_there_is_owed_everything(scene: Scene) -> None:
    await scene.host()
    scene.network.leave("l.example")
    await scene.say("one")
    await scene.scheduler.drain()
    lane = await scene.lane()
    assert (lane["state"], lane["failures"]) == ("failing", 1)
    assert "nothing listens" in lane["last_error"]
    assert await scene.cursors() == [1]


@pytest.mark.parametrize(("asked", "waits"), [("3600", clock.HOUR), ("99999999", 6 * clock.HOUR)])
async def test_a_host_is_left_alone_as_long_as_it_asks(
    scene: Scene, asked: str, waits: int
) -> None:
    bob = await scene.host()
    bob.answer = lambda got: (429, {"Retry-After": asked})
    with clock.held(NOW):
        await scene.say("one")
        await scene.scheduler.drain()
    assert (await scene.lane())["next_try_at"] == NOW + waits


async def test_a_host_that_comes_back_gets_everything_in_order(scene: Scene) -> None:
    bob = await scene.host()
    names = [str(n) for n in range(30)]
    scene.network.fail("l.example", 502)
    now = NOW
    await scene.say(*names, thread="t")
    for failures in range(1, 10):
        with clock.held(now):
            await scene.scheduler.drain()
            lane = await scene.lane()
        assert (lane["state"], lane["failures"]) == ("failing", failures)
        now = lane["next_try_at"]
    scene.network.heal("l.example")
    with clock.held(now):
        await scene.scheduler.drain()
    assert bob.names == names
    lane = await scene.lane()
    assert (lane["state"], lane["failures"], lane["failing_since"]) == ("open", 0, 0)
    assert lane["succeeded_at"] == now


async def test_what_a_host_took_in_between_makes_a_failure_the_first_one(scene: Scene) -> None:
    bob = await scene.host()
    bob.answer = lambda got: 503 if len(bob.names) % 5 == 0 else 202
    names = [str(n) for n in range(30)]
    await scene.say(*names, thread="t")
    now = NOW
    while bob.taken != names:
        with clock.held(now):
            await scene.scheduler.drain()
        lane = await scene.lane()
        assert lane["failures"] <= 1
        assert lane["failing_since"] in {0, now}
        assert lane["succeeded_at"] == now
        now = max(now + 1, lane["next_try_at"])
    assert now < NOW + 10 * clock.MINUTE


async def test_a_failing_host_is_not_tried_before_its_time(scene: Scene) -> None:
    bob = await scene.host()
    bob.script(500)
    with clock.held(NOW):
        await scene.say("one")
        await scene.scheduler.drain()
    with clock.held(NOW + 1_999):
        await scene.scheduler.drain()
    assert bob.names == ["one"]
    with clock.held(NOW + 15_000):
        await scene.scheduler.drain()
    assert bob.taken == ["one"]


async def test_after_14_days_a_host_is_dormant_and_its_backlog_ended(scene: Scene) -> None:
    bob = await scene.host()
    scene.network.fail("l.example", 503)
    with clock.held(NOW):
        await scene.say("one", "two")
        await scene.scheduler.drain()
    with clock.held(NOW + 14 * clock.DAY - 1):
        await scene.scheduler.drain()
        assert (await scene.lane())["state"] == "failing"
    later = NOW + 16 * clock.DAY
    with clock.held(later):
        await scene.scheduler.drain()
    lane = await scene.lane()
    assert (lane["state"], lane["next_try_at"]) == ("dormant", later + 7 * clock.DAY)
    assert await scene.cursors() == [0]
    ((_, reason),) = await scene.ended()
    assert reason == "no success for 14 days (answered 503): 2 from number 1 on"
    assert bob.names == []


async def test_a_dormant_host_is_probed_weekly_and_welcomed_back(scene: Scene) -> None:
    bob = await scene.host()
    scene.network.fail("l.example", 503)
    for days in (0, 15):
        with clock.held(NOW + days * clock.DAY):
            await scene.say(f"day{days}")
            await scene.scheduler.drain()
    asked = len(scene.network.log)
    with clock.held(NOW + 21 * clock.DAY):
        await scene.say("day21")
        await scene.scheduler.drain()
    assert len(scene.network.log) == asked
    with clock.held(NOW + 22 * clock.DAY):
        await scene.scheduler.drain()
    assert len(scene.network.log) == asked + 1
    assert (await scene.lane())["state"] == "dormant"
    scene.network.heal("l.example")
    with clock.held(NOW + 29 * clock.DAY):
        await scene.say("day29")
        await scene.scheduler.drain()
    assert bob.names == ["day29"]
    assert (await scene.lane())["state"] == "open"
    assert len(await scene.ended()) == 2


async def test_an_activity_that_a_host_chokes_on_does_not_hold_up_the_others(
    scene: Scene,
) -> None:
    bob = await scene.host()
    bob.answer = lambda got: 500 if got.name == "bad" else 202
    now = NOW
    with clock.held(now):
        await scene.say("bad", "good", "more")
    for _ in range(3):
        with clock.held(now):
            await scene.scheduler.drain()
            now = (await scene.lane())["next_try_at"] or now
    assert sorted(bob.taken) == ["good", "more"]
    assert (await scene.lane())["state"] == "open"
    for _ in range(30):
        now += clock.HOUR
        with clock.held(now):
            await scene.say(f"later{now}")
            await scene.scheduler.drain()
    assert await scene.ended() == [("bad", "answered 500 (3 times)")]
    assert (await scene.lane())["state"] == "open"


async def test_an_activity_whose_actor_has_no_key_is_ended_after_three_tries(
    scene: Scene,
) -> None:
    bob = await scene.host()
    stranger = Outgoing(f"{ORIGIN}/activities/odd", f"{ORIGIN}/users/nobody", "Like", b"{}")
    async with storage.transaction():
        await publish([Draft(stranger, (Place(THREAD, "post"),)), draft("good")])
    with clock.held(clock.now_ms()):
        await scene.scheduler.drain()
    assert bob.names == ["good"]
    for hours in (1, 4):
        with clock.held(clock.now_ms() + hours * clock.HOUR):
            await scene.scheduler.drain()
    ((name, reason),) = await scene.ended()
    assert name == "odd"
    assert "no private key" in reason
    assert (await scene.lane())["state"] == "open"


async def test_an_inbox_that_is_gone_is_reported_once_it_was_written_down(scene: Scene) -> None:
    bob = await scene.host()
    bob.answer = lambda got: 410
    told: list[tuple[str, list[int]]] = []

    async def on_gone(inbox: str) -> None:
        told.append((inbox, await scene.cursors()))
        raise LookupError

    scheduler = Scheduler(scene.wire, owner="first", on_gone=on_gone)
    await scene.say("one", "two", thread="t")
    await scheduler.drain()
    assert told == [(L_INBOX, [0])]
    assert [reason for _, reason in await scene.ended()] == ["answered 410"] * 2
