"""This module lets a host's lane rest for a time though nothing failed: it asked for nothing now.

What it is owed stays owed; `outbox.revival` and an operator may end the rest.
"""

from __future__ import annotations

from federation import storage


async def pause(host: str, ms: int) -> None:
    """Deliver nothing to the host for `ms`, unless it rests for longer already."""
    now, given = storage.now(), storage.now_given()
    await storage.execute(
        f"UPDATE lane SET next_try_at = {now} + ? WHERE host = ? AND next_try_at < {now} + ?",  # noqa: S608 - our own SQL
        given,
        ms,
        host,
        given,
        ms,
    )
