"""A word is said when its act is committed, and never when it is not."""

from __future__ import annotations

from contextlib import suppress

import pytest

from federation import storage
from fedigroups import news
from fedigroups.bus import NEWS
from fedigroups.news import Word
from world import World

pytestmark = pytest.mark.anyio


async def test_what_an_act_says_is_heard_after_its_commit_and_not_without(world: World) -> None:
    town = await world.town()
    heard: list[Word | None] = []
    town.instance.bus.listen(NEWS, lambda payload: heard.append(news.read(payload)))

    async def acts() -> None:
        news.say("post", 1)
        assert heard == [Word("post", (1,))]
        async with storage.transaction():
            news.say("edit", 2)
            async with storage.transaction():
                news.ended(3, [3, 4])
            assert len(heard) == 1
        with suppress(LookupError):
            async with storage.transaction():
                news.say("notice", 5)
                raise LookupError

    await town.run(acts)
    assert heard == [Word("post", (1,)), Word("edit", (2,)), Word("gone", (3, 3, 4))]


@pytest.mark.parametrize("payload", [b"", b"post x", b"post \xff", b"dance 1", b"post -1"])
def test_what_another_version_says_is_no_word(payload: bytes) -> None:
    assert news.read(payload) is None
