"""This module remembers what was taken back, so that it cannot come after its end."""

from __future__ import annotations

import hashlib

from federation import clock, ids, storage
from federation.models import Actor
from fedigroups.groups.models import Tombstone


async def bury(
    uri: str, actor: Actor | str, kind: str, days: int, *, announcer: Actor | None = None
) -> None:
    """Remember a delete or undo, so that what it takes back cannot come after it.

    With `announcer`, only that group said so, and only what it announces is kept out.
    """
    actor_uri = actor if isinstance(actor, str) else actor.uri
    await storage.execute(
        "INSERT INTO tombstone (id, uri, actor_uri, kind, until) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (uri) DO NOTHING",
        *(ids.new(), _grave(uri, announcer), actor_uri, kind, clock.now_ms() + days * clock.DAY),
    )


async def is_buried(uri: str, actor_uri: str, announcer: Actor | None = None) -> bool:
    """Whether its own actor took it back before it came (kept for 7 or 30 days).

    Of what a group announces, its word that the actor did so counts as well.
    """
    found = await storage.row(
        "SELECT 1 AS one FROM tombstone WHERE uri IN (?, ?) AND actor_uri = ? AND until > ?",
        *(uri, _grave(uri, announcer), actor_uri, clock.now_ms()),
    )
    return found is not None


async def unearth(uri: str, actor_uri: str) -> bool:
    """Whether its undo came before it; asked once, for the same id may be used again."""
    dug = Tombstone.filter(uri=uri, actor_uri=actor_uri, until__gt=clock.now_ms())
    return bool(await dug.delete())


def _grave(uri: str, announcer: Actor | None) -> str:
    """Where it lies: what a group reports, with that group, as it buries nothing for others."""
    if announcer is None:
        return uri
    return hashlib.sha256(f"{announcer.uri}\n{uri}".encode()).hexdigest()
