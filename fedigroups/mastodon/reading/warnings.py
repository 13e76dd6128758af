"""This module reads decisions against somebody as clients know them: as AccountWarnings."""

from __future__ import annotations

from collections.abc import Iterable

from federation import storage
from fedigroups.mastodon.present.notifications import warning
from fedigroups.mastodon.present.shapes import Entity


async def by_id(ids: Iterable[int], target: Entity | None) -> dict[int, Entity]:
    """The AccountWarnings of these decisions, which are about `target`. One query, or none."""
    wanted = [id for id in ids if id]
    if not wanted or target is None:
        return {}
    rows = await storage.rows(
        "SELECT id, kind, text, object_uri, post_id, created_at FROM decision"  # noqa: S608 - marks
        f" WHERE id IN ({storage.marks(len(wanted))})",
        *wanted,
    )
    return {row["id"]: warning(row, target) for row in rows}
