"""A picture that somebody here uploads is theirs, waits for its post, and belongs to one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

import drawn
from federation import clock, ids, limits, storage
from federation.errors import Malformed, NotHere, Slowed, TooLarge, Unreachable
from federation.models import Actor
from fedigroups.media import names, uploads
from fedigroups.media.library import Library
from fedigroups.media.models import Media
from fedigroups.media.uploads import Words

pytestmark = pytest.mark.anyio

POST = "https://groups.example/users/olga/posts/1"
OTHER = "https://groups.example/users/olga/posts/2"


async def upload(pictures: Library, actor: Actor) -> Media:
    return await uploads.accept(pictures, actor, drawn.png())


async def hold(post: str, *media: Media) -> None:
    async with storage.transaction():
        await uploads.hold(post, media)


async def states() -> list[str]:
    return [one.state for one in await Media.all().order_by("id")]


async def test_an_upload_is_kept_with_what_is_known_of_it(pictures: Library, olga: Actor) -> None:
    words = Words("A weld", (0.5, -0.25))
    made = await uploads.accept(pictures, olga, drawn.photo(1_200, 800), words)
    kept = await Media.get(id=made.id)
    assert (kept.type, kept.width, kept.height) == ("image/jpeg", 1_200, 800)
    assert (kept.preview_width, kept.preview_height) == (587, 391)
    assert (kept.description, kept.focus_x, kept.focus_y) == ("A weld", 0.5, -0.25)
    assert (kept.state, kept.holder, kept.actor_id) == ("waiting", "", olga.id)
    assert kept.url == f"https://groups.example/media/{kept.key}.jpg"
    assert not any(known in kept.url for known in (str(kept.id), f"{kept.id:x}")), "nobody guesses"
    whole = await pictures.store.get(names.file(kept.key, kept.type))
    preview = await pictures.store.get(names.preview(kept.key))
    assert whole is not None
    assert preview is not None
    assert len(whole) + len(preview) == kept.bytes


async def test_what_comes_in_pieces_is_counted_while_it_comes(
    pictures: Library, olga: Actor
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1_000_000
            yield b"\0" * 1_000_000

    async def whole() -> AsyncIterator[bytes]:
        content = drawn.png()
        yield content[:50]
        yield content[50:]

    with pytest.raises(TooLarge, match="16 MB"):
        await uploads.accept(pictures, olga, endless())
    assert read <= limits.UPLOAD_BYTES + 1_000_000
    with pytest.raises(TooLarge):
        await uploads.accept(pictures, olga, b"\0" * (limits.UPLOAD_BYTES + 1))
    assert (await uploads.accept(pictures, olga, whole())).state == "waiting"


async def test_what_is_refused_leaves_no_file(pictures: Library, olga: Actor, tmp_path) -> None:
    with pytest.raises(Malformed, match="no JPEG, PNG, WebP, GIF or AVIF"):
        await uploads.accept(pictures, olga, drawn.SVG)
    assert not [one for one in tmp_path.rglob("media/**/*") if one.is_file()]
    assert await states() == ["refused"]


async def test_a_store_that_fails_keeps_the_row_until_it_is_swept(
    pictures: Library, olga: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise Unreachable("the store is down")

    monkeypatch.setattr(type(pictures.store), "put", fail)
    with pytest.raises(Unreachable):
        await upload(pictures, olga)
    # The row names the files, so that a sweep finds what was perhaps written.
    (row,) = await Media.all()
    assert (row.state, row.type) == ("arriving", "image/png")


@pytest.mark.parametrize(
    ("text", "focus"),
    [("", (0.0, 0.0)), ("0.5,-0.5", (0.5, -0.5)), (" 1 , 1 ", (1.0, 1.0)), ("9,-9", (1.0, -1.0))],
)
def test_a_focus_is_two_numbers_within_the_picture(text: str, focus: tuple[float, float]) -> None:
    assert uploads.focus_of(text) == focus


@pytest.mark.parametrize("text", ["NaN,0", "inf,0", "1", "1,2,3", "a,b", "1;2"])
def test_a_focus_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="focus"):
        uploads.focus_of(text)


async def test_words_about_a_picture_are_bounded(pictures: Library, olga: Actor) -> None:
    with pytest.raises(Malformed, match="1500 characters"):
        await uploads.accept(pictures, olga, drawn.png(), Words("x" * 1_000_000))
    made = await upload(pictures, olga)
    with pytest.raises(Malformed, match="1500 characters"):
        await uploads.describe(olga, made.id, Words("x" * 1_501))


# Whose it is


async def test_only_its_uploader_finds_describes_and_takes_back_a_picture(
    pictures: Library, olga: Actor, tom: Actor
) -> None:
    made = await upload(pictures, olga)
    for attempt in (
        uploads.find(tom, made.id),
        uploads.describe(tom, made.id, Words("mine")),
        uploads.take_back(tom, made.id),
    ):
        with pytest.raises(NotHere):
            await attempt
    with pytest.raises(Malformed, match="no picture"):
        await uploads.chosen(tom, [made.id])
    assert (await uploads.find(olga, made.id)).id == made.id
    described = await uploads.describe(olga, made.id, Words("A weld", (0.1, 0.2)))
    assert (described.description, described.focus_y) == ("A weld", 0.2)
    await uploads.take_back(olga, made.id)
    with pytest.raises(NotHere):
        await uploads.find(olga, made.id)


async def test_a_picture_is_in_one_post(pictures: Library, olga: Actor) -> None:
    first, second = await upload(pictures, olga), await upload(pictures, olga)
    chosen = await uploads.chosen(olga, [second.id, first.id, second.id])
    await hold(POST, *chosen)
    assert [one.id for one in await uploads.held_by(POST)] == [second.id, first.id]
    with pytest.raises(Malformed, match="in another post"):
        await uploads.chosen(olga, [first.id])
    with pytest.raises(Malformed, match="in another post"):
        await hold(OTHER, first)
    with pytest.raises(NotHere):
        await uploads.describe(olga, first.id, Words("too late"))
    with pytest.raises(NotHere):
        await uploads.take_back(olga, first.id)


async def test_two_posts_that_take_a_picture_at_once_do_not_both_get_it(
    pictures: Library, olga: Actor
) -> None:
    made = await upload(pictures, olga)
    results = await asyncio.gather(hold(POST, made), hold(OTHER, made), return_exceptions=True)
    assert sorted(type(one) for one in results if one) == [Malformed]


async def test_an_edited_post_keeps_some_pictures_and_drops_others(
    pictures: Library, olga: Actor
) -> None:
    first, second, third = [await upload(pictures, olga) for _ in range(3)]
    await hold(POST, first, second)
    await hold(POST, *await uploads.chosen(olga, [third.id, second.id], POST))
    assert [one.id for one in await uploads.held_by(POST)] == [third.id, second.id]
    assert await states() == ["dropped", "held", "held"]


async def test_too_many_pictures_and_one_that_nobody_has_are_refused(olga: Actor) -> None:
    with pytest.raises(Malformed, match="at most 16"):
        await uploads.chosen(olga, range(17))
    with pytest.raises(Malformed, match="no picture"):
        await uploads.chosen(olga, [2**63 - 1])


async def test_the_pictures_of_a_post_that_ended_are_let_go(pictures: Library, olga: Actor) -> None:
    for post, withheld in ((POST, False), (OTHER, True)):
        await hold(post, await upload(pictures, olga))
        await uploads.let_go(post, withheld=withheld)
    assert await states() == ["dropped", "withheld"]


# How much


async def past(olga: Actor, number: int, minutes: int, size: int = 0, state: str = "held") -> None:
    then = clock.now_ms() - minutes * clock.MINUTE
    for _ in range(number):
        id = ids.new()
        await Media.create(
            id=id,
            actor=olga,
            key=str(id),
            state=state,
            bytes=size,
            created_at=then,
            changed_at=then,
        )


async def test_thirty_in_half_an_hour_are_enough(
    pictures: Library, olga: Actor, tom: Actor
) -> None:
    await past(olga, 29, minutes=5, state="refused")
    await upload(pictures, olga)
    with pytest.raises(Slowed):
        await upload(pictures, olga)
    assert (await Media.filter(actor=olga).count()) == 30
    await upload(pictures, tom)
    await Media.filter(actor=olga).update(created_at=clock.now_ms() - 31 * clock.MINUTE)
    await upload(pictures, olga)


async def test_so_many_at_once_are_counted_like_one_after_another(
    pictures: Library, olga: Actor
) -> None:
    await past(olga, 28, minutes=5)
    results = await asyncio.gather(
        *(upload(pictures, olga) for _ in range(6)), return_exceptions=True
    )
    assert len([one for one in results if isinstance(one, Media)]) <= 2


@pytest.mark.parametrize("size", [0, limits.UPLOAD_BYTES_PER_DAY // 200 + 1])
async def test_a_day_has_its_measure(pictures: Library, olga: Actor, size: int) -> None:
    await past(olga, 200, minutes=60, size=size)
    with pytest.raises(Slowed):
        await upload(pictures, olga)


async def test_one_person_keeps_only_so_much(pictures: Library, olga: Actor, tom: Actor) -> None:
    small = replace(pictures, quota=10_000)
    await past(olga, 1, minutes=3_000, size=9_900)
    with pytest.raises(Malformed, match="one person may keep"):
        await upload(small, olga)
    await upload(small, tom)
