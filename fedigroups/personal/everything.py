"""This module gathers all that somebody keeps for themselves, to take along or to be forgotten."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from typing import Any

from federation import storage

TABLES = (
    *("bookmark", "stance", "muted_thread", "marker", "followed_tag", "listing", "word_filter"),
    *("notification", "once", "reading", "draft", "featured_tag", "pinned_post", "blocked_host"),
    *("scheduled_post", "profile", "ballot", "deletion", "announcement_read", "import_batch"),
)
"""Each names whom a row belongs to; what hangs on a row goes with it."""
_HANDLE = "t.username || '@' || t.host AS handle"

PACKED = {
    "bookmarks": (
        "SELECT p.uri AS one FROM bookmark b JOIN post p ON p.id = b.post_id"
        " WHERE b.actor_id = ? ORDER BY b.id"
    ),
    "people": (
        f"SELECT {_HANDLE}, s.muted, s.blocked, s.endorsed, s.note FROM stance s"
        " JOIN actor t ON t.id = s.target_id WHERE s.actor_id = ? ORDER BY s.id"
    ),
    "drafts": "SELECT place, title, text, warning, poll FROM draft WHERE actor_id = ? ORDER BY id",
    "threads": (
        "SELECT p.uri AS thread, r.follows FROM reading r JOIN thread t ON t.id = r.thread_id"
        " JOIN post p ON p.id = t.root_id WHERE r.actor_id = ? ORDER BY r.id"
    ),
    "hashtags": "SELECT name AS one FROM followed_tag WHERE actor_id = ? ORDER BY id",
    "featured_hashtags": "SELECT name AS one FROM featured_tag WHERE actor_id = ? ORDER BY id",
    "pinned": (
        "SELECT p.uri AS one FROM pinned_post n JOIN post p ON p.id = n.post_id"
        " WHERE n.actor_id = ? ORDER BY n.id"
    ),
    "blocked_hosts": "SELECT host AS one FROM blocked_host WHERE actor_id = ? ORDER BY id",
    "scheduled": "SELECT due_at, text FROM scheduled_post WHERE actor_id = ? ORDER BY due_at",
    "votes": (
        "SELECT p.uri AS poll, b.choice FROM ballot b JOIN poll q ON q.id = b.poll_id"
        " JOIN post p ON p.id = q.post_id WHERE b.actor_id = ? ORDER BY b.id"
    ),
    "mail": (
        "SELECT g.name AS moderators, m.author_id = m.person_id AS own, m.text FROM modmail m"
        " JOIN groups g ON g.id = m.group_id WHERE m.person_id = ? ORDER BY m.id"
    ),
    "profile": (
        "SELECT note, pairs, icon_text, banner_text, credited FROM profile WHERE actor_id = ?"
    ),
    "lists": (
        f"SELECT n.title, {_HANDLE} FROM listing n LEFT JOIN listed l ON l.listing_id = n.id"
        " LEFT JOIN actor t ON t.id = l.target_id WHERE n.actor_id = ? ORDER BY n.id, l.id"
    ),
    "filters": (
        "SELECT f.title, f.context, f.action, k.keyword FROM word_filter f"
        " LEFT JOIN filter_keyword k ON k.word_filter_id = f.id"
        " WHERE f.actor_id = ? ORDER BY f.id, k.id"
    ),
}
"""What is taken along, by its name there; rows of one column `one` are its values."""


async def forget(actor_id: int) -> None:
    """Nothing of it is kept; nor is what others are notified of by them, or think of them."""
    for table in TABLES:
        await storage.execute(f"DELETE FROM {table} WHERE actor_id = ?", actor_id)
    await storage.execute("DELETE FROM notification WHERE sender_id = ?", actor_id)
    await storage.execute("DELETE FROM stance WHERE target_id = ?", actor_id)
    await storage.execute("DELETE FROM listed WHERE target_id = ?", actor_id)
    await storage.execute("DELETE FROM modmail WHERE person_id = ?", actor_id)


async def packed(actor_id: int) -> dict[str, Any]:
    """All of it, as a document for people to take along."""
    return {name: await _rows(sql, actor_id) for name, sql in PACKED.items()}


async def _rows(sql: str, actor_id: int) -> list[Any]:
    rows = await storage.rows(sql, actor_id)
    return [row["one"] if row.keys() == {"one"} else dict(row) for row in rows]
