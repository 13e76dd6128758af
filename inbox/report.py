"""This module tells the operator what arrived and what became of it, and tries again on request."""

from __future__ import annotations

from dataclasses import dataclass

from federation import clock, storage

STATES = ("received", "done", "ignored", "failed")


@dataclass(frozen=True, slots=True)
class Failed:
    """A receipt that was given up, and why."""

    id: int
    activity_uri: str
    actor_uri: str
    kind: str
    host: str
    reason: str
    attempts: int
    received_at: int
    settled_at: int


async def counts() -> dict[str, int]:
    """How many receipts are in each state."""
    rows = await storage.rows("SELECT state, COUNT(*) AS number FROM receipt GROUP BY state")
    return dict.fromkeys(STATES, 0) | {row["state"]: row["number"] for row in rows}


async def oldest_due() -> int:
    """How long (ms) the receipt that has been due for longest has waited; 0 when none is due."""
    now = clock.now_ms()
    row = await storage.row(
        "SELECT MIN(CASE WHEN next_try_at > received_at THEN next_try_at ELSE received_at END)"
        " AS since FROM receipt WHERE state = 'received' AND next_try_at <= ?",
        now,
    )
    return max(now - row["since"], 0) if row and row["since"] is not None else 0


async def failed(limit: int = 100) -> list[Failed]:
    """The receipts that were given up, the latest first."""
    rows = await storage.rows(
        "SELECT id, activity_uri, actor_uri, kind, host, reason, attempts, received_at, settled_at"
        " FROM receipt WHERE state = 'failed' ORDER BY id DESC LIMIT ?",
        limit,
    )
    return [Failed(**row) for row in rows]


async def retry(receipt_id: int) -> bool:
    """Whether a failed receipt is now to be processed again; wake the processor afterwards."""
    return await _revive("id = ?", receipt_id) == 1


async def retry_host(host: str) -> int:
    """How many failed receipts of a host are now to be processed again."""
    return await _revive("host = ?", host)


async def _revive(which: str, value: object) -> int:
    return await storage.execute(
        "UPDATE receipt SET state = 'received', reason = '', attempts = 0, next_try_at = 0,"  # noqa: S608 - our own words
        f" settled_at = 0 WHERE state = 'failed' AND body IS NOT NULL AND {which}",
        value,
    )
