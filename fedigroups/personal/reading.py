"""This module keeps how far somebody has read each thread, and which threads they follow."""

from __future__ import annotations

from dataclasses import dataclass

from federation import ids, storage


@dataclass(frozen=True, slots=True)
class Read:
    """How somebody stands to a thread; `seen_id` is 0 for one that they never opened."""

    seen_id: int = 0
    follows: bool = False
    muted: bool = False


async def of(actor_id: int, thread_id: int) -> Read:
    """How they stand to it. One query."""
    row = await storage.row(
        "SELECT COALESCE(MAX(r.seen_id), 0) AS seen_id, COALESCE(MAX(CASE WHEN r.follows THEN 1"
        " ELSE 0 END), 0) AS follows, (SELECT COUNT(*) FROM muted_thread q WHERE q.actor_id = ?"
        " AND q.thread_id = ?) AS muted FROM reading r WHERE r.actor_id = ? AND r.thread_id = ?",
        *(actor_id, thread_id, actor_id, thread_id),
    )
    return Read(row["seen_id"], bool(row["follows"]), bool(row["muted"])) if row else Read()


async def saw(actor_id: int, thread_id: int, post_id: int) -> None:
    """They looked at a page with this post on it; never back."""
    await storage.execute(
        "INSERT INTO reading (id, actor_id, thread_id, seen_id, follows) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (actor_id, thread_id) DO UPDATE SET seen_id = excluded.seen_id"
        " WHERE reading.seen_id < excluded.seen_id",
        *(ids.new(), actor_id, thread_id, post_id, False),
    )


async def follow(actor_id: int, thread_id: int, value: bool = True) -> None:
    """Tell them of every reply in the thread from now on, or stop doing so."""
    await storage.execute(
        "INSERT INTO reading (id, actor_id, thread_id, seen_id, follows) VALUES (?, ?, ?, 0, ?)"
        " ON CONFLICT (actor_id, thread_id) DO UPDATE SET follows = excluded.follows",
        *(ids.new(), actor_id, thread_id, value),
    )
