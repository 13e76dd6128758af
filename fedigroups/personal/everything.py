"""This module gathers all that somebody keeps for themselves, to take along or to be forgotten."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from typing import Any

from federation import storage

TABLES = (
    *("bookmark", "stance", "muted_thread", "marker", "followed_tag", "listing", "word_filter"),
    *("notification", "once", "reading", "draft", "featured_tag", "pinned_post", "blocked_host"),
    *("scheduled_post", "profile", "ballot", "deletion", "announcement_read"),
)
"""Each names whom a row belongs to; what hangs on a row goes with it."""
_HANDLE = "t.username || '@' || t.host AS handle"
_MAIL = (
    "SELECT g.name AS moderators, m.author_id = m.person_id AS own, m.text FROM modmail m"
    " JOIN groups g ON g.id = m.group_id WHERE m.person_id = ? ORDER BY m.id"
)


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
    return {
        "bookmarks": await _column(
            "SELECT p.uri AS one FROM bookmark b JOIN post p ON p.id = b.post_id"
            " WHERE b.actor_id = ? ORDER BY b.id",
            actor_id,
        ),
        "people": await _rows(
            f"SELECT {_HANDLE}, s.muted, s.blocked, s.endorsed, s.note FROM stance s"
            " JOIN actor t ON t.id = s.target_id WHERE s.actor_id = ? ORDER BY s.id",
            actor_id,
        ),
        "drafts": await _rows(
            "SELECT place, title, text, warning, poll FROM draft WHERE actor_id = ? ORDER BY id",
            actor_id,
        ),
        "threads": await _rows(
            "SELECT p.uri AS thread, r.follows FROM reading r JOIN thread t ON t.id = r.thread_id"
            " JOIN post p ON p.id = t.root_id WHERE r.actor_id = ? ORDER BY r.id",
            actor_id,
        ),
        "hashtags": await _column(
            "SELECT name AS one FROM followed_tag WHERE actor_id = ? ORDER BY id", actor_id
        ),
        "featured_hashtags": await _column(
            "SELECT name AS one FROM featured_tag WHERE actor_id = ? ORDER BY id", actor_id
        ),
        "pinned": await _column(
            "SELECT p.uri AS one FROM pinned_post n JOIN post p ON p.id = n.post_id"
            " WHERE n.actor_id = ? ORDER BY n.id",
            actor_id,
        ),
        "blocked_hosts": await _column(
            "SELECT host AS one FROM blocked_host WHERE actor_id = ? ORDER BY id", actor_id
        ),
        "scheduled": await _rows(
            "SELECT due_at, text FROM scheduled_post WHERE actor_id = ? ORDER BY due_at", actor_id
        ),
        "votes": await _rows(
            "SELECT p.uri AS poll, b.choice FROM ballot b JOIN poll q ON q.id = b.poll_id"
            " JOIN post p ON p.id = q.post_id WHERE b.actor_id = ? ORDER BY b.id",
            actor_id,
        ),
        "mail": await _rows(_MAIL, actor_id),
        "profile": await _rows(
            "SELECT note, pairs, icon_text, banner_text, credited FROM profile WHERE actor_id = ?",
            actor_id,
        ),
        "lists": await _rows(
            f"SELECT n.title, {_HANDLE} FROM listing n LEFT JOIN listed l ON l.listing_id = n.id"
            " LEFT JOIN actor t ON t.id = l.target_id WHERE n.actor_id = ? ORDER BY n.id, l.id",
            actor_id,
        ),
        "filters": await _rows(
            "SELECT f.title, f.context, f.action, k.keyword FROM word_filter f"
            " LEFT JOIN filter_keyword k ON k.word_filter_id = f.id"
            " WHERE f.actor_id = ? ORDER BY f.id, k.id",
            actor_id,
        ),
    }


async def _rows(sql: str, actor_id: int) -> list[dict[str, Any]]:
    return [dict(row) for row in await storage.rows(sql, actor_id)]


async def _column(sql: str, actor_id: int) -> list[str]:
    return [row["one"] for row in await storage.rows(sql, actor_id)]
