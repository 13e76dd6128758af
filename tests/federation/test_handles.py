"""Who is behind a handle: the host of the handle and the actor must both say so."""

from __future__ import annotations

import pytest

from federation import ids
from federation.errors import (
    Gone,
    Malformed,
    NotUsable,
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


async def local(ours: Wire, name: str) -> Actor:
    uri = ours.uris.group(name)
    return await Actor.create(
        id=ids.new(), uri=uri, kind="Group", local=True, host="groups.example", username=name
    )


async def test_a_handle_finds_its_actor(network: Network, ours: Wire, h: Neighbour) -> None:
    h.serve_person("vic", rsa("vic"))
    h.serve_handle("vic", VIC)

    assert (await ours.directory.by_handle("@vic@h.example")).uri == VIC
    assert len(network.log) == 2


async def test_a_handle_of_ours_is_read_here(network: Network, ours: Wire) -> None:
    welders = await local(ours, "welders")

    assert await ours.directory.by_handle("!Welders@groups.example") == welders
    with pytest.raises(Gone):
        await ours.directory.by_handle("nobody@groups.example")
    assert network.log == []


async def test_a_handle_may_have_another_domain_than_its_actor(
    network: Network, ours: Wire
) -> None:
    social = Neighbour.on(network, "social.m.example")
    uri = social.serve_person("ann", rsa("ann"))
    social.serve_handle("ann", uri, subject="ann@m.example")
    Neighbour.on(network, "m.example").serve_handle("ann", uri)

    assert (await ours.directory.by_handle("ann@m.example")).uri == uri
    assert (await ours.directory.by_handle("ann@social.m.example")).uri == uri


async def test_eve_cannot_give_vic_a_handle(network: Network, ours: Wire, h: Neighbour) -> None:
    h.serve_person("vic", rsa("vic"))
    h.serve_handle("vic", VIC)
    Neighbour.on(network, "evil.example").serve_handle("president", VIC)

    with pytest.raises(NotUsable):
        await ours.directory.by_handle("president@evil.example")


async def test_eve_cannot_go_by_the_handle_of_vic(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    h.serve_handle("vic", VIC)
    evil = Neighbour.on(network, "evil.example")
    uri = evil.serve_person("vic", rsa("eve"), webfinger="vic@h.example")
    evil.serve_handle("vic", uri, subject="vic@h.example")

    assert (await ours.directory.by_handle("vic@evil.example")).uri == VIC


async def test_a_handle_elsewhere_does_not_lead_to_an_actor_of_ours(
    network: Network, ours: Wire
) -> None:
    welders = await local(ours, "welders")
    Neighbour.on(network, "evil.example").serve_handle("x", welders.uri)

    with pytest.raises(NotUsable):
        await ours.directory.by_handle("x@evil.example")


async def test_what_is_no_handle_is_malformed(network: Network, ours: Wire) -> None:
    with pytest.raises(Malformed):
        await ours.directory.by_handle("vic@h.example/x")

    assert network.log == []
