"""This module decides how long the log is kept: until everybody has read it, and a month longer.

An activity that carries a post or shows it stays, because its id can be asked for as long as the
post is there, and an Undo must name the very id of what it undoes. Votes, answers and reports go.
"""

from __future__ import annotations

from federation import clock, storage
from outbox import streams

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


async def forget_places(before: int) -> None:
    """Forget what nobody reads: streams of single inboxes, and lanes of hosts without a stream.

    Of what began before that time (ms), with nothing owed and nothing kept. Whoever writes to such
    an inbox again makes all of it anew. Not inside a transaction.
    """
    while await _forget_streams(before) == MOST:
        pass
    await storage.execute(  # of hosts that were written to in the moment in which theirs went
        f"{streams.NEW_LANE} SELECT DISTINCT s.host, {streams.OPEN} FROM subscription s"  # noqa: S608 - our own SQL
        " WHERE NOT EXISTS (SELECT 1 FROM lane l WHERE l.host = s.host)"
        " ON CONFLICT (host) DO NOTHING"
    )
    now = clock.now_ms()
    gone = MOST
    while gone == MOST:
        gone = await storage.execute(
            "DELETE FROM lane WHERE lease_until < ? AND next_try_at < ? AND failing_since < ?"
            " AND succeeded_at < ? AND host IN (SELECT host FROM lane l WHERE l.lease_until < ?"
            " AND l.next_try_at < ? AND l.failing_since < ? AND l.succeeded_at < ? AND NOT EXISTS"
            " (SELECT 1 FROM subscription s WHERE s.host = l.host) ORDER BY host LIMIT ?)",
            *(now, now, before, before) * 2,
            MOST,
        )


async def _forget_streams(before: int) -> int:
    """`streams.subscribe` holds the stream of an inbox until what is put on it is committed."""
    held = " FOR UPDATE OF t SKIP LOCKED" if storage.dialect() == "postgres" else ""
    async with storage.transaction():
        found = await storage.rows(
            "SELECT t.name FROM stream t WHERE t.name NOT LIKE 'group:%'"  # noqa: S608 - our own SQL
            " AND NOT EXISTS (SELECT 1 FROM log_entry e WHERE e.stream = t.name)"
            " AND t.name NOT IN (SELECT stream FROM ended)"  # which knows entries by their numbers
            " AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.stream = t.name"
            f" AND (s.cursor < t.head OR s.created_at >= ?)) ORDER BY t.name LIMIT ?{held}",
            *(before, MOST),
        )
        names = storage.packed([row["name"]] for row in found)
        gone = storage.table("gone", stream="text")
        for column, table in (("stream", "subscription"), ("name", "stream")):
            await storage.execute(
                f"DELETE FROM {table} WHERE {column} IN (SELECT stream FROM {gone})",  # noqa: S608 - our own names
                names,
            )
    return len(found)


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
        f"DELETE FROM {rows} WHERE id IN (SELECT id FROM {gone}){unless}",  # noqa: S608 - our own names
        storage.packed([one] for one in ids),
    )
