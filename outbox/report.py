"""This module knows what an operator asks: which hosts are owed what, since when, and why."""

from __future__ import annotations

from dataclasses import dataclass

from federation import storage
from outbox import lanes
from outbox.lanes import State
from outbox.settle import QUIET


@dataclass(frozen=True, slots=True)
class HostReport:
    """One host: how many deliveries it is owed at most, since when, and how it fares (ms)."""

    host: str
    owed: int
    since: int
    """When the oldest that it is owed was published; 0 when nothing is owed."""
    state: State
    failures: int
    next_try_at: int
    succeeded_at: int
    last_error: str


@dataclass(frozen=True, slots=True)
class EndedReport:
    """A delivery that ended without success; a host that was given up has one per inbox."""

    host: str
    inbox: str
    stream: str
    activity_uri: str
    status: int
    reason: str
    ended_at: int


async def hosts(host: str = "") -> list[HostReport]:
    """What `host` is owed, or every host that is owed something or does not answer; by name."""
    among = "WHERE s.host = ?" if host else ""
    wanted = "l.host = ?" if host else "o.owed > 0 OR l.state <> 'open'"
    found = await storage.rows(
        "SELECT l.host, l.state, l.failures, l.next_try_at, l.succeeded_at, l.last_error,"  # noqa: S608 - our own SQL
        " COALESCE(o.owed, 0) AS owed, COALESCE(o.since, 0) AS since FROM lane l LEFT JOIN ("
        "SELECT s.host, SUM(t.head - s.cursor) AS owed, MIN(a.created_at) AS since"
        " FROM subscription s JOIN stream t ON t.name = s.stream AND t.head > s.cursor"
        " LEFT JOIN log_entry e ON e.stream = s.stream AND e.seq = s.cursor + 1"
        " LEFT JOIN activity a ON a.id = e.activity_id"
        f" {among} GROUP BY s.host) o ON o.host = l.host WHERE {wanted} ORDER BY l.host",
        *([host, host] if host else []),
    )
    return [
        HostReport(**row | {"owed": int(row["owed"]), "state": State(row["state"])})
        for row in found
    ]


async def debt() -> tuple[int, int]:
    """How many deliveries are owed at most, and since when (ms) to a host that answers; 0 if not.

    A host that does not answer is its own trouble, not this server's.
    """
    row = await storage.row(
        "SELECT COALESCE(SUM(t.head - s.cursor), 0) AS owed,"
        " COALESCE(MIN(CASE WHEN l.state = 'open' THEN e.created_at END), 0) AS since"
        " FROM subscription s JOIN stream t ON t.name = s.stream AND t.head > s.cursor"
        " JOIN lane l ON l.host = s.host"
        " LEFT JOIN log_entry e ON e.stream = s.stream AND e.seq = s.cursor + 1"
    )
    return (int(row["owed"]), int(row["since"])) if row else (0, 0)


async def ended(host: str = "", limit: int = 100) -> list[EndedReport]:
    """The newest that ended, to one host or to all; what was withdrawn or blocked is left out."""
    found = await storage.rows(
        "SELECT host, inbox, stream, activity_uri, status, reason, ended_at FROM ended"  # noqa: S608 - our own SQL
        f" WHERE reason NOT IN ({storage.marks(len(QUIET))}) AND reason NOT LIKE 'blocked:%'"
        f" {'AND host = ?' if host else ''} ORDER BY id DESC LIMIT ?",
        *QUIET,
        *([host] if host else []),
        limit,
    )
    return [EndedReport(**row) for row in found]


async def retry(host: str) -> bool:
    """Let the host be tried now, however long it failed; False when it is not known."""
    return await lanes.wake(host)
