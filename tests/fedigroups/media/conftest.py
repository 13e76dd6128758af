"""What every test of pictures may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import neighbour
import scenery
from federation.models import Actor
from federation.wire import Wire
from fedigroups.groups.models import Post
from fedigroups.media import bearers, library
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
async def shown(wire: Wire) -> Post:
    """A post that shows Ann's picture."""
    ann = await scenery.person("ann@m.example", name="Ann")
    _, post = await scenery.thread(await scenery.group(), ann)
    await bearers.add(post.id, ["https://m.example/ann.png"])
    return post


@pytest.fixture
async def olga(wire: Wire) -> Actor:
    return await scenery.person("olga@groups.example", name="Olga")


@pytest.fixture
async def tom(wire: Wire) -> Actor:
    return await scenery.person("tom@groups.example", name="Tom")
