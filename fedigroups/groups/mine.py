"""This module reads what pages show to one member alone: feed, saved posts, marks."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation import ids, storage
from federation.models import Actor
from fedigroups.content import sanitise
from fedigroups.groups import emoji_columns, read, views
from fedigroups.groups.views import GroupCard, PersonPost, ThreadRow
from fedigroups.groups.visibility import listed_sql, members_sql, readable_sql
from fedigroups.personal import unwanted

PAGE = 25
GROUPS = 200

MINE = "SELECT m.group_id FROM member m WHERE m.actor_id = ? AND m.state = 'member' AND m.shows = ?"
"""SQL: the groups that somebody (the first mark) is in and wants to see (the second: true)."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Threads of somebody's groups; `next` is the `before` of the page after it, or ""."""

    threads: tuple[ThreadRow, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What somebody saved; `next` is the `before` of the page after it, or 0."""

    posts: tuple[PersonPost, ...]
    next: int


@dataclass(frozen=True, slots=True)
class Marks:
    """What somebody did with the posts of a thread: their ids."""

    liked: frozenset[int] = frozenset()
    saved: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Judged:
    """Somebody whom the reader blocks or mutes."""

    id: int
    handle: str
    name: str
    blocked: bool


async def feed(actor_id: int, before: str = "", *, unread: bool = False) -> Feed:
    """The threads of their groups that were active last, or the unread of them. One query."""
    values = [actor_id, True, True, actor_id, *unwanted.values(actor_id)]
    clause = ""
    if unread:
        clause = f"AND {read.unread_sql('t')} "
        values += read.unread_values(actor_id)
    if mark := read.cursor(before):
        clause += "AND (t.active_at, t.id) < (?, ?) "
        values += mark
    rows = await storage.rows(
        f"{read.THREADS} WHERE t.group_id IN ({MINE}) AND g.state = 'open' AND t.visible = ?"
        f" AND ({listed_sql('p')} OR ({members_sql('p')}))"
        f" AND NOT {unwanted.sql('p.author_id')} {clause}"
        "ORDER BY t.active_at DESC, t.id DESC LIMIT ?",
        *(*values, PAGE + 1),
    )
    threads = tuple(map(views.thread_row, rows[:PAGE]))
    last = threads[-1] if len(rows) > PAGE else None
    return Feed(threads, f"{last.active_at}.{last.id}" if last else "")


async def groups(actor_id: int) -> tuple[GroupCard, ...]:
    """The groups that they are in, here and elsewhere, the liveliest first. One query."""
    rows = await storage.rows(
        f"{read.GROUP_ROWS} JOIN member m ON m.group_id = g.id WHERE m.actor_id = ?"
        " AND m.state = 'member' AND g.state = 'open' ORDER BY g.active_at DESC, g.id DESC LIMIT ?",
        *(actor_id, GROUPS),
    )
    return tuple(map(views.card, rows))


async def fresh(actor_id: int, threads: Sequence[ThreadRow]) -> dict[int, int]:
    """Of threads that they opened before: how many replies are new since then.

    What they do not want to read is not counted. One query.
    """
    ids = [thread.id for thread in threads]
    if not ids:
        return {}
    rows = await storage.rows(
        "SELECT r.thread_id, COUNT(*) AS fresh FROM reading r JOIN post p"
        " ON p.thread_id = r.thread_id AND p.id > r.seen_id AND p.author_id <> r.actor_id"
        f" WHERE r.actor_id = ? AND r.seen_id > 0 AND r.thread_id IN ({storage.marks(len(ids))})"
        f" AND {readable_sql('p')} AND NOT {unwanted.sql('p.author_id')} GROUP BY r.thread_id",
        *(actor_id, *ids, actor_id, actor_id, actor_id, *unwanted.values(actor_id)),
    )
    return {row["thread_id"]: row["fresh"] for row in rows}


async def saved(actor_id: int, before: int = 0) -> Saved:
    """What they saved and may still read, the newest first. One query."""
    rows = await storage.rows(
        f"SELECT b.id AS saved_id, {views.SLUG} AS group_name, {emoji_columns.GROUP_TITLE},"
        f" {views.THREAD_TITLE}, {views.post_columns('p')}, {views.person_columns('a')}"
        " FROM bookmark b JOIN post p ON p.id = b.post_id JOIN actor a ON a.id = p.author_id"
        " JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id"
        " JOIN post root ON root.id = t.root_id"
        f" WHERE b.actor_id = ? AND b.id < ? AND g.state = 'open' AND {readable_sql('p')}"
        " ORDER BY b.id DESC LIMIT ?",
        *(actor_id, before or ids.BIGGEST, actor_id, actor_id, actor_id, PAGE + 1),
    )
    posts = tuple(map(views.person_post, rows[:PAGE]))
    return Saved(posts, rows[PAGE - 1]["saved_id"] if len(rows) > PAGE else 0)


async def marks(actor: Actor, thread_id: int) -> Marks:
    """What they did with the posts of a thread. Two queries."""
    liked = await storage.rows(
        "SELECT r.post_id FROM reaction r JOIN post p ON p.id = r.post_id WHERE p.thread_id = ?"
        " AND r.actor_uri = ? AND r.slot = 'vote' AND r.kind = 'like'",
        *(thread_id, actor.uri),
    )
    kept = await storage.rows(
        "SELECT b.post_id FROM bookmark b JOIN post p ON p.id = b.post_id WHERE p.thread_id = ?"
        " AND b.actor_id = ?",
        *(thread_id, actor.id),
    )
    return Marks(
        frozenset(row["post_id"] for row in liked), frozenset(row["post_id"] for row in kept)
    )


async def judged(actor_id: int) -> tuple[Judged, ...]:
    """Whom they block or mute. One query."""
    rows = await storage.rows(
        "SELECT a.id, a.username, a.host, a.name, s.blocked FROM stance s"
        " JOIN actor a ON a.id = s.target_id WHERE s.actor_id = ?"
        " AND (s.blocked = ? OR s.muted = ?) ORDER BY s.id DESC",
        *(actor_id, True, True),
    )
    return tuple(
        Judged(
            row["id"],
            f"{row['username']}@{row['host']}",
            sanitise.label(row["name"], 80) or row["username"],
            bool(row["blocked"]),
        )
        for row in rows
    )
