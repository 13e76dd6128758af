"""How pictures are served: as pictures and nothing else, and no longer than somebody holds them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response

import drawn
import scenery
from federation import limits
from federation.errors import Unreachable
from federation.models import Actor
from fedigroups.media import bearers, names, uploads
from fedigroups.media.models import Media
from fedigroups.web.answers import Answers
from poised import Crowd
from world import Town, World

pytestmark = pytest.mark.anyio

ANN = "https://m.example/ann.png"
RANGES = "bytes=" + ",".join(f"{2 * n}-{2 * n}" for n in range(1_500))


@dataclass
class Memory:
    """A store that is not on this machine."""

    files: dict[str, bytes]
    down: bool = False

    async def put(self, key: str, content: bytes, media_type: str) -> None:
        self.files[key] = content

    async def get(self, key: str) -> bytes | None:
        if self.down:
            raise Unreachable("the store is down")
        return self.files.get(key)

    async def delete(self, key: str) -> None:
        self.files.pop(key, None)

    def path(self, key: str) -> Path | None:
        return None

    async def close(self) -> None:
        pass


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def browser(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=town.network, base_url="https://groups.example"
    ) as found:
        yield found


async def upload(town: Town, name: str = "olga", content: bytes = b"") -> Media:
    async def work() -> Media:
        person = await Actor.get(username=name, local=True)
        return await uploads.accept(town.instance.media, person, content or drawn.photo(900, 600))

    return await town.run(work)


async def test_a_picture_is_served_as_that_and_as_nothing_else(
    town: Town, browser: httpx.AsyncClient
) -> None:
    made = await upload(town)
    for url, type_ in ((made.url, "image/jpeg"), (names.preview_beside(made.url), "image/webp")):
        answer = await browser.get(url, headers={"Accept": "application/activity+json"})
        assert answer.status_code == 200
        headers = answer.headers
        assert headers["content-type"] == type_
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert headers["cross-origin-resource-policy"] == "cross-origin"
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert headers["content-disposition"].startswith('inline; filename="')
        assert "set-cookie" not in headers
        drawn.opened(answer.content).load()


async def test_a_part_of_a_picture_can_be_had(town: Town, browser: httpx.AsyncClient) -> None:
    made = await upload(town)
    whole = (await browser.get(made.url)).content
    part = await browser.get(made.url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    beyond = await browser.get(made.url, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    many = await browser.get(made.url, headers={"Range": RANGES})
    assert many.status_code in {200, 206, 400, 416}
    assert len(many.content) < len(whole) + 1_000
    head = await browser.head(made.url)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("wanted", "status", "first", "last"),
    [
        ("bytes=10-19", 206, 10, 19),
        ("bytes=10-", 206, 10, None),
        ("bytes=-5", 206, -5, None),
        ("bytes=0-999999999", 206, 0, None),
        ("bytes=999999999-", 416, 1, 0),
        ("bytes=5-2", 416, 1, 0),
        ("bytes=-", 200, 0, None),
        ("lines=1-2", 200, 0, None),
        (RANGES, 200, 0, None),
    ],
)
async def test_a_part_of_a_picture_in_a_bucket_can_be_had(
    town: Town, browser: httpx.AsyncClient, wanted: str, status: int, first: int, last: int | None
) -> None:
    store = Memory({})
    object.__setattr__(town.instance.media, "store", store)
    made = await upload(town, content=drawn.png())
    whole = store.files[names.file(made.key, made.type)]
    answer = await browser.get(made.url, headers={"Range": wanted})
    assert answer.status_code == status
    end = None if last is None else last + 1
    assert answer.content == whole[first:end]
    store.down = True
    assert (await browser.get(made.url)).status_code == 503


@pytest.mark.parametrize("more", [-1, 0, 1])
async def test_so_many_files_of_a_bucket_are_handed_on_at_once(
    town: Town, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    store, crowd = Memory({}), Crowd(limits.MEDIA_IN_MEMORY)
    object.__setattr__(town.instance.media, "store", store)
    made = await upload(town, content=drawn.png())

    async def get(key: str) -> bytes | None:
        await crowd.come()
        return store.files.get(key)

    monkeypatch.setattr(store, "get", get)
    number = limits.MEDIA_IN_MEMORY + more
    asked = [browser.get(made.url) for _ in range(number)]
    assert await crowd.let_in(asked) == min(number, limits.MEDIA_IN_MEMORY)


async def test_what_nobody_holds_is_not_there(town: Town, browser: httpx.AsyncClient) -> None:
    made = await upload(town)
    post = await town.run(lambda: _hold(made))
    assert (await browser.get(made.url)).status_code == 200
    for withheld in (True, False):
        await town.run(lambda withheld=withheld: uploads.let_go(post, withheld=withheld))
        answer = await browser.get(made.url)
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (404, False)


async def _hold(made: Media) -> str:
    await uploads.hold("https://groups.example/users/olga/posts/1", [made])
    return "https://groups.example/users/olga/posts/1"


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/aa/bb/" + "0" * 32 + ".jpg",
        "/media/..%2f..%2fsecret",
        "/media/aa/bb/../../../fedigroups.sqlite3",
        "/media/aa/bb/%00.jpg",
        "/media//etc/passwd",
        "/media/proxy",
        "/media/proxy/whole/x/aHR0cDovLzE2OS4yNTQuMTY5LjI1NC8",
        "/media/proxy?url=http://169.254.169.254/",
    ],
)
async def test_what_is_no_picture_is_not_there(
    town: Town, browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)
    assert answer.status_code in {400, 404}
    assert not town.network.requests("GET", "http://169")


async def test_another_ending_is_another_file(town: Town, browser: httpx.AsyncClient) -> None:
    made = await upload(town)
    assert (await browser.get(made.url.replace(".jpg", ".gif"))).status_code == 404


# What other servers show


async def _shows(town: Town, url: str) -> None:
    ann = await scenery.person("ann@m.example", name="Ann")
    _, post = await scenery.thread(await town.group(), ann)
    await bearers.add(post.id, [url])


async def test_a_picture_elsewhere_is_shown_from_here(
    town: Town, browser: httpx.AsyncClient
) -> None:
    town.network.join("m.example", Response(drawn.photo(900, 600), media_type="image/jpeg"))
    await town.run(partial(_shows, town, ANN))
    shown = town.instance.media.pictures.shown(ANN, "preview")
    answer = await browser.get(shown)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["cache-control"] == "public, max-age=604800"
    asked = town.network.requests("GET", ANN)
    assert len(asked) == 1
    assert "cookie" not in asked[0].headers
    assert (await browser.get(shown.replace("/preview/", "/whole/"))).status_code == 404


async def test_a_picture_that_cannot_be_had_is_not_there_and_costs_one_request(
    town: Town, browser: httpx.AsyncClient
) -> None:
    town.network.join("m.example", Response(drawn.SVG, media_type="image/png"))
    shown = town.instance.media.pictures.shown(ANN, "icon")
    for _ in range(3):
        answer = await browser.get(shown)
        assert (answer.status_code, answer.headers["cache-control"]) == (404, "public, max-age=300")
    assert len(town.network.requests("GET", ANN)) == 1


async def test_a_page_shows_pictures_and_icons_from_here_alone(
    town: Town, browser: httpx.AsyncClient
) -> None:
    async def work() -> str:
        ann = await scenery.person("ann@m.example", name="Ann")
        await Actor.filter(id=ann.id).update(icon_url=ANN)
        group = await town.group()
        picture = {"kind": "Document", "url": "https://m.example/1.jpg", "media_type": "image/jpeg"}
        film = {"kind": "Document", "url": "https://m.example/2.mp4", "media_type": "video/mp4"}
        thread, _ = await scenery.thread(
            group,
            ann,
            sensitive=True,
            attachments=[picture | {"text": "A weld"}, film | {"text": ""}],
        )
        return f"/groups/welders/threads/{thread.id}"

    answer = await browser.get(await town.run(work))
    page = answer.text
    assert "img-src 'self';" in answer.headers["content-security-policy"]
    pictures = town.instance.media.pictures
    assert f'src="{pictures.shown(ANN, "icon")}"' in page
    assert f'src="{pictures.shown("https://m.example/1.jpg", "preview")}" alt="A weld"' in page
    assert 'src="https://m.example' not in page
    assert "Sensitive" in page
    assert '<a href="https://m.example/2.mp4"' in page


async def test_pictures_are_kept_in_no_memory_of_answers(
    town: Town, browser: httpx.AsyncClient
) -> None:
    made = await upload(town)
    await browser.get(made.url)
    app = town.network._apps["groups.example"]
    assert isinstance(app.app, Answers)
    assert len(app.app) == 0
