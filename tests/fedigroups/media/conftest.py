"""What every test of pictures may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import neighbour
import scenery
from federation.models import Actor
from federation.wire import Wire
from fedigroups.media import library
from fedigroups.media.library import Library
from fedigroups.store import Store
from network import Network
from world import settings


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
async def wire(database: Store, network: Network) -> AsyncIterator[Wire]:
    """An instance of ours, as far as rows go."""
    made = await neighbour.instance(network)
    yield made
    await made.close()


@pytest.fixture
async def pictures(wire: Wire, tmp_path: Path) -> AsyncIterator[Library]:
    """Its pictures, in a folder of their own."""
    made = library.build(settings("groups.example", "", tmp_path / "data"), wire)
    yield made
    await made.close()


@pytest.fixture
async def olga(wire: Wire) -> Actor:
    return await scenery.person("olga@groups.example", name="Olga")


@pytest.fixture
async def tom(wire: Wire) -> Actor:
    return await scenery.person("tom@groups.example", name="Tom")
