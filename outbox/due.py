"""This module finds the hosts that are owed something and may be tried now.

A broadcast must not touch ten thousand lanes, so nothing marks a host as due. What was appended
of late is read from the end of the log; all subscriptions are compared with their streams only
when a worker starts, and rarely after that. Hosts that somebody serves are left out: whoever lets
a lane go looks whether it is owed more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation import clock, ids, limits, storage
from outbox import streams
from outbox.owed import READY

MOST = 10_000
"""Hosts that one look brings; the rest is found by the next."""

OVERLAP = 15 * clock.SECOND
"""How far back a look at the log goes: a transaction that commits later is found by the sweep."""

_SPREAD = (limits.SPREAD_SECONDS + 15) * clock.SECOND
_DIRECT = "MIN(CASE WHEN s.stream LIKE 'inbox:%' THEN 0 ELSE 1 END)"


@dataclass(frozen=True, slots=True)
class Due:
    """A host with something to send; `direct` when somebody there waits for an answer.

    `failing` when its last try failed: it may well hang again.
    """

    host: str
    direct: bool
    failing: bool = False


async def all_hosts() -> list[Due]:
    """Every host that is due, those with direct answers first."""
    return await _find("", [])


async def recent_hosts(*, direct_only: bool = False) -> list[Due]:
    """The hosts that are due and read a stream that was appended to in the last seconds.

    Also those whose moment came to read an entry that is spread over a longer while.
    """
    now = ids.new()
    found = await storage.rows(
        "SELECT DISTINCT stream FROM log_entry WHERE id > ?"
        " UNION SELECT stream FROM log_entry WHERE id > ? AND spread > 0",
        now - (OVERLAP << 20),
        now - (_SPREAD << 20),
    )
    names = [[row["stream"]] for row in found if _is_fresh(row["stream"], direct_only)]
    if not names:
        return []
    asked = storage.table("asked", stream="text")
    return await _find(f"AND s.stream IN (SELECT stream FROM {asked})", [storage.packed(names)])  # noqa: S608 - our own SQL


async def retried_hosts() -> list[Due]:
    """The failing hosts whose time has come."""
    now, given = storage.now(), storage.now_given()
    found = await storage.rows(
        f"SELECT l.host FROM lane l WHERE l.state <> 'open' AND l.next_try_at <= {now}"  # noqa: S608 - our own SQL
        f" AND l.lease_until <= {now} AND EXISTS ("
        "SELECT 1 FROM subscription s JOIN stream t ON t.name = s.stream"
        f" WHERE s.host = l.host AND t.head > s.cursor AND {READY}) LIMIT {MOST}",
        given,
        given,
        clock.now_ms(),
    )
    return [Due(row["host"], direct=False, failing=True) for row in found]


async def among(hosts: Sequence[str]) -> set[str]:
    """Those of the hosts that are due, by one statement."""
    if not hosts:
        return set()
    asked = storage.table("asked", host="text")
    found = await _find(
        f"AND s.host IN (SELECT host FROM {asked})",  # noqa: S608 - our own SQL
        [storage.packed([host] for host in hosts)],
    )
    return {one.host for one in found}


def _is_fresh(stream: str, direct_only: bool) -> bool:
    return streams.is_direct(stream) or not (direct_only or streams.is_again(stream))


async def _find(condition: str, values: Sequence[str]) -> list[Due]:
    now, given = storage.now(), storage.now_given()
    found = await storage.rows(
        f"SELECT s.host, {_DIRECT} AS direct, MIN(l.failures) AS failures FROM stream t"  # noqa: S608 - our own SQL
        " JOIN subscription s ON s.stream = t.name AND s.cursor < t.head"
        f" JOIN lane l ON l.host = s.host AND l.next_try_at <= {now} AND l.lease_until <= {now}"
        f" WHERE {READY} {condition} GROUP BY s.host ORDER BY direct LIMIT {MOST}",
        given,
        given,
        clock.now_ms(),
        *values,
    )
    return [Due(row["host"], row["direct"] == 0, row["failures"] > 0) for row in found]
