"""This module decides how long the log is kept: until everybody has read it, and a month longer.

An activity that carries a post or shows it stays, because its id can be asked for as long as the
post is there, and an Undo must name the very id of what it undoes. Votes, answers and reports go.
"""

from __future__ import annotations

from federation import clock, storage

LOG_MS = 30 * clock.DAY
"""How long an entry is kept that every reader of its stream has passed."""

ENDED_MS = 90 * clock.DAY
"""How long it is remembered what ended without success."""

MOST = 5_000
"""Entries that one transaction deletes, so that nobody waits for it for long."""

_PASSING = ("vote", "answer", "report")


async def retire() -> int:
    """Forget what was read long ago; how many entries that were. Not inside a transaction."""
    gone = 0
    while True:
        async with storage.transaction():
            count = await _forget(clock.now_ms() - LOG_MS)
        gone += count
        if count < MOST:
            break
    await storage.execute("DELETE FROM ended WHERE ended_at < ?", clock.now_ms() - ENDED_MS)
    return gone


async def _forget(before: int) -> int:
    read = await storage.rows(
        "SELECT e.id, e.activity_id, e.kind FROM log_entry e WHERE e.created_at < ?"
        " AND NOT EXISTS (SELECT 1 FROM subscription s"
        " WHERE s.stream = e.stream AND s.cursor < e.seq) ORDER BY e.id LIMIT ?",
        before,
        MOST,
    )
    if read:
        await _delete("log_entry", [row["id"] for row in read])
        await _delete(
            "activity",
            [row["activity_id"] for row in read if row["kind"] in _PASSING],
            " AND NOT EXISTS (SELECT 1 FROM log_entry e WHERE e.activity_id = activity.id)",
        )
    return len(read)


async def _delete(rows: str, ids: list[int], unless: str = "") -> None:
    gone = storage.table("gone", id="bigint")
    await storage.execute(
        f"DELETE FROM {rows} WHERE id IN (SELECT id FROM {gone}){unless}",  # noqa: S608 -- our own names
        storage.packed([one] for one in ids),
    )
