"""This module decides which hosts are forgotten: those that were met once, and that nothing holds.

A row of a host stays while anybody there is or ever was in a group here, while something is owed to
it, and while an operator says something of it. What is forgotten is made anew when it is met again.
"""

from __future__ import annotations

from federation import clock, limits, storage
from outbox import retention

MOST = 1_000
"""Hosts that one statement forgets."""

_HELD = (
    " AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.host = peer.host)"
    " AND NOT EXISTS (SELECT 1 FROM lane l WHERE l.host = peer.host)"
    " AND NOT EXISTS (SELECT 1 FROM actor a JOIN member m ON m.actor_id = a.id"
    " WHERE a.host = peer.host)"
)
_QUIET = (
    "NOT blocked AND NOT limited AND NOT allowed AND note = '' AND first_seen_at < ?"
    " AND heard_at < ? AND asked_at < ? AND form_learned_at < ?"
)
"""Looked at once more when the row is taken away: it may have been met or blocked meanwhile."""


async def retire() -> int:
    """Forget hosts of long ago, a part at a time; how many those were. Not inside a transaction."""
    before = clock.now_ms() - limits.HOST_KEPT_SECONDS * clock.SECOND
    await retention.forget_places(before)
    times, gone = [before] * _QUIET.count("?"), 0
    while True:
        count = await storage.execute(
            f"DELETE FROM peer WHERE {_QUIET} AND host IN (SELECT host FROM peer"  # noqa: S608 - our own SQL
            f" WHERE {_QUIET}{_HELD} ORDER BY host LIMIT ?)",
            *(*times, *times, MOST),
        )
        gone += count
        if count < MOST:
            return gone
