"""What every test of the rules of groups may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import neighbour
import scenery
from federation.models import Actor
from fedigroups.groups import routing
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group
from fedigroups.store import Store
from network import Network
from village import Here


@pytest.fixture
async def here(database: Store) -> AsyncIterator[Here]:
    """An instance of ours with a group, as far as rows go, on each kind of database."""
    network = Network()
    wire = await neighbour.instance(network, watch=routing.watch())
    group = await scenery.group()
    uris, uri = wire.uris, wire.uris.group("welders")
    await Actor.filter(uri=uri).update(
        inbox=uris.inbox(uri),
        shared_inbox=uris.shared_inbox,
        followers=uris.followers(uri),
        moderators=uris.moderators(uri),
    )
    yield Here(wire, network, Hosted(await Group.get(id=group.id), await Actor.get(uri=uri)))
    await wire.close()
