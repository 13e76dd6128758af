"""This module lets what people delete on our pages go some seconds later: they may think again.

Until then nothing has changed: nobody was told, and no reply that comes is refused. So to think
again is to have done nothing, here and on every other server. What is many and goes with its author
elsewhere (`farewells`) waits here, too.
"""

from __future__ import annotations

import structlog

from federation import clock, ids, storage
from federation.errors import FederationError, NotHere
from federation.models import Actor
from federation.wire import Wire
from fedigroups.groups import farewells, speaking
from fedigroups.groups.models import Post
from fedigroups.groups.visibility import OWN

UNDO_SECONDS = 15
LEASE_MS = 60 * clock.SECOND
"""How long no other worker tries what one has tried."""
MOST = 50
"""In one look."""

log = structlog.get_logger("fedigroups.deleting")


async def begin(author: Actor, post: Post) -> None:
    """Let a post of the author's own go soon; asking again does not put it off."""
    await storage.execute(
        "INSERT INTO deletion (id, actor_id, post_id, due_at, tried_at) VALUES (?, ?, ?, ?, 0)"
        " ON CONFLICT (post_id) DO NOTHING",
        *(ids.new(), author.id, post.id, clock.now_ms() + UNDO_SECONDS * clock.SECOND),
    )


async def is_going(post: Post) -> bool:
    """Whether its author wants it gone, and may keep it yet."""
    return bool(await storage.row("SELECT 1 AS one FROM deletion WHERE post_id = ?", post.id))


async def keep(author: Actor, post: Post) -> None:
    """The author thought again. Raises `NotHere` when the post is going already."""
    kept = await storage.row(
        "DELETE FROM deletion WHERE post_id = ? AND actor_id = ? AND tried_at = 0 RETURNING id",
        *(post.id, author.id),
    )
    if kept is None:
        raise NotHere("that post is going already")


async def at_once(wire: Wire, author: Actor, post: Post) -> None:
    """The author does not want to wait. Raises `Malformed` for somebody else's post."""
    await speaking.delete(wire, author, post)
    await _forget(post.id)


async def all_at_once(wire: Wire, author: Actor) -> None:
    """Whoever leaves cannot think again: what they wanted gone goes first."""
    waiting = await storage.rows("SELECT post_id FROM deletion WHERE actor_id = ?", author.id)
    async for post in Post.filter(id__in=[row["post_id"] for row in waiting], state__in=OWN):
        await at_once(wire, author, post)


async def delete_due(wire: Wire) -> int:
    """Delete all that is due now; how much was tried."""
    now = clock.now_ms()
    due = await storage.rows(
        "SELECT id FROM deletion WHERE due_at <= ? AND tried_at <= ? ORDER BY due_at LIMIT ?",
        *(now, now - LEASE_MS, MOST),
    )
    for row in due:
        await _try(wire, row["id"], now)
    return len(due)


async def _try(wire: Wire, id: int, now: int) -> None:
    """Delete one of them, unless another worker does, or its author kept it."""
    row = await storage.row(
        "UPDATE deletion SET tried_at = ? WHERE id = ? AND tried_at <= ?"
        " RETURNING post_id, actor_id",
        *(now, id, now - LEASE_MS),
    )
    if row is None:
        return
    post = await Post.get_or_none(id=row["post_id"])
    actor = await Actor.get(id=row["actor_id"])
    try:
        if post is not None and actor.local:
            await speaking.delete(wire, actor, post)
        elif post is not None:
            async with storage.transaction():
                await farewells.end(wire, post.id)
    except FederationError as error:
        log.info("deleting.refused", post=row["post_id"], reason=str(error))
    await _forget(row["post_id"])


async def _forget(post_id: int) -> None:
    await storage.execute("DELETE FROM deletion WHERE post_id = ?", post_id)
