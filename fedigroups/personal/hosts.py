"""This module keeps the hosts whose people somebody wants to meet nothing of."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from federation import ids, limits, storage
from federation.errors import Malformed
from federation.origin import is_host
from federation.storage import Row

HIDDEN = (
    "EXISTS (SELECT 1 FROM blocked_host h CROSS JOIN actor o"
    " WHERE h.actor_id = ? AND o.id = {author} AND o.host = h.host)"
)
"""Whether the reader, at the mark, blocks the host of an author, as SQL.

SQLite takes a cross join in the order in which it is written: most readers block no host.
"""


async def block(actor_id: int, host: str) -> None:
    """Meet nothing of a host. Raises `Malformed` for what is no host, and for one too many."""
    name = _host(host)
    async with storage.transaction():
        row = await storage.row(
            "SELECT COUNT(*) AS many FROM blocked_host WHERE actor_id = ? AND host <> ?",
            *(actor_id, name),
        )
        if row and row["many"] >= limits.BLOCKED_HOSTS:
            raise Malformed(f"one blocks at most {limits.BLOCKED_HOSTS} hosts")
        await storage.execute(
            "INSERT INTO blocked_host (id, actor_id, host) VALUES (?, ?, ?)"
            " ON CONFLICT (actor_id, host) DO NOTHING",
            *(ids.new(), actor_id, name),
        )


async def unblock(actor_id: int, host: str) -> None:
    """Meet them again."""
    await storage.execute(
        "DELETE FROM blocked_host WHERE actor_id = ? AND host = ?", actor_id, _host(host)
    )


async def blocked(
    actor_id: int, clause: str = "TRUE ORDER BY host", values: tuple[int, ...] = ()
) -> list[Row]:
    """The hosts that somebody blocks, with the rows' ids; all, or as the clause bounds them."""
    return await storage.rows(
        f"SELECT id, host FROM blocked_host WHERE actor_id = ? AND {clause}", actor_id, *values
    )


def _host(text: str) -> str:
    """The host as actors have it. Raises `Malformed`."""
    name = text.strip().lower().rstrip(".")
    if not is_host(name):
        raise Malformed("a domain is a host's name, for example evil.example")
    return name
