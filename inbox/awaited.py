"""This module knows which receipts wait for an object that has not come, and how many may.

A like can overtake its post, and a delete too. Its receipt then stays `received`, and whoever
stores the object says so here: it is processed at once, whichever host it came from.
"""

from __future__ import annotations

from collections.abc import Sequence

from federation import clock, ids, limits, storage

_CROWDED = "what it is about has not come, and too much came after it that waits as well"


async def arrived(object_uri: str) -> None:
    """Let what waits for the object be processed; inside the transaction that stores it."""
    waits = "SELECT receipt_id FROM awaited WHERE object_uri = ?"
    if not await storage.at_once(f"{waits} LIMIT 1", object_uri):
        return
    await storage.execute(
        f"UPDATE receipt SET next_try_at = 0 WHERE state = 'received' AND id IN ({waits})",  # noqa: S608 - our own words
        object_uri,
    )


async def put(receipt_id: int, host: str, object_uris: Sequence[str]) -> None:
    """Let a receipt wait for these objects and no others; inside the caller's transaction.

    Over `limits.AWAITED_PER_HOST`, or `limits.AWAITED` in all, the receipts that wait longest are
    ignored: what is to come mostly comes soon, and what never comes must not be in its way.
    """
    await storage.execute("DELETE FROM awaited WHERE receipt_id = ?", receipt_id)
    if not object_uris:
        return
    await storage.execute_many(
        "INSERT INTO awaited (id, receipt_id, host, object_uri) VALUES (?, ?, ?, ?)",
        [(ids.new(), receipt_id, host, uri) for uri in object_uris],
    )
    await _make_room(limits.AWAITED_PER_HOST, "host = ?", host)
    await _make_room(limits.AWAITED, "TRUE")


async def _make_room(limit: int, which: str, *values: str) -> None:
    last = await storage.row(
        f"SELECT id FROM awaited WHERE {which} ORDER BY id DESC LIMIT 1 OFFSET ?",  # noqa: S608 - our own words
        *(*values, limit),
    )
    if last is None:
        return
    crowded = await storage.rows(
        f"SELECT DISTINCT receipt_id FROM awaited WHERE {which} AND id <= ?",  # noqa: S608 - our own words
        *(*values, last["id"]),
    )
    for row in crowded:
        await _give_up(row["receipt_id"])


async def _give_up(receipt_id: int) -> None:
    await storage.execute("DELETE FROM awaited WHERE receipt_id = ?", receipt_id)
    await storage.execute(
        "UPDATE receipt SET state = 'ignored', reason = ?, settled_at = ?"
        " WHERE id = ? AND state = 'received'",
        _CROWDED,
        clock.now_ms(),
        receipt_id,
    )
