"""What every hostile test starts with."""

from __future__ import annotations

import pytest

from trials import Scene, set_up
from world import World


@pytest.fixture
async def scene(world: World) -> Scene:
    """Our instance, honest Vic who is a member, and Eve."""
    return await set_up(world)
