"""Whom a text may name: nobody learns from it of somebody hidden."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest

import neighbour
from federation.models import Actor, Peer
from federation.peers import Peers
from fedigroups.groups import naming
from fedigroups.personal import hosts, stances
from fedigroups.store import Store
from network import Network
from scenery import group, join, person, post, thread

pytestmark = pytest.mark.anyio


@pytest.fixture
async def peers(database: Store) -> AsyncIterator[Peers]:
    wire = await neighbour.instance(Network())
    yield wire.peers
    await wire.close()


async def offered(peers: Peers, text: str, reader: Actor) -> list[str]:
    return [one.handle for one in await naming.beginning_with(peers, text, reader.id)]


async def test_names_are_offered_of_those_who_may_be_known_the_nearest_first(peers: Peers) -> None:
    named = partial(offered, peers)
    welders, olga = await group(), await person("olga@groups.example", name="Olga")
    people = {
        handle: await person(handle, name=handle.title())
        for handle in (
            *("annika@groups.example", "ann@m.example", "anna@spam.example", "anne@l.example"),
            *("ansel@h.example", "anton@h.example", "another@groups.example"),
        )
    }
    for member in (olga, people["ann@m.example"], people["anna@spam.example"]):
        await join(welders, member)
    await Peer.create(host="spam.example", blocked=True, first_seen_at=1)
    await stances.judge(olga.id, people["anne@l.example"].id, "blocked", True)
    await Actor.filter(username__in=["ansel", "anton", "ann"]).update(discoverable=False)
    await Actor.filter(username="another").update(state="pending")
    await Actor.filter(username="welders").update(name="Ancient welders")
    talk, root = await thread(welders, people["ann@m.example"])
    hidden = {"visibility": "members"}
    await post(talk, people["anton@h.example"], root, **hidden)

    near = ["ann@m.example"]
    assert await named("@an", olga) == [*near, "annika@groups.example", "welders@groups.example"]
    assert await named("an", people["annika@groups.example"]) == [
        *("welders@groups.example", "anne@l.example")
    ]
    assert await named("ansel", olga) == ["ansel@h.example"]  # the whole name
    assert await named("anni@groups", olga) == ["annika@groups.example"]
    for nothing in ("", "a", "@", "zz", "a%", "_n", "anto"):
        assert await named(nothing, olga) == [], nothing


async def test_nobody_is_offered_of_a_blocked_server_under_any_of_its_names(peers: Peers) -> None:
    olga = await person("olga@groups.example")
    for host in ("spam.example", "a.spam.example", "spam.example:8443", "notspam.example"):
        await person(f"anna@{host}")
    await peers.block("spam.example")
    assert await offered(peers, "ann", olga) == ["anna@notspam.example"]
    await hosts.block(olga.id, "notspam.example")
    assert await offered(peers, "ann", olga) == []
