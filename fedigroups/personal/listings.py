"""This module keeps the lists that people make of accounts, and knows those that groups are."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Sequence

from federation import ids, limits, storage
from federation.errors import Malformed
from federation.storage import Row

POLICIES = frozenset({"followed", "list", "none"})
TITLE_CHARS = 255
_SELECT = "SELECT n.id, n.title, n.replies_policy, n.exclusive FROM listing n"
_GROUPS = (
    "SELECT g.id, g.title, g.actor_id FROM groups g JOIN member m ON m.group_id = g.id"
    " WHERE m.actor_id = ? AND m.state = 'member' AND g.state = 'open'"
)


async def of(actor_id: int) -> list[Row]:
    """Somebody's lists."""
    return await storage.rows(f"{_SELECT} WHERE n.actor_id = ? ORDER BY n.id", actor_id)


async def one(actor_id: int, id: int) -> Row | None:
    """A list, if it is theirs."""
    return await storage.row(f"{_SELECT} WHERE n.actor_id = ? AND n.id = ?", actor_id, id)


async def groups(actor_id: int) -> list[Row]:
    """The groups that they are in."""
    return await storage.rows(f"{_GROUPS} ORDER BY m.id", actor_id)


async def group(actor_id: int, id: int) -> Row | None:
    """A group, if they are in it."""
    return await storage.row(f"{_GROUPS} AND g.id = ?", actor_id, id)


async def holding(actor_id: int, target_id: int) -> list[Row]:
    """Those of their lists that have an account."""
    return await storage.rows(
        f"{_SELECT} JOIN listed l ON l.listing_id = n.id"
        " WHERE n.actor_id = ? AND l.target_id = ? ORDER BY n.id",
        *(actor_id, target_id),
    )


async def make(actor_id: int, title: str, policy: str, *, exclusive: bool) -> Row:
    """A new list. Raises `Malformed` for no title, another policy, and one list too many."""
    _check(title, policy)
    id = ids.new()
    async with storage.transaction():
        row = await storage.row("SELECT COUNT(*) AS many FROM listing WHERE actor_id = ?", actor_id)
        if row and row["many"] >= limits.LISTINGS:
            raise Malformed(f"one has at most {limits.LISTINGS} lists")
        await storage.execute(
            "INSERT INTO listing (id, actor_id, title, replies_policy, exclusive)"
            " VALUES (?, ?, ?, ?, ?)",
            *(id, actor_id, title.strip(), policy, exclusive),
        )
    return {"id": id, "title": title.strip(), "replies_policy": policy, "exclusive": exclusive}


async def change(actor_id: int, id: int, title: str, policy: str, *, exclusive: bool) -> Row:
    """The list as it is from now on. Raises `Malformed` as `make` does."""
    _check(title, policy)
    await storage.execute(
        "UPDATE listing SET title = ?, replies_policy = ?, exclusive = ?"
        " WHERE actor_id = ? AND id = ?",
        *(title.strip(), policy, exclusive, actor_id, id),
    )
    return {"id": id, "title": title.strip(), "replies_policy": policy, "exclusive": exclusive}


async def delete(actor_id: int, id: int) -> None:
    """The list is gone."""
    await storage.execute("DELETE FROM listing WHERE actor_id = ? AND id = ?", actor_id, id)


async def add(id: int, target_ids: Sequence[int]) -> None:
    """Put accounts into a list. Raises `Malformed` for unknown ones and for too many."""
    wanted = sorted(set(target_ids))
    async with storage.transaction():
        known = await storage.rows(
            f"SELECT id FROM actor WHERE id IN ({storage.marks(len(wanted)) or 'NULL'})", *wanted
        )
        if len(known) < len(wanted):
            raise Malformed("one of these accounts is not known here")
        row = await storage.row(
            "SELECT COUNT(*) AS many FROM listed WHERE listing_id = ?"
            f" AND target_id NOT IN ({storage.marks(len(wanted)) or 'NULL'})",
            *(id, *wanted),
        )
        if row and row["many"] + len(wanted) > limits.LISTED:
            raise Malformed(f"a list has at most {limits.LISTED} accounts")
        await storage.execute_many(
            "INSERT INTO listed (id, listing_id, target_id) VALUES (?, ?, ?)"
            " ON CONFLICT (listing_id, target_id) DO NOTHING",
            [(ids.new(), id, target_id) for target_id in wanted],
        )


async def put(actor_id: int, title: str, target_id: int) -> bool:
    """Put an account into somebody's list of that title; whether it was in none.

    Where there is no such list it is made. Raises `Malformed` as `make` and `add` do.
    """
    named = [row for row in await of(actor_id) if row["title"] == title.strip()]
    holds = {row["id"] for row in await holding(actor_id, target_id)}
    if any(row["id"] in holds for row in named):
        return False
    found = named[0] if named else await make(actor_id, title, "list", exclusive=False)
    await add(found["id"], [target_id])
    return True


async def take_out(id: int, target_ids: Sequence[int]) -> None:
    """Take accounts out of a list."""
    await storage.execute_many(
        "DELETE FROM listed WHERE listing_id = ? AND target_id = ?",
        [(id, target_id) for target_id in target_ids],
    )


async def leave_out(actor_id: int, target_id: int) -> None:
    """Take an account out of all of somebody's lists: they no longer follow it."""
    await storage.execute(
        "DELETE FROM listed WHERE target_id = ? AND listing_id IN"
        " (SELECT id FROM listing WHERE actor_id = ?)",
        *(target_id, actor_id),
    )


def _check(title: str, policy: str) -> None:
    if not title.strip() or len(title) > TITLE_CHARS:
        raise Malformed(f"a list needs a title of at most {TITLE_CHARS} characters")
    if policy not in POLICIES:
        raise Malformed("replies_policy is followed, list or none")
