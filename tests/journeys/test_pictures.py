"""A picture goes with a post: out to members elsewhere, into their pages, and away with it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

import drawn
from federation import storage
from federation.models import Actor
from fedigroups.accounts import looks
from fedigroups.groups import ending, founding, lookup, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Post
from fedigroups.groups.speaking import Text
from fedigroups.media import names, sweeping, uploads
from fedigroups.media.models import Media
from fedigroups.media.uploads import NO_WORDS, Words
from outbox.publish import publish
from world import Town, World

pytestmark = pytest.mark.anyio


async def upload(town: Town, name: str, words: Words = NO_WORDS) -> Media:
    async def work() -> Media:
        person = await Actor.get(username=name, local=True)
        return await uploads.accept(town.instance.media, person, drawn.photo(900, 600), words)

    return await town.run(work)


async def write(town: Town, name: str, *media: int) -> Post:
    async def work() -> Post:
        person = await Actor.get(username=name, local=True)
        group = await lookup.any_group("welders")
        return await speaking.write(town.wire, person, group, Text("Look.", media=media))

    return await town.run(work)


async def act(town: Town, verb: str, post: Post, *more: Any) -> None:
    async def work() -> None:
        person = await Actor.get(username="olga", local=True)
        found = await Post.get(id=post.id)
        await getattr(speaking, verb)(town.wire, person, found, *more)

    await town.run(work)


async def get(world: World, url: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=world.network) as client:
        return await client.get(url, headers=headers)


async def document(world: World, uri: str) -> dict[str, Any]:
    answer = await get(world, uri, Accept="application/activity+json")
    return dict(answer.json())


async def test_a_picture_reaches_a_member_on_another_instance_and_goes_with_its_post(
    world: World,
) -> None:
    ours, second = await world.town(), await world.town("second.example")
    await second.join("mia", "@welders@groups.example")
    await world.settle()
    made = await upload(ours, "olga", Words("A clean bead", (0.5, -0.25)))
    post = await write(ours, "olga", made.id)
    await world.settle()

    (sent,) = (await document(world, post.uri))["attachment"]
    assert sent == {
        "type": "Document",
        "mediaType": "image/jpeg",
        "url": made.url,
        "name": "A clean bead",
        "width": 900,
        "height": 600,
        "blurhash": made.blurhash,
        "focalPoint": [0.5, -0.25],
    }
    theirs = await second.post(post.uri)
    assert theirs is not None
    (kept,) = json.loads(theirs.attachments)
    assert (kept["text"], kept["focus"]) == ("A clean bead", [0.5, -0.25])

    # Mia's server shows a copy of its own.
    page = await get(
        world, f"https://second.example/groups/welders@groups.example/threads/{theirs.thread_id}"
    )
    shown = second.instance.media.pictures.shown(made.url, "preview")
    assert f'src="{shown}" alt="A clean bead" width="900" height="600"' in page.text
    assert (await get(world, shown)).headers["content-type"] == "image/webp"

    await act(ours, "delete", post)
    await world.settle()
    assert (await get(world, made.url)).status_code == 404
    await ours.run(lambda: sweeping.sweep(ours.instance.media))
    assert await ours.instance.media.store.get(names.file(made.key, made.type)) is None


async def test_an_edit_keeps_its_pictures_unless_it_names_others(world: World) -> None:
    ours = await world.town()
    first, second = await upload(ours, "olga"), await upload(ours, "olga")
    post = await write(ours, "olga", first.id)
    await act(ours, "edit", post, Text("Look again."))
    assert [one["url"] for one in (await document(world, post.uri))["attachment"]] == [first.url]
    await act(ours, "edit", post, Text("Another.", media=(second.id,)))
    assert [one["url"] for one in (await document(world, post.uri))["attachment"]] == [second.url]
    await act(ours, "edit", post, Text("None.", media=()))
    assert "attachment" not in await document(world, post.uri)
    assert (await get(world, first.url)).status_code == 404


async def test_the_pictures_of_a_removed_post_are_kept_for_those_who_look_into_it(
    world: World,
) -> None:
    ours = await world.town()
    made = await upload(ours, "tom")
    post = await write(ours, "tom", made.id)
    await act(ours, "remove", post, "advertising")
    assert (await get(world, made.url)).status_code == 404
    await ours.run(lambda: sweeping.sweep(ours.instance.media))
    assert await ours.instance.media.store.get(names.file(made.key, made.type)) is not None


async def test_a_post_of_nothing_but_a_picture_is_a_post(world: World) -> None:
    ours = await world.town()
    made = await upload(ours, "olga")

    async def work() -> Post:
        olga = await Actor.get(username="olga", local=True)
        group = await lookup.any_group("welders")
        return await speaking.write(ours.wire, olga, group, Text("", media=(made.id,)))

    post = await ours.run(work)
    assert (await document(world, post.uri))["attachment"][0]["name"] is None


async def test_groups_and_people_have_icons_and_banners(world: World) -> None:
    ours, second = await world.town(), await world.town("second.example")
    await second.join("mia", "@welders@groups.example")
    await world.settle()

    async def dress() -> tuple[Media, Media]:
        media = ours.instance.media
        hosted = await lookup.hosted_named("welders")
        icon = await uploads.accept_icon(media, hosted.actor, drawn.png())
        banner = await uploads.accept(media, hosted.actor, drawn.photo(1_200, 300))
        async with storage.transaction():
            profile = Profile(icon=icon, banner=banner)
            await publish(await founding.change(ours.wire, hosted, profile))
        return icon, banner

    old, _ = await ours.run(dress)
    icon, banner = await ours.run(dress)
    await world.settle()
    shown = await document(world, "https://groups.example/groups/welders")
    assert (shown["icon"]["url"], shown["image"]["url"]) == (icon.url, banner.url)
    theirs = await second.group("@welders@groups.example")
    assert (theirs.icon_url, theirs.banner_url) == (icon.url, banner.url)
    page = await get(world, "https://groups.example/groups/welders")
    assert f'<img src="{icon.url}"' in page.text
    assert (await get(world, old.url)).status_code == 404

    async def dress_olga() -> None:
        olga = await Actor.get(username="olga", local=True)
        face = await uploads.accept_icon(ours.instance.media, olga, drawn.png())
        await looks.change(olga, icon=face, banner=None, name="Olga Berg")

    await ours.run(dress_olga)
    olga = await document(world, "https://groups.example/users/olga")
    assert olga["icon"]["url"].startswith("https://groups.example/media/")
    assert olga["name"] == "Olga Berg"
    assert "image" not in olga


async def test_the_icon_of_a_group_goes_when_it_is_closed(world: World) -> None:
    ours = await world.town()

    async def dress() -> Media:
        hosted = await lookup.hosted_named("welders")
        icon = await uploads.accept_icon(ours.instance.media, hosted.actor, drawn.png())
        async with storage.transaction():
            await publish(await founding.change(ours.wire, hosted, Profile(icon=icon)))
        return icon

    async def close() -> None:
        await ending.close(ours.wire, await lookup.hosted_named("welders"))
        await sweeping.sweep(ours.instance.media)

    icon = await ours.run(dress)
    assert (await get(world, icon.url)).status_code == 200
    await ours.run(close)
    assert (await get(world, icon.url)).status_code == 404
    assert await ours.instance.media.store.get(names.file(icon.key, icon.type)) is None
