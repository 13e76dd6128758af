"""This module sees to it that a request which a program repeats makes no second post."""

from __future__ import annotations

from federation import clock, ids, limits, storage
from federation.models import Actor


async def claim(actor: Actor, key: str, post_id: int) -> int:
    """0 when from now on the key means this post; else the id of the post that it means already.

    Inside the transaction that makes the post: of two that come at once, the second waits here.
    """
    long_ago = clock.now_ms() - limits.ONCE_SECONDS * clock.SECOND
    await storage.execute(
        "DELETE FROM once WHERE actor_id = ? AND key = ? AND created_at < ?",
        *(actor.id, key, long_ago),
    )
    claimed = await storage.row(
        "INSERT INTO once (id, actor_id, key, post_id, created_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (actor_id, key) DO NOTHING RETURNING id",
        *(ids.new(), actor.id, key, post_id, clock.now_ms()),
    )
    if claimed:
        return 0
    row = await storage.row(
        "SELECT post_id FROM once WHERE actor_id = ? AND key = ?", actor.id, key
    )
    return int(row["post_id"]) if row else 0


async def meant(actor: Actor, key: str) -> int:
    """The id of what a key means already; 0 for nothing."""
    long_ago = clock.now_ms() - limits.ONCE_SECONDS * clock.SECOND
    row = await storage.row(
        "SELECT post_id FROM once WHERE actor_id = ? AND key = ? AND created_at >= ?",
        *(actor.id, key, long_ago),
    )
    return int(row["post_id"]) if row else 0


async def retire() -> None:
    """Forget the keys of requests that nobody repeats any more."""
    long_ago = clock.now_ms() - limits.ONCE_SECONDS * clock.SECOND
    await storage.execute("DELETE FROM once WHERE created_at < ?", long_ago)
