"""This module keeps what somebody makes of another account: muted, blocked, recommended, a note."""

from __future__ import annotations

from typing import Literal

from federation import clock, ids, limits, storage
from federation.errors import Malformed

Judgement = Literal["muted", "blocked", "endorsed"]
_NEW = (
    "INSERT INTO stance (id, actor_id, target_id, muted, blocked, endorsed, muted_until, note)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (actor_id, target_id) DO UPDATE SET"
)


async def judge(
    actor_id: int, target_id: int, column: Judgement, value: bool, seconds: int = 0
) -> None:
    """Mute, block or recommend an account, or stop doing so; a mute may end after so long."""
    values = [value if column == one else False for one in ("muted", "blocked", "endorsed")]
    until = clock.now_ms() + seconds * clock.SECOND if seconds and value else 0
    kept = ", muted_until = excluded.muted_until" if column == "muted" else ""
    await storage.execute(
        f"{_NEW} {column} = excluded.{column}{kept}",
        *(ids.new(), actor_id, target_id, *values, until, ""),
    )


async def note(actor_id: int, target_id: int, text: str) -> None:
    """Keep words about an account. Raises `Malformed` for too many."""
    if len(text) > limits.NOTE_CHARS:
        raise Malformed("a note has at most {most} characters", most=limits.NOTE_CHARS)
    await storage.execute(
        f"{_NEW} note = excluded.note",
        *(ids.new(), actor_id, target_id, False, False, False, 0, text),
    )


async def end_mutes() -> None:
    """End the mutes whose time is over."""
    await storage.execute(
        "UPDATE stance SET muted = ?, muted_until = 0 WHERE muted_until > 0 AND muted_until <= ?",
        *(False, clock.now_ms()),
    )
