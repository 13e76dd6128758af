"""Hosts that were met once, and that nothing holds, are forgotten; and are met again."""

from __future__ import annotations

import pytest

from federation import clock, limits, storage
from federation.models import Peer
from fedigroups import worker
from servers import GROUP, Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

KEPT = limits.HOST_KEPT_SECONDS * clock.SECOND
TABLES = ("peer", "lane", "subscription")


async def hosts(town: Town) -> dict[str, set[str]]:
    """Of which hosts there is a row, by table."""
    return {
        table: {
            row["host"]
            for row in await town.run(lambda table=table: storage.rows(f"SELECT host FROM {table}"))
        }
        for table in TABLES
    }


async def keep_house(town: Town, later: int) -> None:
    with clock.held(clock.now_ms() + later):
        await town.run(lambda: worker.keep_house(town.instance))


async def test_hosts_that_were_met_once_are_forgotten_and_met_anew(world: World) -> None:
    town = await world.town()
    known = {
        name: Server.at(world.network, f"{name}.example", "mastodon").member("ann")
        for name in ("member", "gone", "once")
    }

    async def meet(ann: Member) -> None:
        assert await ann.send(ann.follow()) == 202
        await world.settle()

    await meet(known["member"])
    await meet(known["gone"])
    await known["gone"].send(known["gone"].act("Undo", known["gone"].follow()))
    await known["once"].send(known["once"].act("Like", f"{GROUP}/threads/0"))
    await world.settle()
    peers = town.wire.peers
    named = (("blocked", peers.block), ("limited", peers.limit), ("allowed", peers.allow))
    for name, act in named:
        await town.run(lambda act=act, name=name: act(f"{name}.example"))
    await town.run(lambda: peers.block("noted.example", "Once bad"))
    await town.run(lambda: peers.unblock("noted.example"))
    await town.run(lambda: peers.learn_forms({"fresh.example": "cavage"}))
    await keep_house(town, KEPT - clock.HOUR)
    assert {"once.example", "fresh.example"} <= (await hosts(town))["peer"]

    await town.run(lambda: Peer.filter(host="fresh.example").update(form_learned_at=2**42))
    await keep_house(town, KEPT + clock.HOUR)
    left = await hosts(town)
    held = {f"{name}.example" for name in ("blocked", "limited", "allowed", "noted", "fresh")}
    assert left["peer"] >= held | {"member.example"}
    assert "once.example" not in left["peer"]
    assert left["lane"] == left["subscription"] == {"member.example"}

    await meet(known["once"])
    now = await hosts(town)
    assert all("once.example" in now[table] for table in TABLES)
    assert known["once"].home.kinds()[-1:] == ["Accept{Follow}"]
