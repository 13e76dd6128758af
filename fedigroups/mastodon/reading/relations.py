"""This module reads how whoever asks stands to accounts, and lists the accounts of a relation."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Sequence

from federation import storage
from federation.models import Actor
from fedigroups.mastodon.present.relationships import relationship
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.reading.windows import Window

_SELECT = (
    "SELECT a.id, m.state, m.shows, m.bell, s.muted, s.muted_until, s.blocked, s.endorsed, s.note,"
    " (SELECT 1 FROM blocked_host h WHERE h.actor_id = ? AND h.host = a.host) AS host_blocked,"
    " (SELECT 1 FROM member f JOIN groups h ON h.id = f.group_id WHERE h.actor_id = ?"
    "   AND f.actor_id = a.id AND f.state = 'member') AS followed_by,"
    " (SELECT 1 FROM member f JOIN groups h ON h.id = f.group_id WHERE h.actor_id = ?"
    "   AND f.actor_id = a.id AND f.state = 'asked') AS requested_by"
    " FROM actor a LEFT JOIN groups g ON g.actor_id = a.id"
    " LEFT JOIN member m ON m.group_id = g.id AND m.actor_id = ?"
    " LEFT JOIN stance s ON s.target_id = a.id AND s.actor_id = ?"
)


async def between(reader: Actor, ids: Sequence[int]) -> list[Entity]:
    """The Relationships to these accounts, in this order; unknown ones are left out. One query."""
    found = await storage.rows(
        f"{_SELECT} JOIN {storage.table('wanted', id='bigint')} ON wanted.id = a.id",
        *(*[reader.id] * 5, storage.packed([(id,) for id in sorted(set(ids))])),
    )
    made = {row["id"]: relationship(row) for row in found}
    return [made[id] for id in dict.fromkeys(ids) if id in made]


async def members(actor_id: int, window: Window, *, state: str = "member") -> list[tuple[int, int]]:
    """Who is in a group, or asked to be, as pairs of a row's id and the actor's. One query."""
    return await _pairs(
        "SELECT m.id, m.actor_id AS other FROM member m JOIN groups g ON g.id = m.group_id"
        " JOIN actor a ON a.id = m.actor_id"
        " WHERE g.actor_id = ? AND m.state = ? AND a.state = 'live'",
        (actor_id, state),
        "m.id",
        window,
    )


async def knows(actor_id: int, group_actor_id: int) -> bool:
    """Whether somebody may see who is in a group: its members may, and the group itself."""
    row = await storage.row(
        "SELECT 1 AS one FROM member m JOIN groups g ON g.id = m.group_id"
        " WHERE g.actor_id = ? AND m.actor_id = ? AND m.state = 'member'",
        *(group_actor_id, actor_id),
    )
    return row is not None or actor_id == group_actor_id


async def joined(actor_id: int, window: Window) -> list[tuple[int, int]]:
    """The groups that somebody is in. One query."""
    return await _pairs(
        "SELECT m.id, g.actor_id AS other FROM member m JOIN groups g ON g.id = m.group_id"
        " WHERE m.actor_id = ? AND m.state = 'member' AND g.state = 'open'",
        (actor_id,),
        "m.id",
        window,
    )


async def judged(actor_id: int, column: str, window: Window) -> list[tuple[int, int]]:
    """Whom somebody `muted`, `blocked` or `endorsed`. One query."""
    return await _pairs(
        f"SELECT s.id, s.target_id AS other FROM stance s WHERE s.actor_id = ? AND s.{column} = ?",
        (actor_id, True),
        "s.id",
        window,
    )


async def reactors(post_id: int, kind: str, window: Window) -> list[tuple[int, int]]:
    """Who liked or boosted a post, as far as they said so themselves. One query."""
    return await _pairs(
        "SELECT r.id, a.id AS other FROM reaction r JOIN actor a ON a.uri = r.actor_uri"
        " WHERE r.post_id = ? AND r.kind = ? AND r.vouched = ? AND a.state = 'live'",
        (post_id, kind, False),
        "r.id",
        window,
    )


async def reacted(actor_uri: str, window: Window) -> list[tuple[int, int]]:
    """What somebody likes, as pairs of a row's id and the post's. One query."""
    return await _pairs(
        "SELECT r.id, r.post_id AS other FROM reaction r WHERE r.actor_uri = ? AND r.kind = 'like'",
        (actor_uri,),
        "r.id",
        window,
    )


async def bookmarked(actor_id: int, window: Window) -> list[tuple[int, int]]:
    """What somebody keeps, as pairs of a row's id and the post's. One query."""
    return await _pairs(
        "SELECT b.id, b.post_id AS other FROM bookmark b WHERE b.actor_id = ?",
        (actor_id,),
        "b.id",
        window,
    )


async def listed(actor_id: int, listing_id: int, window: Window) -> list[tuple[int, int]]:
    """Whose posts are in a list of somebody's. One query."""
    return await _pairs(
        "SELECT l.id, l.target_id AS other FROM listed l JOIN listing n ON n.id = l.listing_id"
        " WHERE n.actor_id = ? AND n.id = ?",
        (actor_id, listing_id),
        "l.id",
        window,
    )


async def _pairs(
    select: str, values: tuple[object, ...], column: str, window: Window
) -> list[tuple[int, int]]:
    found = await storage.rows(f"{select} AND {window.clause(column)}", *(*values, *window.values))
    return [(row["id"], row["other"]) for row in window.arranged(found)]
