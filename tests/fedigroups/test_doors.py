"""Which inboxes there are."""

from __future__ import annotations

import pytest

from federation.models import Actor
from fedigroups.app import doors
from world import World

pytestmark = pytest.mark.anyio


async def test_whoever_lives_here_has_an_inbox_and_nobody_else(world: World) -> None:
    town = await world.town()
    uris = town.wire.uris

    async def work() -> None:
        olga, welders = uris.person("olga"), uris.group("welders")
        await Actor.filter(uri=uris.person("tom")).update(state="gone")
        await Actor.filter(uri=olga).update(local=False)
        exists = doors(town.wire)
        assert await exists(uris.shared_inbox)
        assert await exists(uris.inbox(welders))
        for nobody in (olga, uris.person("tom"), uris.person("eve")):
            assert not await exists(uris.inbox(nobody))

    await town.run(work)
