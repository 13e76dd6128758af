"""This module keeps what is announced to everybody here: from when, until when, and who read it."""

from __future__ import annotations

from collections.abc import Sequence

from federation import clock, ids, storage
from federation.errors import Malformed
from federation.limits import SUMMARY_CHARS
from fedigroups.models import Announcement

MOST = 10
"""How many stand at a time: each takes room on every page."""


def runs(one: Announcement, now: int) -> bool:
    """Whether it is shown at that time (ms)."""
    return one.begins_at <= now and not (one.ends_at and one.ends_at <= now)


async def make(text: str, begins_at: int = 0, ends_at: int = 0) -> Announcement:
    """An announcement, committed; it begins at once, and never ends, unless it is said (ms).

    One that stands with the same text is that one: the form was sent twice.

    Raises `Malformed` for no text or a long one, for one that ends before it begins, and for more
    than so many at a time.
    """
    now = clock.now_ms()
    begins_at = begins_at or now
    _check(text, begins_at, ends_at)
    async with storage.transaction():
        known = await standing()
        if same := [one for one in known if one.text == text.strip()]:
            return same[0]
        if len(known) >= MOST:
            raise Malformed("at most {most} announcements stand; end one first", most=MOST)
        return await Announcement.create(
            id=ids.new(), text=text.strip(), begins_at=begins_at, ends_at=ends_at, created_at=now
        )


def _check(text: str, begins_at: int, ends_at: int) -> None:
    if not text.strip():
        raise Malformed("an announcement needs a text")
    if len(text) > SUMMARY_CHARS:
        raise Malformed("a text has at most {most} characters", most=SUMMARY_CHARS)
    if ends_at and ends_at <= max(begins_at, clock.now_ms()):
        raise Malformed("an announcement ends after it begins, and not in the past")


async def change(announcement_id: int, text: str, begins_at: int = 0, ends_at: int = 0) -> None:
    """Give it another text or time; without a beginning it keeps its own. Committed.

    With another text it is shown again to members who put it away. Raises `Malformed` as `make`
    does, and for one that has ended, or never was.
    """
    known = {one.id: one for one in await standing()}.get(announcement_id)
    if known is None:
        raise Malformed("that announcement has ended already")
    begins_at = begins_at or known.begins_at
    _check(text, begins_at, ends_at)
    async with storage.transaction():
        await storage.execute(
            "UPDATE announcement SET text = ?, begins_at = ?, ends_at = ? WHERE id = ?",
            *(text.strip(), begins_at, ends_at, announcement_id),
        )
        if text.strip() != known.text:
            await storage.execute(
                "DELETE FROM announcement_read WHERE announcement_id = ?", announcement_id
            )


async def end(announcement_id: int) -> None:
    """Show it no more. Raises `Malformed` for one that has ended, or never was."""
    now = clock.now_ms()
    ended = await storage.execute(
        "UPDATE announcement SET ends_at = ? WHERE id = ? AND (ends_at = 0 OR ends_at > ?)",
        *(now, announcement_id, now),
    )
    if not ended:
        raise Malformed("that announcement has ended already")


async def standing() -> list[Announcement]:
    """Those that run and those that will, in the order in which they begin."""
    rows = await storage.rows(
        "SELECT * FROM announcement WHERE ends_at = 0 OR ends_at > ? ORDER BY begins_at, id",
        clock.now_ms(),
    )
    return [Announcement(**row) for row in rows]


async def past(limit: int) -> list[Announcement]:
    """The newest that have ended."""
    return (
        await Announcement.filter(ends_at__gt=0, ends_at__lte=clock.now_ms())
        .order_by("-ends_at")
        .limit(limit)
    )


async def dismiss(actor_id: int, announcement_id: int) -> bool:
    """Stop showing it to somebody; whether there is such an announcement."""
    if not await Announcement.exists(id=announcement_id, begins_at__lte=clock.now_ms()):
        return False
    await storage.execute(
        "INSERT INTO announcement_read (id, announcement_id, actor_id) VALUES (?, ?, ?)"
        " ON CONFLICT (actor_id, announcement_id) DO NOTHING",
        *(ids.new(), announcement_id, actor_id),
    )
    return True


async def dismissed(actor_id: int, among: Sequence[Announcement]) -> frozenset[int]:
    """Those of them that somebody is not shown any more."""
    if not among:
        return frozenset()
    rows = await storage.rows(
        f"SELECT announcement_id FROM announcement_read WHERE actor_id = ? AND announcement_id IN"  # noqa: S608 - our own marks
        f" ({storage.marks(len(among))})",
        *(actor_id, *(one.id for one in among)),
    )
    return frozenset(row["announcement_id"] for row in rows)
