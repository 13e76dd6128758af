"""This module notes beside a post what its newest version names: hashtags, and pictures."""

from __future__ import annotations

from federation import ids, storage
from federation.documents import ObjectDoc
from fedigroups.content.hashtags import name_of
from fedigroups.groups import attachments
from fedigroups.media import bearers


async def note(post_id: int, document: ObjectDoc) -> set[str]:
    """Note them in the transaction that writes the version; the hashtags are returned."""
    names = {name_of(tag.name) for tag in document.tags if tag.kind == "Hashtag"} - {""}
    await storage.execute_many(
        "INSERT INTO tagged (id, post_id, name) VALUES (?, ?, ?)",
        [(ids.new(), post_id, name) for name in sorted(names)],
    )
    await bearers.add(post_id, attachments.addresses(document))
    return names


async def forget(post_id: int) -> None:
    """Forget what was noted: the version has ended."""
    for table in ("tagged", "shown_picture"):
        await storage.execute(f"DELETE FROM {table} WHERE post_id = ?", post_id)  # noqa: S608 - our own names
