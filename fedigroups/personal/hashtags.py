"""This module keeps which hashtags somebody follows."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from federation import ids, limits, storage
from federation.errors import Malformed
from federation.storage import Row


async def follows(actor_id: int, name: str) -> bool:
    """Whether somebody follows a hashtag."""
    row = await storage.row(
        "SELECT 1 AS one FROM followed_tag WHERE actor_id = ? AND name = ?", actor_id, name
    )
    return row is not None


async def follow(actor_id: int, name: str) -> None:
    """Follow a hashtag. Raises `Malformed` for one too many."""
    async with storage.transaction():
        row = await storage.row(
            "SELECT COUNT(*) AS many FROM followed_tag WHERE actor_id = ? AND name <> ?",
            *(actor_id, name),
        )
        if row and row["many"] >= limits.FOLLOWED_TAGS:
            raise Malformed(f"one follows at most {limits.FOLLOWED_TAGS} hashtags")
        await storage.execute(
            "INSERT INTO followed_tag (id, actor_id, name) VALUES (?, ?, ?)"
            " ON CONFLICT (actor_id, name) DO NOTHING",
            *(ids.new(), actor_id, name),
        )


async def unfollow(actor_id: int, name: str) -> None:
    """Stop following it."""
    await storage.execute(
        "DELETE FROM followed_tag WHERE actor_id = ? AND name = ?", actor_id, name
    )


async def followed(actor_id: int, clause: str, values: tuple[int, int, int]) -> list[Row]:
    """The hashtags that somebody follows, with the rows' ids, as the clause bounds them."""
    return await storage.rows(
        f"SELECT id, name FROM followed_tag WHERE actor_id = ? AND {clause}", actor_id, *values
    )
