"""This module knows whose posts somebody does not want to read: whom, or whose host, they block.

And whom they mute. Lists leave them out; a thread folds them, so that its answers keep their place.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Collection

from federation import storage
from fedigroups.personal import hosts

_SQL = (
    "(EXISTS (SELECT 1 FROM stance s WHERE s.actor_id = ? AND s.target_id = {author}"
    f" AND (s.blocked = ? OR s.muted = ?)) OR {hosts.HIDDEN})"
)


def sql(author: str) -> str:
    """Whether the reader does not want to read an author, as SQL for `values`."""
    return _SQL.format(author=author)


def values(reader_id: int) -> list[object]:
    """What the marks of `sql` stand for."""
    return [reader_id, True, True, reader_id]


def left_out(author: str, reader_id: int) -> tuple[str, list[object]]:
    """The clause of a list, with its values, for whoever reads it: none for strangers (0)."""
    return (f" AND NOT {sql(author)}", values(reader_id)) if reader_id else ("", [])


async def among(reader_id: int, author_ids: Collection[int]) -> frozenset[int]:
    """The ids of those of them whose posts the reader does not want to read. One query."""
    rows = await storage.rows(
        f"SELECT a.id FROM actor a WHERE a.id IN ({storage.marks(len(author_ids))})"
        f" AND {sql('a.id')}",
        *(*author_ids, *values(reader_id)),
    )
    return frozenset(row["id"] for row in rows)
