"""What the tests of the outbox share: our side, with a group in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import receivers
from fedigroups.store import Store


@pytest.fixture
async def scene(database: Store) -> AsyncIterator[receivers.Scene]:
    """An instance with the group `welders`, on each kind of database."""
    made = await receivers.scene()
    yield made
    await made.wire.close()
