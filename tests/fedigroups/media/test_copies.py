"""Pictures of other servers are fetched once, bounded, made anew, and forgotten in time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

import drawn
from federation import clock, limits, storage
from federation.errors import Blocked, Gone, Slowed
from federation.models import Peer
from federation.wire import Wire
from fedigroups.groups.models import Post
from fedigroups.media import copies, sweeping
from fedigroups.media.copies import Copies
from fedigroups.media.library import Library
from fedigroups.media.pictures import Asked, Size
from network import Network
from poised import Crowd

pytestmark = pytest.mark.anyio

URL = "https://m.example/ann.png"
HOUR = limits.NEGATIVE_SECONDS * 1_000 + 1
DAY = limits.PICTURE_REFUSED_SECONDS * 1_000 + 1
MONTH = 30 * clock.DAY + 1

Answer = Callable[[Request], Awaitable[Response]]


class Elsewhere:
    """A server that shows a picture; what it answers can be changed."""

    def __init__(self, network: Network, host: str = "m.example") -> None:
        self.network = network
        self.host = host
        self.answer = Response(drawn.photo(1_200, 800), media_type="image/jpeg")
        self.pause = 0.0
        self.at_once = self.most = 0
        network.join(host, self)

    async def __call__(self, scope, receive, send) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(self.pause)
        self.at_once -= 1
        await self.answer(scope, receive, send)

    @property
    def asked(self) -> int:
        return len(self.network.requests("GET", f"https://{self.host}/"))


@pytest.fixture
def elsewhere(network: Network) -> Elsewhere:
    return Elsewhere(network)


def files(folder: Path) -> list[str]:
    return sorted(one.suffix for one in (folder / "data" / "media").rglob("*") if one.is_file())


async def refused(pictures: Library, url: str = URL, size: Size = "banner") -> str:
    with pytest.raises(Gone) as caught:
        await pictures.copies.find(Asked(size, url))
    return str(caught.value)


async def test_a_picture_is_fetched_once_and_made_anew(
    pictures: Library, elsewhere: Elsewhere, shown: Post
) -> None:
    sizes: tuple[tuple[Size, str], ...] = (
        ("whole", "image/jpeg"),
        ("preview", "image/webp"),
        ("whole", "image/jpeg"),
    )
    for size, type_ in sizes:
        found = await pictures.copies.find(Asked(size, URL))
        content = await pictures.store.get(found.key)
        assert content is not None
        assert found.type == type_
        assert drawn.SECRET.encode() not in content
    assert elsewhere.asked == 1


async def test_an_icon_is_small(pictures: Library, elsewhere: Elsewhere) -> None:
    found = await pictures.copies.find(Asked("icon", URL))
    content = await pictures.store.get(found.key)
    assert content is not None
    assert drawn.opened(content).size == (489, 326)


async def test_those_who_ask_at_once_share_the_errand(
    pictures: Library, elsewhere: Elsewhere
) -> None:
    elsewhere.pause = 0.05
    found = await asyncio.gather(*(pictures.copies.find(Asked("banner", URL)) for _ in range(20)))
    assert (len(set(found)), elsewhere.asked) == (1, 1)


async def test_one_host_has_four_fetches_at_once_and_others_do_not_wait_for_it(
    pictures: Library, elsewhere: Elsewhere, network: Network
) -> None:
    elsewhere.pause = 0.3
    quick = Elsewhere(network, "h.example")
    slow = [
        asyncio.create_task(pictures.copies.find(Asked("icon", f"{URL}?{n}"))) for n in range(10)
    ]
    await asyncio.sleep(0.05)
    await pictures.copies.find(Asked("icon", "https://h.example/vic.png"))
    assert quick.asked == 1
    assert not all(task.done() for task in slow)
    await asyncio.gather(*slow)
    assert elsewhere.most == limits.REMOTE_PICTURES_PER_HOST


@pytest.mark.parametrize("more", [-1, 0, 1])
async def test_so_many_pictures_are_fetched_at_once_from_all_hosts_together(
    pictures: Library, network: Network, more: int
) -> None:
    crowd = Crowd(limits.REMOTE_PICTURES_AT_ONCE)

    async def answer(scope, receive, send) -> None:
        await crowd.come()
        await Response(status_code=404)(scope, receive, send)

    number = limits.REMOTE_PICTURES_AT_ONCE + more
    for one in range(number):
        network.join(f"m{one}.example", answer)
    asked = [refused(pictures, f"https://m{one}.example/a.png") for one in range(number)]
    assert await crowd.let_in(asked) == min(number, limits.REMOTE_PICTURES_AT_ONCE)


async def test_when_too_many_wait_the_next_comes_back_later(
    pictures: Library, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REMOTE_PICTURES_WAITING", 1)
    elsewhere.pause = 0.1
    first = asyncio.create_task(pictures.copies.find(Asked("icon", URL)))
    await asyncio.sleep(0.02)
    with pytest.raises(Slowed):
        await pictures.copies.find(Asked("icon", f"{URL}?2"))
    await first


# What is no picture


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (drawn.SVG, "image/png"),
        (drawn.HTML, "image/png"),
        (drawn.ACTIVITY, "image/png"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (drawn.bomb(), "image/png"),
        (drawn.png() + b"\0" * limits.REMOTE_IMAGE_BYTES, "image/png"),
    ],
)
async def test_what_is_no_picture_is_not_asked_for_again_for_a_day(
    pictures: Library, elsewhere: Elsewhere, content: bytes, type_: str, tmp_path: Path
) -> None:
    elsewhere.answer = Response(content, media_type=type_)
    await refused(pictures)
    await refused(pictures)
    assert (elsewhere.asked, files(tmp_path)) == (1, [])
    elsewhere.answer = Response(drawn.png())
    with clock.held(clock.now_ms() + DAY):
        await pictures.copies.find(Asked("banner", URL))


async def test_a_host_that_is_down_is_asked_again_after_an_hour(
    pictures: Library, elsewhere: Elsewhere
) -> None:
    elsewhere.network.fail("m.example", 500)
    await refused(pictures)
    elsewhere.network.heal("m.example")
    await refused(pictures)
    assert elsewhere.asked == 1
    with clock.held(clock.now_ms() + HOUR):
        await pictures.copies.find(Asked("banner", URL))


async def test_a_picture_is_what_its_bytes_are_whatever_its_server_says(
    pictures: Library, elsewhere: Elsewhere
) -> None:
    elsewhere.answer = Response(drawn.moving("WEBP"), media_type="text/html")
    assert (await pictures.copies.find(Asked("banner", URL))).type == "image/webp"


async def test_a_redirect_to_ourselves_or_in_a_circle_is_not_followed(
    pictures: Library, elsewhere: Elsewhere
) -> None:
    for to in ("https://groups.example/secret.png", URL, "http://m.example/plain.png"):
        elsewhere.answer = Response(status_code=302, headers={"Location": to})
        await refused(pictures, f"{URL}?{to}")
    assert not elsewhere.network.requests("GET", "https://groups.example/")


async def test_a_blocked_host_is_neither_asked_nor_shown(
    pictures: Library, elsewhere: Elsewhere, wire: Wire
) -> None:
    await pictures.copies.find(Asked("banner", URL))
    await Peer.create(host="m.example", blocked=True, first_seen_at=0)
    wire.peers._named.forget("")
    for url in (URL, f"{URL}?2"):
        with pytest.raises(Blocked):
            await pictures.copies.find(Asked("banner", url))
    assert elsewhere.asked == 1


# How long, and how many


async def test_a_copy_is_made_anew_after_a_month_and_the_old_one_goes(
    pictures: Library, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    await pictures.copies.find(Asked("banner", URL))
    assert files(tmp_path) == [".jpg", ".webp"]
    elsewhere.answer = Response(drawn.png())
    with clock.held(clock.now_ms() + MONTH):
        assert (await pictures.copies.find(Asked("banner", URL))).type == "image/png"
    assert files(tmp_path) == [".png", ".webp"]


async def test_a_copy_that_cannot_be_made_anew_stays_and_one_that_is_gone_goes(
    pictures: Library, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    await pictures.copies.find(Asked("banner", URL))
    with clock.held(clock.now_ms() + MONTH):
        elsewhere.network.fail("m.example", 500)
        assert (await pictures.copies.find(Asked("banner", URL))).type == "image/jpeg"
        elsewhere.network.fail("m.example", 404)
        await refused(pictures)
    assert files(tmp_path) == []


async def test_the_oldest_make_room(wire: Wire, pictures: Library, elsewhere: Elsewhere) -> None:
    elsewhere.answer = Response(drawn.png())
    one = await pictures.copies.find(Asked("banner", URL))
    size = await copies.kept_bytes()
    small = Copies(wire, pictures.store, pictures.decoder, most_bytes=2 * size, days=30)
    for number in (2, 3):
        with clock.held(clock.now_ms() + number * 1_000):
            newest = await small.find(Asked("banner", f"{URL}?{number}"))
    assert await copies.kept_bytes() == 2 * size
    assert await pictures.store.get(one.key) is None
    assert await pictures.store.get(newest.key) is not None


async def test_copies_that_nobody_asks_for_are_swept(
    pictures: Library, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    await pictures.copies.find(Asked("banner", URL))
    await pictures.copies.find(Asked("icon", URL))
    assert (await sweeping.sweep(pictures)).copies == 0
    with clock.held(clock.now_ms() + MONTH):
        assert (await sweeping.sweep(pictures)).copies == 2
    assert files(tmp_path) == []
    assert await storage.rows("SELECT * FROM remote_picture") == []


# No longer than a post shows it


async def test_a_copy_that_came_while_its_post_ended_is_swept(
    pictures: Library, elsewhere: Elsewhere, shown: Post, tmp_path: Path
) -> None:
    elsewhere.pause = 0.1
    fetching = asyncio.create_task(pictures.copies.find(Asked("whole", URL)))
    await asyncio.sleep(0.05)
    await Post.filter(id=shown.id).update(state="deleted")
    await fetching
    assert files(tmp_path) == [".jpg", ".webp"]
    assert "shows" in await refused(pictures, size="whole")
    assert (await sweeping.sweep(pictures)).copies == 1
    assert files(tmp_path) == []
    assert await storage.rows("SELECT * FROM remote_picture") == []


async def test_a_copy_whose_files_were_only_begun_to_be_deleted_is_swept_again(
    pictures: Library,
    elsewhere: Elsewhere,
    shown: Post,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await pictures.copies.find(Asked("preview", URL))
    await Post.filter(id=shown.id).update(state="removed")
    delete = pictures.store.delete

    async def fail(key: str) -> None:
        if key.endswith(".webp"):
            raise RuntimeError("the machine lost its power")
        await delete(key)

    with monkeypatch.context() as patch:
        patch.setattr(pictures.store, "delete", fail)
        with pytest.raises(RuntimeError):
            await sweeping.sweep(pictures)
    assert files(tmp_path) == [".webp"]
    assert (await sweeping.sweep(pictures)).copies == 1
    assert files(tmp_path) == []


async def test_posts_of_before_show_their_pictures_and_icons_are_told_apart(
    pictures: Library, elsewhere: Elsewhere, shown: Post
) -> None:
    step = import_module("fedigroups.migrations.0032_shown_pictures")
    sizes: tuple[Size, ...] = ("icon", "whole")
    for size in sizes:
        await pictures.copies.find(Asked(size, URL))
    await storage.execute("DELETE FROM shown_picture")
    await storage.execute("UPDATE remote_picture SET kind = 'picture'")
    part = {"kind": "Document", "url": URL, "text": ""}
    await Post.filter(id=shown.id).update(attachments=json.dumps([part, part]))
    await refused(pictures, size="whole")
    for work in (step.note, step.tell_apart):
        await work(None, None)
    await pictures.copies.find(Asked("whole", URL))
    kinds = await storage.rows("SELECT kind FROM remote_picture ORDER BY kind")
    assert [row["kind"] for row in kinds] == ["icon", "picture"]


async def test_the_icon_and_banner_of_an_actor_need_no_post(
    pictures: Library, elsewhere: Elsewhere, shown: Post, tmp_path: Path
) -> None:
    sizes: tuple[Size, ...] = ("icon", "banner", "whole")
    for size in sizes:
        await pictures.copies.find(Asked(size, URL))
    await Post.filter(id=shown.id).update(state="deleted")
    assert (await sweeping.due()).copies == 1
    await sweeping.sweep(pictures)
    assert len(files(tmp_path)) == 3
    await pictures.copies.find(Asked("banner", URL))
    assert elsewhere.asked == 3
