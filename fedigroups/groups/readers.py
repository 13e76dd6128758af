"""This module compares who reads the groups with who should, as a whole, and puts it right.

`fedigroups.groups.routing` keeps it right step by step; this is for an operator who doubts it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from federation import follower_digest, followers, storage
from federation.followers import Pair
from federation.origin import host_of
from fedigroups.groups import routing
from fedigroups.groups.routing import streams_for
from outbox import streams

Reader = tuple[str, str]
"""A stream and an inbox that reads it."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Where what is differs from what is derived: none of it, when all is well."""

    members: int
    """How many members read through another inbox than their server's."""
    missing: frozenset[Reader]
    excess: frozenset[Reader]
    digests: frozenset[Pair]
    """Whose digest of followers is another than that of the members there."""

    def __bool__(self) -> bool:
        return bool(self.members or self.missing or self.excess or self.digests)


async def drift() -> Drift:
    """How the readers of all groups differ from what they should be; reads every membership."""
    wrong = await storage.row(
        f"SELECT COUNT(*) AS number FROM ({routing.MEMBERS}) AS members WHERE inbox <> derived"  # noqa: S608 - our own SQL
    )
    return await _drift(wrong["number"] if wrong else 0)


async def mend() -> Drift:
    """Make all readers what they should be, committed; what was wrong comes back.

    Who read nothing begins at the head of each stream: what was missed is not sent any more.
    """
    async with storage.transaction():
        await routing.hold_alone()
        found = await _drift(await routing.reconcile_all())
        for stream, inbox in sorted(found.missing):
            await streams.subscribe(stream, inbox, host_of(inbox))
        for stream, inbox in sorted(found.excess):
            await streams.unsubscribe(stream, inbox)
        if found.digests:
            await followers.write_all(await _followers())
    return found


async def _drift(members: int) -> Drift:
    wanted, read = await _wanted(), await _readers("group:%")
    waiting = await _readers("again:%:group:%")
    counted = {pair: follower_digest.of(uris) for pair, uris in (await _followers()).items()}
    kept = await followers.read_all()
    return Drift(
        members,
        frozenset(wanted - read),
        frozenset((read | waiting) - wanted),
        frozenset(pair for pair in counted | kept if counted.get(pair) != kept.get(pair)),
    )


async def _wanted() -> set[Reader]:
    known = await storage.rows("SELECT host, family FROM peer WHERE family <> 'unknown'")
    families = {row["host"]: row["family"] for row in known}
    through = await storage.rows(
        "SELECT DISTINCT m.group_id, m.inbox FROM member m JOIN groups g ON g.id = m.group_id"
        " WHERE m.inbox <> '' AND g.hosted"
    )
    return {
        (stream, row["inbox"])
        for row in through
        for stream in streams_for(row["group_id"], families.get(host_of(row["inbox"]), "unknown"))
    }


async def _readers(like: str) -> set[Reader]:
    rows = await storage.rows("SELECT stream, inbox FROM subscription WHERE stream LIKE ?", like)
    return {(streams.original(row["stream"]), row["inbox"]) for row in rows}


async def _followers() -> dict[Pair, list[str]]:
    """The ids of those who follow, by whom they follow and where they live."""
    found: defaultdict[Pair, list[str]] = defaultdict(list)
    for row in await storage.rows(
        f"SELECT followed, host, uri FROM ({routing.MEMBERS}) AS members WHERE inbox <> ''"  # noqa: S608 - our own SQL
    ):
        found[row["followed"], row["host"]].append(row["uri"])
    return found
