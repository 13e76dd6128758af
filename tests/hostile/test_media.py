"""Pictures of strangers: none is asked for when it is named, and pages show copies of ours."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from doors import KINDS, ORIGIN, ask, inside
from fedigroups.app import make_app
from fedigroups.media.models import Media
from fedigroups.web import static
from trials import Scene

pytestmark = pytest.mark.anyio

PICTURES = (
    "https://evil.example/a.svg",
    "https://evil.example/bomb.png",
    "https://evil.example/list.m3u8",
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1/x.png",
    "https://evil.example/" + "x" * 5_000,
)


def attached(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "Document", "mediaType": "image/png", "url": url} | more


@pytest.mark.parametrize("url", PICTURES)
async def test_no_picture_of_a_stranger_is_shown_from_where_it_is(scene: Scene, url: str) -> None:
    # H171, H172, H173, H179, H180: nothing asks for it before somebody looks, and then it is we
    icon = {"type": "Image", "mediaType": "image/png", "url": url}
    two = scene.home.member("two", icon=icon, image=icon)
    await scene.send(two.follow(), two)
    asked = len(scene.world.network.log)
    note = two.note(f'Look: <img src="{url}">', attachment=[attached(url)] * 3, image=icon)
    assert await scene.send(two.create(note), two) == 202
    post = await scene.ours.post(note["id"])
    assert post is not None
    thread = f"/groups/welders/threads/{post.thread_id}"
    for path in (thread, f"{thread}/feed.atom", "/groups/welders", "/"):
        answer = await ask(scene.ours, path, KINDS[0])
        assert not re.search(r"<(video|audio|source|object|embed|iframe)", answer.text), path
        shown = re.findall(r'<img [^>]*src="([^"]*)"', answer.text)
        assert all(one.startswith(f"{ORIGIN}/media/proxy/") for one in shown), path
    wanted = [one.host for one in scene.world.network.log[asked:] if one.method == "GET"]
    assert set(wanted) <= {"h.example", "groups.example"}
    assert not [one for one in scene.world.network.log[asked:] if one.url.endswith("x.png")]


async def test_what_is_said_about_a_picture_is_short_text(scene: Scene) -> None:
    # H181: a blurhash, a focal point and a description of a megabyte
    huge = {"name": "a" * 20_000, "blurhash": "x" * 90_000, "focalPoint": ["NaN", -7]}
    note = scene.vic.note("Look.", attachment=[attached("https://h.example/a.png", **huge)])
    assert await scene.send(scene.vic.create(note), scene.vic) == 202
    post = await scene.ours.post(note["id"])
    assert post is not None
    (one,) = json.loads(post.attachments)
    assert set(one) == {"kind", "url", "text", "media_type"}
    page = await ask(scene.ours, f"/groups/welders/threads/{post.thread_id}", KINDS[0])
    assert "a" * 1_501 not in page.text
    assert "x" * 100 not in page.text


async def test_there_is_no_door_that_fetches_for_a_visitor(scene: Scene) -> None:
    # H175: no proxy for pictures, previews or embeds; no door takes an address and gets it
    asked = len(scene.world.network.log)
    evil = "https://evil.example/x.png"
    doors = ["/proxy", "/media", "/image", "/embed", "/oembed", "/preview", "/follow", "/groups"]
    for path in (f"{door}?url={evil}&uri={evil}&q={evil}" for door in doors):
        answer = await ask(scene.ours, path, KINDS[0])
        assert answer.status_code in {200, 303, 404}, path  # 303: to sign in
    assert not [one for one in scene.world.network.log[asked:] if "groups.example" not in one.host]


async def test_no_door_takes_a_file_of_a_stranger(scene: Scene) -> None:
    # H174, H177: the two that take pictures want a token
    app = make_app(scene.ours.instance)
    writing = {
        route.path
        for route in inside(app).routes
        if isinstance(route, Route) and (route.methods or set()) - {"GET", "HEAD"}
    }
    assert writing
    files = {"file": ("../../x", b"GIF89a<script>", "image/gif")}
    for path in (*map(_filled, sorted(writing)), "/media"):
        request = httpx.Request("POST", f"{ORIGIN}{path}", files=files)
        answer = await scene.world.network.handle_async_request(request)
        assert answer.status_code in {303, 400, 401, 403, 404, 405, 415, 422}, path
        assert not await scene.ours.run(lambda: Media.all().count())


def _filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "1", path.replace("{name}", "welders"))


async def test_a_request_for_ten_thousand_pieces_gets_the_whole(scene: Scene) -> None:
    # H176: no page and no file of ours is served in pieces; pictures are, in one piece
    pieces = "bytes=" + ",".join(["0-1"] * 10_000)
    for path in (static.url("style.css"), "/groups/welders"):
        whole = await ask(scene.ours, path, KINDS[0])
        answer = await ask(scene.ours, path, KINDS[0], Range=pieces)
        assert (answer.status_code, answer.content) == (200, whole.content)
        assert "accept-ranges" not in answer.headers
