"""One delivery: how it is signed, and when it is tried with the other form."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from federation import clock, keys, limits
from federation import signatures as signatures_module
from neighbour import rsa
from receivers import WELDERS, Scene, draft

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000


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
    await scene.wire.peers.learn_forms({"l.example": "rfc9421"})
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


async def test_a_long_answer_is_not_read_to_its_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(400):
            read += 10_000
            yield b"x" * 10_000

    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(202, content=endless())

    await scene.host()
    monkeypatch.setattr(scene.network, "handle_async_request", answer)
    await scene.say("one")
    await scene.scheduler.drain()
    assert limits.DELIVERY_ANSWER_BYTES <= read <= limits.DELIVERY_ANSWER_BYTES + 10_000
    assert await scene.cursors() == [0]
    assert await scene.ended() == []
