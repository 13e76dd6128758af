"""What the tests of the outbox share: our side, with a group in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import receivers
from fedigroups.store import Store
from outbox import scheduler


@pytest.fixture
async def scene(database: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[receivers.Scene]:
    """An instance with the group `welders`, on each kind of database."""
    monkeypatch.setattr(scheduler, "FINISH_SECONDS", 0.1)  # so that hosts that hang end a test soon
    made = await receivers.scene()
    yield made
    await made.wire.close()
