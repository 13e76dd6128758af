"""This module keeps what somebody makes of another account: muted, blocked, a note."""

from __future__ import annotations

from typing import Literal

from federation import ids, limits, storage
from federation.errors import Malformed

Judgement = Literal["muted", "blocked"]
_NEW = (
    "INSERT INTO stance (id, actor_id, target_id, muted, blocked, note) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (actor_id, target_id) DO UPDATE SET"
)


async def judge(actor_id: int, target_id: int, column: Judgement, value: bool) -> None:
    """Mute or block an account, or do so no more."""
    values = [value if column == one else False for one in ("muted", "blocked")]
    await storage.execute(
        f"{_NEW} {column} = excluded.{column}", ids.new(), actor_id, target_id, *values, ""
    )


async def note(actor_id: int, target_id: int, text: str) -> None:
    """Keep words about an account. Raises `Malformed` for too many."""
    if len(text) > limits.NOTE_CHARS:
        raise Malformed(f"a note has at most {limits.NOTE_CHARS} characters")
    await storage.execute(
        f"{_NEW} note = excluded.note", ids.new(), actor_id, target_id, False, False, text
    )
