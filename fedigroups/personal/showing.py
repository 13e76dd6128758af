"""This module keeps what somebody shows on their profile: posts of their own, and hashtags."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from federation import ids, limits, storage
from federation.errors import Malformed
from federation.storage import Row


async def pin(actor_id: int, post_id: int) -> None:
    """Show a post first. Raises `Malformed` for one too many."""
    async with storage.transaction():
        await _check(
            "SELECT COUNT(*) AS many FROM pinned_post WHERE actor_id = ? AND post_id <> ?",
            *(actor_id, post_id),
            most=limits.PINNED_POSTS,
            words="posts are pinned",
        )
        await storage.execute(
            "INSERT INTO pinned_post (id, actor_id, post_id) VALUES (?, ?, ?)"
            " ON CONFLICT (actor_id, post_id) DO NOTHING",
            *(ids.new(), actor_id, post_id),
        )


async def unpin(actor_id: int, post_id: int) -> None:
    """Stop showing it first."""
    await storage.execute(
        "DELETE FROM pinned_post WHERE actor_id = ? AND post_id = ?", actor_id, post_id
    )


async def feature(actor_id: int, name: str) -> int:
    """Show a hashtag; the row's id. Raises `Malformed` for one too many."""
    async with storage.transaction():
        await _check(
            "SELECT COUNT(*) AS many FROM featured_tag WHERE actor_id = ? AND name <> ?",
            *(actor_id, name),
            most=limits.FEATURED_TAGS,
            words="hashtags are shown",
        )
        await storage.execute(
            "INSERT INTO featured_tag (id, actor_id, name) VALUES (?, ?, ?)"
            " ON CONFLICT (actor_id, name) DO NOTHING",
            *(ids.new(), actor_id, name),
        )
        row = await storage.row(
            "SELECT id FROM featured_tag WHERE actor_id = ? AND name = ?", actor_id, name
        )
    return int(row["id"]) if row else 0


async def unfeature(actor_id: int, *, id: int = 0, name: str = "") -> bool:
    """Stop showing a hashtag; whether it was shown."""
    return bool(
        await storage.execute(
            "DELETE FROM featured_tag WHERE actor_id = ? AND (id = ? OR name = ?)",
            *(actor_id, id, name),
        )
    )


async def features(actor_id: int, name: str) -> bool:
    """Whether somebody shows a hashtag."""
    row = await storage.row(
        "SELECT 1 AS one FROM featured_tag WHERE actor_id = ? AND name = ?", actor_id, name
    )
    return row is not None


async def featured(actor_id: int, seen: str) -> list[Row]:
    """The hashtags that somebody shows, with how many posts of theirs have each, and the newest.

    `seen` is what may be counted of a post `p`: `visibility.open_sql`.
    """
    return await storage.rows(
        "SELECT f.id, f.name, COUNT(p.id) AS posts, MAX(p.published_at) AS last_at"
        " FROM featured_tag f LEFT JOIN tagged x ON x.name = f.name"
        f" LEFT JOIN post p ON p.id = x.post_id AND p.author_id = f.actor_id AND {seen}"
        " WHERE f.actor_id = ? GROUP BY f.id, f.name ORDER BY f.id",
        actor_id,
    )


async def used(actor_id: int, seen: str) -> list[str]:
    """The hashtags that somebody used most in their last posts and does not show yet."""
    rows = await storage.rows(
        "SELECT x.name FROM post p JOIN tagged x ON x.post_id = p.id"
        f" WHERE p.author_id = ? AND {seen} AND x.name NOT IN"
        " (SELECT name FROM featured_tag WHERE actor_id = ?)"
        " GROUP BY x.name ORDER BY COUNT(*) DESC, x.name LIMIT ?",
        *(actor_id, actor_id, limits.FEATURED_TAGS),
    )
    return [row["name"] for row in rows]


async def _check(others: str, *values: int | str, most: int, words: str) -> None:
    """Raises `Malformed` when so many others are there already, which `others` counts."""
    row = await storage.row(others, *values)
    if row and row["many"] >= most:
        raise Malformed(f"at most {most} {words} on a profile")
