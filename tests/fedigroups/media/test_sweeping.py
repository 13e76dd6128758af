"""What nobody holds is forgotten: files first, then rows; and nothing that somebody holds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import drawn
from federation import clock, limits, storage
from federation.errors import Malformed, Unreachable
from federation.models import Actor
from fedigroups.media import sweeping, uploads
from fedigroups.media.library import Library
from fedigroups.media.models import Media
from fedigroups.media.store import Store
from fedigroups.media.sweeping import Swept

pytestmark = pytest.mark.anyio

POST = "https://groups.example/users/olga/posts/1"
A_DAY_ON = limits.UNATTACHED_SECONDS * 1_000 + 1


def files(folder: Path) -> int:
    return len([one for one in (folder / "data" / "media").rglob("*") if one.is_file()])


async def test_an_upload_that_no_post_takes_for_a_day_is_forgotten(
    pictures: Library, olga: Actor, tmp_path: Path
) -> None:
    waits = await uploads.accept(pictures, olga, drawn.png())
    held = await uploads.accept(pictures, olga, drawn.png())
    await uploads.hold(POST, [held])
    cut_off = tmp_path / "data/media/.writing/killed"
    cut_off.write_bytes(b"half of a pic")
    assert await sweeping.sweep(pictures) == Swept(0, 0, 0)
    assert files(tmp_path) == 5

    with clock.held(clock.now_ms() + A_DAY_ON):
        would = await sweeping.due()
        assert (would, files(tmp_path)) == (Swept(1, 0, waits.bytes), 5)
        assert (await Media.get(id=waits.id)).state == "waiting"
        assert await sweeping.sweep(pictures) == would
    assert files(tmp_path) == 2
    assert [one.id for one in await Media.all()] == [held.id]


async def test_pictures_of_deleted_posts_go_and_of_removed_ones_after_a_month(
    pictures: Library, olga: Actor, tmp_path: Path
) -> None:
    for number, withheld in ((1, False), (2, True)):
        made = await uploads.accept(pictures, olga, drawn.png())
        await uploads.hold(f"{POST}{number}", [made])
        await uploads.let_go(f"{POST}{number}", withheld=withheld)
    await sweeping.sweep(pictures)
    assert files(tmp_path) == 2
    with clock.held(clock.now_ms() + limits.WITHHELD_SECONDS * 1_000 + 1):
        await sweeping.sweep(pictures)
    assert (files(tmp_path), await Media.all().count()) == (0, 0)


async def test_a_store_that_fails_is_swept_another_time(
    pictures: Library, olga: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await uploads.accept(pictures, olga, drawn.png())
    await uploads.take_back(olga, made.id)

    async def fail(*_: object) -> None:
        raise Unreachable("the store is down")

    with monkeypatch.context() as patch:
        patch.setattr(type(pictures.store), "delete", fail)
        assert await sweeping.sweep(pictures) == Swept(0, 0, 0)
    assert await Media.exists(id=made.id)
    assert (await sweeping.sweep(pictures)).uploads == 1


@dataclass
class Meanwhile:
    """A store in which, while a file is deleted, a post wants a picture that is to go as well."""

    store: Store
    wanted: list[Media]
    refusals: list[str] = field(default_factory=list)

    async def delete(self, key: str) -> None:
        for one in self.wanted:
            try:
                await uploads.hold(POST, [one])
            except Malformed as error:
                self.refusals.append(str(error))
        await self.store.delete(key)

    async def cut_off(self, before: float) -> list[str]:
        return await self.store.cut_off(before)


async def test_a_picture_that_is_being_forgotten_is_taken_by_no_post(
    pictures: Library, olga: Actor
) -> None:
    both = [await uploads.accept(pictures, olga, drawn.png()) for _ in range(2)]
    busy = Meanwhile(pictures.store, both)
    with clock.held(clock.now_ms() + A_DAY_ON):
        await sweeping.sweep(replace(pictures, store=busy))  # type: ignore[arg-type]
    assert len(busy.refusals) == 8
    assert await Media.all().count() == 0


async def test_what_is_kept_is_counted(pictures: Library, olga: Actor) -> None:
    made = await uploads.accept(pictures, olga, drawn.png())
    await storage.execute(
        "INSERT INTO remote_picture (digest, url, key, type, bytes, reason, fetched_at, until)"
        " VALUES ('a', 'u', 'k', 'image/png', 7, '', 0, 0), ('b', 'u', '', '', 0, 'no', 0, 0)"
    )
    assert await sweeping.usage() == sweeping.Usage(1, made.bytes, 1, 0, 1, 7, 1)
