"""A picture of another server is shown from here as long as some post here shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.responses import Response

import drawn
from federation import clock, storage
from federation.models import Actor
from fedigroups.groups import ending, lookup, speaking, threads
from fedigroups.groups.models import Group, Post
from fedigroups.media import sweeping
from fedigroups.media.models import RemotePicture
from servers import Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

SEAM, BEAD = "https://files.example/seam.jpg", "https://files.example/bead.jpg"


class Gallery:
    """What visitors of ours see of pictures that stand elsewhere."""

    def __init__(self, world: World, town: Town) -> None:
        self.world, self.town = world, town
        world.network.join("files.example", Response(drawn.photo(), media_type="image/jpeg"))

    async def look(self, url: str = SEAM) -> int:
        """What whoever has the address of our copy is answered."""
        shown = self.town.instance.media.pictures.shown(url)
        async with httpx.AsyncClient(transport=self.world.network) as client:
            return (await client.get(shown)).status_code

    async def kept(self) -> list[str]:
        """The addresses of which we have copies, after a sweep."""

        async def work() -> list[str]:
            await sweeping.sweep(self.town.instance.media)
            return sorted([row.url async for row in RemotePicture.filter(bytes__gt=0)])

        return list(await self.town.run(work))

    @property
    def asked(self) -> int:
        return len(self.world.network.requests("GET", "https://files.example/"))


@pytest.fixture
async def gallery(world: World) -> Gallery:
    return Gallery(world, await world.town())


@pytest.fixture
async def ann(world: World) -> Member:
    ann = Server.at(world.network, "m.example", "mastodon").member("ann")
    assert await ann.send(ann.follow()) == 202
    await world.settle()
    return ann


def pictured(ann: Member, *urls: str) -> dict[str, Any]:
    parts = [{"type": "Document", "mediaType": "image/jpeg", "url": url} for url in urls]
    return ann.note("Look at this.", attachment=parts)


async def say(world: World, ann: Member, kind: str, object: Any, **more: Any) -> None:
    assert await ann.send(ann.act(kind, object, **more)) == 202
    await world.settle()


async def shows(world: World, ann: Member, *urls: str) -> dict[str, Any]:
    """A post of Ann's that shows them."""
    note = pictured(ann, *urls)
    assert await ann.send(ann.create(note)) == 202
    await world.settle()
    return note


async def test_a_copy_goes_with_the_last_post_that_shows_the_picture(
    world: World, gallery: Gallery, ann: Member
) -> None:
    first, second = await shows(world, ann, SEAM, BEAD), await shows(world, ann, SEAM)
    assert [await gallery.look(url) for url in (SEAM, BEAD)] == [200, 200]

    await say(world, ann, "Delete", first["id"])
    assert [await gallery.look(url) for url in (SEAM, BEAD)] == [200, 404]
    assert await gallery.kept() == [SEAM]
    await say(world, ann, "Delete", second["id"])
    assert await gallery.look() == 404
    assert await gallery.kept() == []
    assert gallery.asked == 2, "whoever kept the address does not have it fetched again"


async def test_a_picture_that_its_author_took_out_goes(
    world: World, gallery: Gallery, ann: Member
) -> None:
    note = await shows(world, ann, SEAM)
    assert await gallery.look() == 200
    newer = (
        note | pictured(ann, BEAD) | {"id": note["id"], "updated": clock.rfc3339(clock.now_ms())}
    )
    await say(world, ann, "Update", newer)
    assert [await gallery.look(url) for url in (SEAM, BEAD)] == [404, 200]
    assert await gallery.kept() == [BEAD]


async def test_a_picture_that_no_post_shows_is_not_fetched(gallery: Gallery) -> None:
    assert await gallery.look() == 404
    assert gallery.asked == 0


async def _remove(town: Town, post: Post) -> None:
    olga = await Actor.get(username="olga", local=True)
    await speaking.remove(town.wire, olga, post, "advertising")


async def _close(town: Town, _post: Post) -> None:
    await ending.close(town.wire, await lookup.hosted_named("welders"))


async def _suspend(_town: Town, _post: Post) -> None:
    await Group.filter(name="welders").update(state="suspended")


async def _leave(_town: Town, post: Post) -> None:
    async with storage.transaction():
        await threads.end(post, "deleted", "Its author is gone.")


@pytest.mark.parametrize("end", [_remove, _close, _suspend, _leave])
async def test_however_a_post_ends_its_pictures_go(
    world: World,
    gallery: Gallery,
    ann: Member,
    end: Callable[[Town, Post], Awaitable[None]],
) -> None:
    note = await shows(world, ann, SEAM)
    assert await gallery.look() == 200
    await gallery.town.run(
        lambda: _with_post(gallery.town, note["id"], end),
    )
    assert await gallery.look() == 404
    assert await gallery.kept() == []


async def _with_post(town: Town, uri: str, end: Callable[[Town, Post], Awaitable[None]]) -> None:
    await end(town, await Post.get(uri=uri).select_related("thread__group", "author"))


async def test_a_post_that_is_shown_again_shows_its_pictures(
    world: World, gallery: Gallery, ann: Member
) -> None:
    note = await shows(world, ann, SEAM)
    await gallery.town.run(lambda: _with_post(gallery.town, note["id"], _remove))
    assert (await gallery.look(), await gallery.kept()) == (404, [])

    async def restore(_town: Town, post: Post) -> None:
        async with storage.transaction():
            await threads.restore(post.thread.group, post)

    await gallery.town.run(lambda: _with_post(gallery.town, note["id"], restore))
    assert await gallery.look() == 200
