"""This module decides how much one person may upload, and how much of theirs is kept."""

from __future__ import annotations

from federation import clock, limits, storage
from federation.errors import Malformed, Slowed
from federation.models import Actor

HALF_HOUR_MS = 30 * clock.MINUTE


async def check_pace(actor: Actor) -> None:
    """Raise `Slowed` when this upload, counted already, is one too many of late."""
    now = clock.now_ms()
    row = await storage.row(
        "SELECT COUNT(*) AS day, COALESCE(SUM(bytes), 0) AS bytes,"
        " COALESCE(SUM(CASE WHEN created_at > ? THEN 1 ELSE 0 END), 0) AS lately"
        " FROM media WHERE actor_id = ? AND created_at > ?",
        *(now - HALF_HOUR_MS, actor.id, now - clock.DAY),
    )
    assert row is not None  # noqa: S101 - an aggregate has one row
    if row["lately"] > limits.UPLOADS_PER_HALF_HOUR:
        raise Slowed(actor.handle, HALF_HOUR_MS / clock.SECOND)
    if row["day"] > limits.UPLOADS_PER_DAY or row["bytes"] > limits.UPLOAD_BYTES_PER_DAY:
        raise Slowed(actor.handle, clock.DAY / clock.SECOND)


async def check_room(quota: int, actor: Actor, more: int) -> None:
    """Raise `Malformed` when so many bytes more are more than one person may keep."""
    used = await kept_of(actor)
    if used + more > quota:
        raise Malformed(
            "your pictures have {used} MB of the {most} MB that one person may keep here; "
            "delete posts with pictures to make room",
            used=used // 1_000_000,
            most=quota // 1_000_000,
        )


async def kept_of(actor: Actor) -> int:
    """The bytes of all pictures that are kept for a person."""
    row = await storage.row(
        "SELECT COALESCE(SUM(bytes), 0) AS bytes FROM media WHERE actor_id = ?", actor.id
    )
    return int(row["bytes"]) if row else 0
