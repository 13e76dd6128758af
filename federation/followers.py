"""This module keeps the digests of who follows whom, one for each pair of an actor and a host.

Of actors here, their followers on another host; of actors elsewhere, their followers on ours. A
digest changes with each follower by one XOR (FEP-8fcf), so it never costs a look at all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from federation import follower_digest, ids, storage

Pair = tuple[str, str]
"""The followed actor's URI and the followers' host."""


class Followers:
    """Reads digests for deliveries; all who ask in the same moment share one statement."""

    def __init__(self) -> None:
        self._asked: set[Pair] = set()
        self._look: asyncio.Task[dict[Pair, str]] | None = None

    async def digest(self, actor_uri: str, host: str) -> str:
        """The digest of the actor's followers on that host; "" when there are none."""
        pair = (actor_uri, host)
        self._asked.add(pair)
        if self._look is None:
            self._look = asyncio.create_task(self._read())
        return (await asyncio.shield(self._look)).get(pair, "")

    async def _read(self) -> dict[Pair, str]:
        asked, self._asked, self._look = self._asked, set(), None
        found = await storage.rows(
            "SELECT d.actor_uri, d.host, d.digest"  # noqa: S608 - our own SQL
            f" FROM {storage.table('w', actor_uri='text', host='text')}"
            " JOIN follower_digest d ON d.actor_uri = w.actor_uri AND d.host = w.host",
            storage.packed(asked),
        )
        return {(row["actor_uri"], row["host"]): row["digest"] for row in found}


async def digest(actor_uri: str, host: str) -> str:
    """The digest of the actor's followers on that host, `follower_digest.EMPTY` of nobody."""
    row = await storage.row(
        "SELECT digest FROM follower_digest WHERE actor_uri = ? AND host = ?", actor_uri, host
    )
    return row["digest"] if row is not None else follower_digest.EMPTY


async def toggle(actor_uri: str, host: str, follower_uri: str, *, follows: bool) -> None:
    """A follower of that host has come or gone, inside the transaction that changes it.

    The caller sees to it that nobody else changes the followers of this actor at the same time.
    """
    row = await storage.row(
        "INSERT INTO follower_digest (id, actor_uri, host, digest, followers)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (actor_uri, host) DO UPDATE"
        " SET followers = follower_digest.followers + excluded.followers"
        " RETURNING id, digest, followers",
        ids.new(),
        actor_uri,
        host,
        follower_digest.EMPTY,
        1 if follows else -1,
    )
    if row is None or row["followers"] <= 0:
        await storage.execute(
            "DELETE FROM follower_digest WHERE actor_uri = ? AND host = ?", actor_uri, host
        )
        return
    digest = follower_digest.toggled(row["digest"], follower_uri)
    await storage.execute("UPDATE follower_digest SET digest = ? WHERE id = ?", digest, row["id"])


async def read_all() -> dict[Pair, str]:
    """Every digest there is."""
    rows = await storage.rows("SELECT actor_uri, host, digest FROM follower_digest")
    return {(row["actor_uri"], row["host"]): row["digest"] for row in rows}


async def write_all(followers: Mapping[Pair, Sequence[str]]) -> None:
    """Replace all digests by those of these followers, given by their ids."""
    await storage.execute("DELETE FROM follower_digest")
    await storage.execute_many(
        "INSERT INTO follower_digest (id, actor_uri, host, digest, followers)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (ids.new(), *pair, follower_digest.of(uris), len(uris))
            for pair, uris in followers.items()
        ],
    )
