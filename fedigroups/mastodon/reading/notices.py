"""This module reads somebody's notifications: alone, in groups, and how many are new."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation import ids, storage
from federation.storage import Row
from fedigroups.mastodon.present import notifications
from fedigroups.mastodon.present.notifications import GROUPED, SAMPLES
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.reading import people, posts, warnings
from fedigroups.mastodon.reading.posts import Reader, readable
from fedigroups.mastodon.reading.windows import Window
from fedigroups.personal import unwanted

KINDS = (
    *("mention", "favourite", "reblog", "update", "status", "follow", "follow_request"),
    *("poll", "decision"),
)
_ABOUT = "CASE WHEN n.kind = 'decision' THEN 0 ELSE n.post_id END"
_DECISION = "CASE WHEN n.kind = 'decision' THEN n.post_id ELSE 0 END"
UNREAD = 100
"""More are counted as so many, as Mastodon does."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which kinds are wanted, from whom (0: from anybody), and which of them in groups."""

    kinds: tuple[str, ...] = KINDS
    sender_id: int = 0
    grouped: tuple[str, ...] = tuple(sorted(GROUPED))


def _key(grouped: Sequence[str]) -> str:
    """What the notifications of a group have in common, as SQL; our own names only."""
    named = ", ".join(f"'{kind}'" for kind in grouped if kind in GROUPED) or "''"
    return (
        f"CASE WHEN n.kind IN ({named}) THEN n.kind || '-' || CAST(n.post_id AS TEXT)"
        " ELSE 'ungrouped-' || CAST(n.id AS TEXT) END"
    )


def _where(reader: Reader, wish: Wish) -> tuple[str, list[object]]:
    may, values = readable("p", reader)
    clause = (
        f"n.actor_id = ? AND n.kind IN ({storage.marks(len(wish.kinds))})"
        f" AND NOT {unwanted.sql('n.sender_id')}"
        " AND (n.post_id = 0 OR n.kind = 'decision' OR EXISTS"
        " (SELECT 1 FROM post p JOIN thread t ON t.id = p.thread_id"
        f" JOIN groups g ON g.id = t.group_id WHERE p.id = n.post_id AND {may}))"
    )
    bound: list[object] = [reader.id, *(wish.kinds or ("",)), *unwanted.values(reader.id), *values]
    if wish.sender_id:
        clause += " AND n.sender_id = ?"
        bound.append(wish.sender_id)
    return clause.replace("IN ()", "IN (?)"), bound


async def page(reader: Reader, window: Window, wish: Wish) -> list[Row]:
    """The notifications, newest first. One query."""
    where, values = _where(reader, wish)
    found = await storage.rows(
        f"SELECT n.id, n.kind, n.sender_id, n.created_at, {_ABOUT} AS post_id, {_DECISION}"
        f" AS decision_id, {_key(wish.grouped)} AS group_key FROM notification n WHERE {where}"
        f" AND {window.clause('n.id')}",
        *(*values, *window.values),
    )
    return window.arranged(found)


async def one(reader: Reader, id: int) -> Row | None:
    """A notification of the reader's. One query."""
    found = await page(reader, Window(1, min(id + 1, ids.BIGGEST), id - 1), Wish())
    return found[0] if found else None


async def show(rows: Sequence[Row], reader: Reader) -> list[Entity]:
    """The Notifications of these rows. Eight queries at most."""
    accounts = await _accounts([row["sender_id"] for row in rows], rows, reader)
    decisions = [row["decision_id"] for row in rows]
    found = await warnings.by_id(decisions, accounts.get(reader.id))
    statuses = await posts.by_id([row["post_id"] for row in rows if row["post_id"]], reader)
    return [
        notifications.notification(row, accounts, statuses, found)
        for row in rows
        if not row["post_id"] or row["post_id"] in statuses
    ]


