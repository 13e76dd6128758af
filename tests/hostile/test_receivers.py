"""Servers that do not take what they are owed, or answer it badly."""

from __future__ import annotations

import asyncio
import time

import pytest

import receivers
from federation import clock, limits, signatures
from federation.errors import BadSignature
from federation.keys import PublicKey
from federation.pace import Memory
from fedigroups.store import Store
from neighbour import rsa
from outbox.revival import Revival
from receivers import WELDERS, Scene

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000
REDIRECTS = [
    (301, "https://l.example/login"),
    (302, "/login"),
    (303, "https://evil.example/inbox"),
    (307, "https://l.example/other-inbox"),
    (308, "https://evil.example/inbox"),
    (307, "http://127.0.0.1/"),
]


@pytest.fixture
async def post(database: Store) -> Scene:
    """Our side of the outbox, with a group in it."""
    return await receivers.scene()


async def test_an_inbox_that_hangs_is_left_after_a_while(
    post: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # H256; that others are not delayed is in tests/outbox/test_scheduler.py
    assert limits.DELIVERY_SECONDS == 10.0
    monkeypatch.setattr(limits, "DELIVERY_SECONDS", 0.3)
    hanging, honest = await post.host("hangs.example"), await post.host()
    hanging.gate = asyncio.Event()
    await post.say("one", "two")
    begun = time.perf_counter()
    await post.scheduler.drain()
    assert 0.3 <= time.perf_counter() - begun < 5
    assert honest.taken == ["one", "two"]
    assert hanging.taken == []
    assert (await post.lane("hangs.example"))["state"] == "failing"
    assert "0.3 seconds" in (await post.lane("hangs.example"))["last_error"]


@pytest.mark.parametrize(("status", "place"), REDIRECTS)
async def test_a_redirect_takes_no_delivery_anywhere(post: Scene, status: int, place: str) -> None:
    # H259
    bob, evil = await post.host(), await post.host("evil.example", reads=())
    bob.answer = lambda got: (status, {"Location": place})
    with clock.held(NOW):
        await post.say("one")
        await post.scheduler.drain()
    assert (bob.names, bob.taken, evil.names) == (["one"], [], [])
    assert post.network.requests("GET") == []
    assert (await post.lane())["state"] == "failing"
    bob.answer = lambda got: 202
    with clock.held(NOW + clock.MINUTE):
        await post.scheduler.drain()
    assert bob.taken == ["one"]


async def test_what_a_host_sends_says_nothing_of_what_it_takes(post: Scene) -> None:
    # H263: it speaks to us every day and refuses what it is sent for fifteen
    bob, heard = await post.host(), Revival()
    bob.answer = lambda got: 503
    with clock.held(NOW):
        await post.say("one")
        await post.scheduler.drain()
    for day in range(1, 16):
        with clock.held(NOW + day * clock.DAY):
            await heard.heard("l.example")
            await post.scheduler.drain()
    lane = await post.lane()
    assert (lane["state"], lane["failing_since"]) == ("dormant", NOW)


async def test_every_attempt_is_signed_anew_with_the_key_of_now(post: Scene) -> None:
    # H261: a backlog is signed when it is sent
    bob = await post.host()
    bob.script(503)
    with clock.held(NOW):
        await post.say("one")
        await post.scheduler.drain()
    later = NOW + 2 * clock.HOUR
    with clock.held(later):
        await post.scheduler.drain()
        key = PublicKey(f"{WELDERS}#main-key", WELDERS, "rsa", rsa("welders").public_key())
        (claim,) = signatures.read(bob.got[-1].signed("l.example"))
        claim.check(bob.got[-1].signed("l.example"), key)
        with pytest.raises(BadSignature):
            signatures.read(bob.got[0].signed("l.example"))


async def test_what_is_remembered_of_hosts_is_bounded_and_forgotten() -> None:
    # H265: every memory of others is one of these (tests/federation/test_pace.py)
    memory: Memory[bool] = Memory()
    most = limits.NEGATIVE_ENTRIES
    with clock.held(NOW):
        for number in range(most + 5_000):
            memory.put(f"n{number}.example", True, 60)
        assert len(memory) == most
        assert memory.get("n4999.example") is None
        assert memory.get("n5000.example")
    with clock.held(NOW + clock.MINUTE):
        assert not any(memory.get(f"n{number}.example") for number in range(most + 5_000))
        assert len(memory) == 0
