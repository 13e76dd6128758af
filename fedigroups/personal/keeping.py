"""This module keeps bookmarks, muted threads, and how far somebody has read."""

from __future__ import annotations

from federation import clock, ids, storage
from federation.storage import Row
from fedigroups import news

TIMELINES = ("home", "notifications")


async def bookmark(actor_id: int, post_id: int) -> None:
    """Keep a post; a second time changes nothing."""
    await storage.execute(
        "INSERT INTO bookmark (id, actor_id, post_id) VALUES (?, ?, ?)"
        " ON CONFLICT (actor_id, post_id) DO NOTHING",
        *(ids.new(), actor_id, post_id),
    )


async def unbookmark(actor_id: int, post_id: int) -> None:
    """Stop keeping a post."""
    await storage.execute(
        "DELETE FROM bookmark WHERE actor_id = ? AND post_id = ?", actor_id, post_id
    )


async def mute(actor_id: int, thread_id: int) -> None:
    """Notify somebody of nothing more in a thread."""
    await storage.execute(
        "INSERT INTO muted_thread (id, actor_id, thread_id) VALUES (?, ?, ?)"
        " ON CONFLICT (actor_id, thread_id) DO NOTHING",
        *(ids.new(), actor_id, thread_id),
    )


async def unmute(actor_id: int, thread_id: int) -> None:
    """Notify them again."""
    await storage.execute(
        "DELETE FROM muted_thread WHERE actor_id = ? AND thread_id = ?", actor_id, thread_id
    )


async def mark(actor_id: int, timeline: str, last_read_id: int) -> None:
    """Note how far somebody has read: also back, if they say so."""
    await storage.execute(
        "INSERT INTO marker (id, actor_id, timeline, last_read_id, version, updated_at)"
        " VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT (actor_id, timeline) DO UPDATE SET"
        " last_read_id = excluded.last_read_id, version = marker.version + 1,"
        " updated_at = excluded.updated_at",
        *(ids.new(), actor_id, timeline, last_read_id, clock.now_ms()),
    )
    if timeline == "notifications":
        news.say("read", actor_id)


async def marks(actor_id: int) -> dict[str, Row]:
    """How far somebody has read, by timeline."""
    rows = await storage.rows(
        "SELECT timeline, last_read_id, version, updated_at FROM marker WHERE actor_id = ?",
        actor_id,
    )
    return {row["timeline"]: row for row in rows}