async def groups(reader: Reader, window: Window, wish: Wish) -> list[Row]:
    """The groups of notifications, by the newest in each. One query."""
    where, values = _where(reader, wish)
    key = _key(wish.grouped)
    found = await storage.rows(
        "SELECT * FROM (SELECT MAX(n.id) AS newest, MIN(n.id) AS oldest, COUNT(*) AS count,"
        f" MAX(n.created_at) AS created_at, MAX(n.kind) AS kind, MAX({_ABOUT}) AS post_id,"
        f" MAX({_DECISION}) AS decision_id, {key} AS group_key FROM notification n"
        f" WHERE {where} GROUP BY {key}) AS x WHERE {window.clause('x.newest')}",
        *(*values, *window.values),
    )
    return window.arranged(found)


async def group(reader: Reader, key: str) -> Row | None:
    """A group of notifications by its key. One query."""
    where, values = _where(reader, Wish())
    found = _key(Wish().grouped)
    return await storage.row(
        "SELECT MAX(n.id) AS newest, MIN(n.id) AS oldest, COUNT(*) AS count,"
        " MAX(n.created_at) AS created_at, MAX(n.kind) AS kind,"
        f" MAX({_ABOUT}) AS post_id, MAX({_DECISION}) AS decision_id,"
        f" {found} AS group_key FROM notification n WHERE {where} AND {found} = ?"
        f" GROUP BY {found}",
        *(*values, key),
    )


async def senders(
    reader: Reader, found: Sequence[Row], wish: Wish, most: int = SAMPLES
) -> dict[str, list[int]]:
    """The newest senders of each group. One query."""
    if not found:
        return {}
    where, values = _where(reader, wish)
    key = _key(wish.grouped)
    rows = await storage.rows(
        f"SELECT y.group_key, y.sender_id FROM (SELECT {key} AS group_key, n.sender_id, n.id,"
        f" ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY n.id DESC) AS place"
        f" FROM notification n WHERE {where} AND {key} IN ({storage.marks(len(found))})) AS y"
        " WHERE y.place <= ? ORDER BY y.id DESC",
        *(*values, *[row["group_key"] for row in found], most),
    )
    listed: dict[str, list[int]] = {}
    for row in rows:
        listed.setdefault(row["group_key"], []).append(row["sender_id"])
    return listed


async def show_grouped(found: Sequence[Row], reader: Reader, wish: Wish) -> Entity:
    """GroupedNotificationsResults of these groups. Nine queries at most."""
    samples = await senders(reader, found, wish)
    named = [id for some in samples.values() for id in some]
    accounts = await _accounts(named, found, reader)
    decisions = [row["decision_id"] for row in found]
    against = await warnings.by_id(decisions, accounts.get(reader.id))
    statuses = await posts.by_id([row["post_id"] for row in found if row["post_id"]], reader)
    kept = [
        row
        for row in found
        if row["group_key"] in samples and (not row["post_id"] or row["post_id"] in statuses)
    ]
    return notifications.grouped(kept, samples, accounts, statuses, against)


async def _accounts(named: Sequence[int], rows: Sequence[Row], reader: Reader) -> dict[int, Entity]:
    """The Accounts that are named; the reader's too, where a decision is about them."""
    own = [reader.id] if any(row["decision_id"] for row in rows) else []
    return await people.by_id([*named, *own], reader.pictures)


async def unread(reader: Reader, wish: Wish, *, in_groups: bool, most: int = UNREAD) -> int:
    """How many are newer than the reader's marker, at most so many. One query."""
    where, values = _where(reader, wish)
    what = _key(wish.grouped) if in_groups else "n.id"
    row = await storage.row(
        f"SELECT COUNT(*) AS count FROM (SELECT DISTINCT {what} FROM notification n WHERE {where}"
        " AND n.id > COALESCE((SELECT k.last_read_id FROM marker k WHERE k.actor_id = ?"
        "   AND k.timeline = 'notifications'), 0) LIMIT ?) AS x",
        *(*values, reader.id, most),
    )
    return int(row["count"]) if row else 0
