"""Files of people here who mean ill, and pictures of servers that do."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import httpx
import pytest
from starlette.responses import Response

import drawn
from federation.errors import Malformed
from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.groups import lookup, speaking
from fedigroups.groups.models import Post
from fedigroups.groups.speaking import Text
from fedigroups.media import uploads
from fedigroups.media.models import Media
from trials import Scene
from world import Town

pytestmark = pytest.mark.anyio


async def upload(town: Town, name: str, content: bytes) -> Media:
    async def work() -> Media:
        person = await Actor.get(username=name, local=True)
        return await uploads.accept(town.instance.media, person, content)

    return await town.run(work)


async def post(town: Town, name: str, *media: int) -> Post:
    async def work() -> Post:
        person = await Actor.get(username=name, local=True)
        group = await lookup.any_group("welders")
        return await speaking.write(town.wire, person, group, Text("Look.", media=media))

    return await town.run(work)


async def fetch(scene: Scene, url: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=scene.world.network) as client:
        return await client.get(url, headers=headers)


@pytest.mark.parametrize(
    "content",
    [
        *(drawn.ACTIVITY, drawn.SVG, drawn.HTML, drawn.PDF, drawn.EPS, drawn.PSD, drawn.PLAYLIST),
        drawn.tiff(),
    ],
)
async def test_a_file_that_is_no_picture_is_not_taken(scene: Scene, content: bytes) -> None:
    # H009, H171, H180
    with pytest.raises(Malformed, match="The file is"):
        await upload(scene.ours, "tom", content)


async def test_a_picture_that_is_an_activity_too_is_never_served_as_one(scene: Scene) -> None:
    # H009
    note = drawn.ACTIVITY.replace(b"https://x/", b"https://groups.example/users/olga")
    made = await upload(scene.ours, "tom", drawn.moving(frames=1) + note)
    answer = await fetch(scene, made.url, Accept=ACTIVITY_JSON)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert b"activitystreams" not in answer.content


async def test_bombs_do_not_go_off(scene: Scene) -> None:
    # H172
    for bomb in (drawn.bomb(), drawn.moving(frames=1_000, width=2, height=2)):
        with pytest.raises(Malformed, match="more than"):
            await upload(scene.ours, "tom", bomb)
    assert (await upload(scene.ours, "tom", drawn.png())).state == "waiting"


async def test_where_a_photo_was_taken_is_told_to_nobody(scene: Scene) -> None:
    # H173
    for content in (drawn.photo(900, 600), drawn.png(900, 600)):
        made = await upload(scene.ours, "tom", content)
        for url in (made.url, made.url.rpartition(".")[0] + "-preview.webp"):
            answer = await fetch(scene, url)
            assert answer.status_code == 200
            assert drawn.SECRET.encode() not in answer.content
            assert not drawn.opened(answer.content).getexif()


async def test_our_proxy_is_nobody_elses(scene: Scene) -> None:
    # H175
    asked = len(scene.world.network.log)
    pictures = scene.ours.instance.media.pictures
    signed = pictures.shown("https://h.example/vic.png", "icon")
    for url in (
        "https://groups.example/media/proxy?url=http://169.254.169.254/",
        f"{signed}&file_type=jpg&proxy=http://169.254.169.254/",
        signed.replace("/icon/", "/whole/"),
        signed[:-4],
        f"{signed.rpartition('/')[0]}/{urlsafe_b64encode(b'https://evil.example/x').decode()}",
    ):
        assert (await fetch(scene, url)).status_code == 404, url
    assert {one.host for one in scene.world.network.log[asked:]} == {"groups.example"}
    await fetch(scene, f"{signed}?url=http://169.254.169.254/")
    targets = {one.host for one in scene.world.network.log[asked:]}
    assert targets == {"groups.example", "h.example"}, "what is beside an address is not read"


async def test_nobody_posts_with_anothers_picture_or_twice_with_one(scene: Scene) -> None:
    # H177
    hers = await upload(scene.ours, "olga", drawn.png())
    with pytest.raises(Malformed, match="no picture"):
        await post(scene.ours, "tom", hers.id)
    assert await scene.ours.run(lambda: Post.all().count()) == 0
    await post(scene.ours, "olga", hers.id)
    with pytest.raises(Malformed, match="in another post"):
        await post(scene.ours, "olga", hers.id)
    assert await scene.ours.run(lambda: Post.all().count()) == 1


async def test_a_picture_that_changes_after_it_was_fetched_changes_nothing_here(
    scene: Scene,
) -> None:
    # H160, H179
    shown = scene.ours.instance.media.pictures.shown("https://evil.example/eve.png", "banner")
    network = scene.world.network
    network.join("evil.example", Response(drawn.photo(), media_type="text/html"))
    before = await fetch(scene, shown)
    network.join("evil.example", Response(drawn.HTML, media_type="image/png"))
    after = await fetch(scene, shown)
    assert before.content == after.content
    assert after.headers["content-type"] == "image/jpeg"


async def test_what_a_stranger_says_of_a_picture_is_bounded(scene: Scene) -> None:
    # H181
    part = {
        "type": "Document",
        "url": "https://h.example/1.png",
        "mediaType": "image/png" + "x" * 200_000,
        "name": "n" * 300_000,
        "blurhash": "U" * 100_000,
        "focalPoint": [7.5, -0.5],
        "width": 10**15,
        "height": -1,
    }
    said = scene.vic.note("Look.", attachment=[part])
    await scene.send(scene.vic.create(said), scene.vic)
    kept = await scene.ours.post(said["id"])
    assert kept is not None
    assert len(kept.attachments) < 3_000
    assert "blurhash" not in kept.attachments
    assert "focus" not in kept.attachments
    assert "width" not in kept.attachments
