"""This module finds whom a text may name: people and groups that its author may know of."""

from __future__ import annotations

from dataclasses import dataclass

from federation import limits, storage
from federation.peers import Peers
from fedigroups.content import sanitise
from fedigroups.groups.visibility import listed_sql

MOST = 6
_LOOKED_AT = 60
"""Found names of which the first are offered: some may be below a domain that is blocked."""
LEAST_CHARS = 2


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody, or a group, as a text names them."""

    handle: str
    name: str
    is_group: bool


async def beginning_with(peers: Peers, text: str, actor_id: int) -> list[Named]:
    """Those whose address or name begins so: who shares a group with the author first. One query.

    Whoever does not want to be found is found by the whole name, and by members of a group in
    which they wrote something public. Nobody whom the author blocks, alone or with their server,
    and nobody of a server that this one does not deal with.
    """
    begun = sanitise.label(text, limits.QUERY_CHARS).lower().lstrip("@!")
    name, _at, host = begun.partition("@")
    if len(name) < LEAST_CHARS:
        return []
    rows = await storage.rows(
        "SELECT a.username, a.host, a.name, a.kind FROM actor a"  # noqa: S608 - our own SQL
        " LEFT JOIN groups g ON g.actor_id = a.id"
        " WHERE a.kind IN ('Person', 'Group') AND a.state = 'live' AND a.id <> ?"
        " AND (g.id IS NULL OR g.state = 'open') AND a.host LIKE ? ESCAPE '!'"
        " AND (LOWER(a.username) LIKE ? ESCAPE '!' OR LOWER(a.name) LIKE ? ESCAPE '!')"
        " AND (a.discoverable = ? OR LOWER(a.username) = ? OR EXISTS (SELECT 1 FROM post p"
        " JOIN thread t ON t.id = p.thread_id JOIN member m ON m.group_id = t.group_id"
        " AND m.actor_id = ? AND m.state = 'member'"
        f" WHERE p.author_id = a.id AND {listed_sql('p')}))"
        " AND NOT EXISTS (SELECT 1 FROM stance s WHERE s.actor_id = ? AND s.target_id = a.id"
        " AND s.blocked = ?)"
        " AND NOT EXISTS (SELECT 1 FROM blocked_host h WHERE h.actor_id = ? AND h.host = a.host)"
        " AND NOT EXISTS (SELECT 1 FROM peer q WHERE q.host = a.host AND q.blocked = ?)"
        " ORDER BY (CASE WHEN EXISTS (SELECT 1 FROM member m JOIN member n"
        " ON n.group_id = m.group_id AND n.actor_id = ? AND n.state = 'member'"
        " WHERE m.actor_id = a.id AND m.state = 'member') THEN 0 ELSE 1 END),"
        " a.local DESC, LOWER(a.username), a.id LIMIT ?",
        *(actor_id, _begins(host), _begins(name), _begins(name), True, name),
        *(actor_id, actor_id, True, actor_id, True, actor_id, _LOOKED_AT),
    )
    offered = [row for row in rows if not await peers.is_blocked(row["host"])]
    return [
        Named(
            f"{row['username']}@{row['host']}",
            sanitise.label(row["name"], 80) or row["username"],
            row["kind"] == "Group",
        )
        for row in offered[:MOST]
    ]


def _begins(text: str) -> str:
    return f"{storage.like(text)}%"
