"""What people here do with pictures: upload, describe and take back; and whose they then are.

A picture waits for its post for a day. A post holds it, and is the only one that does.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from federation import clock, ids, limits, storage
from federation.errors import Malformed, NotHere, TooLarge
from federation.models import Actor
from fedigroups.media import names, quotas
from fedigroups.media.decoding import Decoded, Image
from fedigroups.media.library import Library
from fedigroups.media.models import Media

CENTRE = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Words:
    """What its uploader says of a picture: words for those who cannot see it, where it matters."""

    description: str = ""
    focus: tuple[float, float] = CENTRE


NO_WORDS = Words()


async def accept(
    library: Library,
    person: Actor,
    content: bytes | AsyncIterator[bytes],
    words: Words = NO_WORDS,
) -> Media:
    """The picture, made anew, durable and committed; it waits for its post.

    How the file was called and what type it was said to have is of no matter, and not asked.
    Raises `TooLarge` for too many bytes, `Malformed` for what is no picture of ours or more than
    one person may keep, `Slowed` for too many in a short time, `Unreachable` when the store fails.
    """
    return await _taken(library, person, content, words, icon=False)


async def accept_icon(
    library: Library, actor: Actor, content: bytes | AsyncIterator[bytes]
) -> Media:
    """The same for an icon: small, still, and without a preview."""
    return await _taken(library, actor, content, NO_WORDS, icon=True)


async def describe(person: Actor, media_id: int, words: Words) -> Media:
    """Change what is said of a picture that waits. Raises `NotHere` unless it is theirs."""
    _check(words)
    changed = await Media.filter(id=media_id, actor_id=person.id, state="waiting").update(
        description=words.description, focus_x=words.focus[0], focus_y=words.focus[1]
    )
    if not changed:
        raise _missing(media_id)
    return await Media.get(id=media_id)


async def find(person: Actor, media_id: int) -> Media:
    """A picture of theirs, waiting or in a post. Raises `NotHere`."""
    found = await Media.get_or_none(
        id=media_id, actor_id=person.id, state__in=["waiting", "held", "withheld", "returned"]
    )
    if found is None:
        raise _missing(media_id)
    return found


async def take_back(person: Actor, media_id: int) -> None:
    """Drop a picture that waits. Raises `NotHere` unless it is theirs."""
    dropped = await Media.filter(id=media_id, actor_id=person.id, state="waiting").update(
        state="dropped", changed_at=clock.now_ms()
    )
    if not dropped:
        raise _missing(media_id)


async def chosen(person: Actor, media_ids: Sequence[int] | None, holder: str = "") -> list[Media]:
    """The pictures that a post is to hold, in this order; some may be its own already.

    Raises `Malformed` for too many, for one that another post holds, and for one that is not
    theirs: whether it is somebody else's is not told. With None it holds what it held.
    """
    if media_ids is None:
        return await held_by(holder)
    wanted = list(dict.fromkeys(media_ids))
    if len(wanted) > limits.MEDIA_PER_POST:
        raise Malformed("a post has at most {most} pictures", most=limits.MEDIA_PER_POST)
    found = {one.id: one for one in await Media.filter(id__in=wanted, actor_id=person.id)}
    for media_id in wanted:
        one = found.get(media_id)
        if one is None or one.state not in {"waiting", "held", "returned"}:
            raise Malformed(str(_missing(media_id)))
        if one.holder not in {"", holder}:
            raise Malformed(
                "the picture {picture} is in another post; upload it again", picture=media_id
            )
    return [found[media_id] for media_id in wanted]


async def held_by(holder: str) -> list[Media]:
    """The pictures of a post, in their order."""
    return await Media.filter(holder=holder, state="held").order_by("place")


async def held_by_each(holders: Iterable[str]) -> dict[str, list[Media]]:
    """The pictures of each of these posts, in their order. One query."""
    found: dict[str, list[Media]] = {holder: [] for holder in holders}
    for one in await Media.filter(holder__in=[*found], state="held").order_by("place"):
        found[one.holder].append(one)
    return found


async def hold(holder: str, media: Sequence[Media]) -> None:
    """Let the post have these pictures and no others; call it in the post's transaction.

    Raises `Malformed` for one that another post took meanwhile.
    """
    now = clock.now_ms()
    keep = [one.id for one in media]
    await (
        Media.filter(holder=holder, state="held")
        .exclude(id__in=keep or [0])
        .update(state="dropped", changed_at=now)
    )
    for place, one in enumerate(media):
        held = await storage.execute(
            "UPDATE media SET state = 'held', holder = ?, place = ?, changed_at = ?"
            " WHERE id = ?"
            " AND (state IN ('waiting', 'returned') OR (state = 'held' AND holder = ?))",
            *(holder, place, now, one.id, holder),
        )
        if not held:
            raise Malformed(
                "the picture {picture} is in another post; upload it again", picture=one.id
            )


async def let_go(holder: str, *, withheld: bool = False) -> None:
    """Stop showing the pictures of a post: from now on they are not served.

    Those that are `withheld` are kept for a month, for whoever must look into it. Call it in the
    transaction that ends the post.
    """
    await storage.execute(
        "UPDATE media SET state = ?, changed_at = ?"
        " WHERE holder = ? AND state IN ('held', 'withheld')",
        *("withheld" if withheld else "dropped", clock.now_ms(), holder),
    )


async def show_again(holder: str) -> None:
    """Show the pictures again that were withheld from a post which is shown again."""
    await storage.execute(
        "UPDATE media SET state = 'held', changed_at = ? WHERE holder = ? AND state = 'withheld'",
        *(clock.now_ms(), holder),
    )


async def give_back(holder: str) -> list[Media]:
    """Let the author of a post that is deleted take its pictures for another one, for a day.

    They are shown to nobody until then. What is being forgotten is not given back.
    """
    rows = await storage.rows(
        "UPDATE media SET state = 'returned', holder = '', changed_at = ?"
        " WHERE holder = ? AND state = 'dropped' RETURNING *",
        *(clock.now_ms(), holder),
    )
    return sorted((Media(**row) for row in rows), key=lambda one: one.place)


def focus_of(text: str) -> tuple[float, float]:
    """The focus as clients write it, `-0.4,0.7`; the centre for nothing. Raises `Malformed`."""
    if not text.strip():
        return CENTRE
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Malformed("a focus is two numbers from -1 to 1, for example 0.0,0.5") from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Malformed("a focus is two numbers from -1 to 1, for example 0.0,0.5")
    return min(max(x, -1.0), 1.0), min(max(y, -1.0), 1.0)


async def _taken(
    library: Library,
    actor: Actor,
    content: bytes | AsyncIterator[bytes],
    words: Words,
    *,
    icon: bool,
) -> Media:
    _check(words)
    media = await _reserved(actor)
    try:
        raw = await _read(content)
        decoded = await (library.decoder.icon(raw) if icon else library.decoder.picture(raw))
        await quotas.check_room(library.quota, actor, _size(decoded))
    except BaseException:
        await Media.filter(id=media.id).update(state="refused")
        raise
    await _describe(library, media, decoded, words)
    await library.store.put(
        names.file(media.key, media.type), decoded.whole.content, decoded.whole.type
    )
    if decoded.preview is not None:
        await library.store.put(
            names.preview(media.key), decoded.preview.content, decoded.preview.type
        )
    await Media.filter(id=media.id).update(state="waiting", changed_at=clock.now_ms())
    media.state = "waiting"
    return media


async def _reserved(actor: Actor) -> Media:
    """A row, committed before anything is read: so many at once are counted like one by one."""
    media_id, now = ids.new(), clock.now_ms()
    media = Media(id=media_id, actor_id=actor.id, key=str(media_id), created_at=now, changed_at=now)
    await media.save(force_create=True)
    try:
        await quotas.check_pace(actor)
    except BaseException:
        await media.delete()
        raise
    return media


async def _describe(library: Library, media: Media, decoded: Decoded, words: Words) -> None:
    """Commit the names of the files before they are written: a crash then leaves none unknown."""
    whole = decoded.whole
    media.key = names.new()
    media.url = library.pictures.file(names.file(media.key, whole.type))
    media.type, media.width, media.height = whole.type, whole.width, whole.height
    if decoded.preview is not None:
        media.preview_width, media.preview_height = decoded.preview.width, decoded.preview.height
    media.bytes = _size(decoded)
    media.blurhash, media.animated = decoded.blurhash, decoded.animated
    media.description = words.description
    media.focus_x, media.focus_y = words.focus
    await media.save()


async def _read(content: bytes | AsyncIterator[bytes]) -> bytes:
    """All of it, counted while it comes, whatever length was declared."""
    if isinstance(content, bytes):
        raw = bytearray(content)
    else:
        raw = bytearray()
        async for piece in content:
            raw += piece
            if len(raw) > limits.UPLOAD_BYTES:
                break
    if len(raw) > limits.UPLOAD_BYTES:
        raise TooLarge("a picture has at most {most} MB", most=limits.UPLOAD_BYTES // 1_000_000)
    return bytes(raw)


def _size(decoded: Decoded) -> int:
    parts: list[Image | None] = [decoded.whole, decoded.preview]
    return sum(len(one.content) for one in parts if one is not None)


def _check(words: Words) -> None:
    if len(words.description) > limits.ALT_CHARS:
        raise Malformed("a description has at most {most} characters", most=limits.ALT_CHARS)


def _missing(media_id: int) -> NotHere:
    return NotHere("there is no picture {picture} of yours here; upload it again", picture=media_id)
