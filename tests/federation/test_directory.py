"""What the directory refuses: the gone, the blocked, and documents about our own."""

from __future__ import annotations

from typing import Any

import pytest

from federation import ids, limits
from federation.errors import (
    Blocked,
    Forbidden,
    Gone,
    Malformed,
)
from federation.models import Actor
from federation.wire import Wire
from neighbour import Neighbour, instance, rsa
from network import Network

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

VIC = "https://h.example/users/vic"


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
async def ours(network: Network, database: object) -> Wire:
    return await instance(network)


@pytest.fixture
def h(network: Network) -> Neighbour:
    return Neighbour.on(network, "h.example")


async def row(uri: str = VIC) -> Actor:
    return await Actor.get(uri=uri)


async def local(ours: Wire, name: str) -> Actor:
    uri = ours.uris.group(name)
    return await Actor.create(
        id=ids.new(), uri=uri, kind="Group", local=True, host="groups.example", username=name
    )


async def test_a_buried_actor_is_gone_and_stays_so(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.actor(VIC)
    await ours.directory.bury(VIC)
    asked = len(network.log)

    for attempt in (
        ours.directory.actor(VIC),
        ours.directory.refresh(VIC),
        ours.directory.adopt(h.person("vic", rsa("vic"))),
    ):
        with pytest.raises(Gone):
            await attempt

    assert (await row()).state == "gone"
    assert len(network.log) == asked


async def test_what_a_buried_actor_signed_before_still_verifies(ours: Wire, h: Neighbour) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.actor(VIC)
    await ours.directory.bury(VIC)

    assert (await ours.directory.key(f"{VIC}#main-key")).owner == VIC


async def test_burying_a_stranger_does_nothing(ours: Wire) -> None:
    await ours.directory.bury(VIC)

    assert await ours.directory.known(VIC) is None


async def test_a_suspended_actor_is_not_lifted_by_a_refresh(ours: Wire, h: Neighbour) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.actor(VIC)
    await Actor.filter(uri=VIC).update(state="suspended")

    refreshed = await ours.directory.refresh(VIC)

    assert refreshed.state == "suspended"


async def test_a_blocked_host_is_never_asked(network: Network, ours: Wire, h: Neighbour) -> None:
    h.serve_person("vic", rsa("vic"))
    h.serve_handle("vic", VIC)
    await ours.peers.block("h.example")

    for attempt in (
        ours.directory.actor("https://below.h.example/users/vic"),
        ours.directory.actor(VIC),
        ours.directory.refresh(VIC),
        ours.directory.key(f"{VIC}#main-key"),
        ours.directory.rekey(f"{VIC}#main-key"),
        ours.directory.by_handle("vic@h.example"),
        ours.directory.adopt(h.person("vic", rsa("vic"))),
    ):
        with pytest.raises(Blocked):
            await attempt

    assert network.log == []
    assert await ours.directory.known(VIC) is None


async def test_a_block_holds_for_those_who_were_known_before(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.actor(VIC)
    await ours.peers.block("h.example")

    with pytest.raises(Blocked):
        await ours.directory.actor(VIC)
    with pytest.raises(Blocked):
        await ours.directory.key(f"{VIC}#main-key")


async def test_an_actor_of_ours_is_read_here(network: Network, ours: Wire) -> None:
    welders = await local(ours, "welders")

    assert await ours.directory.actor(welders.uri) == welders
    assert await ours.directory.refresh(welders.uri) == welders
    with pytest.raises(Gone):
        await ours.directory.actor(ours.uris.group("nobody"))
    assert network.log == []


async def test_no_document_changes_an_actor_of_ours(ours: Wire, h: Neighbour) -> None:
    welders = await local(ours, "welders")

    with pytest.raises(Forbidden):
        await ours.directory.adopt(h.person("vic", rsa("eve")) | {"id": welders.uri})
    with pytest.raises(Forbidden):
        await ours.directory.bury(welders.uri)

    after = await row(welders.uri)
    assert (after.state, after.kind, after.local) == ("live", "Group", True)


@pytest.mark.parametrize("document", [{}, {"id": 1}, {"id": VIC}, {"id": "vic", "type": "Person"}])
async def test_what_is_no_actor_is_not_adopted(ours: Wire, document: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        await ours.directory.adopt(document)


async def test_absurd_values_are_cut_to_what_a_row_holds(ours: Wire, h: Neighbour) -> None:
    endless = "x" * 100_000
    document = h.person("vic", rsa("vic"), name=endless, preferredUsername=endless, url=endless)

    actor = await ours.directory.adopt(document)

    assert len(actor.name) == limits.NAME_CHARS
    assert (actor.username, actor.page_url) == ("", "")


async def test_the_wire_can_be_closed(ours: Wire) -> None:
    await ours.close()
