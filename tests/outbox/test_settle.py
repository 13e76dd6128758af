"""What is withdrawn: never sent when there is time, undone when it may have been."""

from __future__ import annotations

import pytest

from federation import clock, keys, storage
from outbox.publish import cancel
from receivers import THREAD, Scene

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000


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
