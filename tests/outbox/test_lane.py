"""One host's lane: what reaches it, in which order, and what its answers lead to."""

from __future__ import annotations

import asyncio

import pytest
from neighbour import rsa
from receivers import MICROBLOG, ORIGIN, THREAD, WELDERS, Got, Scene, draft, until

from federation import clock, keys, limits, storage
from federation import signatures as signatures_module
from outbox import lane as lane_module
from outbox import streams
from outbox.publish import Draft, Outgoing, Place, cancel, publish
from outbox.scheduler import Scheduler

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000
L_INBOX = "https://l.example/inbox"


# Who gets what


async def test_a_host_gets_what_is_published_after_it_subscribed(scene: Scene) -> None:
    await scene.say("before")
    bob = await scene.host()
    await scene.say("one", "two")
    await scene.scheduler.drain()
    assert bob.names == ["one", "two"]
    assert await scene.cursors() == [0]


async def test_nothing_is_sent_twice(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say("one")
    for _ in range(3):
        await scene.scheduler.drain()
    assert bob.names == ["one"]


async def test_a_removed_inbox_gets_nothing_more(scene: Scene) -> None:
    bob = await scene.host(inboxes=["/inbox", "/other"])
    await scene.say("one")
    await streams.unsubscribe(THREAD, "https://l.example/other")
    await scene.say("two")
    await scene.scheduler.drain()
    assert [(got.path, got.name) for got in bob.got] == [("/inbox", "one"), ("/inbox", "two")]


async def test_an_inbox_that_left_and_came_back_gets_nothing_from_between(scene: Scene) -> None:
    bob = await scene.host()
    await streams.unsubscribe(THREAD, L_INBOX)
    await scene.say("between")
    await streams.subscribe(THREAD, L_INBOX, "l.example")
    await scene.say("after")
    await scene.scheduler.drain()
    assert bob.names == ["after"]


async def test_the_host_that_an_activity_came_from_needs_no_copy(scene: Scene) -> None:
    bob, ann = await scene.host(), await scene.host("m.example")
    await scene.say("one", skip_host="l.example")
    await scene.say("two")
    await scene.scheduler.drain()
    assert (bob.names, ann.names) == (["two"], ["one", "two"])
    assert await scene.ended() == []


async def test_votes_reach_thread_servers_only(scene: Scene) -> None:
    bob, ann, vic = [await scene.host(f"{name}.example") for name in ("l", "m", "h")]
    for host, family in (("l.example", "thread"), ("m.example", "microblog")):
        await scene.wire.peers.learn_form(host, "cavage")
        await storage.execute("UPDATE peer SET family = ? WHERE host = ?", family, host)
    await scene.say("post")
    await scene.say("like", kind="vote")
    await scene.scheduler.drain()
    assert (bob.names, ann.names, vic.names) == (["post", "like"], ["post"], ["post"])
    assert await scene.cursors("m.example") == await scene.cursors("h.example") == [0]


async def test_a_blocked_host_gets_nothing_and_nobody_is_told(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say("one", "two")
    await scene.wire.peers.block("l.example", "spam")
    await scene.scheduler.drain()
    assert bob.names == []
    assert await scene.cursors() == [0]
    assert [reason.split(":")[0] for _, reason in await scene.ended()] == ["blocked"]
    await scene.wire.peers.unblock("l.example")
    await scene.say("three")
    await scene.scheduler.drain()
    assert bob.names == ["three"]


async def test_direct_answers_go_before_broadcasts(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say(*(f"b{n}" for n in range(5)), thread="t")
    await scene.say("accept", stream="", kind="answer", inbox="https://l.example/u/bob/inbox")
    await scene.scheduler.drain()
    assert bob.names[0] == "accept"
    assert bob.names[1:] == [f"b{n}" for n in range(5)]


async def test_each_inbox_of_a_host_without_a_shared_one_is_served(scene: Scene) -> None:
    paths = [f"/users/{n}/inbox" for n in range(30)]
    bob = await scene.host(inboxes=paths)
    await scene.say("one", "two", thread="t")
    await scene.scheduler.drain()
    for path in paths:
        assert [got.name for got in bob.got if got.path == path] == ["one", "two"]


# Order and parallelism


async def test_the_entries_of_a_thread_go_one_after_another(scene: Scene) -> None:
    bob = await scene.host()
    bob.pause = 0.005
    names = [str(n) for n in range(12)]
    await scene.say(*names, thread="t")
    await scene.scheduler.drain()
    assert bob.names == names
    assert bob.most == 1


async def test_threads_go_side_by_side_and_at_most_four_at_a_time(scene: Scene) -> None:
    bob = await scene.host()
    bob.pause = 0.02
    for n in range(18):
        await scene.say(str(n), thread=str(n % 6))
    await scene.scheduler.drain()
    assert bob.most == limits.DELIVERIES_PER_HOST
    for thread in range(6):
        assert [n for n in bob.names if int(n) % 6 == thread] == [
            str(thread + 6 * k) for k in range(3)
        ]


async def test_a_run_begins_with_one_at_a_time(scene: Scene) -> None:
    bob = await scene.host()
    bob.gate = asyncio.Event()
    await scene.say("1", "2", "3")
    task = asyncio.create_task(scene.scheduler.drain())
    await asyncio.sleep(0.3)
    assert bob.flying == 1
    bob.gate.set()
    await task
    assert sorted(bob.names) == ["1", "2", "3"]


async def test_two_streams_of_a_group_come_in_the_order_of_publication(scene: Scene) -> None:
    vic = await scene.host("h.example", reads=(THREAD, MICROBLOG))
    async with storage.transaction():
        await publish(
            [
                draft("wrapped", thread="t"),
                draft("boost", stream=MICROBLOG, thread="t"),
            ]
        )
    await scene.scheduler.drain()
    assert vic.names == ["wrapped", "boost"]


async def test_a_backlog_of_hundreds_is_delivered_in_one_go(scene: Scene) -> None:
    bob = await scene.host()
    for n in range(130):
        await scene.say(str(n), thread=str(n % 3))
    await scene.scheduler.drain()
    assert sorted(bob.names, key=int) == [str(n) for n in range(130)]
    assert await scene.cursors() == [0]


# What a delivery looks like


async def test_a_delivery_is_signed_by_the_actor_of_its_activity(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say("one")
    await scene.scheduler.drain()
    got = bob.got[0]
    headers = dict(got.headers)
    assert got.body == draft("one").activity.body
    assert headers["content-type"] == "application/activity+json"
    assert headers["date"].endswith("GMT")
    assert headers["digest"].startswith("SHA-256=")
    assert 'headers="(request-target) host date digest"' in headers["signature"]
    assert 'algorithm="rsa-sha256"' in headers["signature"]
    (claim,) = signatures_module.read(got.signed("l.example"))
    assert claim.key_id == f"{WELDERS}#main-key"
    key = keys.load_public(
        claim.key_id, WELDERS, "rsa", keys.public_text(rsa("welders").public_key())
    )
    claim.check(got.signed("l.example"), key)


@pytest.mark.parametrize("status", [400, 401])
async def test_a_second_knock_uses_the_other_form_and_the_winner_is_remembered(
    scene: Scene, status: int
) -> None:
    bob = await scene.host()
    bob.answer = lambda got: 202 if got.form == "rfc9421" else status
    await scene.say("one", "two", thread="t")
    await scene.scheduler.drain()
    assert [(got.name, got.form) for got in bob.got] == [
        ("one", "cavage"),
        ("one", "rfc9421"),
        ("two", "rfc9421"),
    ]
    assert await scene.wire.peers.form("l.example") == "rfc9421"
    assert await scene.ended() == []


async def test_a_peer_that_went_back_to_the_old_form_is_learned_anew(scene: Scene) -> None:
    bob = await scene.host()
    await scene.wire.peers.learn_form("l.example", "rfc9421")
    bob.answer = lambda got: 202 if got.form == "cavage" else 401
    await scene.say("one")
    await scene.scheduler.drain()
    assert [got.form for got in bob.got] == ["rfc9421", "cavage"]
    assert await scene.wire.peers.form("l.example") == "cavage"


@pytest.mark.parametrize("status", [403, 404, 410, 413, 422, 429, 500, 302])
async def test_no_other_answer_is_a_reason_to_knock_again(scene: Scene, status: int) -> None:
    bob = await scene.host()
    bob.answer = lambda got: status
    await scene.say("one")
    await scene.scheduler.drain()
    assert len(bob.got) == 1
    assert await scene.wire.peers.form("l.example") == ""


async def test_no_signature_is_used_twice(scene: Scene) -> None:
    bob = await scene.host()
    bob.answer = lambda got: 503
    with clock.held(NOW):
        await scene.say("one")
        await scene.scheduler.drain()
    with clock.held(NOW + clock.MINUTE):
        await scene.scheduler.drain()
    first, second = (dict(got.headers) for got in bob.got)
    assert first["signature"] != second["signature"]
    assert first["date"] != second["date"]


async def test_a_long_answer_is_not_read_to_its_end(scene: Scene) -> None:
    read = 0

    async def endless(scope: object, receive: object, send: object) -> None:
        nonlocal read
        await send({"type": "http.response.start", "status": 202, "headers": []})  # type: ignore[operator]
        for _ in range(40):
            read += 10_000
            await send(  # type: ignore[operator]
                {"type": "http.response.body", "body": b"x" * 10_000, "more_body": True}
            )
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]

    await scene.host()
    scene.network.join("l.example", endless)  # type: ignore[arg-type]
    await scene.say("one")
    await scene.scheduler.drain()
    assert await scene.cursors() == [0]
    assert await scene.ended() == []


# What answers lead to


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 410, 413, 415, 422, 501])
async def test_a_refused_activity_ends_and_the_lane_goes_on(scene: Scene, status: int) -> None:
    bob = await scene.host()
    bob.answer = lambda got: status if got.name == "bad" else 202
    await scene.say("bad", "good", thread="t")
    await scene.scheduler.drain()
    assert bob.taken == ["good"]
    assert await scene.ended() == [("bad", f"answered {status}")]
    assert (await scene.lane())["state"] == "open"
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
    assert NOW + 10_000 <= lane["next_try_at"] <= NOW + 15_000
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


@pytest.mark.parametrize(("asked", "waits"), [("3600", clock.HOUR), ("99999999", clock.DAY)])
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


async def test_a_failing_host_is_not_tried_before_its_time(scene: Scene) -> None:
    bob = await scene.host()
    bob.script(500)
    with clock.held(NOW):
        await scene.say("one")
        await scene.scheduler.drain()
    with clock.held(NOW + 9_999):
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


# What is withdrawn


async def test_what_was_cancelled_unsent_is_never_sent_nor_undone(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say("post")
    await scene.delete("post", "undo")
    await scene.say("next")
    await scene.scheduler.drain()
    assert bob.names == ["next"]
    assert await scene.ended() == [("post", "cancelled"), ("undo", "cancelled")]


async def test_it_is_not_undone_even_when_the_host_failed_in_between(scene: Scene) -> None:
    bob = await scene.host()
    with clock.held(NOW):
        await scene.say("post")
        await scene.say("between")
        await scene.delete("post", "undo")
        bob.script(503)
        await scene.scheduler.drain()
    with clock.held(NOW + clock.MINUTE):
        await scene.scheduler.drain()
    assert bob.names == ["between", "between"]
    assert await scene.cursors() == [0]


async def test_it_is_not_undone_when_the_undo_is_read_much_later(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say("post")
    async with storage.transaction():
        await cancel(THREAD, "o:post")
    await scene.say(*(f"b{n}" for n in range(45)))
    await scene.say("undo", kind="delete", object_uri="o:post", undoes_object=True)
    await scene.scheduler.drain()
    assert "undo" not in bob.names
    assert "post" not in bob.names
    assert len(bob.names) == 45


async def test_what_was_sent_is_undone(scene: Scene) -> None:
    bob = await scene.host()
    await scene.say("post")
    await scene.scheduler.drain()
    await scene.delete("post", "undo")
    await scene.scheduler.drain()
    assert bob.names == ["post", "undo"]


async def test_what_may_have_been_sent_is_undone_and_not_sent_again(scene: Scene) -> None:
    """The peer took it and answered 503 all the same."""
    bob = await scene.host()
    bob.script(503)
    with clock.held(NOW):
        await scene.say("post")
        await scene.scheduler.drain()
        await scene.delete("post", "undo")
    with clock.held(NOW + clock.MINUTE):
        await scene.scheduler.drain()
    assert bob.names == ["post", "undo"]
    assert await scene.ended() == [("post", "withdrawn")]


async def test_one_host_gets_the_undo_and_the_other_never_hears_of_it(scene: Scene) -> None:
    bob, ann = await scene.host(), await scene.host("m.example")
    scene.network.leave("m.example")
    with clock.held(NOW):
        await scene.say("first", thread="t")
        await scene.say("post", thread="t")
        await scene.scheduler.drain()
        await scene.delete("post", "undo")
    scene.network.join("m.example", ann.app)
    await storage.execute("UPDATE subscription SET claimed = 1 WHERE host = 'm.example'")
    with clock.held(NOW + clock.HOUR):
        await scene.scheduler.drain()
    assert bob.names == ["first", "post", "undo"]
    assert ann.names == ["first"]


async def test_an_undo_is_sent_to_who_came_after_the_post(scene: Scene) -> None:
    await scene.say("post")
    bob = await scene.host()
    await scene.delete("post", "undo")
    await scene.scheduler.drain()
    assert bob.names == ["undo"]


async def test_claimed_is_committed_before_anything_above_it_is_sent(scene: Scene) -> None:
    bob = await scene.host()
    claimed: list[int] = []
    real = scene.wire.keyring.signer

    async def watched(actor_uri: str) -> keys.Signer:
        row = await storage.row("SELECT claimed FROM subscription")
        claimed.append(row["claimed"] if row else -1)
        return await real(actor_uri)

    scene.wire.keyring.signer = watched  # type: ignore[method-assign,assignment]
    await scene.say("one", "two")
    await scene.scheduler.drain()
    assert bob.names == ["one", "two"]
    assert claimed == [2, 2]


# Trouble of our own


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
    monkeypatch.setattr(limits, "DELIVERIES_AT_ONCE", 1)
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
    answers = {name: 202 for name in names} | {"6": 503, "7": 429}
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
